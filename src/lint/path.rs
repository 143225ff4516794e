//! Paths of fields as people write them: `spec.ports[0].name`, `metadata.annotations["a.b/c"]`.

/// Adds a key to a path.
pub(super) fn key(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    match (path.is_empty(), plain) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{name:?}]"),
    }
}

/// Adds the index of a list item to a path.
pub(super) fn index(path: &str, at: usize) -> String {
    format!("{path}[{at}]")
}

/// The path for the steps of a schema error.
pub(super) fn steps(steps: &[String]) -> String {
    let mut path = String::new();
    for step in steps {
        let is_index = !path.is_empty() && !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit());
        path = if is_index { format!("{path}[{step}]") } else { key(&path, step) };
    }
    path
}
