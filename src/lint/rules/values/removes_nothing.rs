//! A null that is to remove something, and there is nothing: mostly a misspelt key.

use crate::error::suggest::nearest;
use crate::lint::finding::Severity;
use crate::lint::rule::{Check, Found, Rule};
use crate::lint::sheet::Layers;
use crate::yaml::{Data, Written};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B106",
    name: "removes-nothing",
    severity: Severity::Warning,
    about: "a null of a stack for a key that neither the common file nor a chart has",
    check: Check::Layers(check),
};

fn check(layers: &Layers<'_>, found: &mut Found<'_>) {
    if let Some(stack) = &layers.stack.tree {
        walk(layers, layers.base.tree.as_ref(), stack, &mut Vec::new(), found);
    }
}

fn walk<'t>(
    layers: &Layers<'_>,
    base: Option<&Written>,
    stack: &'t Written,
    path: &mut Vec<&'t [u8]>,
    found: &mut Found<'_>,
) {
    let is_merged = base.is_some_and(|base| base.scalar().is_none() && base.entries().iter().any(|(k, _)| k.is_merge));
    let known = base.map(Written::index).unwrap_or_default();
    for (key, value) in stack.entries() {
        let name = key.name.as_bytes();
        let under = known.get(name).map(|(_, value)| value);
        path.push(name);
        // a null in a map that is new has a meaning for the chart, or none
        let is_null = base.is_some() && value.scalar().is_some_and(|scalar| scalar.data == Data::Null);
        if is_null && under.is_none() && !is_merged && !key.is_merge && !is_given(path) && !(layers.is_charts)(path) {
            let text = key.name.to_string_lossy();
            let names = known.keys().filter_map(|name| std::str::from_utf8(name).ok());
            let near = nearest(&text, names).map(str::to_owned);
            let note = found.at(key.mark, format!("there is no {text:?} to remove"));
            match near {
                Some(near) => note.fix(format!("did you mean {near:?}?")),
                None => note.fix("leave it out, or mend the key"),
            }
        }
        stacker::maybe_grow(64 << 10, 1 << 20, || walk(layers, under, value, path, found));
        path.pop();
    }
}

/// What the charts' templates give without any value: the route that takes what no other takes.
fn is_given(path: &[&[u8]]) -> bool {
    matches!(path, [b"istio", .., b"routes", b"default" | b"canary"])
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::layers;

    #[test]
    fn rows() {
        let rows: [(&str, &str, &[&str]); 7] = [
            ("env: {A: 1}", "env: {A: null}", &[]),
            ("env: {LOG_LEVEL: x}", "env:\n  LOG_LEVLE: null", &["2:3: there is no \"LOG_LEVLE\" to remove"]),
            ("a: 1", "kind: null", &[]),
            ("a: 1", "services: {v1: {labels: {app: null}}}", &[]),
            ("a: 1", "probes: null", &["1:1: there is no \"probes\" to remove"]),
            ("x: &x {a: 1}\nenv: {<<: *x}", "env: {a: null}", &[]),
            ("istio: {}", "istio: {routes: {default: null}, virtualServices: {a: {routes: {default: null}}}}", &[]),
        ];
        for (base, stack, want) in rows {
            assert_eq!(layers(&RULE, base, stack), want, "{base} / {stack}");
        }
    }
}
