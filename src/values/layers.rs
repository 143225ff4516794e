//! The layers of a bake: values files and `--set` expressions, one ordered list, merged in Helm's order.
//! Helm: `pkg/cli/values/options.go`.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::explain::Step;
use super::file::{ReadFile, ValuesFile, check_size};
use super::merge::{deep_copy, merge_maps};
use super::names::LayerNames;
use super::set::{Mode, NO_VALUE, parse_into};
use crate::error::{Error, ErrorKind, Origin, Result};
use crate::run::Run;
use crate::value::{Map, Value};

/// One layer of values. The variants are in the order in which Helm merges them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Layer {
    /// `--values FILE`
    File(ValuesFile),
    /// `--set-json KEY=JSON`, or a JSON object.
    SetJson(String),
    /// `--set KEY=VALUE,...`
    Set(String),
    /// `--set-string KEY=TEXT,...`
    SetString(String),
    /// `--set-file KEY=PATH,...`
    SetFile(String),
    /// `--set-literal KEY=TEXT`
    SetLiteral(String),
}

/// The layers of the user, on top of a chart's own values. Later layers win. As in Helm, files come first and then the flags, kind
/// by kind, independent of the order in which layers are added.
///
/// ```
/// use bake::{Layers, Limits, ValuesFile};
///
/// let layers = Layers::new()
///     .set("replicas=3")
///     .file(ValuesFile::new("values.yaml", *b"replicas: 1\nimage: shop/web\n"));
/// let merged = layers.merge(&Limits::helm())?;
/// let replicas = merged.values.entry(b"replicas").unwrap();
/// assert_eq!(merged.names.describe(replicas.origin).as_deref(), Some("--set replicas=3"));
/// # Ok::<(), bake::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layers(Vec<Layer>);

/// Merged layers: a map whose entries have origins, and the names of the layers.
#[derive(Clone, Debug, Default)]
pub struct Layered {
    /// The values.
    pub values: Map,
    /// The name of each layer.
    pub names: LayerNames,
}

impl Layer {
    /// The flag and its text; `None` for a file.
    fn flag(&self) -> Option<(&'static str, &str)> {
        Some(match self {
            Layer::File(_) => return None,
            Layer::SetJson(text) => ("--set-json", text),
            Layer::Set(text) => ("--set", text),
            Layer::SetString(text) => ("--set-string", text),
            Layer::SetFile(text) => ("--set-file", text),
            Layer::SetLiteral(text) => ("--set-literal", text),
        })
    }

    /// The position of the kind in Helm's order.
    fn rank(&self) -> u8 {
        match self {
            Layer::File(_) => 0,
            Layer::SetJson(_) => 1,
            Layer::Set(_) => 2,
            Layer::SetString(_) => 3,
            Layer::SetFile(_) => 4,
            Layer::SetLiteral(_) => 5,
        }
    }
}

impl Layers {
    /// No layers.
    pub fn new() -> Self {
        Layers::default()
    }

    /// Adds a layer above those of its kind. Only this function knows Helm's order.
    pub fn push(&mut self, layer: Layer) {
        let at = self.0.partition_point(|known| known.rank() <= layer.rank());
        self.0.insert(at, layer);
    }

    /// The same with an additional layer.
    #[must_use]
    pub fn with(mut self, layer: Layer) -> Self {
        self.push(layer);
        self
    }

    /// Adds a values file.
    #[must_use]
    pub fn file(self, file: ValuesFile) -> Self {
        self.with(Layer::File(file))
    }

    /// `--set-json`: values that are JSON.
    #[must_use]
    pub fn set_json(self, text: impl Into<String>) -> Self {
        self.with(Layer::SetJson(text.into()))
    }

    /// `--set`: `key1=val1,key2=val2`.
    #[must_use]
    pub fn set(self, text: impl Into<String>) -> Self {
        self.with(Layer::Set(text.into()))
    }

    /// `--set-string`: values that are always text.
    #[must_use]
    pub fn set_string(self, text: impl Into<String>) -> Self {
        self.with(Layer::SetString(text.into()))
    }

    /// `--set-file`: values from the content of files.
    #[must_use]
    pub fn set_file(self, text: impl Into<String>) -> Self {
        self.with(Layer::SetFile(text.into()))
    }

    /// `--set-literal`: one value as literal text.
    #[must_use]
    pub fn set_literal(self, text: impl Into<String>) -> Self {
        self.with(Layer::SetLiteral(text.into()))
    }

