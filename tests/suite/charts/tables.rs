//! The built-in charts by tables: each file of `testdata/charts/cases` holds cases of one theme, values in and objects
//! out. The real Helm renders the same, and kubeconform reads what was baked, where they are at hand.
//!
//! ```yaml
//! chart: workload
//! values: {image: a/b, ports: {http: 8080}}    # the lowest layer of every case
//! cases:
//! - name: a stack file changes the replicas alone
//!   values: {replicas: 2}                      # a layer over it
//!   stack: {replicas: 3}                       # another
//!   set: [version=2]                           # --set
//!   release: web                               # default: app
//!   namespace: shop                            # default: default
//!   objects: [Deployment/web]                  # exactly these, in the order of the manifest
//!   want:                                      # exact values by path; `~` is for what must not be there
//!     Deployment: {spec.replicas: 3, "metadata.labels[app.kubernetes.io/name]": web}
//!     main: {env.HOME.value: /app}             # items of a list by place or by `name`
//!   changed:                                   # exact values by path, of all that `stack` and `set` change
//!     Deployment/web: {spec.replicas: 3}
//! - name: a refusal
//!   values: {image: ~}
//!   error: say where it comes from             # a part of the message
//! ```
//!
//! An object is named by its kind, with its name after a slash where there are several of the kind. `pod` is the pod
//! template of the workload, `main` the first container in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bake::limits::Budget;
use bake::lint::{Linter, Severity};
use bake::{Bake, Chart, Limits, Manifest};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use testkit::{Scratch, need};

use crate::manifests::{printed, to_json};

const CASES: &str = "testdata/charts/cases";

/// Charts, and how many cases each has at least.
const FLOORS: &[(&str, usize)] = &[("workload", 470), ("service", 330)];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    chart: String,
    #[serde(default)]
    values: Json,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    name: String,
    chart: Option<String>,
    /// The values of the table.
    #[serde(skip)]
    base: Json,
    #[serde(default)]
    values: Json,
    #[serde(default)]
    stack: Json,
    #[serde(default)]
    set: Vec<String>,
    release: Option<String>,
    namespace: Option<String>,
    want: Option<Wanted>,
    changed: Option<Wanted>,
    objects: Option<Vec<String>>,
    error: Option<String>,
}

/// Values by object, then by path. No map: there is no such object.
type Wanted = BTreeMap<String, Option<BTreeMap<String, Json>>>;

/// The objects of a bake by `Kind/name`.
type Objects = BTreeMap<String, Json>;

#[test]
fn every_case_has_its_answer() {
    let cases = cases();
    for (chart, floor) in FLOORS {
        let count = cases.iter().filter(|(_, case)| case.chart() == *chart).count();
        println!("{chart}: {count} cases");
        assert!(count >= *floor, "{chart}: {count} cases, not {floor}");
    }
    report(&in_parallel(&cases, failures));
}

#[test]
fn every_case_is_what_helm_prints() {
    let Some(helm) = need::helm() else { return };
    report(&in_parallel(&cases(), |case| {
        let bake = case.bake(true);
        let out = case.helm(&helm);
        let (mut got, want) = match bake.render() {
            Ok(manifest) => (printed(&manifest), String::from_utf8(out.stdout).unwrap()),
            Err(error) => (format!("Error: {error}\n"), String::from_utf8(out.stderr).unwrap()),
        };
        if want.starts_with("Error: ") {
            // Helm may say more below
            got.truncate(got.trim_end().len());
            if steady(&want).starts_with(&steady(&got)) {
                return Vec::new();
            }
        }
        if got == want { Vec::new() } else { lines_apart(&want, &got) }
    }));
}

/// What lint calls an error in what the cases bake: the case, then `CODE KIND/NAME PATH: MESSAGE`. A server must refuse each.
const LINT: &str = "testdata/lint-charts.txt";

#[test]
fn lint_finds_no_error_that_a_server_would_not_say() {
    let limits = Limits::helm();
    // cases about routes leave the Service out
    let linter = Linter::new().allow("unknown-host").unwrap();
    let mut found = in_parallel(&cases(), |case| {
        let Ok(manifest) = case.bake(true).render() else { return Vec::new() };
        let said = linter.manifests(case.release(), case.namespace(), &[manifest], &limits).unwrap();
        let errors = said.iter().filter(|finding| finding.severity == Severity::Error);
        errors
            .map(|finding| {
                let place = finding.object.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{} {place}: {}", finding.rule.code, finding.message)
            })
            .collect()
    });
    found.sort();
    let found = found.join("\n") + "\n";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(LINT, &found).unwrap();
    }
    let listed = fs::read_to_string(LINT).unwrap_or_default();
    assert_eq!(found, listed, "UPDATE_EXPECT=1 writes {LINT}; a server must refuse each");
}

