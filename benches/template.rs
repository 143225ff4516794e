//! Parsing and running a template that looks like a chart's deployment.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::get_unwrap,
    clippy::unnecessary_wraps,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // no library

use std::hint::black_box;
use std::sync::Arc;

use bake::limits::{Budget, Limits};
use bake::unstable_engine::template::{Compiler, Context, Executor, Func, FuncTable, MissingKey, Set, Unit};
use bake::value::{Map, Str, Ty, Value};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const HELPERS: &str = r#"{{- define "app.name" -}}
{{- default .Chart.Name .Values.nameOverride | quote }}
{{- end }}
{{- define "app.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if eq $name .Release.Name }}
{{- .Release.Name }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name }}
{{- end }}
{{- end }}
{{- end }}
{{- define "app.labels" -}}
app.kubernetes.io/name: {{ include "app.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- if .Chart.AppVersion }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
"#;

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "app.fullname" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "app.labels" . | nindent 8 }}
    spec:
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
      {{- range . }}
        - name: {{ .name }}
      {{- end }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          ports:
          {{- range $name, $port := .Values.ports }}
            - name: {{ $name }}
              containerPort: {{ $port.containerPort }}
              protocol: {{ $port.protocol | default "TCP" }}
          {{- end }}
          env:
          {{- range $key, $value := .Values.env }}
            - name: {{ $key }}
              value: {{ $value | quote }}
          {{- end }}
          {{- if and .Values.resources.limits (or .Values.resources.limits.cpu .Values.resources.limits.memory) }}
          resources:
            limits:
              cpu: {{ .Values.resources.limits.cpu }}
              memory: {{ .Values.resources.limits.memory }}
          {{- end }}
          {{- range $i, $probe := .Values.probes }}
          {{- if eq $probe.kind "http" }}
          probe{{ $i }}:
            httpGet: {path: {{ $probe.path }}, port: {{ $probe.port }}}
          {{- else if eq $probe.kind "tcp" }}
          probe{{ $i }}:
            tcpSocket: {port: {{ $probe.port }}}
          {{- else }}
          # nothing
          {{- end }}
          {{- end }}
"#;

fn bytes(args: &[Value], i: usize) -> &[u8] {
    args.get(i).and_then(Value::as_str).map(|s| &**s).unwrap_or_default()
}

fn include(cx: &mut dyn Context, args: &[Value]) -> bake::error::Result<Value> {
    Ok(Value::str(cx.execute(bytes(args, 0), args.get(1).unwrap())?))
}

fn nindent(_: &mut dyn Context, args: &[Value]) -> bake::error::Result<Value> {
    let Some(Value::Int(width)) = args.first() else { return Ok(Value::Nil) };
    let pad = vec![b' '; usize::try_from(*width).unwrap()];
    let mut out = Vec::new();
    for line in bytes(args, 1).split(|b| *b == b'\n') {
        out.push(b'\n');
        out.extend_from_slice(&pad);
        out.extend_from_slice(line);
    }
    Ok(Value::str(out))
}

fn default(_: &mut dyn Context, args: &[Value]) -> bake::error::Result<Value> {
    Ok(args.iter().rev().find(|v| v.is_true()).or(args.first()).cloned().unwrap())
}

fn quote(_: &mut dyn Context, args: &[Value]) -> bake::error::Result<Value> {
    let mut out = vec![b'"'];
    out.extend_from_slice(bytes(args, 0));
    out.push(b'"');
    Ok(Value::str(out))
}

static FUNCS: &[Func] = &[
    Func::new("include", &[Ty::Str, Ty::Any], Ty::Str, include),
    Func::new("nindent", &[Ty::Int, Ty::Str], Ty::Str, nindent),
    Func::new("default", &[Ty::Any, Ty::Any], Ty::Any, default),
    Func::new("quote", &[Ty::Any], Ty::Str, quote),
];

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => Value::Float(n.as_f64().unwrap()),
        serde_json::Value::String(s) => Value::from(s.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(value).collect()),
        serde_json::Value::Object(pairs) => {
            Value::Map(pairs.iter().map(|(k, v)| (Str::from(k.as_str()), value(v))).collect::<Map>())
        }
    }
}

const DATA: &str = r#"{
  "Chart": {"Name": "frontend", "AppVersion": "1.2.3"},
  "Release": {"Name": "shop", "Service": "Helm"},
  "Values": {
    "nameOverride": "", "fullnameOverride": "", "replicaCount": 3, "autoscaling": {"enabled": false},
    "imagePullSecrets": [{"name": "one"}, {"name": "two"}],
    "image": {"repository": "registry.example/shop/frontend", "tag": "", "pullPolicy": "IfNotPresent"},
    "ports": {"http": {"containerPort": 8080}, "metrics": {"containerPort": 9090, "protocol": "TCP"}},
    "env": {"A": "1", "B": "two", "C": "three", "D": "four", "E": "five", "F": "six", "G": "seven", "H": "eight"},
    "resources": {"limits": {"cpu": "100m", "memory": "128Mi"}},
    "probes": [{"kind": "http", "path": "/healthz", "port": 8080}, {"kind": "tcp", "port": 80}, {"kind": "none"}]
  }
}"#;

fn template(c: &mut Criterion) {
    let funcs = Arc::new(FuncTable::new(FUNCS));
    let limits = Limits::helm();
    let helpers = Str::from(HELPERS);
    let deployment = Str::from(DEPLOYMENT);
    let mut set = Set::new("gotpl");
    for (name, text) in [("_helpers.tpl", &helpers), ("deployment.yaml", &deployment)] {
        set.add(name, &Arc::new(Unit::compile_named(name, text, &funcs, &limits).unwrap())).unwrap();
    }
    let data = value(&serde_json::from_str(DATA).unwrap());

    let mut group = c.benchmark_group("template");
    group.throughput(Throughput::Bytes((HELPERS.len() + DEPLOYMENT.len()) as u64));
    group.bench_function("parse", |b| {
        let mut compiler = Compiler::new(&funcs, &limits);
        b.iter(|| {
            black_box(compiler.compile(&helpers).unwrap());
            black_box(compiler.compile(&deployment).unwrap());
        });
    });
    let budget = Budget::new(limits.clone());
    let mut out = Vec::new();
    Executor::new(&set, &funcs, &(), &budget, MissingKey::Zero).execute("deployment.yaml", &data, &mut out).unwrap();
    group.throughput(Throughput::Bytes(out.len() as u64));
    group.bench_function("execute", |b| {
        b.iter(|| {
            let budget = Budget::new(limits.clone());
            out.clear();
            let mut executor = Executor::new(&set, &funcs, &(), &budget, MissingKey::Zero);
            executor.execute("deployment.yaml", &data, &mut out).unwrap();
            black_box(&out);
        });
    });
    group.finish();
}

criterion_group!(benches, template);
criterion_main!(benches);
