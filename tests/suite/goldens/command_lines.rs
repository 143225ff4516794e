//! Command lines as a shell runs them: `testdata/command-lines` against what the real Helm printed on both streams, and
//! its exit code.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::program::command;

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
