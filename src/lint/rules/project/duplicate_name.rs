//! One object of two services: each deployment replaces what the other one made.

use std::collections::BTreeMap;

use crate::lint::rule::{Check, Rule, ServiceFindings, Severity};
use crate::lint::services::{Named, ServiceObjects};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B601",
    name: "object-of-two-services",
    severity: Severity::Error,
    about: "an object that two services make: each deployment replaces that of the other",
    check: Check::Services(check),
};

fn check(services: &[&ServiceObjects], found: &mut ServiceFindings<'_>) {
    let mut known: BTreeMap<(&(String, String), &str, &str), &str> = BTreeMap::new();
    for service in services {
        for Named { kind, namespace, name, place } in &service.objects {
            let first = *known.entry((kind, namespace, name)).or_insert(&service.service);
            if first != service.service {
                let message = format!("{} {namespace}/{name} is also made by the service {first}", kind.1);
                let fix = "give one of them another name: `name` or `workloadName` in its values";
                found.at(service, place, (&kind.1, name, ""), message, fix);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::services;

    #[test]
    fn rows() {
        let map = |name: &str, namespace: &str| {
            format!("kind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n")
        };
        let two = |one: &str, other: &str| services(&RULE, &[("a", one), ("b", other)]);
        assert_eq!(two(&map("x", "shop"), &map("x", "other")), Vec::<String>::new());
        assert_eq!(two(&map("x", "shop"), "kind: Secret\nmetadata: {name: x}\n"), Vec::<String>::new());
        let want = ["b ConfigMap/x: ConfigMap shop/x is also made by the service a"];
        assert_eq!(two(&map("x", "shop"), &map("x", "shop")), want);
    }
}
