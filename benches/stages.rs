//! The stages of a bake inside one process: load, compile, render, split; on the built-in charts, and on five charts of
//! the corpus where `BAKE_SHARED` points at it.
//!
//!     cargo bench --bench stages
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // no library

use std::path::PathBuf;

use bake::{Bake, Chart};
use criterion::{Criterion, criterion_group, criterion_main};

fn stages(c: &mut Criterion) {
    for (name, path, values) in charts() {
        let mut group = c.benchmark_group(name);
        group.bench_function("load", |b| b.iter(|| Chart::load(&path).unwrap()));
        group.bench_function("compile and render", |b| {
            b.iter_batched(
                || Chart::load(&path).unwrap(),
                |chart| bake_of(&chart, &values).render().unwrap(),
                criterion::BatchSize::SmallInput,
            );
        });
        let chart = Chart::load(&path).unwrap();
        let bake = bake_of(&chart, &values);
        group.bench_function("layer", |b| b.iter(|| bake.prepare().unwrap()));
        let prepared = bake.prepare().unwrap();
        group.bench_function("render", |b| b.iter(|| prepared.render_files().unwrap()));
        let files = prepared.render_files().unwrap();
        group.bench_function("split", |b| b.iter(|| prepared.manifest(files.clone()).unwrap()));
        group.bench_function("whole", |b| b.iter(|| bake.render().unwrap()));
        // what a process does that bakes once
        group.bench_function("once", |b| b.iter(|| bake_of(&Chart::load(&path).unwrap(), &values).render().unwrap()));
        group.finish();
    }
}

fn bake_of<'c>(chart: &'c Chart, values: &[String]) -> Bake<'c> {
    let bake = Bake::new(chart).kube_version("1.34.0").unwrap();
    values.iter().fold(bake, Bake::values_file)
}

fn charts() -> Vec<(String, PathBuf, Vec<String>)> {
    let app = "testdata/apps/deploy-values/sample/web/backend";
    let files = vec![format!("{app}/values.yaml"), format!("{app}/prod-values.yaml")];
    let mut charts: Vec<_> = ["workload", "service"]
        .map(|name| {
            (format!("built-in {name}"), testkit::charts(env!("CARGO_TARGET_TMPDIR")).join(name), files.clone())
        })
        .into();
    if let Some(shared) = testkit::need::shared() {
        let corpus = shared.join("corpus/charts");
        for name in [
            "prometheus-community/kube-prometheus-stack",
            "bitnami/airflow",
            "argoproj/argo-cd",
            "traefik/traefik",
            "cert-manager/cert-manager",
        ] {
            charts.push((name.replace('/', " "), corpus.join(name), Vec::new()));
        }
    }
    charts
}

criterion_group!(benches, stages);
criterion_main!(benches);
