//! `.Capabilities`. Helm: `pkg/chartutil/capabilities.go`, `internal/version`.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use super::go_struct::{Field, GoStruct};
use crate::chart::capabilities::{Capabilities, GO_VERSION, HELM_VERSION, KubeVersion};
use crate::error::Result;
use crate::value::{Kind, Method, Object, Str, Ty, Value};

pub(super) fn capabilities(capabilities: &Capabilities) -> GoStruct {
    let helm = GoStruct {
        type_name: "version.BuildInfo",
        kind: Kind::Struct,
        yaml_tags: false,
        fields: vec![
            Field::optional("Version", "version", Value::from(HELM_VERSION)),
            Field::optional("GitCommit", "git_commit", Value::from("")),
            Field::optional("GitTreeState", "git_tree_state", Value::from("")),
            Field::optional("GoVersion", "go_version", Value::from(GO_VERSION)),
        ],
    };
    let api_versions = VersionSet(Arc::clone(&capabilities.api_versions));
    GoStruct {
        type_name: "*chartutil.Capabilities",
        kind: Kind::Ptr,
        yaml_tags: false,
        fields: vec![
            Field::same("KubeVersion", Value::Object(Rc::new(Kube::new(&capabilities.kube_version)))),
            Field::same("APIVersions", Value::Object(Rc::new(api_versions))),
            Field::same("HelmVersion", Value::Object(Rc::new(helm))),
        ],
    }
}

/// `chartutil.KubeVersion`, whose methods belong to the pointer.
struct Kube(Rc<GoStruct>);

impl Kube {
    fn new(version: &KubeVersion) -> Self {
        Kube(Rc::new(GoStruct {
            type_name: "chartutil.KubeVersion",
            kind: Kind::Struct,
            yaml_tags: false,
            fields: vec![
                Field::same("Version", Value::from(version.version.as_str())),
                Field::same("Major", Value::from(version.major.as_str())),
                Field::same("Minor", Value::from(version.minor.as_str())),
            ],
        }))
    }
}

impl Object for Kube {
    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        true
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.0.field(name)
    }

    fn method(&self, name: &str) -> Option<Method> {
        matches!(name, "GitVersion" | "String").then_some(Method::new(&[], Ty::Str))
    }

    fn call(&self, _name: &str, _args: &[Value]) -> Result<Value> {
        Ok(self.0.field("Version").unwrap_or_default())
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.0.fields()
    }

    fn copied(&self) -> Option<Value> {
        Some(Value::Object(self.0.clone()))
    }

    fn pointer_text(&self) -> Option<String> {
        self.0.field("Version")?.as_str().map(|s| s.to_string_lossy().into_owned())
    }

    fn to_json(&self) -> Value {
        self.0.to_json()
    }
}

/// `chartutil.VersionSet`: a `[]string` with `Has`.
struct VersionSet(Arc<[Str]>);

impl Object for VersionSet {
    fn type_name(&self) -> &'static str {
        "chartutil.VersionSet"
    }

    fn kind(&self) -> Kind {
        Kind::Slice
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        !self.0.is_empty()
    }

    fn method(&self, name: &str) -> Option<Method> {
        (name == "Has").then_some(Method::new(&[Ty::Str], Ty::Bool))
    }

    fn call(&self, _name: &str, args: &[Value]) -> Result<Value> {
        let wanted = args.first().and_then(Value::as_str);
        Ok(Value::Bool(wanted.is_some_and(|wanted| self.0.contains(wanted))))
    }

    fn cost(&self, _name: &str, _args: &[Value]) -> u64 {
        16 * self.0.len() as u64
    }

    fn size(&self) -> usize {
        self.0.len()
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.0.iter().cloned().map(Value::Str).collect())
    }

    fn to_json(&self) -> Value {
        Value::strings(self.0.iter().cloned())
    }
}
