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
    for name in [
        "fail",
        "nil-pointer",
        "parse",
        "invalid-yaml",
        "wrong-type",
        "missing-template",
        "unknown-function",
        "subchart-schema",
        "ignored-chart",
        "kube-version",
    ] {
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
        // what YAML reads as something else
        "podLabels: {a: NO, b: 0123, c: 1_000, d: 1e5, e: 12345678901234567890}\n",
        "args: [a,\n  8080]\n",
        "strategy: off\n",
        "restartPolicy: always\n",
        // keys that are no names
        "ports: {My_Port: 80, averyveryverylongname: 81}\n",
        "env: {Ä: x}\nsidecars: {Log_X: {image: x}}\nconfigMaps: {A_b: {data: {a: b}}}\nvolumes: {A.b: {emptyDir: {}}}\n",
        // keys of Kubernetes, and of other charts
        "livenessProbe: {httpGet: {path: /}}\nhostAliases: []\nupdateStrategy: {}\nschedule: x\n",
        "ingress: {}\nserviceMonitor: {}\npersistence: {}\ncontainers: []\nreplicaCount: 2\n",
        "sidecars: {log: {image: x, readinessProbe: {}, workingDir: /, volumes: {}}}\n",
        "service: {clusterIP: None, port: 80}\ncron: {backoffLimit: 1}\npodSpec: {nodeSelector: {}}\n",
        "env: {A: {secretKeyRef: {name: x, key: y}}}\nautoscaling: {minReplicas: 1, targetCPUUtilizationPercentage: 80}\n",
        "probes: {readiness: {timeoutSecond: 1}}\nresources: {requests: {memory: 1 GB}}\n",
        "version: null\nimage: null\n",
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
    scratch.file("own/values.yaml", "host: x\ningress: {}\nlist: [a]\nport: 8_080\naccount: 123456789012\n");
    let helper = "{{- define \"own.a\" -}}{{ include \"own.b\" . }}{{- end -}}\n\
        {{- define \"own.b\" -}}\n{{ .Values.ingress.hosts.main }}\n{{- end -}}\n\
        {{- define \"own.c\" -}}{{ .Release.Name.x }}{{- end -}}\n";
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
        "{{ range .Values.list }}{{ .Values.host }}{{ .Values.host.x }}{{ end }}\n",
        "{{ range .Values.list }}{{ .Release.Name }}{{ end }}\n",
        "{{ include \"own.c\" .Values.ingress }}\n",
        "a: {{ .Values.my-key.x }}\n",
        "a: {{ $.Values.list[0] }}\n",
        "a: {{ merge .Values.ingress .Values.nope | toYaml }}\n",
        "a: {{ index .Values.nope \"a\" }}\n",
        "a: {{ lt .Values.nope 1 }}\n",
        "a: {{ if gt .Values.port 1 }}b{{ end }}\n",
        "a: {{ .Values.port | b64enc }}\n",
        "a: {{ .Values.account | replace .Values.host .Values.host }}\n",
        "a: {{ .Values.host.name }}\n",
        "a: {{ required \"say the zone\" .Values.zone }}\n",
    ] {
        scratch.file("own/templates/a.yaml", text);
        let said = said_in(scratch.dir(), &["template", "app", "own", "--error-format", "full"]);
        write!(all, "{text}---\n{said}=====\n").unwrap();
    }
    for text in [&b"a: b\n c: d\n"[..], b"a: b\nc: d\ne: \xff\n", b"a: b\n\nc: \0\n"] {
        scratch.file("own/values.yaml", text);
        all += &said_in(scratch.dir(), &["template", "app", "own", "--error-format", "full"]);
    }
    insta::assert_snapshot!("mistakes_in_templates", all);
}

/// What people type, and what they are told.
#[test]
fn mistakes_in_commands() {
    let scratch = Scratch::new("commands");
    scratch.file("shop/web/app/values.yaml", "image: registry.example/shop/app\nversion: \"1.4.0\"\n");
    scratch.file("shop/web/app/prod-values.yaml", "replicas: 2\n");
    scratch.file("own/Chart.yaml", "apiVersion: v2\nname: own\nversion: 0.1.0\n");
    scratch.file("own/templates/none.yaml", "{{ if .Values.on }}a: b{{ end }}\n");
    scratch.file("own/crds/a.yaml", "a: b\n");
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
        "shop/web/app --stack prod --set-string replicas=3",
        "shop/web/app --stack prod --set istioConfigVersion=v1,istio.timeout=5",
        "template x own --show-only templates/none.yaml --error-format full",
        "template x own --show-only templates/noone.yaml --error-format full",
        "template x own --show-only crds/a.yaml --error-format full",
        "shop/web/app --stack prod -o shop/web/app/values.yaml",
        "diff shop/web/app --stack prod --stack dev",
    ] {
        let args: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        write!(all, "$ bake {line}\n{}\n", said_in(scratch.dir(), &args)).unwrap();
    }
    insta::assert_snapshot!("mistakes_in_commands", all);
}
