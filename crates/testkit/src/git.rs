//! Git, as the author of a test repository.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs git in a folder, with `input` on its standard input; answers the first line that it prints.
#[track_caller]
pub fn git(folder: &Path, input: &[u8], args: &[&str]) -> String {
    let mut child = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{args:?}");
    String::from_utf8(out.stdout).unwrap().lines().next().unwrap_or_default().to_owned()
}
