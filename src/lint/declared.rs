//! Which keys are a chart's own, and which are the user's, as those of `env`.

use std::sync::OnceLock;

use serde_json::Value;

use crate::bake::Chart;
use crate::limits::with_stack;
use crate::yaml::Data;

/// A chart with its schema, which is read when a rule asks for it.
pub(super) struct Declared<'c> {
    pub(super) chart: &'c Chart,
    schema: OnceLock<Option<Value>>,
}

impl<'c> Declared<'c> {
    pub(super) fn new(chart: &'c Chart) -> Self {
        Declared { chart, schema: OnceLock::new() }
    }

    /// Whether the key at a path is the chart's own: it has a default, or the schema names it. A null for such a key turns
    /// off what the chart does by itself.
    pub(super) fn has(&self, path: &[&[u8]]) -> bool {
        let found = path.iter().try_fold(self.chart.values(), |node, step| node.as_map()?.get(*step));
        let read = || self.chart.schema().and_then(|text| serde_json::from_slice(text).ok());
        found.is_some_and(|node| node.data != Data::Null)
            || self.schema.get_or_init(read).as_ref().is_some_and(|schema| is_declared(schema, path))
    }
}

/// Whether the schema has a property of its own for the last key of a path.
fn is_declared(schema: &Value, path: &[&[u8]]) -> bool {
    let mut nodes = vec![schema];
    let mut declared = false;
    for key in path {
        let Ok(key) = std::str::from_utf8(key) else { return false };
        let mut all = Vec::new();
        for node in nodes {
            add(schema, node, &mut all);
        }
        let property = |node: &'_ &Value| node.get("properties").is_some_and(|p| p.get(key).is_some());
        declared = all.iter().any(property);
        nodes = all
            .into_iter()
            .filter_map(|node| {
                node.get("properties").and_then(|p| p.get(key)).or_else(|| node.get("additionalProperties"))
            })
            .collect();
    }
    declared
}

/// A schema and all that it refers to or is made of, each once.
fn add<'s>(root: &'s Value, node: &'s Value, all: &mut Vec<&'s Value>) {
    if all.iter().any(|seen| std::ptr::eq(*seen, node)) {
        return;
    }
    all.push(node);
    let target = node.get("$ref").and_then(Value::as_str).and_then(|to| root.pointer(to.strip_prefix('#')?));
    let parts = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|word| node.get(word)?.as_array()).flatten();
    for part in target.into_iter().chain(parts) {
        with_stack(|| add(root, part, all));
    }
}

#[cfg(test)]
mod tests {
    use super::is_declared;

    #[test]
    fn keys_of_the_charts_and_keys_of_users() {
        let chart = crate::Chart::builtin("workload").unwrap();
        let schema = serde_json::from_slice(chart.schema().unwrap()).unwrap();
        for (path, want) in [
            ("service", true),
            ("ports.http", false),
            ("ports.http.service", true),
            ("env.LOG_LEVEL", false),
            ("env.LOG_LEVEL.secret", true),
            ("sidecars.proxy.env.A", false),
            ("probes.readiness", true),
            ("nope", false),
            ("nope.nope", false),
        ] {
            let steps: Vec<_> = path.split('.').map(str::as_bytes).collect();
            assert_eq!(is_declared(&schema, &steps), want, "{path}");
        }
    }
}
