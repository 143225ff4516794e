//! A document as written: with duplicate keys, quotes and positions that the tree of values does not have.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::input::Input;
use super::pos::Pos;
use super::problem::{Problem, Read};
use super::resolve::resolve;
use super::scanner::Scanner;
use super::tree::{Id, Item, Shape, Tree};
use super::{keys, parser};
use crate::scalar::Resolved;
use crate::{Data, Mark, append_json_float};
use go::stack::with_stack;
use gotemplate::error::Result;
use gotemplate::limits::Budget;
use gotemplate::value::Str;

/// A node as written, with its position.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it is.
    pub form: Form,
    /// Where it starts.
    pub mark: Mark,
    /// Whether an alias elsewhere in the document stands for it.
    pub is_aliased: bool,
}

/// What a node is. Aliases are not followed and merge keys not merged.
#[derive(Clone, Debug)]
pub enum Form {
    /// A scalar.
    Scalar(Scalar),
    /// `*name`
    Alias(String),
    /// A sequence.
    List(Vec<Written>),
    /// A mapping: every entry in its order, also where two keys are equal.
    Map(Vec<(Key, Written)>),
}

/// A scalar with its resolved value.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text without quotes; folded and chomped where the style asks for it.
    pub text: Str,
    /// Whether the text alone says what it is: without quotes, tag and block.
    pub plain: bool,
    /// What it is read as.
    pub data: Data,
}

