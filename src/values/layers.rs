//! The layers of a bake: values files and `--set` expressions merged in Helm's order, and the names behind origins.
//! Helm: `pkg/cli/values/options.go`.

use std::sync::Arc;

use super::merge::merge_maps;
use super::set::{Mode, parse_into};
use crate::error::{Error, ErrorKind, Location, Origin, Result};
use crate::limits::{Budget, Limits};
use crate::value::{Map, Value};
use crate::yaml::Node;

/// Numbers layers from 1 and keeps their names.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    names: Vec<String>,
}

impl Layers {
    /// No layers.
    pub fn new() -> Self {
        Layers::default()
    }

    /// A number for one more layer. After 65534 layers all others share one number without a name.
    pub fn add(&mut self, name: impl Into<String>) -> u16 {
        match u16::try_from(self.names.len() + 1) {
            Ok(number) if number < u16::MAX => {
                self.names.push(name.into());
                number
            }
            _ => u16::MAX,
        }
    }

    /// The name of a layer.
    pub fn name(&self, layer: u16) -> Option<&str> {
        self.names.get(usize::from(layer).checked_sub(1)?).map(String::as_str)
    }

    /// An origin for a reader: `prod-values.yaml:12`, `--set version=1.2.3`, `the defaults of chart workload:33`.
    pub fn describe(&self, origin: Origin) -> Option<String> {
        let name = self.name(origin.layer)?;
        Some(if origin.line == 0 { name.to_owned() } else { format!("{name}:{}", origin.line) })
    }
}

/// A values file.
#[derive(Clone, Debug)]
pub struct ValuesFile {
    /// The name, as the user gave it.
    pub name: String,
    /// What is in it.
    pub content: Content,
}

/// The content of a values file.
#[derive(Clone, Debug)]
pub enum Content {
    /// YAML text.
    Text(Arc<[u8]>),
    /// Text that has been read already: a mapping or null.
    Tree(Arc<Node>),
}

/// What the user gives on top of a chart's own values: the flags of `helm template`, each kind in its order.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--values`
    pub files: Vec<ValuesFile>,
    /// `--set-json`
    pub set_json: Vec<String>,
    /// `--set`
    pub set: Vec<String>,
    /// `--set-string`
    pub set_string: Vec<String>,
    /// `--set-file`
    pub set_file: Vec<String>,
    /// `--set-literal`
    pub set_literal: Vec<String>,
}

impl Options {
    /// All layers merged into a new map whose entries carry their origins; `layers` gets a number for each.
    ///
    /// `read_file` gives the content of a file that `--set-file` names. Errors have Helm's text.
    pub fn merge(
        &self,
        layers: &mut Layers,
        read_file: &mut dyn FnMut(&str) -> Result<Vec<u8>>,
        limits: &Limits,
    ) -> Result<Map> {
        let mut base: Option<Map> = None;
        for file in &self.files {
            let layer = layers.add(&*file.name);
            let map = file.read(layer, limits)?;
            base = Some(match base {
                None => map,
                Some(base) => merge_maps(&base, &map),
            });
        }
        let base = base.unwrap_or_default();
        let mut slots = limits.set_slots;
        let mut apply = |flag: &str, line: &str, mode: Mode<'_>| {
            let json = matches!(mode, Mode::Json);
            let layer = layers.add(format!("{flag} {line}"));
            parse_into(line, &base, mode, Origin { layer, line: 0 }, &mut slots, limits).map_err(|error| {
                if json && error.kind() != ErrorKind::Limit {
                    // Helm does not say what is wrong with it
                    Error::new(ErrorKind::Values, format!("failed parsing --set-json data {line}"))
                        .with_hint(error.to_string())
                } else {
                    let error = explain_set(error, line).with_origin_text(format!("{flag} {line}"));
                    error.with_prefix(&format!("failed parsing {flag} data: "))
                }
            })
        };
        for line in &self.set_json {
            apply("--set-json", line, Mode::Json)?;
        }
        for line in &self.set {
            apply("--set", line, Mode::Typed)?;
        }
        for line in &self.set_string {
            apply("--set-string", line, Mode::Text)?;
        }
        for line in &self.set_file {
            let mut reader = |name: &str| {
                let bytes = read_file(name)?;
                check_size(name, bytes.len(), limits)?;
                Ok(bytes)
            };
            apply("--set-file", line, Mode::File(&mut reader))?;
        }
        for line in &self.set_literal {
            apply("--set-literal", line, Mode::Literal)?;
        }
        Ok(base)
    }

    /// All layers merged, as one line of JSON. No file is read: `--set-file` has nothing to set.
    ///
    /// Errors: those of [`Options::merge`].
    pub fn to_json(&self, limits: &Limits) -> Result<Vec<u8>> {
        let values = self.merge(&mut Layers::new(), &mut |_| Ok(Vec::new()), limits)?;
        crate::yaml::to_json(&Value::Map(values), false, &Budget::new(limits.clone()))
    }
}

