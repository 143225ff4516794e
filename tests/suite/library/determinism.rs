//! One chart, compiled once and shared by 1 to 8 threads: a thousand bakes give one text.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::thread;

use bake::manifest::WriteOptions;
use bake::{Bake, Chart};

const BAKES: usize = 1000;

#[test]
fn a_thousand_bakes_of_the_workload_are_one() {
    let chart = Chart::builtin("workload").unwrap();
    let [logging, autoscaling] =
        ["logging", "autoscaling"].map(|name| fs::read(format!("testdata/charts/{name}.values.yaml")).unwrap());
    let text = the_one_text(BAKES, || {
        let bake = Bake::new(&chart).release("app").set("version=1.2.3");
        bake.values_text("autoscaling.yaml", &autoscaling).values_text("logging.yaml", &logging)
    });
    assert!(text.windows(7).any(|part| part == b"logging"), "the sidecar is missing");
    assert!(text.windows(4).filter(|part| *part == b"---\n").count() > 1, "only one object");
}

/// Charts with subcharts, `tpl`, maps that templates change and thousands of lines; they need no values of their own.
#[test]
fn charts_of_the_corpus_are_the_same_each_time() {
    let Some(shared) = std::env::var_os("BAKE_SHARED").filter(|s| !s.is_empty()).map(PathBuf::from) else {
        println!("BAKE_SHARED is not set: no charts to bake");
        return;
    };
    for name in ["argoproj/argo-cd", "prometheus-community/prometheus", "traefik/traefik"] {
        let chart = Chart::load(shared.join("corpus/charts").join(name)).unwrap();
        the_one_text(36, || Bake::new(&chart));
    }
}

/// Bakes so often over 1 to 8 threads, and answers what all of them gave.
fn the_one_text<'c>(bakes: usize, bake: impl Fn() -> Bake<'c> + Sync) -> Vec<u8> {
    let mut texts = BTreeSet::new();
    // 1 + 2 + ... + 8 threads take an equal share
    let each = bakes.div_ceil(36);
    for threads in 1..=8 {
        texts.extend(thread::scope(|scope| {
            let running: Vec<_> = (0..threads)
                .map(|_| scope.spawn(|| (0..each).map(|_| render(&bake())).collect::<BTreeSet<_>>()))
                .collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        }));
        assert_eq!(texts.len(), 1, "{threads} threads gave {} texts", texts.len());
    }
    texts.pop_first().unwrap()
}

fn render(bake: &Bake<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    bake.render().unwrap().write_to(&mut text, &WriteOptions::default()).unwrap();
    text
}
