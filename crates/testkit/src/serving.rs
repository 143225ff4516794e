//! `bake serve` as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running `bake serve` on a port of its own, killed when it is dropped.
pub struct Serving {
    /// The process.
    pub child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Serving {
    /// The service of this program, and what it logs once it listens. Somebody must read these lines, or it stands still.
    pub fn start(program: &str, args: &[&str]) -> (Self, impl Iterator<Item = String> + Send + use<>) {
        Serving::start_at(program, ([127, 0, 0, 1], 0).into(), args, &std::env::temp_dir())
    }

    /// A service on this address, with a folder for temporary files.
    pub fn start_at(
        program: &str,
        address: SocketAddr,
        args: &[&str],
        temporary: &Path,
    ) -> (Self, impl Iterator<Item = String> + Send + use<>) {
        let mut child = Command::new(program)
            .args(["serve", "--listen", &address.to_string(), "--log", "json"])
            .args(args)
            .env("TMPDIR", temporary)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let first = lines.find(|line| line.contains("\"listening\"")).unwrap();
        let first: serde_json::Value = serde_json::from_str(&first).unwrap();
        let address = first["address"].as_str().unwrap().parse().unwrap();
        (Serving { child, address }, lines)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