impl Scalar {
    /// What it is read as, where that is not what stands there: `false` for `NO`, `the number 83` for `0123`. Templates and
    /// schemas see every number as a 64-bit float.
    pub fn misread(&self) -> Option<String> {
        #[allow(clippy::cast_precision_loss)] // on purpose: that is what becomes of it
        let number = match &self.data {
            Data::Bool(b) => return Some(b.to_string()).filter(|read| read.as_bytes() != self.text.as_bytes()),
            Data::Int(n) => *n as f64,
            Data::Uint(n) => *n as f64,
            Data::Float(f) => *f,
            _ => return None,
        };
        let mut read = Vec::new();
        append_json_float(&mut read, number);
        (read != self.text.as_bytes()).then(|| format!("the number {}", String::from_utf8_lossy(&read)))
    }
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub struct Key {
    /// The name, as the tree of values has it; empty where the key is no scalar.
    pub name: Str,
    /// Whether it is `<<`.
    pub is_merge: bool,
    /// Where it starts.
    pub mark: Mark,
}

impl Written {
    /// The entries, if this is a mapping.
    pub fn entries(&self) -> &[(Key, Written)] {
        match &self.form {
            Form::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items, if this is a sequence.
    pub fn items(&self) -> &[Written] {
        match &self.form {
            Form::List(items) => items,
            _ => &[],
        }
    }

    /// The scalar, if this is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.form {
            Form::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entries by name, for many lookups in a mapping that may be large: of duplicate keys the last.
    pub fn index(&self) -> IndexMap<&[u8], &(Key, Written), foldhash::fast::RandomState> {
        let own = self.entries().iter().filter(|(key, _)| !key.is_merge);
        own.map(|entry| (entry.0.name.as_bytes(), entry)).collect()
    }

    /// The entry of a mapping: of duplicate keys the last.
    pub fn entry(&self, name: &[u8]) -> Option<&(Key, Written)> {
        self.entries().iter().rev().find(|(key, _)| !key.is_merge && key.name.as_bytes() == name)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if matches!(self.form, Form::List(_) | Form::Map(_)) {
            with_stack(|| drop(std::mem::replace(&mut self.form, Form::List(Vec::new()))));
        }
    }
}

/// The first document of a text, as [`read_written_text`] reads it, and what is after it.
#[derive(Clone, Debug, Default)]
pub struct WrittenText {
    /// The document; `None` if there is none.
    pub root: Option<Written>,
    /// Where text begins that follows the document without a `---`: a key below a mapping in braces. Nobody reads it.
    pub rest: Option<Mark>,
}

/// The first document of a text as written; `None` if there is none.
///
/// Errors: as for [`read_written_text`].
pub fn read_written(text: &[u8], budget: &Budget) -> Result<Option<Written>> {
    read_written_text(text, budget).map(|text| text.root)
}

/// The first document of a text as written, and where text after it is ignored.
///
/// Errors: the text is not valid YAML, as for [`super::read`]. Errors that only concern values (a recursive alias, a number that
/// JSON does not support) are not reported.
pub fn read_written_text(text: &[u8], budget: &Budget) -> Result<WrittenText> {
    let input = Input::new(text);
    let read = || -> Read<WrittenText> {
        let Some(tree) = parser::parse(Scanner::new(&input, budget.limits.yaml_depth), budget)? else {
            return Ok(WrittenText::default());
        };
        let items = (0..tree.next_id()).filter_map(|id| tree.get(id));
        let aliased = items.filter(|item| item.shape == Shape::Alias).map(|item| item.link).collect();
        Ok(WrittenText { root: Some(node(&tree, 0, &aliased)?), rest: tree.rest.map(place) })
    };
    read().map_err(|problem| problem.into_error(&input.text))
}

fn node(tree: &Tree<'_>, id: Id, aliased: &BTreeSet<Id>) -> Read<Written> {
    // the parser makes only numbers of nodes that are there
    let Some(item) = tree.get(id) else { return Err(Problem::yaml("document is too large", None)) };
    let form = match item.shape {
        Shape::Scalar => Form::Scalar(Scalar {
            text: Str::from(&*item.text),
            plain: item.implicit && item.tag == super::tree::Tag::None,
            data: data(item),
        }),
        Shape::Alias => Form::Alias(String::from_utf8_lossy(&item.text).into_owned()),
        Shape::Sequence => with_stack(|| {
            tree.children(id).map(|child| node(tree, child, aliased)).collect::<Read<_>>().map(Form::List)
        })?,
        Shape::Mapping => with_stack(|| {
            let mut entries = Vec::new();
            let mut children = tree.children(id);
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                let Some(key) = tree.get(key) else { continue };
                entries.push((key_of(tree, key), node(tree, value, aliased)?));
            }
            Ok(Form::Map(entries))
        })?,
    };
    Ok(Written { form, mark: mark(item), is_aliased: aliased.contains(&id) })
}

fn key_of(tree: &Tree<'_>, item: &Item<'_>) -> Key {
    let target = if item.shape == Shape::Alias { tree.get(item.link).unwrap_or(item) } else { item };
    let name = match target.shape {
        Shape::Scalar => match resolve(target) {
            Ok(Resolved::Str | Resolved::Binary) | Err(_) => Str::from(&*target.text),
            Ok(other) => keys::to_string(other).unwrap_or_default(),
        },
        _ => Str::default(),
    };
    Key { name, is_merge: item.is_merge(), mark: mark(item) }
}

fn data(item: &Item<'_>) -> Data {
    match resolve(item) {
        Ok(Resolved::Null) => Data::Null,
        Ok(Resolved::Bool(b)) => Data::Bool(b),
        Ok(Resolved::Int(n)) => Data::Int(n),
        Ok(Resolved::Uint(n)) => Data::Uint(n),
        Ok(Resolved::Float(f)) => Data::Float(f),
        Ok(Resolved::Str | Resolved::Binary) | Err(_) => Data::Str(Str::from(&*item.text)),
    }
}

fn mark(item: &Item<'_>) -> Mark {
    place(item.start)
}

fn place(pos: Pos) -> Mark {
    Mark { line: pos.line.saturating_add(1), column: pos.column.saturating_add(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(node: &Written) -> String {
        let Mark { line, column } = node.mark;
        let form = match &node.form {
            Form::Scalar(s) if s.plain => format!("{:?}", s.data),
            Form::Scalar(s) => format!("quoted {:?}", s.data),
            Form::Alias(name) => format!("*{name}"),
            Form::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
            Form::Map(entries) => {
                let entry = |(key, node): &(Key, Written)| format!("{}: {}", key.name.to_string_lossy(), show(node));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        };
        format!("{form}@{line}:{column}")
    }

    #[test]
    fn a_document_keeps_its_keys_quotes_and_places() {
        for (text, want) in [
            ("a: 1\nb: '1'\na: 0x10\n", "{a: Int(1)@1:4, b: quoted Str(\"1\")@2:4, a: Int(16)@3:4}@1:1"),
            ("a: &x [yes]\nb: *x\n", "{a: [Bool(true)@1:8]@1:4, b: *x@2:4}@1:1"),
            ("1:\n  <<: {}\n  b: |\n    t\n", "{1: {<<: {}@2:7, b: quoted Str(\"t\\n\")@3:6}@2:3}@1:1"),
        ] {
            let tree = read_written(text.as_bytes(), &Budget::default()).unwrap().unwrap();
            assert_eq!(show(&tree), want, "{text:?}");
        }
        let tree = read_written(b"x: &x {a: 1}\ny: *x\nz: &z 2\n", &Budget::default()).unwrap().unwrap();
        let aliased: Vec<_> = tree.entries().iter().map(|(_, node)| node.is_aliased).collect();
        assert_eq!(aliased, [true, false, false]);
        assert!(read_written(b"# nothing", &Budget::default()).unwrap().is_none());
        for (text, rest) in [
            (&b"{a: 1}\nb: 2\n"[..], Some((2, 1))),
            (b"{a: 1} # c\n--- \nb: 2\n", None),
            (b"a: 1\n", None),
            (b"\"a\"\n\n  b\n", Some((3, 3))),
        ] {
            let text = read_written_text(text, &Budget::default()).unwrap();
            assert_eq!(text.rest.map(|mark| (mark.line, mark.column)), rest);
        }
        let error = read_written(b"a: [\n", &Budget::default()).unwrap_err();
        assert_eq!(error.location().map(|l| l.line), Some(2));
    }

    #[test]
    fn a_deep_document_costs_no_stack() {
        let text = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
        assert!(read_written(text.as_bytes(), &Budget::default()).unwrap().is_some());
    }
}
