//! What holds for every input: merging layers, `--set`, splitting manifests, and the trip through YAML, JSON and TOML.

use std::collections::BTreeMap;

use bake::error::{Error, Origin};
use bake::limits::{Budget, Limits};
use bake::manifest::{Rendered, SortOptions, WriteOptions, sort_manifests, split_manifests};
use bake::run::Run;
use bake::unstable_engine::{SetMode, merge_maps, parse_set_into};
use bake::value::{Map, Value};
use bake::yaml::{read, read_json, to_json, to_json_indent, to_toml, to_yaml, to_yaml_pretty, toml_to_value};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// A value that JSON can say.
#[derive(Clone, Debug, PartialEq)]
enum Plain {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Plain>),
    Map(BTreeMap<String, Plain>),
}

impl Plain {
    fn value(&self) -> Value {
        match self {
            Plain::Null => Value::Nil,
            Plain::Bool(b) => Value::Bool(*b),
            Plain::Number(f) => Value::Float(*f),
            Plain::Text(s) => Value::str(s.as_str()),
            Plain::List(items) => Value::list(items.iter().map(Plain::value).collect()),
            Plain::Map(_) => Value::Map(self.map(false)),
        }
    }

    /// The entries of a map, put in from the first or from the last.
    fn map(&self, backwards: bool) -> Map {
        let Plain::Map(pairs) = self else { return Map::new() };
        let put = |(key, plain): (&String, &Plain)| {
            let value = if let Plain::Map(_) = plain { Value::Map(plain.map(backwards)) } else { plain.value() };
            (key.as_str().into(), value)
        };
        if backwards { pairs.iter().rev().map(put).collect() } else { pairs.iter().map(put).collect() }
    }

    /// What was read back.
    fn of(value: &Value) -> Plain {
        match value {
            Value::Bool(b) => Plain::Bool(*b),
            Value::Float(f) => Plain::Number(*f),
            Value::Int(n) | Value::Int64(n) => Plain::Number(*n as f64),
            Value::Str(s) => Plain::Text(String::from_utf8(s.as_bytes().to_vec()).unwrap()),
            Value::List(list) => Plain::List(list.iter().map(Plain::of).collect()),
            Value::Map(map) => {
                let pairs = map.sorted().into_iter();
                Plain::Map(pairs.map(|(k, v)| (String::from_utf8(k.to_vec()).unwrap(), Plain::of(&v))).collect())
            }
            _ => Plain::Null,
        }
    }
}

/// Texts that YAML could take for something else, beside any.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,6}",
        "[-+.0-9a-fxoe_:~ ]{0,8}",
        "(yes|No|on|OFF|null|~|true|0x1F|010|1e3|1_000|12:30:45|2001-01-01|\\.inf|\\.nan|=|---|\\.\\.\\.|- a|a: b|# c|\\? x|\\|)",
        "\\PC{0,12}",
        "[ \\t\\n\\r#:,\\[\\]{}&*!|>'\"%@`a-z\\\\é😀\u{85}\u{2028}\u{FEFF}\u{7}]{0,24}",
        "([a-z]{1,9} ){8,16}",
    ]
}

/// A key of a map: `<<` is left out, because go-yaml writes it without quotes and reads it as a merge.
fn key() -> impl Strategy<Value = String> {
    text().prop_filter("no merge", |key| key != "<<")
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-100i32..1000).prop_map(f64::from),
        any::<i64>().prop_map(|n| n as f64),
        proptest::num::f64::NORMAL,
        Just(0.0),
        Just(1e21),
        Just(1e-7)
    ]
}

fn plain() -> impl Strategy<Value = Plain> {
    let leaf = prop_oneof![
        Just(Plain::Null),
        any::<bool>().prop_map(Plain::Bool),
        number().prop_map(Plain::Number),
        text().prop_map(Plain::Text),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![vec(inner.clone(), 0..5).prop_map(Plain::List), btree_map(key(), inner, 0..5).prop_map(Plain::Map)]
    })
}

fn map_of(keys: BoxedStrategy<String>) -> impl Strategy<Value = Plain> {
    let leaf = prop_oneof![Just(Plain::Null), number().prop_map(Plain::Number), text().prop_map(Plain::Text)];
    let tree = leaf.prop_recursive(3, 24, 4, {
        let keys = keys.clone();
        move |inner| btree_map(keys.clone(), inner, 0..4).prop_map(Plain::Map)
    });
    btree_map(keys, tree, 0..5).prop_map(Plain::Map)
}

