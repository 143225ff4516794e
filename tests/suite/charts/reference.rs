//! The reference in `charts/README.md` is what the schema of the charts says, and every block of values in the README
//! files bakes. `UPDATE_EXPECT=1 cargo test --test suite reference` writes the reference anew.
//!
//! A block of values begins with a line `# values.yaml`; one that begins with `# NAME-values.yaml` is a stack over the
//! block before it. A line `Bakes KIND, KIND.` after a block says which objects come out, in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use bake::{Bake, Chart};
use serde::Deserialize;
use serde_json::{Map, Value};
use testkit::{Scratch, need};

use crate::manifests::printed;

const README: &str = "charts/README.md";
const BEGIN: &str = "<!-- The reference follows; `UPDATE_EXPECT=1 cargo test --test suite reference` writes it. -->\n";
const END: &str = "<!-- The reference ends. -->\n";

/// What keys are about that only pass a field on; they share a row.
const PASSED: &str = "As Kubernetes writes it.";

#[test]
fn the_reference_is_what_the_schema_says() {
    let schema: Value = serde_json::from_slice(&fs::read("charts/values.schema.json").unwrap()).unwrap();
    let readme = fs::read_to_string(README).unwrap();
    let (top, rest) = readme.split_once(BEGIN).unwrap_or_else(|| panic!("{README} has no line {BEGIN}"));
    let (written, bottom) = rest.split_once(END).unwrap_or_else(|| panic!("{README} has no line {END}"));
    let reference = Reference::of(&schema);
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(README, format!("{top}{BEGIN}{reference}{END}{bottom}")).unwrap();
    } else if written != reference {
        let line = written.lines().zip(reference.lines()).take_while(|(a, b)| a == b).count();
        let (has, wants) = (written.lines().nth(line), reference.lines().nth(line));
        panic!("line {line} of the reference is {has:?}, the schema says {wants:?}; UPDATE_EXPECT=1 writes it");
    }
}

#[test]
fn every_block_of_values_bakes_as_helm_bakes_it() {
    let charts = ["workload", "service"].map(|name| (name, Chart::builtin(name).unwrap()));
    let helm = need::helm();
    let blocks: Vec<_> = [README, "README.md"].into_iter().flat_map(blocks).collect();
    assert!(blocks.len() >= 8, "only {} blocks of values", blocks.len());
    for block in &blocks {
        let mut kinds = Vec::new();
        for (name, chart) in &charts {
            let mut bake = Bake::new(chart).release("frontend").namespace("shop");
            for layer in &block.layers {
                bake = bake.values_text("values.yaml", layer.as_bytes());
            }
            let manifest = bake.render().unwrap_or_else(|error| panic!("{}: {error}", block.place));
            kinds.extend(manifest.objects().map(|object| object.kind.clone()));
            if let Some(helm) = &helm {
                assert_eq!(printed(&manifest), templated(helm, name, &block.layers), "{}", block.place);
            }
        }
        if let Some(bakes) = &block.bakes {
            assert_eq!(&kinds.join(", "), bakes, "{}", block.place);
        }
    }
    println!("{} blocks of values", blocks.len());
}

#[test]
fn every_example_of_a_top_key_is_accepted() {
    let schema: Value = serde_json::from_slice(&fs::read("charts/values.schema.json").unwrap()).unwrap();
    let chart = Chart::builtin("service").unwrap();
    let mut tried = 0;
    for (key, property) in schema["properties"].as_object().unwrap() {
        let definition = reference(property).map(|name| &schema["$defs"][name]);
        for example in
            [Some(property), definition].into_iter().flatten().filter_map(|of| of["examples"].as_array()).flatten()
        {
            let bake = Bake::new(&chart).values("values.yaml", &serde_json::json!({key: example})).unwrap();
            let error = bake.render().err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!error.contains("specifications of the schema"), "{key}: {example}\n{error}");
            tried += 1;
        }
    }
    assert!(tried >= 30, "only {tried} examples");
}

struct Block {
    /// The file and the line.
    place: String,
    layers: Vec<String>,
    /// The kinds that the text after it names.
    bakes: Option<String>,
}

fn blocks(file: &str) -> Vec<Block> {
    let text = fs::read_to_string(file).unwrap();
    let mut found: Vec<Block> = Vec::new();
    for (at, _) in text.match_indices("```yaml\n") {
        let (before, after) = text.split_at(at);
        let (body, after) = after.trim_start_matches("```yaml\n").split_once("```").unwrap();
        let place = format!("{file}:{}", before.lines().count() + 1);
        let first = body.lines().next().unwrap();
        let mut layers = match first {
            _ if first.starts_with("# values.yaml") => Vec::new(),
            _ if first.contains("-values.yaml") => found.last().expect("a stack is over a block").layers.clone(),
            _ => panic!("{place}: begins with {first:?}, not with the name of a values file"),
        };
        layers.push(body.to_owned());
        let next = after.trim_start().lines().next().unwrap_or_default();
        let bakes = next.strip_prefix("Bakes ").and_then(|kinds| kinds.strip_suffix('.')).map(str::to_owned);
        found.push(Block { place, layers, bakes });
    }
    found
}

