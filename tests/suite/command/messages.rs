//! What a person reads: the help, and the diagnostics of a failed bake. Snapshots, to be reviewed as text.

use std::fmt::Write as _;
use std::path::Path;

use crate::program::{bake, bake_in};
use testkit::Scratch;

const BACKEND: &str = "testdata/apps/deploy-values/sample/web/backend";

/// What a run prints on both streams.
fn said(args: &[&str]) -> String {
    let out = bake(args);
    String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap()
}

#[test]
fn help() {
    // there only with a feature
    let help = said(&["--help"]);
    let lines: Vec<&str> = help.lines().filter(|line| !line.starts_with("  serve ")).collect();
    insta::assert_snapshot!("help", lines.join("\n"));
    for command in ["init", "lint", "schema", "stage", "template"] {
        insta::assert_snapshot!(format!("help_{command}"), said(&[command, "--help"]));
    }
    #[cfg(feature = "server")]
    insta::assert_snapshot!("help_serve", said(&["serve", "--help"]));
}

#[test]
fn diagnostics() {
    let case = |name: &str| {
        let folder = format!("testdata/diagnostics/{name}");
        said(&["template", "app", &folder, "--error-format", "full"])
    };
    for name in ["fail", "nil-pointer", "parse", "invalid-yaml", "wrong-type", "missing-template", "unknown-function"] {
        insta::assert_snapshot!(format!("diagnostic_{name}"), case(name));
    }
    insta::assert_snapshot!("diagnostic_stack", said(&[BACKEND, "--stack", "qa"]));
    insta::assert_snapshot!("diagnostic_schema", said(&[BACKEND, "--stack", "dev", "--set", "env.A.secret=s"]));
    insta::assert_snapshot!(
        "diagnostic_cycle",
        said(&[BACKEND, "--stack", "dev", "--set-string", "env.A=$(B),env.B=$(A)"])
    );
    insta::assert_snapshot!("diagnostic_set", said(&[BACKEND, "--stack", "dev", "--set", "env[x]=1"]));
}

/// Standard error of a run in a folder.
fn said_in(folder: &Path, args: &[&str]) -> String {
    String::from_utf8(bake_in(folder, args).stderr).unwrap()
}

/// What people write into a stack's file, and what they are told.
#[test]
fn mistakes_in_values() {
    let scratch = Scratch::new("mistakes");
    let common = "image: registry.example/shop/app\nversion: \"1.4.0\"\nports: {http: 8080}\nenv:\n  A: a\n\
        volumes: {cache: {emptyDir: {}}}\nvolumeMounts: {cache: /var/cache}\n";
    scratch.file("shop/web/app/values.yaml", common);
    let mut all = String::new();
    for text in [
        "env:\n  A: x\n   B: y\n",
        "env:\n\tA: x\n",
        "env:\n  A: \"x\n  B: y\n",
        "env:\n  A: http: //x\n",
        "env:\n  A: {{ .Values.x }}\n",
        "env:\n  A: @x\n",
        "args: [--glob, *.txt]\n",
        "replicas:3\n",
        "- replicas: 3\n",
        "replicas: \"3\"\n",
        "replicaCount: 3\n",
        "resources: {cpu: 100m}\n",
        "resources: {limits: {memory: 512MB}}\n",
        "probes: {readiness: {path: /x}}\n",
        "ports: [8080]\n",
        "env: [A=1]\n",
        "env: {A: {host: x}}\n",
        "podAnnotations:\n  prometheus.io/scrape: true\n",
        "version: 1.10\n",
        "kind: deployment\n",
        "istioConfigVersion: v1\nistio: {timeout: 5}\n",
        "volumeMounts: {chache: /x}\n",
        "volumeClaimTemplates: {data: 10Gi}\n",
        "env: {A: $(B), B: $(A)}\n",
        "probes: {readiness: {http: /x, port: web}}\n",
        "disruptionBudget: {maxUnavailable: 1, minAvailable: 1}\n",
        "sidecars:\n  log:\n    image: x\n    version: \"1\"\n    ports: {a: 80, b: 80}\n",
        "istio: {hosts: [a.example]}\n",
        "istioConfigVersion: v1\nistio: {routes: {default: {to: v9}}}\n",
    ] {
        scratch.file("shop/web/app/prod-values.yaml", text);
        let said = said_in(scratch.dir(), &["shop/web/app", "--stack", "prod"]);
        write!(all, "{text}---\n{said}=====\n").unwrap();
    }
    insta::assert_snapshot!("mistakes_in_values", all);
}

/// What people write into a template of their own, and what they are told.
#[test]
fn mistakes_in_templates() {
    let scratch = Scratch::new("templates");
    scratch.file("own/Chart.yaml", "apiVersion: v2\nname: own\nversion: 0.1.0\n");
    scratch.file("own/values.yaml", "host: x\ningress: {}\n");
    let helper = "{{- define \"own.a\" -}}{{ include \"own.b\" . }}{{- end -}}\n\
        {{- define \"own.b\" -}}\n{{ .Values.ingress.hosts.main }}\n{{- end -}}\n";
    scratch.file("own/templates/_own.tpl", helper);
    let mut all = String::new();
    for text in [
        "data:\n  a: {{ .Values.host\n  b: c\n",
        "data:\n{{- if .Values.host }}\n  a: b\n",
        "data: {{ include \"own.a\" . }}\n",
        "data: {{ include \"own.aa\" . }}\n",
        "data: {{ .Values.host | quotes }}\n",
        "data: {{ .values.host }}\n",
        "{{ if eq .Values.host \"x\" }}{{ fail \"host: x is taken\" }}{{ end }}\n",
        "{{ .Values.host }}\n",
        "data:\n  a: b\n c: d\n",
    ] {
        scratch.file("own/templates/a.yaml", text);
        let said = said_in(scratch.dir(), &["template", "app", "own", "--error-format", "full"]);
        write!(all, "{text}---\n{said}=====\n").unwrap();
    }
    scratch.file("own/values.yaml", "a: b\n c: d\n");
    all += &said_in(scratch.dir(), &["template", "app", "own", "--error-format", "full"]);
    insta::assert_snapshot!("mistakes_in_templates", all);
}

/// What people type, and what they are told.
#[test]
fn mistakes_in_commands() {
    let scratch = Scratch::new("commands");
    scratch.file("shop/web/app/values.yaml", "image: registry.example/shop/app\nversion: \"1.4.0\"\n");
    scratch.file("shop/web/app/prod-values.yaml", "replicas: 2\n");
    let mut all = String::new();
    for line in [
        "",
        "shop/web/app",
        "shop/web/app prod",
        "shop/web/app --stack prd",
        "shop/web/app/values.yaml --stack prod",
        "flet --stack prod",
        "shop/web/app --stack prod --set a",
        "shop/web/app --stack prod --set env.A=1,2",
        "shop/web/app --stack prod --set-json env.A={",
        "shop/web/app --stack prod --set podAnnotations.a=1",
        "shop/web/app --stack prod -o shop/web/app/values.yaml",
        "diff shop/web/app --stack prod --stack dev",
    ] {
        let args: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        write!(all, "$ bake {line}\n{}\n", said_in(scratch.dir(), &args)).unwrap();
    }
    insta::assert_snapshot!("mistakes_in_commands", all);
}
