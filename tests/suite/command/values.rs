//! `bake values`: what the layers come to, and where each value is set.

use super::small_project::project;
use crate::program::{PROJECT, Runs, bake_in, output};
use testkit::Scratch;

#[test]
fn values_tell_where_they_came_from() {
    let frontend = "deploy-values/sample/web/frontend";
    insta::assert_snapshot!("values_yaml", output(0, PROJECT, &["values", frontend, "--stack", "prod"]));
    insta::assert_snapshot!(
        "values_explain",
        output(0, PROJECT, &["values", frontend, "-s", "prod", "--explain", "--set", "env.STACK=other"])
    );
    let scratch = project("values");
    let args = ["values", "one", "--stack", "prod"];
    let with = |more: &[&str]| scratch.run(0, &[&args[..], more].concat());
    insta::assert_snapshot!("values_list", with(&["--explain"]));
    insta::assert_snapshot!("values_chart", with(&["--explain", "-c", "show", "--set", "limits.memory=null"]));
    insta::assert_snapshot!("values_json", with(&["items", "--explain", "--format", "json"]));
    assert_eq!(with(&["items"]), "- b\n- c\n");
    assert_eq!(with(&["color", "--format", "json"]), "\"red\"\n");
    scratch.run(2, &[&args[..], &["--explain", "--format", "yaml"]].concat());
    assert_eq!(with(&["--unused"]), "CHANGES NOTHING  IS    SET AT\nnever.read       true  all.yaml:3\n\n1 value\n");
    let out = bake_in(scratch.dir(), ["values", "one", "colour", "-s", "prod"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("did you mean \"color\"?"), "{out:?}");
    scratch.run(2, &["values", "one"]);
}

/// A service of a chart with a subchart, whose schema refuses most of it.
fn with_subchart(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch.file("bake.yaml", "layout: apps/{app}\nnamespace: web\ncharts: {coll: coll}\n");
    for (file, content) in testkit::archive::files("testdata/diagnostics/subchart-schema") {
        scratch.file(&format!("coll/{file}"), content);
    }
    scratch.file(
        "apps/one/values.yaml",
        "common: &common\n  A: x\nunread: &unread {z: 1}\nop:\n  more: *common\n  manager:\n    tag: 1.10\n    list: [a, {k: v}]\n\
         retries: 3\n",
    );
    scratch.file("apps/one/prod-values.yaml", "op: {manager: {list: {k: x}}}\nretries: {time: 1s}\n");
    scratch
}

#[test]
fn what_charts_and_layers_take_away_is_told() {
    let scratch = with_subchart("subchart");
    let args = ["values", "apps/one", "--stack", "prod"];
    let with = |more: &[&str]| scratch.run(0, &[&args[..], more].concat());
    insta::assert_snapshot!("values_taken_away", with(&["--explain", "-c", "coll"]));
    let lint = bake_in(scratch.dir(), ["lint"]);
    insta::assert_snapshot!("values_refused_by_subchart", String::from_utf8_lossy(&lint.stdout));
    // what an alias stands for is used there
    scratch.file("coll/charts/op/values.schema.json", "{}");
    insta::assert_snapshot!("values_unused", with(&["--unused"]));
}
