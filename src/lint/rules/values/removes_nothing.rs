//! A null that removes nothing: usually a misspelt key.

use crate::error::suggest::nearest;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::{LowerValues, Overlay};
use crate::yaml::{Data, Written};
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B106",
    name: "removes-nothing",
    severity: Severity::Warning,
    about: "a null for a key that neither the layers below nor a chart have",
    check: Check::Overlay(check),
};

fn check(layers: &Overlay<'_>, found: &mut RuleFindings<'_>) {
    if let Some(tree) = layers.over.tree.as_ref().filter(|_| layers.everywhere) {
        walk(layers, &layers.tops(), tree, &mut Vec::new(), found);
    }
}

fn walk<'t>(
    layers: &Overlay<'_>,
    below: &LowerValues<'_>,
    tree: &'t Written,
    path: &mut Vec<&'t [u8]>,
    found: &mut RuleFindings<'_>,
) {
    // in a new map, a null may mean something to the chart
    let is_known = below.top().is_some() && !below.is_unclear();
    let known = below.keys();
    for (key, value) in tree.entries() {
        let name = key.name.as_bytes();
        let under = known.get(name);
        path.push(name);
        let is_null = !key.is_merge && value.scalar().is_some_and(|scalar| scalar.data == Data::Null);
        if is_null && is_known && under.top().is_none() && !is_given(path) && !(layers.is_charts)(path) {
            let text = key.name.to_string_lossy();
            let near = nearest(&text, known.names()).map(str::to_owned);
            let note = found.at(key.mark, format!("there is no {text:?} to remove"));
            match near {
                Some(near) => note.fix(format!("did you mean {near:?}?")),
                None => note.fix("remove it, or correct the key"),
            }
        }
        with_stack(|| walk(layers, &under, value, path, found));
        path.pop();
    }
}

/// Keys that the templates of the charts add without a value: the routes for all remaining requests.
fn is_given(path: &[&[u8]]) -> bool {
    matches!(path, [b"istio", .., b"routes", b"default" | b"canary"])
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::layers;

    #[test]
    fn rows() {
        let rows: [(&[&str], &str, &[&str]); 9] = [
            (&["env: {A: 1}"], "env: {A: null}", &[]),
            (&["env: {LOG_LEVEL: x}"], "env:\n  LOG_LEVLE: null", &["2:3: there is no \"LOG_LEVLE\" to remove"]),
            (&["a: 1"], "kind: null", &[]),
            (&["a: 1"], "services: {v1: {labels: {app: null}}}", &[]),
            (&["a: 1"], "probes: null", &["1:1: there is no \"probes\" to remove"]),
            (&["x: &x {a: 1}\nenv: {<<: *x}"], "env: {a: null}", &[]),
            (&["x: &x {a: 1}\nenv: *x"], "env: {a: null}", &[]),
            (&["env: {A: 1}", "env: {B: 1}"], "env: {A: null}", &[]),
            (&["istio: {}"], "istio: {routes: {default: null}, virtualServices: {a: {routes: {default: null}}}}", &[]),
        ];
        for (below, over, want) in rows {
            assert_eq!(layers(&RULE, below, over), want, "{below:?} / {over}");
        }
    }
}
