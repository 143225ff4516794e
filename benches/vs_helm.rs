//! `bake template` against `helm template`, as whole processes in turns: prints the ratio of their wall times.
//!
//!     cargo bench --bench vs_helm
//!
//! `HELM` names Helm's program (default: `helm`); with `BAKE_SHARED` five charts of its corpus take part too.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // no library

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Counted runs of each program on each chart, after one that is not.
const RUNS: usize = 15;

fn main() {
    let helm = std::env::var("HELM").unwrap_or_else(|_| "helm".to_owned());
    if Command::new(&helm).arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("vs_helm: no {helm} here; HELM names it");
        return;
    }
    let bake = env!("CARGO_BIN_EXE_bake");
    println!("{:40} {:>10} {:>10} {:>10}", "helm time / bake time", "min", "median", "max");
    for (name, args) in cases() {
        let mut ratios: Vec<f64> = (0..=RUNS)
            .map(|_| (time(&helm, &args), time(bake, &args)))
            .skip(1)
            .map(|(helm, bake)| helm.as_secs_f64() / bake.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        println!("{name:40} {:>9.1}x {:>9.1}x {:>9.1}x", ratios[0], ratios[RUNS / 2], ratios[RUNS - 1]);
    }
}

fn cases() -> Vec<(String, Vec<String>)> {
    let app = "testdata/apps/deploy-values/sample/web/backend";
    let mut cases: Vec<(String, Vec<String>)> = ["workload", "service"]
        .iter()
        .map(|chart| {
            let files = [format!("{app}/values.yaml"), format!("{app}/prod-values.yaml")];
            let mut args = vec!["template".to_owned(), "backend".to_owned(), format!("charts/{chart}")];
            args.extend(files.into_iter().flat_map(|f| ["-f".to_owned(), f]));
            (format!("built-in {chart}"), args)
        })
        .collect();
    for path in corpus_charts() {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let args = ["template", "release-name", &path.to_string_lossy(), "--kube-version", "1.34.0"];
        cases.push((name, args.map(str::to_owned).to_vec()));
    }
    cases
}

/// Five charts of very different size and style.
fn corpus_charts() -> Vec<PathBuf> {
    let Ok(shared) = std::env::var("BAKE_SHARED") else { return Vec::new() };
    let charts = Path::new(&shared).join("corpus/charts");
    [
        "prometheus-community/kube-prometheus-stack",
        "bitnami/airflow",
        "argoproj/argo-cd",
        "traefik/traefik",
        "cert-manager/cert-manager",
    ]
    .iter()
    .map(|c| charts.join(c))
    .filter(|c| c.is_dir())
    .collect()
}

fn time(program: &str, args: &[String]) -> Duration {
    let start = Instant::now();
    let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|s| s.success()), "{program} {args:?} failed");
    start.elapsed()
}
