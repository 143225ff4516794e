//! The rules, one per file, and their table. The first digit of a code is the subject of a rule: 0 reading and baking, 1
//! values, 2 pods, 3 Kubernetes objects, 4 Istio objects, 5 what the
//! API server checks, 6 services that clash.

mod istio;
mod kube;
mod object;
mod pod;
mod project;
mod values;

use super::rule::{Check, Rule, Severity};
use crate::error::suggest::nearest;
use crate::error::{Error, ErrorKind, Result};

/// A values file that is not valid YAML.
pub(super) const SYNTAX: Rule = Rule {
    code: "B001",
    name: "syntax",
    severity: Severity::Error,
    about: "a values file that is not valid YAML",
    check: Check::Bake,
};

/// A stack that does not bake.
pub(super) const RENDER: Rule = Rule {
    code: "B002",
    name: "render",
    severity: Severity::Error,
    about: "values with which a chart does not render",
    check: Check::Bake,
};

/// Values that the chart's schema refuses.
pub(super) const SCHEMA: Rule = Rule {
    code: "B003",
    name: "schema",
    severity: Severity::Error,
    about: "a value that the chart's schema refuses",
    check: Check::Bake,
};

/// A key that the chart's schema does not know.
pub(super) const UNKNOWN_KEY: Rule = Rule {
    code: "B004",
    name: "unknown-key",
    severity: Severity::Error,
    about: "a key that the chart does not know, usually a misspelt one",
    check: Check::Bake,
};

/// Output that differs from bake to bake.
pub(super) const CHANGING_OUTPUT: Rule = Rule {
    code: "B314",
    name: "changing-output",
    severity: Severity::Warning,
    about: "output made of the time or of randomness, which differs in every bake",
    check: Check::Bake,
};

/// What an object of a kind that the program does not know is checked against.
pub(super) use kube::schema::RULE as KUBERNETES_SCHEMA;

/// All rules, by code.
pub(super) static RULES: &[Rule] = &[
    SYNTAX,
    RENDER,
    SCHEMA,
    UNKNOWN_KEY,
    values::unknown_rule::RULE,
    values::duplicate_key::RULE,
    values::spinnaker_expression::RULE,
    values::mangled_scalar::RULE,
    values::redundant_value::RULE,
    values::replaced_list::RULE,
    values::removes_nothing::RULE,
    values::second_document::RULE,
    values::encrypted_value::RULE,
    values::changed_kind::RULE,
    pod::duplicate_port::RULE,
    pod::duplicate_env::RULE,
    pod::duplicate_mount::RULE,
    pod::env_reference::RULE,
    pod::missing_volume::RULE,
    pod::probe_port::RULE,
    pod::pre_stop::RULE,
    pod::image_tag::RULE,
    pod::job_sidecar::RULE,
    object::duplicate_object::RULE,
    object::service_selector::RULE,
    object::service_port::RULE,
    object::autoscaler_range::RULE,
    object::autoscaler_target::RULE,
    object::autoscaler_request::RULE,
    object::disruption_budget::RULE,
    object::cron_schedule::RULE,
    object::selector_labels::RULE,
    object::wrong_type::RULE,
    object::missing_namespace::RULE,
    object::service_target::RULE,
    object::exponent::RULE,
    CHANGING_OUTPUT,
    object::borrowed_label::RULE,
    object::stateful_service::RULE,
    istio::unknown_subset::RULE,
    istio::unknown_host::RULE,
    istio::route_weights::RULE,
    istio::unreachable_route::RULE,
    istio::request_authentication::RULE,
    istio::authorization_policy::RULE,
    istio::authorization_never::RULE,
    istio::destination_rule::RULE,
    istio::envoy_filter::RULE,
    istio::peer_authentication::RULE,
    istio::proxy_config::RULE,
    istio::service_entry::RULE,
    istio::telemetry::RULE,
    istio::wasm_plugin::RULE,
    istio::workload_entry::RULE,
    istio::workload_group::RULE,
    istio::istio_selector::RULE,
    istio::virtual_service::RULE,
    istio::traffic_policy::RULE,
    istio::gateway::RULE,
    istio::exact_path::RULE,
    istio::gateway_host::RULE,
    istio::retry_timeout::RULE,
    istio::subset_labels::RULE,
    istio::sticky_weights::RULE,
    istio::jwt_port::RULE,
    istio::route_port::RULE,
    istio::export_to::RULE,
    istio::sidecar::RULE,
    istio::unknown_gateway::RULE,
    istio::route_scope::RULE,
    istio::policy_selector::RULE,
    istio::dead_allow::RULE,
    kube::schema::RULE,
    kube::kind::RULE,
    kube::name::RULE,
    kube::label::RULE,
    kube::annotation::RULE,
    kube::config_data::RULE,
    kube::container::RULE,
    kube::env_source::RULE,
    kube::probe::RULE,
    kube::resources::RULE,
    kube::volume::RULE,
    kube::security::RULE,
    kube::scheduling::RULE,
    kube::pod_spec::RULE,
    kube::workload::RULE,
    kube::job::RULE,
    kube::service::RULE,
    kube::autoscaler::RULE,
    kube::budget::RULE,
    kube::ingress::RULE,
    kube::storage::RULE,
    kube::rbac::RULE,
    kube::network_policy::RULE,
    project::duplicate_name::RULE,
    project::overlapping_selector::RULE,
    project::shared_host::RULE,
];

/// The rule with a code or a name, in upper or lower case.
pub(super) fn find(text: &str) -> Result<&'static Rule> {
    RULES.iter().find(|rule| rule.is_called(text)).ok_or_else(|| {
        let error = Error::new(ErrorKind::Usage, format!("there is no rule {text:?}"));
        match nearest(text, RULES.iter().flat_map(|rule| [rule.name, rule.code])) {
            Some(meant) => error.with_hint(format!("did you mean {meant}?")),
            None => error.with_hint("`bake lint --list-rules` lists them"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_stable_and_unique() {
        for (at, rule) in RULES.iter().enumerate() {
            let digits = rule.code.strip_prefix('B').unwrap();
            assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", rule.code);
            assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.name);
            assert!(!rule.about.ends_with('.') && rule.about.len() < 100, "{}", rule.code);
            assert!(
                RULES.iter().take(at).all(|before| before.code < rule.code && before.name != rule.name),
                "{}",
                rule.code
            );
            assert_eq!(find(rule.name).unwrap(), rule);
            assert_eq!(find(&rule.code.to_lowercase()).unwrap(), rule);
        }
        assert_eq!(find("duplicate-enf").unwrap_err().hint(), Some("did you mean duplicate-env?"));
    }
}
