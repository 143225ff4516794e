//! `ProxyConfig`: its number of threads. Istio: the rules in its resource definition.

use super::NETWORKING;
use super::fields::{self, Is};
use crate::lint::objects::{Release, is_set};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B411",
    name: "proxy-config",
    severity: Severity::Error,
    about: "a ProxyConfig with an invalid number of threads",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for config in release.of(NETWORKING, "ProxyConfig") {
        if is_set(config.at(&["spec", "concurrency"])) {
            fields::check(config, &[("spec.concurrency", Is::Between(0.0, f64::from(i32::MAX)))], found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!(
                "apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
            )
        };
        assert!(objects(&RULE, &bake("concurrency: 0")).is_empty());
        assert!(objects(&RULE, &bake("concurrency: null")).is_empty());
        assert_eq!(
            objects(&RULE, &bake("concurrency: -1")),
            ["ProxyConfig/web spec.concurrency: concurrency must be a number from 0 to 2147483647, not -1"]
        );
    }
}
