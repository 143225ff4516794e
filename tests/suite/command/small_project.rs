//! A project of two services with a chart of its own, for tests that change it.

use testkit::Scratch;

/// A chart that prints a `ConfigMap` and a Secret of its values.
pub(super) fn chart(scratch: &Scratch, folder: &str, extra: &str) {
    scratch.file(&format!("{folder}/Chart.yaml"), "apiVersion: v2\nname: show\nversion: 1.0.0\n");
    scratch.file(&format!("{folder}/values.yaml"), "color: green\nlimits: {cpu: 1, memory: 2}\n");
    scratch.file(
        &format!("{folder}/templates/show.yaml"),
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {{{{ .Release.Name }}}}{extra}}}\n\
             data:\n  color: {{{{ .Values.color }}}}\n  items: {{{{ .Values.items | toJson | quote }}}}\n\
             ---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  token: {{{{ .Values.token }}}}\n"
        ),
    );
}

/// A service with two stacks, another with one.
pub(super) fn project(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    chart(&scratch, "charts/show", "");
    scratch.file("bake.yaml", "layout: apps/{app}\nnamespace: web\ncharts: {show: charts/show}\nlayers: [all.yaml]\n");
    scratch.file("all.yaml", "items: [a, b]\ntoken: hidden-token\nnever: {read: true}\n");
    scratch.file("apps/one/values.yaml", "color: blue\n").file("apps/one/dev-values.yaml", "{}\n");
    scratch.file("apps/one/prod-values.yaml", "color: red\nitems:\n- b\n- c\n");
    scratch.file("apps/two/values.yaml", "{}\n").file("apps/two/dev-values.yaml", "{}\n");
    scratch
}
