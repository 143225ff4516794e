//! Rules for Kubernetes objects, and for references between them.

pub(super) mod autoscaler_range;
pub(super) mod autoscaler_request;
pub(super) mod autoscaler_target;
pub(super) mod borrowed_label;
pub(super) mod cron_schedule;
pub(super) mod disruption_budget;
pub(super) mod duplicate_object;
pub(super) mod exponent;
pub(super) mod missing_namespace;
pub(super) mod selector_labels;
pub(super) mod service_port;
pub(super) mod service_selector;
pub(super) mod service_target;
pub(super) mod stateful_service;
pub(super) mod wrong_type;
