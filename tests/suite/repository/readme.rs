//! The commands of README.md print what it shows. A line `...` stands for any lines.

use std::fs;
use std::path::PathBuf;

use testkit::Scratch;

use crate::program::bake_in;

#[test]
fn the_commands_print_what_is_shown() {
    // files are written below this folder instead of /tmp
    let scratch = Scratch::new("readme");
    let written = scratch.dir().display().to_string();
    let text = fs::read_to_string("README.md").unwrap();
    let mut folder = PathBuf::from(".");
    let mut ran = 0;
    for block in text.split("```console\n").skip(1).map(|rest| rest.split_once("```").unwrap().0) {
        for step in block.split("$ ").skip(1) {
            let (line, shown) = step.split_once('\n').unwrap();
            let line = line.replace("/tmp", &written);
            let words: Vec<&str> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
            let printed = match words.as_slice() {
                ["cd", to] => {
                    folder.push(to);
                    continue;
                }
                ["cargo", ..] => continue,
                ["cat", file] => fs::read_to_string(folder.join(file)).unwrap(),
                ["bake", args @ ..] => {
                    let out = bake_in(&folder, args);
                    String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap()
                }
                _ => panic!("{line}: nobody runs this"),
            };
            let printed = printed.replace(&written, "/tmp");
            assert!(is_shown(shown, &printed), "$ {line}\nREADME.md shows:\n{shown}\nit prints:\n{printed}");
            ran += 1;
        }
    }
    assert!(ran >= 8, "only {ran} commands");
}

/// Whether a text is what is shown, whose `...` lines stand for any lines.
fn is_shown(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split("...\n");
    let first = parts.next().unwrap();
    let Some(mut rest) = printed.strip_prefix(first) else { return false };
    for part in parts {
        if part.is_empty() {
            return true;
        }
        match rest.find(&format!("\n{part}")) {
            Some(at) => rest = rest.get(at + 1 + part.len()..).unwrap(),
            None if rest.starts_with(part) => rest = rest.get(part.len()..).unwrap(),
            None => return false,
        }
    }
    rest.is_empty()
}
