//! Violations of a schema as a tree of faults, and its text. santhosh-tekuri/jsonschema v6: `kind/kind.go`, `output.go`.

use std::cell::RefCell;
use std::rc::Rc;

use super::number::{english_float, english_int};
use super::rules::Types;
use super::url::escape;
use crate::value::{Str, Value};
use crate::values::json::{Doc, Json};
use go::stack::with_stack;
use go::strconv::quote;

/// A step on the way to a value.
#[derive(Clone, Debug)]
pub(super) enum Token {
    Name(Str),
    Index(usize),
}

impl Token {
    /// The key or the index.
    pub(super) fn shown(&self) -> String {
        match self {
            Token::Name(name) => name.to_string_lossy().into_owned(),
            Token::Index(index) => index.to_string(),
        }
    }
}

/// The JSON pointer of a path.
pub(super) fn pointer_to(path: &[Token]) -> String {
    let mut pointer = String::new();
    for token in path {
        pointer.push('/');
        match token {
            Token::Name(name) => pointer.push_str(&escape(&name.to_string_lossy())),
            Token::Index(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

/// One fault and those that caused it.
#[derive(Debug, Default)]
pub(super) struct Fault {
    /// Where the value is.
    pub path: Vec<Token>,
    /// What is wrong.
    pub kind: Kind,
    /// Why.
    pub causes: Vec<Rc<Fault>>,
}

/// The place of a name that is refused: Helm's library tells a slice of tokens that others are written over while the
/// check goes on.
pub(super) type Place = Rc<RefCell<Vec<Token>>>;

/// What is wrong with a value.
#[derive(Debug, Default)]
pub(super) enum Kind {
    /// Nobody asks for details.
    #[default]
    Silent,
    /// Several faults of one schema.
    Group,
    /// A reference whose schema refuses the value.
    Reference,
    /// Any other text.
    Text(String),
    Type(&'static str, Types),
    /// A keyword, what was found, what is wanted.
    Count(&'static str, usize, i64),
    Number(&'static str, f64, f64),
    Missing(Vec<Str>),
    /// The names a property asks for, and the property.
    Required(Vec<Str>, Str),
    /// The names that are too many, and those that the schema knows.
    Additional {
        names: Vec<Str>,
        known: Vec<Str>,
    },
    AdditionalItems(usize),
    /// A name, and the place that is told.
    PropertyName(Str, Place),
    Pattern(Str, String),
    Equal(usize, usize),
    NotContained,
    MinContains(Vec<usize>, i64),
    MaxContains(Vec<usize>, i64),
    False,
    Not,
    AllOf,
    AnyOf,
    OneOf(Option<(usize, usize)>),
}

impl Fault {
    /// The text of the causes, each on lines of its own that start with a line break; cut at `max` bytes.
    pub(super) fn text(&self, max: usize) -> String {
        let mut out = String::new();
        for cause in &self.causes {
            cause.write(&mut out, 1, max);
        }
        out
    }

    fn write(&self, out: &mut String, indent: usize, max: usize) {
        if out.len() > max {
            return;
        }
        // a reference with one cause says nothing of its own
        let skip = matches!(self.kind, Kind::Reference) && self.causes.len() == 1;
        if !skip {
            out.push('\n');
            for _ in 1..indent {
                out.push_str("  ");
            }
            out.push_str("- at ");
            let place = match &self.kind {
                Kind::PropertyName(_, place) => pointer_to(&place.borrow()),
                _ => pointer_to(&self.path),
            };
            out.push_str(&quoted(place.as_bytes()));
            out.push_str(": ");
            out.push_str(&self.kind.text());
        }
        for cause in &self.causes {
            with_stack(|| cause.write(out, indent + usize::from(!skip), max));
        }
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        // without recursion: faults nest as deep as schemas
        let mut pending = std::mem::take(&mut self.causes);
        while let Some(fault) = pending.pop() {
            if let Ok(mut fault) = Rc::try_unwrap(fault) {
                pending.append(&mut fault.causes);
            }
        }
    }
}

impl Kind {
    pub(super) fn text(&self) -> String {
        match self {
            Kind::Silent | Kind::Group | Kind::Reference => "validation failed".to_owned(),
            Kind::Text(text) => text.clone(),
            Kind::Type(got, want) => format!("got {got}, want {}", want.names().collect::<Vec<_>>().join(" or ")),
            Kind::Count(keyword, got, want) => format!("{keyword}: got {}, want {}", count(*got), english_int(*want)),
            Kind::Number(keyword, got, want) => {
                format!("{keyword}: got {}, want {}", english_float(*got), english_float(*want))
            }
            Kind::Missing(names) => match names.as_slice() {
                [name] => format!("missing property {}", quoted(name)),
                _ => format!("missing properties {}", list(names)),
            },
            Kind::Required(names, property) => {
                format!("properties {} required, if {} exists", list(names), quoted(property))
            }
            Kind::Additional { names, .. } => format!("additional properties {} not allowed", list(names)),
            Kind::AdditionalItems(n) => format!("last {} additionalItem(s) not allowed", count(*n)),
            Kind::PropertyName(name, _) => format!("invalid propertyName {}", quoted(name)),
            Kind::Pattern(got, want) => format!("{} does not match pattern {}", quoted(got), quoted(want.as_bytes())),
            Kind::Equal(i, j) => format!("items at {} and {} are equal", count(*i), count(*j)),
            Kind::NotContained => "no items match contains schema".to_owned(),
            Kind::MinContains(got, want) if got.is_empty() => {
                format!("min {} items required to match contains schema, but none matched", english_int(*want))
            }
            Kind::MinContains(got, want) => contained("min", got, *want),
            Kind::MaxContains(got, want) => contained("max", got, *want),
            Kind::False => "false schema".to_owned(),
            Kind::Not => "'not' failed".to_owned(),
            Kind::AllOf => "'allOf' failed".to_owned(),
            Kind::AnyOf => "'anyOf' failed".to_owned(),
            Kind::OneOf(None) => "'oneOf' failed, none matched".to_owned(),
            Kind::OneOf(Some((i, j))) => format!("'oneOf' failed, subschemas {}, {} matched", count(*i), count(*j)),
        }
    }
}

/// Text in single quotes. santhosh-tekuri/jsonschema v6: `quote`.
pub(super) fn quoted(text: &[u8]) -> String {
    // the closing quote counts as one that was escaped where a backslash stands before it
    let quoted = quote(text).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default())
}

fn list(names: &[Str]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

fn count(n: usize) -> String {
    english_int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn contained(bound: &str, got: &[usize], want: i64) -> String {
    let at: Vec<_> = got.iter().map(ToString::to_string).collect();
    format!(
        "{bound} {} items required to match contains schema, but matched {} items at {}",
        english_int(want),
        count(got.len()),
        at.join(" ")
    )
}

/// A value in a text; only primitive ones are shown.
pub(super) fn display(value: &Value) -> String {
    match value {
        Value::Str(text) => quoted(text),
        _ => "value".to_owned(),
    }
}

/// What a schema writes, in a text.
pub(super) fn display_json(doc: &Doc, node: u32) -> String {
    match doc.get(node) {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(b) => b.to_string(),
        Json::Number(text) => text.to_string(),
        Json::Str(text) => quoted(text),
        Json::List(_) | Json::Map(_) => "value".to_owned(),
    }
}

/// The fault of a value that is not the one that `const` wants.
pub(super) fn constant_fault(doc: &Doc, want: u32) -> Kind {
    Kind::Text(match doc.get(want) {
        Json::List(_) | Json::Map(_) => "'const' failed".to_owned(),
        _ => format!("value must be {}", display_json(doc, want)),
    })
}

/// The fault of a value that is none of those that `enum` lists.
pub(super) fn variants_fault(doc: &Doc, variants: &[u32]) -> Kind {
    if variants.iter().any(|node| matches!(doc.get(*node), Json::List(_) | Json::Map(_))) {
        return Kind::Text("'enum' failed".to_owned());
    }
    let texts: Vec<_> = variants.iter().map(|node| display_json(doc, *node)).collect();
    Kind::Text(match texts.as_slice() {
        [only] => format!("value must be {only}"),
        _ => format!("value must be one of {}", texts.join(", ")),
    })
}
