//! One chart, compiled once and shared by 1 to 8 threads: a thousand bakes give one text.

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use bake::{Bake, Chart};
use testkit::need;

use crate::manifests::printed;

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
    assert!(text.contains("logging"), "the sidecar is missing");
    assert!(text.matches("---\n").count() > 1, "only one object");
}

/// Charts with subcharts, `tpl`, maps that templates change and thousands of lines; they need no values of their own.
#[test]
fn charts_of_the_corpus_are_the_same_each_time() {
    let Some(shared) = need::shared() else { return };
    for name in ["argoproj/argo-cd", "prometheus-community/prometheus", "traefik/traefik"] {
        let chart = Chart::load(shared.join("corpus/charts").join(name)).unwrap();
        the_one_text(36, || Bake::new(&chart));
    }
}

/// Bakes so often over 1 to 8 threads, and answers what all of them gave.
fn the_one_text<'c>(bakes: usize, bake: impl Fn() -> Bake<'c> + Sync) -> String {
    let mut texts = BTreeSet::new();
    // 1 + 2 + ... + 8 threads take an equal share
    let each = bakes.div_ceil(36);
    for threads in 1..=8 {
        texts.extend(thread::scope(|scope| {
            let running: Vec<_> = (0..threads)
                .map(|_| scope.spawn(|| (0..each).map(|_| printed(&bake().render().unwrap())).collect::<BTreeSet<_>>()))
                .collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        }));
        assert_eq!(texts.len(), 1, "{threads} threads gave {} texts", texts.len());
    }
    texts.pop_first().unwrap()
}