#[test]
fn kubernetes_knows_all_that_is_baked() {
    let (Some(kubeconform), Some(shared)) = (need::kubeconform(), need::shared()) else { return };
    let scratch = Scratch::new("cases-kube");
    for (name, case) in cases() {
        if let Ok(manifest) = case.bake(true).render() {
            let file: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
            scratch.file(&format!("{file}.yaml"), printed(&manifest));
        }
    }
    let schemas = shared.join("schemas");
    let own = schemas.join("k8s-1.34-strict/{{.ResourceKind}}{{.KindSuffix}}.json");
    let others = schemas.join("crds/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json");
    let out = Command::new(kubeconform)
        .args(["-strict", "-summary", "-n", "2"])
        .args([Path::new("-schema-location"), &own, Path::new("-schema-location"), &others, scratch.dir()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    println!("{said}");
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
}

/// All cases with their names, `file: case`.
pub(super) fn cases() -> Vec<(String, Case)> {
    let mut files: Vec<PathBuf> = fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let tree = bake::yaml::read(&fs::read(&file).unwrap(), &Budget::default());
        let tree = to_json(&tree.unwrap_or_else(|e| panic!("{}: {e}", file.display())));
        let table = Table::deserialize(tree).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        for mut case in table.cases {
            case.base = table.values.clone();
            case.chart.get_or_insert_with(|| table.chart.clone());
            let name = format!("{}: {}", file.file_stem().unwrap().to_str().unwrap(), case.name);
            assert!(all.iter().all(|(other, _)| *other != name), "two cases {name:?}");
            all.push((name, case));
        }
    }
    all
}

impl Case {
    /// The layers of values, the lowest first; without what `changed` is about unless `all`.
    pub(super) fn layers(&self, all: bool) -> impl Iterator<Item = &Json> {
        let stack = if all { &self.stack } else { &Json::Null };
        [&self.base, &self.values, stack].into_iter().filter(|layer| !layer.is_null())
    }

    pub(super) fn chart(&self) -> &str {
        self.chart.as_deref().unwrap()
    }

    fn release(&self) -> &str {
        self.release.as_deref().unwrap_or("app")
    }

    fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    fn bake(&self, all: bool) -> Bake<'static> {
        let mut bake = Bake::new(chart(self.chart()));
        bake = bake.release(self.release()).namespace(self.namespace());
        for layer in self.layers(all) {
            bake = bake.values("values.yaml", layer).unwrap();
        }
        self.set.iter().filter(|_| all).fold(bake, Bake::set)
    }

    fn helm(&self, helm: &Path) -> Output {
        let scratch = Scratch::new("case");
        let mut command = Command::new(helm);
        let chart = testkit::charts(env!("CARGO_TARGET_TMPDIR")).join(self.chart());
        command.args(["template", self.release()]).arg(chart).args(["--namespace", self.namespace()]);
        for (i, layer) in self.layers(true).enumerate() {
            command.arg("-f").arg(scratch.written(&format!("{i}.yaml"), layer.to_string()));
        }
        command.args(self.set.iter().flat_map(|set| ["--set", set]));
        command.output().unwrap()
    }
}

/// The charts, read once.
fn chart(name: &str) -> &'static Chart {
    static CHARTS: Mutex<BTreeMap<String, &'static Chart>> = Mutex::new(BTreeMap::new());
    let mut charts = CHARTS.lock().unwrap();
    charts.entry(name.to_owned()).or_insert_with(|| Box::leak(Box::new(Chart::builtin(name).unwrap())))
}

/// What is wrong with the answer to a case.
fn failures(case: &Case) -> Vec<String> {
    let baked = match (case.bake(true).render(), &case.error) {
        (Err(error), Some(want)) if error.to_string().contains(want) => return Vec::new(),
        (Err(error), Some(want)) => return vec![format!("error: want {want:?}"), format!("        got {error}")],
        (Err(error), None) => return vec![format!("error: {error}")],
        (Ok(_), Some(want)) => return vec![format!("baked, but want the error {want:?}")],
        (Ok(manifest), None) => manifest,
    };
    let mut wrong = Vec::new();
    if case.want.is_none() && case.changed.is_none() && case.objects.is_none() {
        wrong.push("says nothing that is wanted".to_owned());
    }
    if let Some(want) = &case.objects {
        let got: Vec<_> = baked.objects().map(|o| format!("{}/{}", o.kind, o.name.as_deref().unwrap_or("?"))).collect();
        if *want != got {
            wrong.push(format!("objects: want {want:?}, got {got:?}"));
        }
    }
    let baked = objects(&baked);
    for wanted in [&case.want, &case.changed].into_iter().flatten() {
        wrong.extend(unlike(wanted, &baked));
    }
    if let Some(changed) = &case.changed {
        match case.bake(false).render() {
            Ok(before) => wrong.extend(unlisted(changed, &objects(&before), &baked)),
            Err(error) => wrong.push(format!("without the stack: {error}")),
        }
    }
    wrong
}

