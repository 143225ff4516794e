//! `bake template` against `helm template`: as whole processes in turns, and inside one process. Prints ratios of wall
//! times.
//!
//!     cargo bench --bench vs_helm
//!     BAKE=target/x86_64-unknown-linux-gnu/dist/bake cargo bench --bench vs_helm
//!
//! The process that is timed is the one that `cargo build --release` links; `BAKE` names another, such as that of an archive
//! (`.ci/release`), which starts faster because it is static. What is timed inside one process has the release profile.
//!
//! `HELM` names Helm's program (default: `helm`); with `BAKE_SHARED` five charts of its corpus take part too. Where `go`
//! is, `benches/helm` is built to time Helm's packages inside one process, with a chart that is loaded already and with
//! one that is loaded each time.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // no library

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bake::manifest::WriteOptions;
use bake::{Bake, Chart};

/// Counted runs of each program on each chart, after one that is not.
const RUNS: usize = 15;

/// A chart and the values files that are baked with it.
struct Case {
    name: String,
    chart: String,
    values: Vec<String>,
}

fn main() {
    let helm = std::env::var("HELM").unwrap_or_else(|_| "helm".to_owned());
    if Command::new(&helm).arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("vs_helm: no {helm} here; HELM names it");
        return;
    }
    let bake = std::env::var("BAKE").unwrap_or_else(|_| env!("CARGO_BIN_EXE_bake").to_owned());
    println!("bake is {bake}");
    let cases = cases();
    println!(
        "{:40} {:>10} {:>10} {:>10} {:>11} {:>11}",
        "process: helm time / bake time", "min", "median", "max", "helm ms", "bake ms"
    );
    for case in &cases {
        let args = case.args();
        let times: Vec<[f64; 2]> = (0..=RUNS)
            .map(|_| [time(&helm, &args), time(&bake, &args)].map(|time| time.as_secs_f64()))
            .skip(1)
            .collect();
        let ratios = sorted(times.iter().map(|[helm, bake]| helm / bake));
        let [helm, bake] = [0, 1].map(|program| sorted(times.iter().map(|pair| pair[program] * 1e3))[RUNS / 2]);
        println!(
            "{:40} {:>9.1}x {:>9.1}x {:>9.1}x {:>11.2} {:>11.2}",
            case.name,
            ratios[0],
            ratios[RUNS / 2],
            ratios[RUNS - 1],
            helm,
            bake
        );
    }
    let Some(helm) = build_helm() else { return };
    println!("\n{:40} {:>14} {:>14}", "one process: helm time / bake time", "chart loaded", "chart read");
    for case in &cases {
        let ([loaded, read], [bake_loaded, bake_read]) = (case.time_helm(&helm), case.time_bake());
        println!("{:40} {:>13.1}x {:>13.1}x", case.name, loaded / bake_loaded, read / bake_read);
    }
}

impl Case {
    fn args(&self) -> Vec<String> {
        let mut args =
            ["template", "release-name", &self.chart, "--kube-version", "1.34.0"].map(str::to_owned).to_vec();
        args.extend(self.values.iter().flat_map(|file| ["-f".to_owned(), file.clone()]));
        args
    }

    /// Medians, in nanoseconds, of Helm inside its own process: with a loaded chart, and with one that is read each time.
    fn time_helm(&self, program: &Path) -> [f64; 2] {
        let output = Command::new(program).arg(RUNS.to_string()).arg(&self.chart).args(&self.values).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut medians = text.split_whitespace().map(|number| number.parse().unwrap());
        [medians.next().unwrap(), medians.next().unwrap()]
    }

    /// The same of `bake` inside this process.
    fn time_bake(&self) -> [f64; 2] {
        let loaded = Chart::load(&self.chart).unwrap();
        [median(|| self.bake(&loaded)), median(|| self.bake(&Chart::load(&self.chart).unwrap()))]
    }

    fn bake(&self, chart: &Chart) {
        let bake = Bake::new(chart).kube_version("1.34.0").unwrap();
        let bake = self.values.iter().fold(bake, Bake::values_file);
        let mut out = Vec::new();
        bake.render().unwrap().write_to(&mut out, &WriteOptions::default()).unwrap();
        black_box(out);
    }
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// The median time in nanoseconds; the first run is not counted.
fn median(mut run: impl FnMut()) -> f64 {
    let times = (0..=RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e9
    });
    sorted(times.skip(1))[RUNS / 2]
}

/// The program that times Helm's packages; none where there is no Go, or no way to get the packages.
fn build_helm() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helm-in-process");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir("benches/helm");
    match build.status() {
        Ok(status) if status.success() => Some(program),
        _ => {
            println!("\nvs_helm: benches/helm cannot be built here, so nothing is said of one process");
            None
        }
    }
}

fn cases() -> Vec<Case> {
    let app = "testdata/apps/deploy-values/sample/web/backend";
    let values = vec![format!("{app}/values.yaml"), format!("{app}/prod-values.yaml")];
    let built_in = ["workload", "service"].map(|chart| Case {
        name: format!("built-in {chart}"),
        chart: testkit::charts(env!("CARGO_TARGET_TMPDIR")).join(chart).to_string_lossy().into_owned(),
        values: values.clone(),
    });
    let mut cases = Vec::from(built_in);
    for path in corpus_charts() {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        cases.push(Case { name, chart: path.to_string_lossy().into_owned(), values: Vec::new() });
    }
    cases
}

/// Five charts of very different size and style.
fn corpus_charts() -> Vec<PathBuf> {
    let Some(shared) = testkit::need::shared() else { return Vec::new() };
    let charts = shared.join("corpus/charts");
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
