//! The reference: Helm's own packages in one process (`helm/main.go`), or the `helm` program.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::case::{Answer, Case};

/// How long an answer may take: a template can loop nine quintillion times.
const PATIENCE: Duration = Duration::from_secs(30);

/// The process that answers, started again where it died.
pub(crate) struct Helm {
    program: PathBuf,
    running: Option<Running>,
}

struct Running {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    stdout: Option<String>,
    error: String,
}

impl Helm {
    /// Builds the program.
    pub(crate) fn build() -> Helm {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/differential-helm");
        // what Helm's own releases are linked with
        let flags = [
            ("internal/version.version", "v3.22.0"),
            ("internal/version.metadata", ""),
            ("pkg/chartutil.k8sVersionMajor", "1"),
            ("pkg/chartutil.k8sVersionMinor", "37"),
        ]
        .map(|(name, value)| format!("-X helm.sh/helm/v3/{name}={value}"))
        .join(" ");
        let status = Command::new("go")
            .args(["build", "-C", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/differential/helm")])
            .args(["-ldflags", &flags, "-o"])
            .arg(&program)
            .arg(".")
            .status();
        assert!(status.is_ok_and(|s| s.success()), "the reference needs Go: go build failed");
        Helm { program, running: None }
    }

    /// Sends a case; the answer is read by [`Helm::answer`], so that both programs work at once.
    pub(crate) fn ask(&mut self, case: &Case) {
        let program = &self.program;
        let running = self.running.get_or_insert_with(|| {
            let mut child = Command::new(program)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let input = child.stdin.take().unwrap();
            let output = BufReader::new(child.stdout.take().unwrap());
            let (line, lines) = channel();
            std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|text| line.send(text)));
            Running { child, input, lines }
        });
        let mut line = serde_json::to_vec(case).unwrap();
        line.push(b'\n');
        let _ = running.input.write_all(&line);
        let _ = running.input.flush();
    }

    /// The answer to the last case; none where the process died of it, or would run for ever.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let running = self.running.as_mut()?;
        let Ok(line) = running.lines.recv_timeout(PATIENCE) else {
            self.running = None;
            return None;
        };
        let line: Line = serde_json::from_str(&line).unwrap();
        let stdout = data_encoding::BASE64.decode(line.stdout.unwrap_or_default().as_bytes()).unwrap();
        Some(Answer { stdout, error: line.error })
    }

    pub(crate) fn of(&mut self, case: &Case) -> Option<Answer> {
        self.ask(case);
        self.answer()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the `helm` program itself prints for a case, in a folder of its own.
pub(crate) fn real(helm: &str, case: &Case, folder: &Path) -> Answer {
    let args = case.write_to(folder).unwrap();
    let out = Command::new(helm).arg("template").args(args).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr);
    let error = text.lines().find_map(|line| line.strip_prefix("Error: ")).unwrap_or_default();
    let error = if out.status.success() { String::new() } else { error.to_owned() };
    Answer { stdout: out.stdout, error }
}
