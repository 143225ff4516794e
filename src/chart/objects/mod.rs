//! What templates see of a chart and a release: `.Chart`, `.Files`, `.Capabilities`, `.Release`, `.Template`.
//! Helm: `ToRenderValues` of `pkg/chartutil/values.go`, `recAllTpls` of `pkg/engine/engine.go`.

mod files;
mod metadata;
mod record;
mod versions;

use std::rc::Rc;
use std::sync::Arc;

use super::{Capabilities, Chart, Metadata};
use crate::value::{Str, Value};

/// `.Chart`: Chart.yaml, and whether the chart is the top one.
pub fn chart_object(metadata: &Metadata, is_root: bool) -> Value {
    Value::Object(Rc::new(metadata::ChartObject::new(metadata, is_root)))
}

/// `.Files`: the chart's files but templates, values and what describes the chart.
pub fn files_object(chart: &Arc<Chart>) -> Value {
    Value::Object(Rc::new(files::Files::new(chart)))
}

/// `.Capabilities`.
pub fn capabilities_object(capabilities: &Capabilities) -> Value {
    Value::Object(Rc::new(versions::capabilities(capabilities)))
}

/// `.Release`.
pub fn release_map(name: &str, namespace: &str, revision: i64, is_install: bool, is_upgrade: bool) -> Value {
    Value::map([
        ("Name", Value::from(name)),
        ("Namespace", Value::from(namespace)),
        ("IsUpgrade", Value::Bool(is_upgrade)),
        ("IsInstall", Value::Bool(is_install)),
        ("Revision", Value::Int(revision)),
        ("Service", Value::from("Helm")),
    ])
}

/// `.Template`: the template's name (`chart/templates/x.yaml`), and the folder of its chart's templates.
pub fn template_map(name: impl Into<Str>, base_path: impl Into<Str>) -> Value {
    Value::map([("Name", Value::str(name)), ("BasePath", Value::str(base_path))])
}
