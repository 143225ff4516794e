//! `bake serve` as a process.
#![allow(clippy::unwrap_used)] // for tests and benchmarks

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A running `bake serve` on a port of its own, killed when it is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Serving {
    /// The service, and what it logs once it listens. Somebody must read these lines, or it stands still.
    pub(crate) fn start(args: &[&str]) -> (Self, impl Iterator<Item = String> + Send + 'static) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bake"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "json"])
            .args(args)
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
