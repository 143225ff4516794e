//! The manifests that real projects wrote by hand, against what the built-in charts make of our values for the same
//! applications: equal in meaning, object by object. `testdata/apps/upstream.yaml` says which stacks bake which file,
//! and which objects are out of scope, with the reason. The manifests are not ours to ship: the folder that `BAKE_SHARED` names has them.

#[cfg(feature = "cli")]
mod corpus_lint;
mod istio;
#[cfg(feature = "cli")]
mod istio_lint;
mod meaning;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bake::project::{BakeOptions, Project};
use bake::{Limits, Manifest};
use serde::Deserialize;
use serde_json::Value;
use testkit::need;

use self::meaning::{Key, Meaning, difference, documents, key, read};
use crate::manifests::to_json;

const PROJECT: &str = "testdata/apps";

/// `testdata/apps/upstream.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upstream {
    /// Stacks (`product/namespace/app/stack`) by the file whose objects they bake.
    files: BTreeMap<String, Vec<String>>,
    /// Objects that no stack bakes.
    out_of_scope: Vec<OutOfScope>,
    /// Files that are no manifests.
    no_manifests: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutOfScope {
    /// A path, or the beginning of paths when it ends in `/`.
    file: String,
    /// `Kind/name`, or `Kind/*`.
    objects: Vec<String>,
    reason: String,
}

impl OutOfScope {
    fn covers(&self, file: &str, object: &Key) -> bool {
        let here = self.file == file || (self.file.ends_with('/') && file.starts_with(&self.file));
        let names = [format!("{}/{}", object.kind, object.name), format!("{}/*", object.kind)];
        here && self.objects.iter().any(|listed| names.contains(listed))
    }
}

#[test]
fn every_object_that_others_wrote_by_hand_is_baked_or_listed() {
    let Some(shared) = need::shared() else { return };
    let shared = shared.join("apps");
    let upstream: Upstream = serde_json::from_value(read(&fs::read("testdata/apps/upstream.yaml").unwrap())).unwrap();
    let meaning = Meaning::load();
    let stacks = bake_all(&meaning);
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for file in manifests(&shared, &["bookinfo", "online-boutique", "spinnaker-sample-app"]) {
        if let Some((listed, _)) = upstream.no_manifests.iter().find(|(l, _)| file.starts_with(*l)) {
            used.insert(listed.clone());
            continue;
        }
        let count = counts
            .entry(
                ["bookinfo", "online-boutique", "spinnaker-sample-app"]
                    .into_iter()
                    .find(|product| file.starts_with(product))
                    .unwrap(),
            )
            .or_default();
        for object in documents(&fs::read(shared.join(&file)).unwrap()) {
            let wanted = meaning.of(object);
            let key = key(&wanted);
            let name = format!("{file}: {}/{}", key.kind, key.name);
            let named = upstream.files.get(&file).map(Vec::as_slice).unwrap_or_default();
            used.insert(file.clone());
            let listed = upstream.out_of_scope.iter().find(|listed| listed.covers(&file, &key));
            let equal: Vec<_> = stacks
                .iter()
                .filter(|(_, objects)| objects.get(&key).is_some_and(|baked| difference(&wanted, baked).is_none()))
                .map(|(stack, _)| stack.as_str())
                .collect();
            match (listed, equal.iter().any(|stack| named.iter().any(|n| n == stack))) {
                (Some(listed), _) if !equal.is_empty() => {
                    wrong.push(format!("{name} is listed ({}), but {} bakes it", listed.reason, equal.join(", ")));
                }
                (Some(listed), _) => {
                    used.insert(listed.reason.clone());
                    count[1] += 1;
                }
                (None, true) => count[0] += 1,
                (None, false) => {
                    wrong.push(name);
                    for stack in named {
                        let Some(objects) = stacks.get(stack) else { panic!("{file}: no stack {stack}") };
                        match objects.get(&key) {
                            Some(baked) => wrong.push(format!(" {stack}:\n{}", difference(&wanted, baked).unwrap())),
                            None => wrong.push(format!(" {stack} has none of this name")),
                        }
                    }
                    if !equal.is_empty() {
                        wrong.push(format!(" but {} bakes it", equal.join(", ")));
                    }
                }
            }
        }
    }
    let said = upstream.files.keys().chain(upstream.no_manifests.keys());
    wrong.extend(said.filter(|file| !used.contains(*file)).map(|file| format!("{file} is said, but not there")));
    let reasons = upstream.out_of_scope.iter().filter(|listed| !used.contains(&listed.reason));
    wrong.extend(reasons.map(|listed| format!("{} {:?} is listed, but not there", listed.file, listed.objects)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (product, [equal, listed]) in counts {
        println!("{product}: {equal} objects equal, {listed} out of scope");
        assert!(equal > listed, "{product}: more is left out than compared");
    }
}

#[test]
fn every_app_has_its_stacks() {
    for service in Project::open(Path::new(PROJECT)).unwrap().services().unwrap().services {
        for needed in ["dev", "prod"] {
            assert!(service.stacks.iter().any(|s| s == needed), "{}: no stack {needed}", service.path);
        }
    }
}

/// The YAML files below some folders, by their paths.
fn manifests(shared: &Path, products: &[&str]) -> Vec<String> {
    let mut folders: Vec<_> = products.iter().map(|product| shared.join(product)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml") {
                found.push(path.strip_prefix(shared).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// What both charts make of every stack of every app, by `product/namespace/app/stack`.
fn bake_all(meaning: &Meaning) -> BTreeMap<String, BTreeMap<Key, Value>> {
    let mut stacks = BTreeMap::new();
    let project = Project::open(Path::new(PROJECT)).unwrap();
    let baker = project.baker(BakeOptions::default());
    for service in project.services().unwrap().services {
        for stack in &service.stacks {
            let baked = baker.bake(&service, stack).unwrap_or_else(|error| panic!("{error}"));
            let objects = baked.iter().flat_map(|baked| objects(&baked.manifest)).map(|object| meaning.of(object));
            stacks.insert(format!("{}/{stack}", service.path), objects.map(|object| (key(&object), object)).collect());
        }
    }
    stacks
}

fn objects(manifest: &Manifest) -> Vec<Value> {
    manifest.objects().map(|object| to_json(&object.object(&Limits::helm()).unwrap())).collect()
}
