//! What a template makes, what its errors say, and where its lines come from.

use std::fmt::Write as _;

use super::*;
use crate::catalog::{Group, Service, ServiceStack, TemplateRecord};
use crate::template::functions::{Artifact, DeploymentChart};

fn json(text: &str) -> Json {
    Json::read(text.as_bytes()).unwrap()
}

fn object(text: &str) -> Object {
    json(text).as_object().unwrap().clone()
}

/// Two services in two stacks with these templates.
fn catalog(templates: &[&str]) -> Catalog {
    let names: Vec<String> = templates.iter().map(|name| (*name).to_owned()).collect();
    let stack = ServiceStack { templates: names.clone(), ..ServiceStack::default() };
    let service = |name: &str| Service {
        name: name.to_owned(),
        product: "shop".to_owned(),
        team: "red".to_owned(),
        namespace: "web".to_owned(),
        repository: format!("{name}-source"),
        stacks: ["dev", "qa"].map(|name| (name.to_owned(), stack.clone())).into(),
        ..Service::default()
    };
    Catalog {
        project: "p".to_owned(),
        stacks: ["dev", "qa"].map(|name| (name.to_owned(), Group::default())).into(),
        templates: names.into_iter().map(|name| (name, TemplateRecord::default())).collect(),
        services: ["a", "b"].map(|name| (format!("shop/web/{name}"), service(name))).into(),
        ..Catalog::default()
    }
}