/// Few keys, so that layers meet.
fn layer() -> impl Strategy<Value = Plain> {
    map_of("[abc]".boxed())
}

fn budget() -> Budget {
    Budget::default()
}

fn merged(under: &Plain, over: &Plain) -> Plain {
    Plain::of(&Value::Map(merge_maps(&under.map(false), &over.map(false), &Run::default())))
}

/// Merging by the rule: maps in depth, everything else replaces, null too.
fn expected(under: &Plain, over: &Plain) -> Plain {
    match (under, over) {
        (Plain::Map(under), Plain::Map(over)) => {
            let mut out = under.clone();
            for (key, value) in over {
                let value = under.get(key).map_or_else(|| value.clone(), |old| expected(old, value));
                out.insert(key.clone(), value);
            }
            Plain::Map(out)
        }
        _ => over.clone(),
    }
}

/// A leaf as an expression of `--set-string`, each special character escaped.
fn set_expression(path: &[String], text: &str) -> String {
    let escaped = |text: &str, special: &str| -> String {
        text.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect()
    };
    let path: Vec<String> = path.iter().map(|name| escaped(name, "\\.,=[]{}")).collect();
    format!("{}={}", path.join("."), escaped(text, "\\,{}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn later_layers_win_key_by_key(under in layer(), over in layer()) {
        prop_assert_eq!(merged(&under, &over), expected(&under, &over));
    }

    #[test]
    fn a_layer_over_itself_changes_nothing(layer in layer()) {
        prop_assert_eq!(&merged(&layer, &layer), &layer);
        let empty = Plain::Map(BTreeMap::new());
        prop_assert_eq!(&merged(&layer, &empty), &layer);
        prop_assert_eq!(&merged(&empty, &layer), &layer);
    }

    /// Null replaces as any other value does, so layers may be merged in any grouping, where no map meets another value.
    #[test]
    fn layers_may_be_grouped(a in layer(), b in layer(), c in layer()) {
        let left = merged(&merged(&a, &b), &c);
        let right = merged(&a, &merged(&b, &c));
        // a map over something else over a map is cut off from the first one only in the left grouping
        if expected(&a, &expected(&b, &c)) == expected(&expected(&a, &b), &c) {
            prop_assert_eq!(left, right);
        }
    }

    #[test]
    fn merging_leaves_its_layers_alone(under in layer(), over in layer()) {
        let (a, b) = (under.map(false), over.map(false));
        let _ = merge_maps(&a, &b, &Run::default());
        prop_assert_eq!(Plain::of(&Value::Map(a)), under);
        prop_assert_eq!(Plain::of(&Value::Map(b)), over);
    }

    #[test]
    fn set_takes_any_text(line in prop_oneof!["\\PC{0,30}", "[a-c.,=\\[\\]{}0-9\\\\ \"-]{0,30}"]) {
        let mut reader = |name: &str| -> Result<Vec<u8>, Error> { Ok(name.as_bytes().to_vec()) };
        for mode in [SetMode::Typed, SetMode::Text, SetMode::Json, SetMode::File(&mut reader), SetMode::Literal] {
            let (base, mut slots) = (Map::new(), 1000);
            let _ = parse_set_into(&line, &base, mode, Origin::NONE, &mut slots, &Run::default());
            let text = to_json(&Value::Map(base), false, &budget()).unwrap();
            prop_assert!(read_json(&text, &budget()).is_ok());
        }
    }

    #[test]
    fn what_set_string_is_given_is_what_it_sets(path in vec("[a-z.,=\\[\\]{}\\\\ é]{1,6}", 1..5), value in "[a-z.,={}\\\\ \\[\\]\"é\n]{0,12}") {
        // braces around the whole are a list
        prop_assume!(!path.iter().any(|name| name.ends_with('\\')) && !value.ends_with('\\'));
        let line = set_expression(&path, &value);
        let (base, mut slots) = (Map::new(), 1000);
        parse_set_into(&line, &base, SetMode::Text, Origin::NONE, &mut slots, &Run::default()).unwrap();
        let mut at = Value::Map(base);
        for name in &path {
            at = at.as_map().and_then(|map| map.get(name.as_bytes())).unwrap_or_default();
        }
        prop_assert_eq!(Plain::of(&at), Plain::Text(value), "{}", line);
    }

    #[test]
    fn documents_joined_again_are_the_text(parts in vec("[a-z]: [a-z]{1,5}(\nb: 1){0,2}", 1..6)) {
        let text = parts.join("\n---\n");
        let documents: Vec<Vec<u8>> = split_manifests(text.as_bytes()).into_iter().map(<[u8]>::to_vec).collect();
        prop_assert_eq!(documents.join(&b"\n---\n"[..]), text.as_bytes());
        let rendered = Rendered { name: "c/templates/a.yaml".to_owned(), text: text.into_bytes() };
        let options = SortOptions { chart_name: "c", sub_notes: false };
        let manifest = sort_manifests(vec![rendered], &options, &Limits::helm()).unwrap();
        prop_assert_eq!(manifest.documents.len(), parts.len());
        let mut out = Vec::new();
        manifest.write_to(&mut out, &WriteOptions::default()).unwrap();
        for part in &parts {
            prop_assert!(String::from_utf8_lossy(&out).contains(part.as_str()));
        }
    }

    #[test]
    fn splitting_loses_nothing_but_separators(text in "([a-z# ]{0,4}(\n|\n---\n|---|\n--- x\n| \n)){0,8}") {
        let kept: usize = split_manifests(text.as_bytes()).into_iter().map(letters).sum();
        // what stands on the line of a separator goes with it
        prop_assert!(kept <= letters(text.as_bytes()));
        if !text.contains("---") {
            prop_assert_eq!(kept, letters(text.as_bytes()));
        }
    }

    #[test]
    fn what_is_written_as_yaml_reads_back(plain in plain()) {
        // Helm's writer goes through JSON that is read as YAML: line breaks of Unicode become spaces there, or are
        // refused in keys
        let shown = format!("{plain:?}");
        prop_assume!(!["\\u{85}", "\\u{2028}", "\\u{2029}"].iter().any(|mark| shown.contains(mark)));
        let pretty = to_yaml_pretty(&plain.value(), &budget()).ok();
        // toYamlPretty writes a block of text that starts with a tab, and Helm's own reader refuses it
        let refused = |e: &Error| e.message().contains("a tab character where an indentation space is expected");
        let pretty = pretty.filter(|text| !read(text, &budget()).is_err_and(|e| refused(&e)));
        for text in [to_yaml(&plain.value(), &budget()).ok(), pretty].into_iter().flatten() {
            let again = read(&text, &budget()).map(|node| Plain::of(&node.to_value(0)));
            prop_assert_eq!(again.ok(), Some(plain.clone()), "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn what_is_written_as_json_reads_back(plain in plain()) {
        let value = plain.value();
        for text in [to_json(&value, true, &budget()), to_json_indent(&value, false, "  ", &budget())] {
            let text = text.unwrap();
            prop_assert_eq!(&Plain::of(&read_json(&text, &budget()).unwrap().to_value(0)), &plain);
            let standard: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let again = serde_json::to_vec(&standard).unwrap();
            prop_assert_eq!(&Plain::of(&read_json(&again, &budget()).unwrap().to_value(0)), &plain);
        }
    }

    #[test]
    fn what_is_written_as_toml_reads_back(plain in map_of("[a-z é\"\n.]{0,5}".boxed())) {
        let text = to_toml(&plain.value(), &budget()).unwrap();
        let again = Plain::of(&toml_to_value(&text, &budget()).unwrap());
        prop_assert_eq!(again, without_nulls(&plain), "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn the_order_of_a_map_does_not_show(plain in map_of(key().boxed())) {
        let (forwards, backwards) = (Value::Map(plain.map(false)), Value::Map(plain.map(true)));
        prop_assert_eq!(to_yaml(&forwards, &budget()).ok(), to_yaml(&backwards, &budget()).ok());
        prop_assert_eq!(to_yaml_pretty(&forwards, &budget()).ok(), to_yaml_pretty(&backwards, &budget()).ok());
        prop_assert_eq!(to_json(&forwards, true, &budget()).unwrap(), to_json(&backwards, true, &budget()).unwrap());
        prop_assert_eq!(to_toml(&forwards, &budget()).unwrap(), to_toml(&backwards, &budget()).unwrap());
    }
}

fn letters(text: &[u8]) -> usize {
    text.iter().filter(|b| b.is_ascii_lowercase()).count()
}

/// TOML has no null.
fn without_nulls(plain: &Plain) -> Plain {
    match plain {
        Plain::Map(pairs) => {
            let kept = pairs.iter().filter(|(_, value)| **value != Plain::Null);
            Plain::Map(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        other => other.clone(),
    }
}
