//! `WorkloadGroup`: the template of its machines, and their probe. Istio: the rules in its resource definition.

use super::NETWORKING;
use super::fields::{self, Is};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B416",
    name: "workload-group",
    severity: Severity::Error,
    about: "a WorkloadGroup without a template, or with an invalid probe",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for group in release.of(NETWORKING, "WorkloadGroup") {
        fields::check(
            group,
            &[
                ("spec", Is::Object),
                ("spec.template.ports{}", Is::Port),
                ("spec.probe.tcpSocket.port", Is::Port),
                ("spec.probe.httpGet.port", Is::Port),
                ("spec.probe.grpc.port", Is::Port),
                ("spec.probe.exec.command", Is::Filled),
                ("spec.probe.httpGet.httpHeaders[].name", Is::Such(is_header, "the name of a header")),
            ],
            found,
        );
    }
}

fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!("apiVersion: networking.istio.io/v1\nkind: WorkloadGroup\nmetadata: {{name: web}}\nspec: {spec}\n")
        };
        let rows: [(&str, &str); 4] = [
            ("{template: {}, probe: {httpGet: {port: 80, httpHeaders: [{name: X-A}]}}}", ""),
            ("null", "spec: spec must be an object, not null"),
            (
                "{template: {}, probe: {tcpSocket: {port: 65536}}}",
                "spec.probe.tcpSocket.port: port must be a port from 1 to 65535, not 65536",
            ),
            (
                "{template: {}, probe: {httpGet: {port: 80, httpHeaders: [{name: '**'}]}}}",
                "spec.probe.httpGet.httpHeaders[0].name: name must be the name of a header, not \"**\"",
            ),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "WorkloadGroup/web ", want);
        }
    }
}
