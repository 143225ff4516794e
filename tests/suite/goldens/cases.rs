//! Charts and command lines of our own that show one behaviour each, against what the real Helm printed.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::program::command;

#[test]
fn every_case_is_what_helm_prints() {
    let mut cases: Vec<_> = fs::read_dir("testdata/cases").unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 4);
    for folder in cases {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let args = fs::read_to_string(folder.join("args")).unwrap();
        let out = command().arg("template").args(args.lines()).current_dir(&folder).output().unwrap();
        let golden = Path::new("testdata/golden/cases");
        let want = fs::read(golden.join(format!("{name}.yaml"))).unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&want), "{name}");
        let error = fs::read(golden.join(format!("{name}.err"))).ok();
        assert_eq!(out.status.success(), error.is_none(), "{name}");
        if let Some(error) = error {
            assert_eq!(String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&error), "{name}");
        }
    }
}

#[test]
fn every_command_line_answers_as_helm_does() {
    let folder = Path::new("testdata/command-lines").canonicalize().unwrap();
    let mut got = String::new();
    for line in fs::read_to_string(folder.join("lines")).unwrap().lines() {
        let out = command()
            .arg("template")
            .args(line.split_whitespace())
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let _ = fs::remove_dir_all(folder.join("out"));
        writeln!(got, "$ {line}").unwrap();
        got += str::from_utf8(&out.stdout).unwrap();
        if let Some(first) = str::from_utf8(&out.stderr).unwrap().lines().next() {
            writeln!(got, "{first}").unwrap();
        }
        if let Some(code) = out.status.code().filter(|code| *code != 0) {
            writeln!(got, "[exit code {code}]").unwrap();
        }
    }
    // errors name the folder of this machine
    let got = got.replace(&format!("{}/", folder.display()), "");
    let want = fs::read_to_string("testdata/golden/command-lines.txt").unwrap();
    let [mut got, mut want] = [&got, &want].map(|text| text.split("\n$ "));
    while let (got, Some(want)) = (got.next(), want.next()) {
        assert_eq!(got, Some(want));
    }
    assert_eq!(got.next(), None);
}