/// Where the objects are not as wanted.
fn unlike(wanted: &Wanted, objects: &Objects) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, paths) in wanted {
        match (address(name, objects), paths) {
            (Ok(_), None) => wrong.push(format!("{name}: is there")),
            (Err(_), None) => {}
            (Err(problem), Some(_)) => wrong.push(problem),
            (Ok(start), Some(paths)) => {
                for (path, want) in paths {
                    let got = follow(&json!(objects), &[start.clone(), segments(path)].concat()).1;
                    let want = Some(want).filter(|want| !want.is_null());
                    if got.as_ref() != want {
                        wrong.extend(difference(want, got.as_ref(), &[name.clone(), path.clone()]));
                    }
                }
            }
        }
    }
    wrong
}

/// What has changed and is not listed, and what is listed and has not changed.
fn unlisted(listed: &Wanted, before: &Objects, after: &Objects) -> Vec<String> {
    let (before, after) = (json!(before), json!(after));
    let mut changes = Vec::new();
    compare(Some(&before), Some(&after), &mut Vec::new(), &mut changes);
    let mut wrong = Vec::new();
    let mut places: Vec<Vec<String>> = Vec::new();
    for (name, paths) in listed {
        let found = [&after, &before].into_iter().find_map(|side| {
            let objects: Objects = serde_json::from_value(side.clone()).unwrap();
            address(name, &objects).ok().map(|start| (start, side))
        });
        let Some((start, side)) = found else {
            wrong.push(format!("{name}: is not there"));
            continue;
        };
        let object = vec![start[0].clone()];
        if changes.iter().any(|change| change.path == object) {
            places.push(object); // all of it is new, or gone
            continue;
        }
        for path in paths.iter().flatten().map(|(path, _)| [start.clone(), segments(path)].concat()) {
            let place = follow(side, &path).0;
            if !changes.iter().any(|change| change.path.starts_with(&place)) {
                wrong.push(format!("{}: has not changed", written(&place)));
            }
            places.push(place);
        }
    }
    for change in changes.iter().filter(|c| !places.iter().any(|place| c.path.starts_with(place))) {
        wrong.push(format!("{}: changed from {} to {}", written(&change.path), shown(change.old), shown(change.new)));
    }
    wrong
}

fn objects(manifest: &Manifest) -> Objects {
    let key = |o: &bake::manifest::Document| format!("{}/{}", o.kind, o.name.as_deref().unwrap_or("?"));
    // printed, a document ends in a newline, which may belong to its last text
    let read = |o: &bake::manifest::Document| bake::yaml::read(&[&o.text[..], b"\n"].concat(), &Budget::default());
    manifest.objects().map(|o| (key(o), to_json(&read(o).unwrap()))).collect()
}

/// The path from all objects to what `name` means.
fn address(name: &str, objects: &Objects) -> Result<Vec<String>, String> {
    let template = |key: &str| match key.split('/').next() {
        Some("Deployment" | "StatefulSet" | "DaemonSet" | "Job") => Some("spec.template"),
        Some("CronJob") => Some("spec.jobTemplate.spec.template"),
        _ => None,
    };
    let inside = matches!(name, "pod" | "main");
    let is_it = |key: &str| key == name || key.split('/').next() == Some(name);
    let mut found = objects.keys().filter(|key| if inside { template(key).is_some() } else { is_it(key) });
    let (Some(key), None) = (found.next(), found.next()) else {
        return Err(format!("{name}: there is none, or several: {:?}", objects.keys()));
    };
    let mut path = vec![key.clone()];
    if inside {
        path.extend(segments(template(key).unwrap()));
    }
    if name == "main" {
        path.extend(segments("spec.containers.0"));
    }
    Ok(path)
}

