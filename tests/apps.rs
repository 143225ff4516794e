//! The sample application through the built-in charts: every stack, against the bytes that the real Helm printed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // a test may

use std::fs;
use std::path::{Path, PathBuf};

use bake::manifest::WriteOptions;
use bake::project::App;
use bake::{Bake, Chart};

const LAYOUT: &str = "testdata/apps/deploy-values";
const GOLDEN: &str = "testdata/golden/apps";

#[test]
fn every_stack_of_every_app_is_what_helm_prints() {
    let charts = ["workload", "service"].map(|name| (name, Chart::builtin(name).unwrap()));
    let mut compared = 0;
    for folder in apps() {
        let app = App::open(&folder).unwrap();
        let layout = app.layout().unwrap();
        for stack in app.stacks().unwrap() {
            for (name, chart) in &charts {
                let mut bake = Bake::new(chart)
                    .release(layout.app.as_deref().unwrap())
                    .namespace(layout.namespace.as_deref().unwrap());
                for file in app.layers(&stack).unwrap() {
                    bake = bake.values_file(&file).unwrap();
                }
                let mut text = Vec::new();
                bake.render().unwrap().write_to(&mut text, &WriteOptions::default()).unwrap();
                let golden =
                    Path::new(GOLDEN).join(folder.strip_prefix(LAYOUT).unwrap()).join(format!("{stack}.{name}.yaml"));
                let want = fs::read(&golden).unwrap_or_else(|e| panic!("{}: {e}", golden.display()));
                assert_eq!(String::from_utf8_lossy(&text), String::from_utf8_lossy(&want), "{}", golden.display());
                compared += 1;
            }
        }
    }
    assert!(compared >= 12, "only {compared} bakes compared");
}

fn apps() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(LAYOUT)];
    for _level in ["product", "namespace", "app"] {
        folders = folders
            .iter()
            .flat_map(|f| fs::read_dir(f).unwrap().map(|e| e.unwrap().path()))
            .filter(|p| p.is_dir())
            .collect();
    }
    folders.sort();
    folders
}
