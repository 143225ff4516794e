//! Fifty services in four stacks with two templates: 400 pipelines rendered, checked and compared.
//!
//!     cargo bench --bench pipelines
//!
//! `SIZES` (default: 50) are numbers of services. The time is CPU time of one thread, the bake stages are timed apart.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss
)] // no library

use std::path::Path;
use std::time::Instant;

use bake::Project;
use bake::pipeline::{BakeCheck, Pipelines};
use pipeline::{Mark, Wanted};
use testkit::Scratch;

const STACKS: [&str; 4] = ["dev", "qa", "stage", "prod"];

fn main() {
    let sizes = std::env::var("SIZES").unwrap_or_else(|_| "50".to_owned());
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "services", "pipelines", "open", "render", "check", "compare", "bakes"
    );
    for size in sizes.split([',', ' ']).filter(|text| !text.is_empty()) {
        let size: usize = size.parse().unwrap();
        let scratch = generate(size);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let (marks, times) = pool.install(|| run(scratch.dir()));
        let shown: Vec<String> = times.iter().map(|seconds| format!("{seconds:>7.3} s")).collect();
        println!("{size:>9} {marks:>9} {}", shown.join(" "));
    }
}

/// The number of pipelines, and the seconds of each step.
fn run(root: &Path) -> (usize, Vec<f64>) {
    let mut times = Vec::new();
    let mut began = Instant::now();
    let mut lap = || {
        times.push(began.elapsed().as_secs_f64());
        began = Instant::now();
    };
    let project = Project::open(root).unwrap();
    let pipelines = Pipelines::open(&project).unwrap();
    let marks: Vec<Mark> = pipelines.catalog().marks().collect();
    lap();
    let wanted: Vec<Wanted> = pipelines.render_all(&marks).into_iter().map(Result::unwrap).collect();
    lap();
    pipelines.lint(&marks, false).unwrap();
    lap();
    let live: Vec<_> = pipelines
        .plan(wanted.clone(), &[], false, |_| true)
        .unwrap()
        .actions
        .into_iter()
        .filter_map(|action| action.after)
        .collect();
    let plan = pipelines.plan(wanted.clone(), &live, false, |_| true).unwrap();
    assert_eq!(plan.writes().count(), 0);
    lap();
    let failed = BakeCheck::new(&pipelines).check(&wanted).iter().filter(|tried| !tried.findings.is_empty()).count();
    assert_eq!(failed, 0);
    lap();
    (marks.len(), times)
}

fn generate(size: usize) -> Scratch {
    let scratch = Scratch::new("bench-pipelines");
    scratch.file(
        "bake.yaml",
        "stacks: [dev, qa, stage, prod]\npipelines:\n  project: bench\n  account: k8s-{stack}\n  use: [deploy, deploy-canary]\n",
    );
    for number in 0..size {
        let folder = format!("deploy-values/shop/web/service-{number}");
        let values = format!(
            "image: registry.example/shop/service-{number}\nversion: \"1.0.0\"\nports: {{http: 8080}}\ntrack: stable\n\
             istioConfigVersion: v1\ncanary: {{weight: 0}}\n"
        );
        scratch.file(&format!("{folder}/values.yaml"), values);
        scratch.file(&format!("{folder}/canary.yaml"), "track: canary\nreplicas: 1\n");
        for stack in STACKS {
            scratch.file(&format!("{folder}/{stack}-values.yaml"), format!("env: {{STACK: {stack}}}\n"));
        }
    }
    scratch
}
