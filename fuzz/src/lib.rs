//! What the targets share: limits that keep one input fast, a world that never changes, and inputs of several parts.

use std::sync::Arc;

use bake::Limits;
use bake::host::FixedHost;
use bake::unstable_engine::{Env, Outside};

/// The limits of a service, with so little of everything that no input takes long.
pub fn limits() -> Limits {
    let mut limits = Limits::server();
    limits.chart_bytes = 1 << 20;
    limits.chart_file_bytes = 1 << 18;
    limits.yaml_alias_bytes = 1 << 20;
    limits.fuel = 50_000;
    limits.value_bytes = 1 << 18;
    limits.total_value_bytes = 1 << 20;
    limits.output_bytes = 1 << 18;
    limits.regex_bytes = 1 << 18;
    limits.set_index = 1_000;
    limits.set_slots = 10_000;
    limits.schema_steps = 50_000;
    limits
}

/// A host that gives the same answers in every run.
pub fn host() -> Arc<FixedHost> {
    Arc::new(FixedHost::new((1_700_000_000, 123_456_789), 7))
}

/// What the functions see of the world.
pub fn env() -> Env {
    Env { host: host(), outside: Outside::default() }
}

/// Cuts an input at its lines `-- name --` into names and texts. What stands before the first of them has no name.
pub fn parts(input: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut parts = vec![(String::new(), Vec::new())];
    for line in input.split_inclusive(|b| *b == b'\n') {
        let name = line.strip_suffix(b"\n").unwrap_or(line).strip_prefix(b"-- ").and_then(|l| l.strip_suffix(b" --"));
        match (name, parts.last_mut()) {
            (Some(name), _) => parts.push((String::from_utf8_lossy(name).into_owned(), Vec::new())),
            (None, Some((_, text))) => text.extend_from_slice(line),
            (None, None) => {}
        }
    }
    parts
}