    /// The layers in the order in which they are merged.
    pub fn iter(&self) -> std::slice::Iter<'_, Layer> {
        self.0.iter()
    }

    /// The values files.
    pub fn files(&self) -> impl Iterator<Item = &ValuesFile> {
        self.0.iter().filter_map(|layer| match layer {
            Layer::File(file) => Some(file),
            _ => None,
        })
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Merges all layers; `read` returns the content of files that are not in memory.
    ///
    /// Errors: Helm's, in its order: a file cannot be read or is not a map, a flag does not parse.
    pub fn merge_by(&self, read: &mut ReadFile<'_>, run: &Run) -> Result<Layered> {
        self.fold(read, run, |_, _| {})
    }

    /// The values before the first layer and after each one.
    ///
    /// Errors: those of [`Layers::merge_by`].
    pub fn steps_by(&self, read: &mut ReadFile<'_>, run: &Run) -> Result<Vec<Step>> {
        let none = Step { values: Map::new(), names: LayerNames::new(), user: Map::new() };
        let mut steps = vec![none];
        self.fold(read, run, |values, names| {
            // a flag changes the map in place
            let values = deep_copy(values);
            steps.push(Step { user: values.clone(), values, names: names.clone() });
        })?;
        Ok(steps)
    }

    /// Merges one layer after the other, and calls `each` with the values after each.
    fn fold(&self, read: &mut ReadFile<'_>, run: &Run, mut each: impl FnMut(&Map, &LayerNames)) -> Result<Layered> {
        let Layered { mut values, mut names } = Layered::default();
        let mut slots = run.limits.set_slots;
        for layer in &self.0 {
            match layer {
                Layer::File(file) => {
                    let map = file.map(&mut names, read, run)?;
                    values = if values.is_empty() { map } else { merge_maps(&values, &map, run) };
                }
                flag => flag.apply(&values, &mut names, read, &mut slots, run)?,
            }
            each(&values, &names);
        }
        Ok(Layered { values, names })
    }

    /// All layers merged, as one line of JSON. No file is read: `--set-file` has nothing to set.
    ///
    /// Errors: those of [`Layers::merge_by`].
    pub fn to_json(&self, run: &Run) -> Result<Vec<u8>> {
        let values = self.merge_by(&mut |_| Ok(Vec::new()), run)?.values;
        crate::yaml::to_json(&Value::Map(values), false, run)
    }

    /// SHA-256 of the layers: their kinds and texts, and the content of all files that they name.
    ///
    /// Errors: a file cannot be read, a `--set-file` does not parse.
    pub fn digest_by(&self, read: &mut ReadFile<'_>, run: &Run) -> Result<[u8; 32]> {
        let mut hash = Sha256::new();
        for layer in &self.0 {
            hash.update([layer.rank()]);
            match layer {
                Layer::File(file) => hash.update(file.digest_by(read)?),
                flag => {
                    let text = flag.flag().map(|(_, text)| text).unwrap_or_default();
                    hash.update((text.len() as u64).to_le_bytes());
                    hash.update(text);
                }
            }
            if let Layer::SetFile(_) = layer {
                let mut read = |path: &Path| {
                    let content = read(path)?;
                    hash.update(Sha256::digest(&content));
                    Ok(content)
                };
                layer.apply(&Map::new(), &mut LayerNames::new(), &mut read, &mut run.limits.set_slots.clone(), run)?;
            }
        }
        Ok(hash.finalize().into())
    }
}

impl Layer {
    /// Sets the values of a flag in `values`.
    fn apply(
        &self,
        values: &Map,
        names: &mut LayerNames,
        read: &mut ReadFile<'_>,
        slots: &mut usize,
        run: &Run,
    ) -> Result<()> {
        let Some((flag, line)) = self.flag() else { return Ok(()) };
        let mut content = |name: &str| {
            let bytes = read(Path::new(name))?;
            check_size(name, bytes.len(), run)?;
            Ok(bytes)
        };
        let mode = match self {
            Layer::SetJson(_) => Mode::Json,
            Layer::SetString(_) => Mode::Text,
            Layer::SetFile(_) => Mode::File(&mut content),
            Layer::SetLiteral(_) => Mode::Literal,
            Layer::Set(_) | Layer::File(_) => Mode::Typed,
        };
        let origin = Origin { layer: names.add(format!("{flag} {line}")), line: 0 };
        parse_into(line, values, mode, origin, slots, run).map_err(|error| {
            if matches!(self, Layer::SetJson(_)) && error.kind() != ErrorKind::Limit {
                // Helm does not report the reason
                return Error::new(ErrorKind::Values, format!("failed parsing {flag} data {line}"))
                    .with_hint(error.to_string());
            }
            let error = explain_set(error, line).with_origin_text(format!("{flag} {line}"));
            error.with_prefix(&format!("failed parsing {flag} data: "))
        })
    }
}

impl Extend<Layer> for Layers {
    fn extend<I: IntoIterator<Item = Layer>>(&mut self, layers: I) {
        layers.into_iter().for_each(|layer| self.push(layer));
    }
}

impl FromIterator<Layer> for Layers {
    fn from_iter<I: IntoIterator<Item = Layer>>(layers: I) -> Self {
        let mut all = Layers::new();
        all.extend(layers);
        all
    }
}

