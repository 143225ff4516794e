//! The built-in charts beyond the applications: each file of `testdata/charts` against what the real Helm printed,
//! be it a manifest or a refusal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bake::{Bake, Chart};

use crate::manifests::printed;

const VALUES: &str = "testdata/charts";
const GOLDEN: &str = "testdata/golden/charts";

#[test]
fn every_values_file_is_what_helm_prints() {
    let mut compared = BTreeMap::new();
    for name in ["workload", "service"] {
        let chart = Chart::builtin(name).unwrap();
        for file in values_files() {
            let stem = file.file_name().unwrap().to_str().unwrap().strip_suffix(".values.yaml").unwrap();
            let golden = Path::new(GOLDEN).join(format!("{stem}.{name}.yaml"));
            let want = fs::read_to_string(&golden).unwrap_or_else(|e| panic!("{}: {e}", golden.display()));
            let got = baked(&chart, &file);
            if want.starts_with("Error: ") {
                assert!(want.starts_with(got.trim_end()), "{}\n{got}", golden.display());
            } else {
                assert_eq!(got, want, "{}", golden.display());
            }
            *compared.entry(name).or_insert(0) += 1;
        }
    }
    assert!(compared.values().all(|&n| n >= 20), "only {compared:?} compared");
}

fn baked(chart: &Chart, file: &Path) -> String {
    let bake = Bake::new(chart).release("app").namespace("default").values_file(file);
    match bake.render() {
        Ok(manifest) => printed(&manifest),
        Err(error) => format!("Error: {error}"),
    }
}

fn values_files() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(VALUES).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.to_string_lossy().ends_with(".values.yaml"));
    files.sort();
    files
}
