//! Which keys are a chart's own, and which are the user's, as those of `env`.

use std::sync::OnceLock;

use serde_json::Value;

use crate::bake::Chart;
use crate::yaml::Data;
use go::stack::with_stack;

/// A chart with its schema, which is read when a rule asks for it.
pub(super) struct ChartKeys<'c> {
    pub(super) chart: &'c Chart,
    schema: OnceLock<Option<Value>>,
}

impl<'c> ChartKeys<'c> {
    pub(super) fn new(chart: &'c Chart) -> Self {
        ChartKeys { chart, schema: OnceLock::new() }
    }

    /// Whether the key at a path is the chart's own: it has a default, or the schema names it. A null for such a key turns
    /// off what the chart does by itself.
    pub(super) fn has(&self, path: &[&[u8]]) -> bool {
        let found = path.iter().try_fold(self.chart.values(), |node, step| node.as_map()?.get(*step));
        found.is_some_and(|node| node.data != Data::Null)
            || self.schema().is_some_and(|schema| is_declared(schema, path))
    }

    /// Whether the schema lets a map stand at a path. Without a schema nobody knows what the templates take.
    pub(super) fn takes_map(&self, path: &[&[u8]]) -> bool {
        self.schema().is_some_and(|schema| allows_map(schema, path))
    }

    fn schema(&self) -> Option<&Value> {
        let read = || self.chart.schema().and_then(|text| serde_json::from_slice(text).ok());
        self.schema.get_or_init(read).as_ref()
    }
}

/// Whether the schema has a property of its own for the last key of a path.
fn is_declared(schema: &Value, path: &[&[u8]]) -> bool {
    descend(schema, path).0
}

/// Whether the schema names the type of a map, or what is in it, for the value at a path.
fn allows_map(schema: &Value, path: &[&[u8]]) -> bool {
    let mut all = Vec::new();
    descend(schema, path).1.into_iter().for_each(|node| add(schema, node, &mut all));
    all.into_iter().any(|node| match node.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => node.get("properties").is_some() || node.get("additionalProperties").is_some(),
    })
}

/// Whether the last key of a path has a property of its own, and the schemas of its value.
fn descend<'s>(schema: &'s Value, path: &[&[u8]]) -> (bool, Vec<&'s Value>) {
    let mut nodes = vec![schema];
    let mut declared = false;
    for key in path {
        let Ok(key) = std::str::from_utf8(key) else { return (false, Vec::new()) };
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
    (declared, nodes)
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
    use super::{allows_map, is_declared};

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
        for (path, want) in
            [("istio.hosts", false), ("volumes", true), ("env", true), ("sidecars.a.env", true), ("nope", false)]
        {
            let steps: Vec<_> = path.split('.').map(str::as_bytes).collect();
            assert_eq!(allows_map(&schema, &steps), want, "{path}");
        }
    }
}
