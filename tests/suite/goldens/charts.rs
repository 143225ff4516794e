//! The built-in charts beyond the applications: each file of `testdata/charts` against what the real Helm printed,
//! be it a manifest or a refusal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bake::manifest::WriteOptions;
use bake::{Bake, Chart};

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

#[test]
fn the_charts_read_one_and_the_same_schema() {
    let [workload, service] =
        ["workload", "service"].map(|c| fs::read(format!("charts/{c}/values.schema.json")).unwrap());
    assert_eq!(workload, service);
}

#[test]
fn every_key_of_the_schema_is_described() {
    let schema: serde_json::Value =
        serde_json::from_slice(&fs::read("charts/workload/values.schema.json").unwrap()).unwrap();
    let mut bare = Vec::new();
    undescribed(&schema, "", &mut bare);
    assert!(bare.is_empty(), "no description: {bare:?}");
}

/// The paths of the properties below `node` that have neither a description nor a schema elsewhere that has one.
fn undescribed(node: &serde_json::Value, path: &str, bare: &mut Vec<String>) {
    if let Some(items) = node.as_array() {
        for item in items {
            undescribed(item, path, bare);
        }
    }
    for (key, below) in node.as_object().into_iter().flatten() {
        if key == "properties" {
            for (name, property) in below.as_object().unwrap() {
                if property.get("description").is_none() {
                    bare.push(format!("{path}.{name}"));
                }
                undescribed(property, &format!("{path}.{name}"), bare);
            }
        } else if key != "examples" {
            undescribed(below, path, bare);
        }
    }
}

fn baked(chart: &Chart, file: &Path) -> String {
    let bake = Bake::new(chart).release("app").namespace("default").values_file(file).unwrap();
    match bake.render() {
        Ok(manifest) => {
            let mut text = Vec::new();
            manifest.write_to(&mut text, &WriteOptions::default()).unwrap();
            String::from_utf8(text).unwrap()
        }
        Err(error) => format!("Error: {error}"),
    }
}

fn values_files() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(VALUES).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.to_string_lossy().ends_with(".values.yaml"));
    files.sort();
    files
}
