//! Flags of `helm template` that have no effect, or that need a cluster.

use clap::Args;

use super::pflag;

/// Flags of `helm template` that do not change the manifests. They are accepted so that scripts continue to work.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // they are Helm's flags
#[command(next_help_heading = "Accepted and without effect")]
#[allow(dead_code)] // nothing reads them
pub(in crate::cli) struct InertArgs {
    #[arg(long, hide = true)]
    pub atomic: bool,
    #[arg(long, hide = true)]
    pub create_namespace: bool,
    #[arg(long, hide = true)]
    pub dependency_update: bool,
    #[arg(long, hide = true)]
    pub description: Option<String>,
    #[arg(long, hide = true)]
    pub devel: bool,
    #[arg(long, hide = true)]
    pub disable_openapi_validation: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    pub dry_run: Option<String>,
    #[arg(long, hide = true)]
    pub force: bool,
    #[arg(long, hide = true)]
    pub hide_notes: bool,
    #[arg(short = 'l', long, hide = true, value_parser = pflag::labels)]
    pub labels: Vec<String>,
    #[arg(long, hide = true)]
    pub render_subchart_notes: bool,
    #[arg(long, hide = true)]
    pub replace: bool,
    #[arg(long, hide = true)]
    pub take_ownership: bool,
    #[arg(long, hide = true, value_parser = pflag::duration)]
    pub timeout: Option<String>,
    #[arg(long, hide = true)]
    pub wait: bool,
    #[arg(long, hide = true)]
    pub wait_for_jobs: bool,
    #[arg(long, hide = true, value_parser = pflag::int)]
    pub burst_limit: Option<i64>,
    #[arg(long, hide = true, value_parser = pflag::float)]
    pub qps: Option<f32>,
    #[arg(long, hide = true)]
    pub kubeconfig: Option<String>,
    #[arg(long, hide = true)]
    pub kube_context: Option<String>,
    #[arg(long, hide = true)]
    pub kube_apiserver: Option<String>,
    #[arg(long, hide = true)]
    pub kube_as_group: Vec<String>,
    #[arg(long, hide = true)]
    pub kube_as_user: Option<String>,
    #[arg(long, hide = true)]
    pub kube_ca_file: Option<String>,
    #[arg(long, hide = true)]
    pub kube_insecure_skip_tls_verify: bool,
    #[arg(long, hide = true)]
    pub kube_tls_server_name: Option<String>,
    #[arg(long, hide = true)]
    pub kube_token: Option<String>,
    #[arg(long, hide = true)]
    pub registry_config: Option<String>,
    #[arg(long, hide = true)]
    pub repository_cache: Option<String>,
    #[arg(long, hide = true)]
    pub repository_config: Option<String>,
    #[arg(long, hide = true)]
    pub keyring: Option<String>,
    #[arg(long, hide = true)]
    pub ca_file: Option<String>,
    #[arg(long, hide = true)]
    pub cert_file: Option<String>,
    #[arg(long, hide = true)]
    pub key_file: Option<String>,
    #[arg(long, hide = true)]
    pub insecure_skip_tls_verify: bool,
    #[arg(long, hide = true)]
    pub pass_credentials: bool,
    #[arg(long, hide = true)]
    pub plain_http: bool,
    #[arg(long, hide = true)]
    pub username: Option<String>,
    #[arg(long, hide = true)]
    pub password: Option<String>,
    #[arg(long, hide = true)]
    pub version: Option<String>,
    // flags of the logger of Kubernetes' client library
    #[arg(long, hide = true)]
    pub add_dir_header: bool,
    #[arg(long, hide = true)]
    pub alsologtostderr: bool,
    #[arg(long, hide = true)]
    pub log_backtrace_at: Option<String>,
    #[arg(long, hide = true)]
    pub log_dir: Option<String>,
    #[arg(long, hide = true)]
    pub log_file: Option<String>,
    #[arg(long, hide = true)]
    pub log_file_max_size: Option<String>,
    #[arg(long, hide = true)]
    pub logtostderr: bool,
    #[arg(long, hide = true)]
    pub one_output: bool,
    #[arg(long, hide = true)]
    pub skip_headers: bool,
    #[arg(long, hide = true)]
    pub skip_log_headers: bool,
    #[arg(long, hide = true)]
    pub stderrthreshold: Option<String>,
    #[arg(short = 'v', long = "v", hide = true)]
    pub verbosity: Option<String>,
    #[arg(long, hide = true)]
    pub vmodule: Option<String>,
}

/// Flags of `helm template` that need a cluster or a download. They are refused with an error.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // they are Helm's flags
pub(in crate::cli) struct RefusedArgs {
    #[arg(long, hide = true)]
    pub validate: bool,
    #[arg(long, hide = true)]
    pub enable_dns: bool,
    #[arg(long, hide = true)]
    pub verify: bool,
    #[arg(long, hide = true)]
    pub repo: Option<String>,
}
