//! The reference in `docs/bake-yaml.md` is what the schema of `bake.yaml` says, and its examples are read.
//! `UPDATE_EXPECT=1 cargo test --test suite repository::bake_yaml` writes the reference.

use std::fmt::Write as _;
use std::{env, fs};

use bake::project::{Config, SCHEMA};
use serde_json::Value;

use crate::charts::reference::{Reference, Rows, about, escaped};

const FILE: &str = "docs/bake-yaml.md";
const BEGIN: &str =
    "<!-- The reference follows; `UPDATE_EXPECT=1 cargo test --test suite repository::bake_yaml` writes it. -->\n";

#[test]
fn the_reference_is_what_the_schema_says() {
    let text = fs::read_to_string(FILE).unwrap();
    let (top, written) = text.split_once(BEGIN).unwrap_or_else(|| panic!("{FILE} does not have the line {BEGIN}"));
    let reference = reference();
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(FILE, format!("{top}{BEGIN}{reference}")).unwrap();
    } else {
        assert_eq!(written, reference, "{FILE} is not what the schema says; UPDATE_EXPECT=1 writes it");
    }
}

#[test]
fn the_examples_are_read() {
    let text = fs::read_to_string(FILE).unwrap();
    let examples: Vec<&str> = text.split("```yaml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(!examples.is_empty());
    for example in examples {
        Config::parse(FILE, example).unwrap();
    }
}

/// A table for the file itself and for each definition with keys of its own, then one of the words.
fn reference() -> String {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    let tables = ["stack", "service", "chart", "pipelines", "use", "holder", "team", "artifact"];
    let of = Reference { definitions, shared: tables.into() };
    let mut rows = Rows::default();
    of.rows_below("", &schema, &mut rows);
    let mut text = format!("\n### Top level\n\n{}", rows.table());
    for name in tables {
        let schema = &definitions[name];
        let mut rows = Rows::default();
        of.rows_below("", schema, &mut rows);
        write!(text, "\n### {name}\n\n{}\n\n{}", about(schema), rows.table()).unwrap();
    }
    text.push_str("\n### Words\n\n| word | what it is |\n|---|---|\n");
    for (name, schema) in definitions.iter().filter(|(_, schema)| !of.has_keys(schema)) {
        writeln!(text, "| {name} | {}: {} |", escaped(&of.kind(schema)), about(schema)).unwrap();
    }
    text
}