impl<'l> IntoIterator for &'l Layers {
    type Item = &'l Layer;
    type IntoIter = std::slice::Iter<'l, Layer>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A comma inside a text ends it: the rest is taken for the next key.
fn explain_set(error: Error, line: &str) -> Error {
    let is_rest = line.contains(',') && error.reason() == Some(NO_VALUE);
    if is_rest && error.hint().is_none() {
        return error.with_hint("a comma starts the next KEY=VALUE; one that belongs to a text is written \\,");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::testing::show;

    fn merge(layers: &Layers) -> Result<Layered> {
        let mut read = |path: &Path| Ok(format!("content of {}", path.display()).into_bytes());
        layers.merge_by(&mut read, &Run::default())
    }

    #[test]
    fn each_kind_comes_in_helms_order() {
        // whatever the order in which they are said
        let layers = Layers::new()
            .set_literal("v=literal")
            .set("v=set,w=set")
            .file(ValuesFile::new("values.yaml", *b"a: 1\nb:\n  c: 2\n  d: 3\n"))
            .set_file("v=file,f=x")
            .set_json(r#"v="json",b.d={"x":1}"#)
            .set("b.e=5")
            .set_string("v=string")
            .file(ValuesFile::new("prod.yaml", *b"b:\n  d: 4\n"));
        let Layered { values, names } = merge(&layers).unwrap();
        assert_eq!(
            show(&Value::Map(values.clone())),
            r#"{"a":f1,"b":{"c":f2,"d":{"x":f1},"e":i5},"f":"content of x","v":"literal","w":"set"}"#
        );
        let origin = |map: &Map, key: &str| names.describe(map.entry(key.as_bytes()).unwrap().origin).unwrap();
        assert_eq!(origin(&values, "a"), "values.yaml:1");
        assert_eq!(origin(&values, "v"), "--set-literal v=literal");
        let b = values.get(b"b").unwrap().as_map().unwrap().clone();
        assert_eq!(origin(&b, "c"), "values.yaml:3");
        assert_eq!(origin(&b, "e"), "--set b.e=5");
    }

    #[test]
    fn a_step_is_what_the_layers_so_far_make() {
        let file = |name: &str, text: &str| Layer::File(ValuesFile::new(name, text.as_bytes()));
        let all = [
            file("a.yaml", "a: {b: 1}\n"),
            file("b.yaml", "a: {c: 2}\n"),
            Layer::SetJson(r#"a.d={"e":3}"#.to_owned()),
            Layer::Set("a.b=4".to_owned()),
            Layer::SetLiteral("a.d.e=5".to_owned()),
        ];
        let layers: Layers = all.iter().cloned().collect();
        let steps = layers.steps_by(&mut |_| Ok(Vec::new()), &Run::default()).unwrap();
        assert_eq!(steps.len(), all.len() + 1);
        for (count, step) in steps.iter().enumerate() {
            let some: Layers = all.iter().take(count).cloned().collect();
            assert_eq!(show(&Value::Map(step.values.clone())), show(&Value::Map(merge(&some).unwrap().values)));
        }
    }

    #[test]
    fn errors_name_the_flag_or_the_file() {
        for (layers, want) in [
            (Layers::new().set("a"), r#"failed parsing --set data: key "a" has no value"#),
            (Layers::new().set_json("a={"), "failed parsing --set-json data a={"),
        ] {
            assert_eq!(merge(&layers).unwrap_err().message(), want);
        }
        let error = merge(&Layers::new().file(ValuesFile::new("bad.yaml", *b"a: b\nc: [\n"))).unwrap_err();
        assert!(error.message().starts_with("failed to parse bad.yaml: error converting YAML to JSON: yaml: line "));
        assert_eq!(error.location().map(|l| l.file.as_str()), Some("bad.yaml"));
    }

    #[test]
    fn a_digest_tells_all_that_counts() {
        let digest = |layers: &Layers, content: &str| {
            layers.digest_by(&mut |_| Ok(content.as_bytes().to_vec()), &Run::default()).unwrap()
        };
        let file = |text: &str| Layers::new().file(ValuesFile::new("a.yaml", text.as_bytes()));
        let at = || Layers::new().file(ValuesFile::at("a.yaml"));
        let all = [
            digest(&Layers::new(), ""),
            digest(&file("a: 1"), ""),
            digest(&file("a: 2"), ""),
            digest(&at(), "a: 3"),
            digest(&Layers::new().set("a=1"), ""),
            digest(&Layers::new().set("a=1").set(""), ""),
            digest(&Layers::new().set_string("a=1"), ""),
            digest(&Layers::new().set_file("a=x"), "one"),
            digest(&Layers::new().set_file("a=x"), "two"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| other != one), "{at}");
        }
        assert_eq!(digest(&at(), "a: 1"), all[1]);
    }
}
