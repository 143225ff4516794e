//! The command as a user runs it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use testkit::Scratch;

/// The sample applications.
pub(crate) const PROJECT: &str = "testdata/apps";

/// The command, without the variables of this process that it would read.
#[track_caller]
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bake"));
    command.env_remove("HELM_NAMESPACE").env_remove("HELM_DEBUG").env_remove("JOB_COMPLETION_INDEX");
    command
}

/// A run with these arguments.
#[track_caller]
pub(crate) fn bake(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    bake_in(".", args)
}

/// A run in a folder. No run panics, whatever it is given.
#[track_caller]
pub(crate) fn bake_in(folder: impl AsRef<Path>, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    let out = command().args(args).current_dir(folder).output().unwrap();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    out
}

/// Standard output of a run, and its exit code.
pub(crate) fn run(args: &[&str]) -> (String, Option<i32>) {
    let out = bake(args);
    (String::from_utf8(out.stdout).unwrap(), out.status.code())
}

/// Standard output of a run that must succeed.
#[track_caller]
pub(crate) fn stdout(args: &[&str]) -> String {
    stdout_of(0, &bake(args))
}

/// Standard output of a run that must have ended with this code.
#[track_caller]
pub(crate) fn stdout_of(code: i32, out: &Output) -> String {
    assert_eq!(out.status.code(), Some(code), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout.clone()).unwrap()
}

/// Standard output of a run in a folder that must end with this exit code.
#[track_caller]
pub(crate) fn output(code: i32, folder: impl AsRef<Path>, args: &[&str]) -> String {
    stdout_of(code, &bake_in(folder, args))
}

/// Standard error of a run that must have ended with this code.
#[track_caller]
pub(crate) fn stderr_of(code: i32, out: &Output) -> String {
    let text = String::from_utf8(out.stderr.clone()).unwrap();
    assert_eq!(out.status.code(), Some(code), "{text}");
    text
}

/// Runs in a folder of the test's own.
pub(crate) trait Runs {
    /// A run in a folder below it.
    fn bake(&self, folder: &str, args: &[&str]) -> Output;

    /// Standard output of a run that must have ended with this code.
    #[track_caller]
    fn run(&self, code: i32, args: &[&str]) -> String {
        stdout_of(code, &self.bake(".", args))
    }

    /// Standard output of a run below that must succeed.
    #[track_caller]
    fn stdout(&self, folder: &str, args: &[&str]) -> String {
        stdout_of(0, &self.bake(folder, args))
    }

    /// Standard error of a run that must fail.
    #[track_caller]
    fn stderr(&self, args: &[&str]) -> String {
        let out = self.bake(".", args);
        assert!(!out.status.success(), "{args:?}");
        String::from_utf8(out.stderr).unwrap()
    }
}

impl Runs for Scratch {
    fn bake(&self, folder: &str, args: &[&str]) -> Output {
        bake_in(self.dir().join(folder), args)
    }
}
