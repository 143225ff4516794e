//! The rules, one a file, and the table of them. The first digit of a code says what a rule looks at: 0 reading and
//! baking, 1 values, 2 pods, 3 objects of Kubernetes, 4 objects of Istio, 5 schemas of the cluster.

mod istio;
mod object;
mod pod;
mod values;

use super::finding::Severity;
use super::rule::{Check, Rule};

/// A values file that is no YAML.
pub(super) const SYNTAX: Rule = Rule {
    code: "B001",
    name: "syntax",
    severity: Severity::Error,
    about: "a values file that is no YAML",
    check: Check::Bake,
};

/// A stack that cannot be baked.
pub(super) const RENDER: Rule = Rule {
    code: "B002",
    name: "render",
    severity: Severity::Error,
    about: "values that a chart cannot be baked with",
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
    about: "a key that the chart does not know, mostly a misspelt one",
    check: Check::Bake,
};

/// An object that the schema of its kind refuses.
pub(super) const KUBERNETES_SCHEMA: Rule = Rule {
    code: "B501",
    name: "kubernetes-schema",
    severity: Severity::Error,
    about: "an object that the schema of its kind refuses; needs --schemas",
    check: Check::Bake,
};

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
    pod::duplicate_port::RULE,
    pod::duplicate_env::RULE,
    pod::duplicate_mount::RULE,
    pod::env_reference::RULE,
    pod::missing_volume::RULE,
    pod::probe_port::RULE,
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
    KUBERNETES_SCHEMA,
];
