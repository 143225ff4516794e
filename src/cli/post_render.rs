//! The post-renderer: a program that gets the manifests on standard input and prints other ones.
//! Helm: `pkg/postrender/exec.go`.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{Manifest, WriteOptions};

/// Passes the resources of a manifest through `program`; hooks go round it, as in Helm.
pub(super) fn run(program: &str, args: &[String], manifest: &Manifest, options: WriteOptions) -> Result<Vec<u8>> {
    let failed =
        |text: String| Error::new(ErrorKind::Manifest, format!("error while running post render on files: {text}"));
    let mut resources = Vec::new();
    manifest.write_resources(&mut resources, &options).map_err(|e| failed(e.to_string()))?;
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| failed(format!("unable to find binary at {program}: {e}")))?;
    let stdin = child.stdin.take();
    let writer = std::thread::spawn(move || stdin.map_or(Ok(()), |mut pipe| pipe.write_all(&resources)));
    let out = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
    // a program that reads only a part closes the pipe: its exit code tells whether that was meant
    let _ = writer.join();
    if !out.status.success() {
        let stderr = String::from_utf8_lossy(&out.stderr);
        return Err(failed(format!("error while running command {program}. error output:\n{stderr}: {}", out.status)));
    }
    if out.stdout.trim_ascii().is_empty() {
        return Err(failed(format!("post-renderer {program:?} produced empty output")));
    }
    let mut text = out.stdout.trim_ascii().to_vec();
    text.push(b'\n');
    manifest.write_hooks(&mut text, &options).map_err(|e| failed(e.to_string()))?;
    Ok(text)
}