impl ValuesFile {
    /// A file of YAML text.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<[u8]>>) -> Self {
        ValuesFile { name: name.into(), content: Content::Text(text.into()) }
    }

    /// The same file with its text read, so that many bakes can share the work.
    ///
    /// Errors: those of a bake with this file.
    pub fn parsed(self, limits: &Limits) -> Result<ValuesFile> {
        Ok(match &self.content {
            Content::Tree(_) => self,
            Content::Text(text) => {
                let tree = Content::Tree(Arc::new(self.tree(text, limits)?));
                ValuesFile { name: self.name, content: tree }
            }
        })
    }

    fn tree(&self, text: &[u8], limits: &Limits) -> Result<Node> {
        check_size(&self.name, text.len(), limits)?;
        crate::yaml::read_values(text, limits).map_err(|error| {
            let place = Location::new(&*self.name, line_of(error.message()), 0);
            error.with_prefix(&format!("failed to parse {}: ", self.name)).at(place)
        })
    }

    fn read(&self, layer: u16, limits: &Limits) -> Result<Map> {
        let value = match &self.content {
            Content::Tree(node) => node.to_value(layer),
            Content::Text(text) => self.tree(text, limits)?.to_value(layer),
        };
        Ok(match value {
            Value::Map(map) => map,
            _ => Map::new(),
        })
    }
}

fn check_size(name: &str, size: usize, limits: &Limits) -> Result<()> {
    let max = limits.values_file_bytes;
    if size as u64 > max {
        return Err(Error::limit_reached("values-file-bytes", format!("{name} is larger than {max} bytes")));
    }
    Ok(())
}

/// A comma inside a text ends it: the rest is taken for the next key.
fn explain_set(error: Error, line: &str) -> Error {
    let is_rest = line.contains(',') && error.message().ends_with("has no value");
    if is_rest && error.hint().is_none() {
        return error.with_hint("a comma starts the next KEY=VALUE; one that belongs to a text is written \\,");
    }
    error
}

/// The number after `line ` in a message, 0 where there is none.
fn line_of(message: &str) -> u32 {
    let Some((_, rest)) = message.split_once("line ") else { return 0 };
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::testing::show;

    fn merge(options: &Options) -> (Result<Map>, Layers) {
        let mut layers = Layers::new();
        let mut reader = |name: &str| Ok(format!("content of {name}").into_bytes());
        let merged = options.merge(&mut layers, &mut reader, &Limits::helm());
        (merged, layers)
    }

    #[test]
    fn each_kind_comes_in_helms_order() {
        let options = Options {
            files: vec![
                ValuesFile::new("values.yaml", *b"a: 1\nb:\n  c: 2\n  d: 3\n"),
                ValuesFile::new("prod.yaml", *b"b:\n  d: 4\n"),
            ],
            set: vec!["v=set,w=set".into(), "b.e=5".into()],
            set_json: vec![r#"v="json",b.d={"x":1}"#.into()],
            set_string: vec!["v=string".into()],
            set_file: vec!["v=file,f=x".into()],
            set_literal: vec!["v=literal".into()],
        };
        let (map, layers) = merge(&options);
        let map = map.unwrap();
        assert_eq!(
            show(&Value::Map(map.clone())),
            r#"{"a":f1,"b":{"c":f2,"d":{"x":f1},"e":i5},"f":"content of x","v":"literal","w":"set"}"#
        );
        let origin = |map: &Map, key: &str| layers.describe(map.entry(key.as_bytes()).unwrap().origin).unwrap();
        assert_eq!(origin(&map, "a"), "values.yaml:1");
        assert_eq!(origin(&map, "v"), "--set-literal v=literal");
        let b = map.get(b"b").unwrap().as_map().unwrap().clone();
        assert_eq!(origin(&b, "c"), "values.yaml:3");
        assert_eq!(origin(&b, "e"), "--set b.e=5");
    }

    #[test]
    fn errors_name_the_flag_or_the_file() {
        let set = |set: &str| Options { set: vec![set.into()], ..Options::default() };
        let json = |set: &str| Options { set_json: vec![set.into()], ..Options::default() };
        for (options, want) in [
            (set("a"), r#"failed parsing --set data: key "a" has no value"#),
            (json("a={"), "failed parsing --set-json data a={"),
        ] {
            assert_eq!(merge(&options).0.unwrap_err().message(), want);
        }
        let options = Options { files: vec![ValuesFile::new("bad.yaml", *b"a: b\nc: [\n")], ..Options::default() };
        let error = merge(&options).0.unwrap_err();
        assert!(error.message().starts_with("failed to parse bad.yaml: error converting YAML to JSON: yaml: line "));
        assert_eq!(error.location().map(|l| l.file.as_str()), Some("bad.yaml"));
    }

    #[test]
    fn layers_never_run_out() {
        let mut layers = Layers::new();
        for i in 0..70_000 {
            layers.add(format!("{i}"));
        }
        assert_eq!(layers.name(65_534), Some("65533"));
        assert_eq!(layers.name(u16::MAX), None);
    }
}