fn templated(helm: &Path, chart: &str, layers: &[String]) -> String {
    let scratch = Scratch::new("reference");
    let mut command = Command::new(helm);
    let chart = testkit::charts(env!("CARGO_TARGET_TMPDIR")).join(chart);
    command.args(["template", "frontend"]).arg(chart).args(["--namespace", "shop"]);
    for (i, layer) in layers.iter().enumerate() {
        command.arg("-f").arg(scratch.written(&format!("{i}.yaml"), layer));
    }
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// Top keys of the values that belong together, as `x-themes` of the schema lists them, in the order of the reference.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Theme {
    title: String,
    keys: Vec<String>,
}

/// The reference as Markdown: a table per theme, then one for each definition that has keys and is said in several
/// places, then the words.
pub(crate) struct Reference<'s> {
    pub(crate) definitions: &'s Map<String, Value>,
    /// Definitions with a table of their own.
    pub(crate) shared: BTreeSet<&'s str>,
}

impl<'s> Reference<'s> {
    fn of(schema: &'s Value) -> String {
        let definitions = schema["$defs"].as_object().unwrap();
        let mut uses = BTreeMap::new();
        count_uses(schema, &mut uses);
        let mut this = Reference { definitions, shared: BTreeSet::new() };
        this.shared = definitions
            .iter()
            .filter(|(name, schema)| {
                let long = name.starts_with("istio") && name.as_str() != "istio";
                (uses.get(name.as_str()) > Some(&1) || long) && this.has_keys(schema)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        let top = schema["properties"].as_object().unwrap();
        let mut text = String::from("\n");
        let mut told = BTreeSet::new();
        let themes: Vec<Theme> = Vec::deserialize(&schema["x-themes"]).unwrap();
        for theme in themes {
            let mut rows = Rows::default();
            for key in theme.keys {
                let property = top.get(&key).unwrap_or_else(|| panic!("x-themes: the schema has no key {key}"));
                this.rows(&key, property, false, &mut rows);
                assert!(told.insert(key.clone()), "x-themes: {key} is in two themes");
            }
            writeln!(text, "### {}\n\n{}", theme.title, rows.table()).unwrap();
        }
        let untold: Vec<_> = top.keys().filter(|key| !told.contains(*key)).collect();
        assert!(untold.is_empty(), "x-themes: in no theme: {untold:?}");
        text.push_str("### Shared parts\n\n");
        for name in &this.shared {
            let mut rows = Rows::default();
            this.rows_below("", &definitions[*name], &mut rows);
            let kind = this.kind(&definitions[*name]);
            let also = if kind == "map" { String::new() } else { format!(" Written as {kind}.") };
            writeln!(text, "#### {name}\n\n{}{also}\n\n{}", about(&definitions[*name]), rows.table()).unwrap();
        }
        text.push_str("### Words\n\n| word | what it is |\n|---|---|\n");
        for (name, schema) in definitions.iter().filter(|(_, schema)| !this.has_keys(schema)) {
            writeln!(text, "| {name} | {} {} |", escaped(&this.kind(schema)), about(schema)).unwrap();
        }
        text.push('\n');
        text
    }

    /// A row for a key, and those for the keys below it.
    fn rows(&self, path: &str, schema: &'s Value, required: bool, rows: &mut Rows) {
        let merged = self.resolved(schema);
        let mut what = about(&merged);
        if required {
            what.push_str(" Required.");
        }
        if let Some(example) = merged.get("examples").and_then(|all| all.get(0)) {
            write!(what, " Example: `{}`", flow(example)).unwrap();
        }
        let default = merged.get("default").map(|value| format!("`{}`", flow(value))).unwrap_or_default();
        if rows.add(path, &self.kind(schema), &default, &what) {
            self.rows_below(path, schema, rows);
        }
    }

    pub(crate) fn rows_below(&self, path: &str, schema: &'s Value, rows: &mut Rows) {
        if let Some(name) = reference(schema) {
            if !self.shared.contains(name) {
                self.rows_below(path, &self.definitions[name], rows);
            }
            return;
        }
        let dotted = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            self.rows(&dotted(name), property, required.contains(&name.as_str()), rows);
        }
        for alternative in schema["anyOf"].as_array().into_iter().flatten() {
            self.rows_below(path, alternative, rows);
        }
        if let Some(entry) = entry(schema) {
            self.rows_below(&dotted("*"), entry, rows);
        }
        if schema["items"].is_object() {
            self.rows_below(&format!("{path}[]"), &schema["items"], rows);
        }
    }

    /// What may be written for a schema, in words.
    pub(crate) fn kind(&self, schema: &Value) -> String {
        if let Some(name) = reference(schema) {
            let words = !self.shared.contains(name) && !self.has_keys(&self.definitions[name]);
            return match name {
                _ if self.shared.contains(name) => format!("[{name}](#{})", name.to_lowercase()),
                _ if words => format!("[{name}](#words)"),
                _ => self.kind(&self.definitions[name]),
            };
        }
        let mut kinds: Vec<String> = Vec::new();
        if let Some(values) = schema["enum"].as_array() {
            kinds.extend(values.iter().filter(|v| !v.is_null()).map(|value| format!("`{}`", flow(value))));
        }
        kinds.extend(schema["anyOf"].as_array().into_iter().flatten().map(|alternative| self.kind(alternative)));
        let types = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            Value::String(one) => vec![one.as_str()],
            _ => Vec::new(),
        };
        for one in types {
            let range = match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
                (Some(low), Some(high)) => format!(" {low} to {high}"),
                (Some(low), None) => format!(" from {low}"),
                _ => String::new(),
            };
            kinds.push(match one {
                "string" => "text".to_owned(),
                "integer" => format!("whole number{range}"),
                "number" => format!("number{range}"),
                "boolean" => "true or false".to_owned(),
                "array" if schema["items"].is_object() => format!("list of {}", self.kind(&schema["items"])),
                "array" => "list".to_owned(),
                "object" if entry(schema).is_some() => {
                    format!("map by key of {}", self.kind(entry(schema).unwrap()))
                }
                "object" => "map".to_owned(),
                _ => continue,
            });
        }
        let mut told = BTreeSet::new();
        kinds.retain(|kind| !kind.is_empty() && told.insert(kind.clone()));
        kinds.join(" or ")
    }

    /// Whether a schema has keys of its own, at any alternative.
    pub(crate) fn has_keys(&self, schema: &Value) -> bool {
        let below = entry(schema).into_iter().chain(schema.get("items"));
        let alternatives = schema["anyOf"].as_array().into_iter().flatten();
        schema["properties"].is_object()
            || alternatives.chain(below).any(|part| {
                part.is_object()
                    && reference(part).map_or_else(|| self.has_keys(part), |n| self.has_keys(&self.definitions[n]))
            })
    }

    /// A schema with what its definition says where it says nothing itself.
    fn resolved(&self, schema: &Value) -> Value {
        let mut all = schema.clone();
        if let Some(definition) = reference(schema).map(|name| &self.definitions[name]) {
            for field in ["description", "default", "examples"] {
                if let (None, Some(value)) = (schema.get(field), definition.get(field)) {
                    all[field] = value.clone();
                }
            }
        }
        all
    }
}

