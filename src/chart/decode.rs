//! Decodes Chart.yaml and Chart.lock as Go's `encoding/json` fills Helm's structs.
//!
//! Wrong types are errors with Go's text. The first one in the order of the JSON text counts, and the keys of that text are
//! sorted. A second document that is decoded into the same struct changes the existing content, as in Go (requirements.yaml of
//! a v1 chart). Numbers and booleans become strings if a string is expected. sigs.k8s.io/yaml: `convertToJSONableObject`; Go:
//! `encoding/json/decode.go`.

use indexmap::IndexMap;

use super::{Dependency, Lock, Maintainer, Metadata};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Run;
use crate::value::Str;
use crate::yaml::{self, Data, Finite, Node, field_text};

/// Chart.yaml before [`super::validate`], with null entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    /// Everything except the two lists below.
    pub(super) metadata: Metadata,
    /// `maintainers`, nulls included.
    pub(super) maintainers: Option<Vec<Option<Maintainer>>>,
    /// `dependencies`, nulls included.
    pub(super) dependencies: Option<Vec<Option<Dependency>>>,
}

/// Decodes a mapping into a draft; fields that it does not mention are kept.
pub(super) fn metadata(text: &[u8], run: &Run, draft: &mut Draft) -> Result<()> {
    let node = yaml::read_for_struct(text, run)?;
    let mut cx = Decoder::new(text);
    let Draft { metadata: m, maintainers, dependencies } = draft;
    cx.object(&node, &METADATA, |cx, field, node| match field {
        "name" => cx.string(node, &mut m.name),
        "home" => cx.string(node, &mut m.home),
        "sources" => cx.strings(node, &mut m.sources),
        "version" => cx.string(node, &mut m.version),
        "description" => cx.string(node, &mut m.description),
        "keywords" => cx.strings(node, &mut m.keywords),
        "maintainers" => cx.list(node, "[]*chart.Maintainer", maintainers, |cx, node, item| {
            cx.pointer(node, item, Decoder::maintainer);
        }),
        "icon" => cx.string(node, &mut m.icon),
        "apiVersion" => cx.string(node, &mut m.api_version),
        "condition" => cx.string(node, &mut m.condition),
        "tags" => cx.string(node, &mut m.tags),
        "appVersion" => cx.string(node, &mut m.app_version),
        "deprecated" => cx.bool(node, &mut m.deprecated),
        "annotations" => cx.string_map(node, &mut m.annotations),
        "kubeVersion" => cx.string(node, &mut m.kube_version),
        "dependencies" => cx.dependencies(node, dependencies),
        "type" => cx.string(node, &mut m.chart_type),
        _ => {}
    });
    cx.finish()
}

/// Reads Chart.lock; `None` for an empty document.
pub(super) fn lock(text: &[u8], run: &Run) -> Result<Option<Lock>> {
    let node = yaml::read_for_struct(text, run)?;
    if matches!(node.data, Data::Null) {
        return Ok(None);
    }
    let mut cx = Decoder::new(text);
    let mut lock = Lock::default();
    let mut dependencies = None;
    cx.object(&node, &LOCK, |cx, field, node| match field {
        "generated" => cx.time(node, &mut lock.generated),
        "digest" => cx.string(node, &mut lock.digest),
        "dependencies" => cx.dependencies(node, &mut dependencies),
        _ => {}
    });
    cx.finish()?;
    lock.dependencies = dependencies.unwrap_or_default().into_iter().flatten().collect();
    Ok(Some(lock))
}

/// A struct in Helm's package `chart`.
struct Struct {
    name: &'static str,
    /// The names of its fields in JSON.
    fields: &'static [&'static str],
}

const METADATA: Struct = Struct {
    name: "Metadata",
    fields: &[
        "name",
        "home",
        "sources",
        "version",
        "description",
        "keywords",
        "maintainers",
        "icon",
        "apiVersion",
        "condition",
        "tags",
        "appVersion",
        "deprecated",
        "annotations",
        "kubeVersion",
        "dependencies",
        "type",
    ],
};
const DEPENDENCY: Struct = Struct {
    name: "Dependency",
    fields: &["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"],
};
const MAINTAINER: Struct = Struct { name: "Maintainer", fields: &["name", "email", "url"] };
const LOCK: Struct = Struct { name: "Lock", fields: &["generated", "digest", "dependencies"] };

struct Decoder<'t> {
    /// The innermost struct, and the path of fields to the current value.
    structs: Vec<&'static str>,
    path: Vec<&'static str>,
    /// The first type mismatch, which is reported at the end.
    saved: Option<Error>,
    /// An error that ends decoding immediately.
    fatal: Option<Error>,
    /// Values that are not turned into strings reach Go's JSON decoder unchanged.
    finite: Finite<'t>,
}

impl<'t> Decoder<'t> {
    fn new(text: &'t [u8]) -> Self {
        Decoder { structs: Vec::new(), path: Vec::new(), saved: None, fatal: None, finite: Finite::new(text) }
    }

    fn finish(self) -> Result<()> {
        self.finite.finish()?;
        self.fatal.or(self.saved).map_or(Ok(()), Err)
    }

    fn mismatch(&mut self, node: &Node, ty: &str) {
        self.finite.check(node);
        if self.saved.is_some() {
            return;
        }
        let target = match self.structs.last() {
            Some(name) => format!("Go struct field {name}.{} of type {ty}", self.path.join(".")),
            None => format!("Go value of type {ty}"),
        };
        self.saved = Some(unmarshal_error(node.data.json_type(), &target));
    }

