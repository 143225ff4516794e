//! Command lines as a shell runs them: `testdata/command-lines/lines` against what the real Helm printed on both streams, its
//! exit code, and the files that it wrote. `testdata/command-lines/record` describes the lines.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use testkit::Scratch;
use testkit::answers::run_all;

use crate::program::command;

const FOLDER: &str = "testdata/command-lines";

#[test]
fn every_command_line_answers_as_helm_does() {
    let lines = fs::read_to_string(Path::new(FOLDER).join("lines")).unwrap();
    let lines: Vec<&str> = lines.lines().filter(|line| !line.starts_with('#')).collect();
    let got = run_all(&lines, |line| answer(line)).concat();
    let want = fs::read_to_string("testdata/golden/command-lines.txt").unwrap();
    let [mut got, mut want] = [&got, &want].map(|text| text.split("\n$ "));
    while let (got, Some(want)) = (got.next(), want.next()) {
        assert_eq!(got, Some(want));
    }
    assert_eq!(got.next(), None);
}

/// What the runs of a line print and write, in the form of the golden.
fn answer(line: &str) -> String {
    // each line has a copy of the folder
    let scratch = Scratch::new("command-line");
    copy(Path::new(FOLDER), scratch.dir());
    let folder = scratch.dir().canonicalize().unwrap();
    let mut got = format!("$ {line}\n");
    for run in line.split(" | ") {
        let mut words: Vec<String> = run.split_whitespace().map(word).collect();
        let variables: Vec<String> = words.drain(..words.iter().take_while(|word| is_variable(word)).count()).collect();
        if !words.iter().any(|word| word == "template") {
            words.insert(0, "template".to_owned());
        }
        let out = command()
            .args(&words)
            .envs(variables.iter().filter_map(|variable| variable.split_once('=')))
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        got += str::from_utf8(&out.stdout).unwrap();
        if let Some(first) = str::from_utf8(&out.stderr).unwrap().lines().find(|line| !line.is_empty()) {
            writeln!(got, "{first}").unwrap();
        }
        if let Some(code) = out.status.code().filter(|code| *code != 0) {
            writeln!(got, "[exit code {code}]").unwrap();
        }
    }
    show(&folder, &folder.join("out"), &mut got);
    // errors name the folder of this machine
    got.replace(&format!("{}/", folder.display()), "")
}

fn word(text: &str) -> String {
    if text == "''" { String::new() } else { text.replace("\\_", " ") }
}

fn is_variable(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Adds the files below a folder: those of the folder itself first, in the order of their names.
fn show(root: &Path, folder: &Path, out: &mut String) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        write!(out, "[{}]\n{text}", file.strip_prefix(root).unwrap().display()).unwrap();
    }
    for below in folders {
        show(root, &below, out);
    }
}