/// The rows of a table, each path once.
#[derive(Default)]
pub(crate) struct Rows(Vec<[String; 4]>);

impl Rows {
    fn add(&mut self, path: &str, kind: &str, default: &str, what: &str) -> bool {
        let new = !self.0.iter().any(|row| row[0] == path);
        if new {
            self.0.push([path.to_owned(), kind.to_owned(), default.to_owned(), what.to_owned()]);
        }
        new
    }

    pub(crate) fn table(&self) -> String {
        let mut text = String::from("| key | type | default | what it does |\n|---|---|---|---|\n");
        let mut passed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for [path, kind, default, what] in &self.0 {
            if what == PASSED {
                let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
                passed.entry(parent).or_default().push(key);
                continue;
            }
            let [kind, default, what] = [kind, default, what].map(|cell| escaped(cell));
            writeln!(text, "| `{path}` | {kind} | {default} | {what} |").unwrap();
        }
        for (parent, keys) in passed {
            let dot = if parent.is_empty() { "" } else { "." };
            let keys: Vec<_> = keys.iter().map(|key| format!("`{parent}{dot}{key}`")).collect();
            writeln!(text, "| {} | as in Kubernetes | | {PASSED} |", keys.join(", ")).unwrap();
        }
        text
    }
}

fn count_uses<'s>(node: &'s Value, uses: &mut BTreeMap<&'s str, usize>) {
    if let Some(name) = reference(node) {
        *uses.entry(name).or_insert(0) += 1;
    }
    match node {
        Value::Object(map) => map.values().for_each(|below| count_uses(below, uses)),
        Value::Array(items) => items.iter().for_each(|below| count_uses(below, uses)),
        _ => {}
    }
}

/// What a map by key has at each key.
fn entry(schema: &Value) -> Option<&Value> {
    let patterns = schema["patternProperties"].as_object().into_iter().flat_map(Map::values);
    schema.get("additionalProperties").filter(|entry| entry.is_object()).into_iter().chain(patterns).next()
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

pub(crate) fn about(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|").replace('\n', " ")
}

/// A value as YAML in one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./@$()=".contains(c);
            let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && text.chars().all(plain);
            let keyword = ["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str());
            if word && !keyword { text.clone() } else { Value::String(text.clone()).to_string() }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries =
                map.iter().map(|(key, below)| format!("{}: {}", flow(&Value::String(key.clone())), flow(below)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
