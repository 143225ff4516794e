//! `bake schema`: the schema of a chart, printed or written.

use std::fs;

use testkit::Scratch;

use crate::program::{bake, bake_in, run};

#[test]
fn a_schema_is_printed_or_written() {
    let file = fs::read_to_string("charts/values.schema.json").unwrap();
    assert_eq!(run(&["schema"]).0, file);
    assert_eq!(run(&["schema", "service"]).0, file);
    assert_eq!(run(&["schema", "--project"]).0, bake::project::SCHEMA);
    let scratch = Scratch::new("schema");
    let path = scratch.path("deep/values.schema.json");
    assert_eq!(run(&["schema", "-o", &path]), (format!("wrote {path}\n"), Some(0)));
    assert_eq!(fs::read_to_string(path).unwrap(), file);
    let chart = scratch.written("plain/Chart.yaml", "apiVersion: v2\nname: plain\nversion: 1.0.0\n");
    let of_project = |name: &str| bake_in(scratch.dir().join("services"), ["schema", name]);
    scratch.file("bake.yaml", "charts: {edge: {path: charts/own}, service: {}}\n").file("services/none", "");
    scratch.file("charts/own/Chart.yaml", "apiVersion: v2\nname: own\nversion: 1.0.0\n");
    scratch.file("charts/own/values.schema.json", "{\"title\": \"mine\"}\n");
    assert_eq!(of_project("edge").stdout, b"{\"title\": \"mine\"}\n");
    assert_eq!(of_project("service").stdout, file.as_bytes());
    assert_eq!(of_project("workload").stdout, file.as_bytes());
    let text = String::from_utf8(of_project("edg").stderr).unwrap();
    assert!(
        text.contains("edg: no chart, folder or archive of that name") && text.contains("did you mean \"edge\"?"),
        "{text}"
    );
    let out = bake(["schema", chart.trim_end_matches("/Chart.yaml")]);
    assert!(String::from_utf8(out.stderr).unwrap().contains("plain has no values.schema.json"));
}
