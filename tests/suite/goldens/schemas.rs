//! Odd patterns, URLs, formats, numbers and references in JSON schemas, against what the real Helm says of them.

use std::fs;

use bake::chart::File;
use bake::{Bake, Chart, Limits};

/// What `helm template` says of a chart with this schema and these values.
fn answer(schema: &str, values: &str) -> String {
    let file = |name: &str, text: &str| File { name: name.to_owned(), data: text.into() };
    let files = vec![
        file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        file("values.schema.json", schema),
        file("values.yaml", values),
    ];
    let chart = Chart::from_files(files, &Limits::helm());
    match chart.and_then(|chart| Bake::new(&chart).release("c").render()) {
        Ok(_) => "ok\n".to_owned(),
        Err(error) => format!("Error: {error}\n"),
    }
}

#[test]
fn every_schema_is_answered_as_helm_does() {
    let lines = fs::read_to_string("testdata/schemas/lines").unwrap();
    let golden = fs::read_to_string("testdata/golden/schemas.txt").unwrap();
    let rows: Vec<(&str, &str)> = lines.lines().map(|line| line.split_once('\t').unwrap()).collect();
    assert!(rows.len() > 700, "{}", rows.len());
    let mut rest = golden.as_str();
    let mut other = Vec::new();
    for (i, (schema, values)) in rows.iter().enumerate() {
        rest =
            rest.strip_prefix(&format!("{schema}\n{values}\n")).unwrap_or_else(|| panic!("{schema} is not recorded"));
        let end = match rows.get(i + 1) {
            Some((schema, values)) => rest.find(&format!("\n{schema}\n{values}\n")).unwrap() + 1,
            None => rest.len(),
        };
        let want = rest[..end].strip_suffix('\n').unwrap();
        let got = answer(schema, values);
        if got != want {
            other.push(format!("{schema} {values}\n-- helm --\n{want}-- ours --\n{got}"));
        }
        rest = &rest[end..];
    }
    assert!(other.is_empty(), "{} rows differ\n{}", other.len(), other.join("\n"));
}
