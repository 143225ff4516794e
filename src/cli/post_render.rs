//! The post-renderer: a program that reads the manifests on standard input and prints changed ones.
//! Helm: `pkg/postrender/exec.go`; Go: `os/exec/lp_unix.go`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::flags::pflag;
use crate::chart::io_error;
use crate::error::{Error, ErrorKind, Result};

/// A program that exists, and its arguments.
pub(super) struct PostRenderer<'a> {
    program: PathBuf,
    args: &'a [String],
}

impl<'a> PostRenderer<'a> {
    /// Finds the program that the last flag names; an empty name means nothing.
    ///
    /// Errors: a program does not exist or cannot be run.
    pub(super) fn find(names: &[String], args: &'a [String]) -> Result<Option<Self>> {
        let found: Result<Vec<_>> = names.iter().filter(|n| !n.is_empty()).map(|n| Self::find_one(n, args)).collect();
        Ok(found?.pop())
    }

    fn find_one(name: &str, args: &'a [String]) -> Result<Self> {
        let found = look_up(name).and_then(|path| std::path::absolute(path).map_err(|e| e.to_string()));
        match found {
            Ok(program) => Ok(PostRenderer { program, args }),
            Err(why) => {
                let why = format!("unable to find binary at {name}: exec: {name:?}: {why}");
                Err(Error::new(ErrorKind::Usage, pflag::invalid(name, "--post-renderer", &why)))
            }
        }
    }

    /// What the program prints for these resources.
    pub(super) fn run(&self, resources: Vec<u8>) -> Result<Vec<u8>> {
        let failed =
            |text: String| Error::new(ErrorKind::Manifest, format!("error while running post render on files: {text}"));
        let program = self.program.display();
        let mut child = Command::new(&self.program)
            .args(self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| {
                let why = io_error("fork/exec", &self.program, &e);
                failed(format!("error while running command {program}. error output:\n: {}", why.message()))
            })?;
        let stdin = child.stdin.take();
        let writer = std::thread::Builder::new()
            .spawn(move || stdin.map_or(Ok(()), |mut pipe| pipe.write_all(&resources)))
            .map_err(|e| failed(format!("error while running command {program}: cannot start a thread: {e}")))?;
        let out = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
        // a program that reads only a part closes the pipe; its exit code tells whether that was intended
        let _ = writer.join();
        if !out.status.success() {
            let stderr = String::from_utf8_lossy(&out.stderr);
            let how = match out.status.code() {
                Some(code) => format!("exit status {code}"),
                None => out.status.to_string(),
            };
            return Err(failed(format!("error while running command {program}. error output:\n{stderr}: {how}")));
        }
        Ok(out.stdout)
    }
}

/// The file of a program: the path itself, or the first file of that name in the folders of `PATH`.
#[allow(clippy::disallowed_methods)] // where programs are is the environment's to say
fn look_up(name: &str) -> Result<PathBuf, String> {
    if name.contains(std::path::is_separator) {
        return executable(Path::new(name)).map(|()| PathBuf::from(name));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| executable(file).is_ok())
        .ok_or_else(|| "executable file not found in $PATH".to_owned())
}

fn executable(file: &Path) -> Result<(), String> {
    let found = file.metadata().map_err(|_| format!("stat {}: no such file or directory", file.display()))?;
    if found.is_dir() {
        return Err("is a directory".to_owned());
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o111 == 0 {
        return Err("permission denied".to_owned());
    }
    Ok(())
}