pub(super) fn deployment(name: &str, stack: &str) -> Deployment {
    let chart = |chart: &str| DeploymentChart {
        name: chart.to_owned(),
        artifact: Artifact {
            name: chart.to_owned(),
            account: "helm".to_owned(),
            fields: object(&format!(r#"{{"type":"helm/chart","name":"{chart}","version":"1.0.0"}}"#)),
        },
    };
    Deployment {
        release: name.to_owned(),
        namespace: "web".to_owned(),
        account: format!("k8s-{stack}"),
        charts: vec![chart("workload"), chart("service")],
        folder: format!("deploy-values/shop/web/{name}"),
        files: ["values.yaml", &format!("{stack}-values.yaml")]
            .map(|f| format!("deploy-values/shop/web/{name}/{f}"))
            .into(),
        file: Artifact {
            name: "{path}".to_owned(),
            account: "git".to_owned(),
            fields: object(
                r#"{"type":"github/file","name":"{path}","reference":"https://git/contents/{path}","version":"main"}"#,
            ),
        },
        kube_version: None,
        api_versions: Vec::new(),
    }
}

/// The templates of these texts; `deploy` is the first, and all can be included by `NAME.yaml`.
fn templates(texts: &[(&str, &str)]) -> Result<Templates> {
    let source = |name: &str, text: &str| Source { file: format!("{name}.yaml"), text: text.to_owned() };
    let all: Vec<(String, Source)> =
        texts.iter().map(|(name, text)| ((*name).to_owned(), source(name, text))).collect();
    let included = all.clone();
    let loader = move |name: &str| {
        Ok(included.iter().find(|(known, _)| name == format!("{known}.yaml")).map(|(_, source)| source.clone()))
    };
    Templates::new(all.into_iter().take(1), Arc::new(loader))
}

fn target(parameters: &str) -> Target {
    let mut catalog = catalog(&["deploy"]);
    catalog.parameters = object(parameters);
    let mark = catalog.mark("shop/web/a", "dev", "deploy");
    Target { catalog: Arc::new(catalog), mark, deployment: Arc::new(deployment("a", "dev")) }
}

fn render(text: &str) -> Result<String> {
    render_with(&[("deploy", text)], "{}")
}

fn render_with(texts: &[(&str, &str)], parameters: &str) -> Result<String> {
    let rendered = templates(texts)?.render(&target(parameters))?;
    Ok(Json::Object(rendered.pipeline.object().clone()).to_string())
}

#[test]
fn yaml_with_jinja_becomes_json() {
    for (text, want) in [
        (
            "name: '{{ app_name }} {{ product }}/{{ namespace }} {{ git_repo }} {{ stack }} {{ team }}'",
            r#"{"name":"a shop/web a-source dev red"}"#,
        ),
        ("{% if stack == 'dev' %}a: 1{% else %}b: 2{% endif %}", r#"{"a":1}"#),
        ("x:\n{% for w in [1, 5] %}\n- {{ w }}\n{% endfor %}", r#"{"x":[1,5]}"#),
        (
            "a: {{ [1, 'x'] }}\nb: {{ {'k': none} }}\nc: {{ true }}\nd: {{ none }}",
            r#"{"a":[1,"x"],"b":{"k":null},"c":true,"d":null}"#,
        ),
        ("{% macro m(x) %}{{ x }}-{{ stack }}{% endmacro %}a: {{ m('k') }}", r#"{"a":"k-dev"}"#),
        ("a: {{ 'x'.upper() }}{{ {'b': 1}.items() | length }}", r#"{"a":"X1"}"#),
        (
            "c: '{{ charts | join(',') }}'\nf: '{{ values_files[1] }}'",
            r#"{"c":"workload,service","f":"deploy-values/shop/web/a/dev-values.yaml"}"#,
        ),
    ] {
        assert_eq!(render(text).unwrap(), want, "{text}");
    }
}

#[test]
fn expressions_of_spinnaker_pass_through() {
    for expression in [
        "${parameters[\"version\"] ?: 'master'}",
        "${#toInt('1')}",
        "${ #root.trigger }",
        "#root",
        "${ {'a': 1} }",
        "${execution.stages.?[name == 'x'][0]}",
    ] {
        for text in [
            "a: >-\n  EXPR\n",
            "a: {{ x | tojson }}\n{# ${#note} #}",
            "{% raw %}a: >-\n  EXPR{% endraw %}",
            "a: {{ 'EXPR' | tojson }}",
        ] {
            if text.contains("'EXPR'") && expression.contains('\'') {
                continue;
            }
            let mut parameters = Object::new();
            parameters.insert("x".to_owned(), Json::from(expression));
            let text = text.replace("EXPR", expression);
            let got = render_with(&[("deploy", &text)], &Json::Object(parameters).to_string()).unwrap();
            assert_eq!(json(&got).get("a").and_then(Json::as_str), Some(expression), "{text}");
        }
    }
}

#[test]
fn files_are_included_and_imported() {
    let part = "- name: {{ stack }}\n- id: {{ uuid('x') }}\n";
    let library = "{% macro step(n) %}{name: s{{ n }}, id: {{ artifact('a') }}}{% endmacro %}";
    let text = "{% import 'library.yaml' as lib %}expectedArtifacts: [{id: {{ artifact('a') }}}]\nstages:\n{% include 'part.yaml' %}\n- {{ lib.step(2) }}\n";
    let got = json(&render_with(&[("deploy", text), ("part", part), ("library", library)], "{}").unwrap());
    let stages = got.get("stages").unwrap().items();
    assert_eq!(stages[0].to_string(), r#"{"name":"dev"}"#);
    assert_eq!(stages[2].get("id"), got.get("expectedArtifacts").unwrap().items()[0].get("id"));
}

#[test]
fn errors_name_the_file_the_line_and_the_pipeline() {
    let mut all = String::new();
    for (text, more, parameters) in [
        ("a: 1\nname: {{ app_nam }}\n", "", "{}"),
        ("a: 1\n{% if %}\n", "", "{}"),
        ("a: 1\nb: {{ artifact('x') }}\n", "", "{}"),
        ("expectedArtifacts:\n- displayName: chart\nb: {{ artifact('chart') }}\n", "", "{}"),
        ("expectedArtifacts:\n- displayName: chart\n  id: x\nb: {{ artifact('chrt') }}\n", "", "{}"),
        ("\nb: {{ pipeline('deploy', stack='qo') }}\n", "", "{}"),
        ("\nb: {{ pipeline('deplo') }}\n", "", "{}"),
        ("\nb: {{ pipeline('deploy', service='c') }}\n", "", "{}"),
        ("a:\n{% for x in [1] %}\n - b\n- c: [\n{% endfor %}", "", "{}"),
        ("- a\n", "", "{}"),
        ("a: 1\n{% include 'part.yaml' %}", "x: 1\ny: {{ z.q }}\n", "{}"),
        ("{% include 'nothing.yaml' %}", "", "{}"),
        ("{% for a in range(3000) %}{% for b in range(3000) %}{% endfor %}{% endfor %}", "", "{}"),
        ("{% macro m() %}{{ m() }}{% endmacro %}a: {{ m() }}", "", "{}"),
        ("- {{ bake_stage('workloud') }}", "", "{}"),
        ("parameters: {w: {type: integer}}\n---\na: {{ w }}", "", r#"{"w":"x"}"#),
        ("a: {{ stack }}", "", r#"{"stack":"x"}"#),
    ] {
        let error = render_with(&[("deploy", text), ("part", more)], parameters).unwrap_err();
        writeln!(all, "{text}---\n{error:#}\n").unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn ids_are_stable_and_differ() {
    let text = "a: {{ uuid('x') }}\nb: {{ uuid('y') }}\nc: {{ trigger('x') }}\nd: {{ pipeline('deploy') }}\ne: {{ pipeline('deploy', service='b', stack='qa') }}";
    let got = render(text).unwrap();
    assert_eq!(got, render(text).unwrap());
    let ids: std::collections::BTreeSet<String> = object(&got).values().map(Json::to_string).collect();
    assert_eq!(ids.len(), 5);
    let catalog = catalog(&["deploy"]);
    assert_eq!(json(&got).get("d").unwrap().as_str().unwrap(), catalog.mark("shop/web/a", "dev", "deploy").id());
    assert_eq!(json(&got).get("e").unwrap().as_str().unwrap(), catalog.mark("shop/web/b", "qa", "deploy").id());
}

#[test]
fn each_value_knows_the_line_that_made_it() {
    let text = "name: x\nstages:\n{%- for w in [1, 5] %}\n  - refId: s{{ w }}\n    wait: {{ w }}\n    note: |\n      one\n      two\n{%- endfor %}\n{% include 'part.yaml' %}\nlast: {{ bake_artifacts('workload') }}\n";
    let templates = templates(&[("deploy", text), ("part", "p:\n  q: {{ stack }}\n")]).unwrap();
    let places = templates.places(&target("{}")).unwrap();
    for (pointer, want) in [
        ("/name", "deploy.yaml:1"),
        ("/stages/0/refId", "deploy.yaml:4"),
        ("/stages/1/refId", "deploy.yaml:4"),
        ("/stages/1/wait", "deploy.yaml:5"),
        ("/stages/1/nothing", "deploy.yaml:4"),
        ("/p/q", "part.yaml:2"),
        ("/last/2/defaultArtifact/version", "deploy.yaml:11"),
    ] {
        let place = places.of(pointer).unwrap();
        assert_eq!(format!("{}:{}", place.file, place.line), want, "{pointer}");
    }
}

#[test]
fn missing_ids_are_filled_and_referred_to() {
    let mut pipeline = Pipeline::read(
        br#"{"expectedArtifacts":[{"displayName":"chart"},{"displayName":"own","id":"o"}],
            "triggers":[{"type":"cron"},{"type":"git","expectedArtifactIds":["chart"]}],
            "stages":[{"inputArtifacts":[{"id":"chart"},{"id":"own"}],"expectedArtifacts":[{"displayName":"baked"}]},
                      {"manifestArtifactId":"baked","name":"chart"}]}"#,
    )
    .unwrap();
    let mark = Mark { project: "p".to_owned(), ..Mark::default() };
    fill_ids(&mut pipeline, &mark);
    let (chart, baked) = (mark.id_of("artifact", "chart"), mark.id_of("artifact", "baked"));
    for (path, want) in [
        ("expectedArtifacts[*].id", format!(r#"["{chart}","o"]"#)),
        ("stages[0].inputArtifacts[*].id", format!(r#"["{chart}","o"]"#)),
        ("stages[1].manifestArtifactId", format!("\"{baked}\"")),
        ("stages[1].name", "\"chart\"".to_owned()),
        ("triggers[1].expectedArtifactIds", format!(r#"["{chart}"]"#)),
        ("triggers[0].id", format!("\"{}\"", mark.id_of("trigger", "0"))),
    ] {
        assert_eq!(tests_of::select(&pipeline, path).to_string(), want, "{path}");
    }
}

#[test]
fn the_tests_of_the_built_in_templates_pass() {
    for built in builtins() {
        let source = Source { file: format!("{}.yaml", built.name), text: built.text.to_owned() };
        let templates = Templates::new([(built.name.to_owned(), source)], Arc::new(|_| Ok(None))).unwrap();
        let tests = TestFile::read(built.name, &format!("{}.test.yaml", built.name), built.tests).unwrap();
        let mut records = catalog(&[built.name]);
        records.stacks.insert("prod".to_owned(), Group::default());
        let outcomes = tests.run(&templates, &records, |_, stack| Ok(deployment("hello", stack))).unwrap();
        assert!(outcomes.len() >= 2);
        let faults: Vec<_> = outcomes.iter().filter(|outcome| outcome.fault.is_some()).collect();
        assert!(faults.is_empty(), "{}: {faults:#?}", built.name);
    }
}

#[test]
fn a_test_tells_what_is_else_than_expected() {
    let templates = templates(&[("deploy", "name: x\nstages: [{refId: a, wait: 1}]\n")]).unwrap();
    let text = "tests:\n- name: one\n  expect:\n    name: z\n    stages[a].wait: 1\n- name: two\n  error: bad\n- name: three\n  service: nobody\n  expect: {a: 1}\n- name: four\n  expect: {'stages[*].refId': [a]}\n";
    let tests = TestFile::read("deploy", "t.yaml", text).unwrap();
    let outcomes = tests.run(&templates, &catalog(&["deploy"]), |_, stack| Ok(deployment("hello", stack))).unwrap();
    let shown: Vec<String> = outcomes
        .iter()
        .map(|o| format!("{}:{} {} {}", o.place.file, o.place.line, o.name, o.fault.as_deref().unwrap_or("ok")))
        .collect();
    assert_eq!(
        shown,
        [
            "t.yaml:4 one name is \"x\", not \"z\"",
            "t.yaml:6 two it does not fail with \"bad\"",
            "t.yaml:8 three there is no service \"nobody\"",
            "t.yaml:11 four ok",
        ]
    );
}