/// `a.b[c.d].0` in its parts.
fn segments(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for (i, piece) in path.split(['[', ']']).enumerate() {
        if i % 2 == 1 {
            parts.push(piece.to_owned());
        } else {
            parts.extend(piece.split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        }
    }
    parts
}

fn written(path: &[String]) -> String {
    let parts = path.iter().map(|part| if part.contains('.') { format!("[{part}]") } else { format!(".{part}") });
    parts.collect::<String>().trim_start_matches('.').replacen('.', " ", 1)
}

/// What is at the path, and the path with the names of items in place of their places.
fn follow(root: &Json, path: &[String]) -> (Vec<String>, Option<Json>) {
    let mut at = Some(root);
    let mut names = Vec::new();
    for part in path {
        let mut place = part.clone();
        at = match at {
            Some(Json::Array(items)) => {
                let by_name = items.iter().find(|item| name_of(item) == Some(part));
                let item = by_name.or_else(|| items.get(part.parse::<usize>().ok()?));
                place = item.and_then(name_of).map_or(place, str::to_owned);
                item
            }
            Some(node) => node.get(part),
            None => None,
        };
        names.push(place);
    }
    (names, at.cloned())
}

fn name_of(item: &Json) -> Option<&str> {
    item.get("name").or_else(|| item.pointer("/metadata/name"))?.as_str()
}

struct Change<'a> {
    path: Vec<String>,
    old: Option<&'a Json>,
    new: Option<&'a Json>,
}

/// Collects the leaves in which two trees differ; items of lists are paired by name, else by place.
fn compare<'a>(old: Option<&'a Json>, new: Option<&'a Json>, path: &mut Vec<String>, changes: &mut Vec<Change<'a>>) {
    if old == new {
        return;
    }
    let pairs = match (old, new) {
        (Some(Json::Object(a)), Some(Json::Object(b))) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            keys.map(|key| (key.clone(), a.get(key), b.get(key))).collect()
        }
        (Some(Json::Array(a)), Some(Json::Array(b))) => pairs_of_lists(a, b),
        _ => Vec::new(),
    };
    if pairs.is_empty() {
        changes.push(Change { path: path.clone(), old, new });
    }
    for (key, old, new) in pairs {
        path.push(key);
        compare(old, new, path, changes);
        path.pop();
    }
}

type Pairs<'a> = Vec<(String, Option<&'a Json>, Option<&'a Json>)>;

/// The items of two lists by name, if all have one and their order is the same; else by place, if they are as many.
fn pairs_of_lists<'a>(a: &'a [Json], b: &'a [Json]) -> Pairs<'a> {
    let by_name = |items: &'a [Json]| -> Option<BTreeMap<&'a str, &'a Json>> {
        let named: Option<BTreeMap<_, _>> = items.iter().map(|item| Some((name_of(item)?, item))).collect();
        named.filter(|named| named.len() == items.len())
    };
    let both = |x: &'a [Json], other: &BTreeMap<&str, &Json>| -> Vec<&'a str> {
        x.iter().filter_map(name_of).filter(|name| other.contains_key(name)).collect()
    };
    match (by_name(a), by_name(b)) {
        (Some(old), Some(new)) if both(a, &new) == both(b, &old) => {
            let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
            names.map(|name| ((*name).to_owned(), old.get(name).copied(), new.get(name).copied())).collect()
        }
        _ if a.len() == b.len() => {
            a.iter().zip(b).enumerate().map(|(i, (a, b))| (i.to_string(), Some(a), Some(b))).collect()
        }
        _ => Vec::new(),
    }
}

/// The leaves in which what is there differs from what is wanted, a line each.
fn difference(want: Option<&Json>, got: Option<&Json>, path: &[String]) -> Vec<String> {
    let mut changes = Vec::new();
    compare(want, got, &mut path.to_vec(), &mut changes);
    let line = |c: &Change<'_>| format!("{}: want {}, got {}", c.path.join(" "), shown(c.old), shown(c.new));
    changes.iter().map(line).collect()
}

fn shown(value: Option<&Json>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Json::to_string)
}

/// A refusal without the place of a key that is wrong: Helm gives that of any other key, now this one, now that.
fn steady(error: &str) -> String {
    let lines = error.lines().map(|line| line.split_once(": invalid propertyName").map_or(line, |(_, name)| name));
    lines.collect::<Vec<_>>().join("\n")
}

/// The first lines in which two texts differ.
fn lines_apart(want: &str, got: &str) -> Vec<String> {
    let same = want.lines().zip(got.lines()).take_while(|(want, got)| want == got).count();
    let from = |text: &str| text.lines().skip(same).take(3).collect::<Vec<_>>().join("\n        ");
    vec![format!("line {}: want {}", same + 1, from(want)), format!("        got {}", from(got))]
}

/// Checks all cases in as many threads as there are cores; what is wrong, under the names of the cases.
fn in_parallel(cases: &[(String, Case)], check: impl Fn(&Case) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((name, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let lines = check(case);
                    if !lines.is_empty() {
                        wrong.lock().unwrap().insert(name, lines.join("\n    "));
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap().into_iter().map(|(name, lines)| format!("{name}\n    {lines}")).collect()
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} cases failed\n{}", wrong.len(), wrong.join("\n"));
}