    /// Decodes a struct: calls `field` with the name and the value of each existing field.
    fn object(&mut self, node: &Node, of: &Struct, mut field: impl FnMut(&mut Self, &'static str, &Node)) {
        let map = match &node.data {
            Data::Map(map) => map,
            Data::Null => return,
            _ => return self.mismatch(node, &format!("chart.{}", of.name)),
        };
        for (found, value) in yaml::fields(map, of.fields) {
            let Some(found) = found else {
                self.finite.check(value);
                continue;
            };
            self.structs.push(of.name);
            self.path.push(found);
            field(self, found, value);
            self.structs.pop();
            self.path.pop();
            if self.fatal.is_some() {
                return;
            }
        }
    }

    fn string(&mut self, node: &Node, out: &mut String) {
        match &node.data {
            Data::List(_) | Data::Map(_) => self.mismatch(node, "string"),
            scalar => {
                if let Some(text) = field_text(scalar) {
                    *out = text;
                }
            }
        }
    }

    fn bool(&mut self, node: &Node, out: &mut bool) {
        match &node.data {
            Data::Null => {}
            Data::Bool(b) => *out = *b,
            _ => self.mismatch(node, "bool"),
        }
    }

    fn strings(&mut self, node: &Node, out: &mut Option<Vec<String>>) {
        self.list(node, "[]string", out, Self::string);
    }

    /// Decodes a slice: existing items are changed, the rest is cut off or added.
    fn list<T: Default>(
        &mut self,
        node: &Node,
        ty: &str,
        out: &mut Option<Vec<T>>,
        mut item: impl FnMut(&mut Self, &Node, &mut T),
    ) {
        match &node.data {
            Data::Null => *out = None,
            Data::List(nodes) => {
                let items = out.get_or_insert_default();
                items.resize_with(nodes.len(), T::default);
                for (node, slot) in nodes.iter().zip(items) {
                    item(self, node, slot);
                }
            }
            _ => self.mismatch(node, ty),
        }
    }

    fn pointer<T: Default>(&mut self, node: &Node, out: &mut Option<T>, read: impl FnOnce(&mut Self, &Node, &mut T)) {
        if matches!(node.data, Data::Null) {
            *out = None;
        } else {
            read(self, node, out.get_or_insert_default());
        }
    }

    fn string_map(&mut self, node: &Node, out: &mut Option<IndexMap<String, String>>) {
        match &node.data {
            Data::Null => *out = None,
            Data::Map(map) => {
                let entries = out.get_or_insert_default();
                let mut keys: Vec<(&Str, &Node)> = map.iter().collect();
                keys.sort_unstable_by_key(|(key, _)| *key);
                for (key, node) in keys {
                    let mut text = String::new();
                    self.string(node, &mut text);
                    entries.insert(key.to_string_lossy().into_owned(), text);
                }
            }
            _ => self.mismatch(node, "map[string]string"),
        }
    }

    fn maintainer(&mut self, node: &Node, out: &mut Maintainer) {
        self.object(node, &MAINTAINER, |cx, field, node| match field {
            "name" => cx.string(node, &mut out.name),
            "email" => cx.string(node, &mut out.email),
            _ => cx.string(node, &mut out.url),
        });
    }

    fn dependencies(&mut self, node: &Node, out: &mut Option<Vec<Option<Dependency>>>) {
        self.list(node, "[]*chart.Dependency", out, |cx, node, item| cx.pointer(node, item, Self::dependency));
    }

    fn dependency(&mut self, node: &Node, out: &mut Dependency) {
        self.object(node, &DEPENDENCY, |cx, field, node| match field {
            "name" => cx.string(node, &mut out.name),
            "version" => cx.string(node, &mut out.version),
            "repository" => cx.string(node, &mut out.repository),
            "condition" => cx.string(node, &mut out.condition),
            "tags" => cx.strings(node, &mut out.tags),
            "enabled" => cx.bool(node, &mut out.enabled),
            "import-values" => {
                cx.list(node, "[]interface {}", &mut out.import_values, |cx, node, slot: &mut Node| {
                    cx.finite.check(node);
                    *slot = node.clone();
                });
            }
            _ => cx.string(node, &mut out.alias),
        });
    }

    /// Decodes a `time.Time`: anything except RFC 3339 ends decoding.
    fn time(&mut self, node: &Node, out: &mut String) {
        match &node.data {
            Data::Null => {}
            Data::Str(text) => {
                let text = text.to_string_lossy();
                if go::time::is_rfc3339(&text) {
                    *out = text.into_owned();
                } else {
                    let quoted = go::strconv::quote(text.as_bytes());
                    self.fatal = Some(decode_error(&format!(
                        "parsing time {quoted} as \"2006-01-02T15:04:05Z07:00\": cannot parse {quoted} as \"2006\""
                    )));
                }
            }
            _ => {
                self.finite.check(node);
                self.fatal = Some(decode_error("Time.UnmarshalJSON: input is not a JSON string"));
            }
        }
    }
}

fn unmarshal_error(kind: &str, target: &str) -> Error {
    decode_error(&format!("json: cannot unmarshal {kind} into {target}"))
}

fn decode_error(text: &str) -> Error {
    Error::new(ErrorKind::Chart, format!("error unmarshaling JSON: while decoding JSON: {text}"))
}
