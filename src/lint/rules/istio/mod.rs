//! Rules for Istio objects: what its admission webhook refuses, and routes that lead nowhere.

mod fields;
mod hosts;
mod texts;

pub(super) mod authorization_never;
pub(super) mod authorization_policy;
pub(super) mod dead_allow;
pub(super) mod destination_rule;
pub(super) mod envoy_filter;
pub(super) mod exact_path;
pub(super) mod export_to;
pub(super) mod gateway;
pub(super) mod gateway_host;
pub(super) mod istio_selector;
pub(super) mod jwt_port;
pub(super) mod peer_authentication;
pub(super) mod policy_selector;
pub(super) mod proxy_config;
pub(super) mod request_authentication;
pub(super) mod retry_timeout;
pub(super) mod route_port;
pub(super) mod route_scope;
pub(super) mod route_weights;
pub(super) mod service_entry;
pub(super) mod sidecar;
pub(super) mod sticky_weights;
pub(super) mod subset_labels;
pub(super) mod telemetry;
pub(super) mod traffic_policy;
pub(super) mod unknown_gateway;
pub(super) mod unknown_host;
pub(super) mod unknown_subset;
pub(super) mod unreachable_route;
pub(super) mod virtual_service;
pub(super) mod wasm_plugin;
pub(super) mod workload_entry;
pub(super) mod workload_group;

const NETWORKING: &str = "networking.istio.io";
const SECURITY: &str = "security.istio.io";
