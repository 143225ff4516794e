//! `.Chart`. Helm: `pkg/chart/metadata.go`.

use std::any::Any;
use std::rc::Rc;

use super::go_struct::{Field, GoStruct, Slice};
use crate::chart::{Dependency, Maintainer, Metadata};
use crate::value::{Elem, Kind, List, Map, MapType, Object, Str, Value};

/// A struct that embeds `chart.Metadata`, so it has the fields of both.
pub(super) struct ChartObject {
    metadata: Rc<GoStruct>,
    is_root: bool,
}

impl ChartObject {
    pub(super) fn new(metadata: &Metadata, is_root: bool) -> Self {
        ChartObject { metadata: Rc::new(record(metadata)), is_root }
    }
}

impl Object for ChartObject {
    fn type_name(&self) -> &'static str {
        "struct { chart.Metadata; IsRoot bool }"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        true
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "IsRoot" => Some(Value::Bool(self.is_root)),
            "Metadata" => Some(Value::Object(self.metadata.clone())),
            name => self.metadata.field(name),
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Metadata", Value::Object(self.metadata.clone())), ("IsRoot", Value::Bool(self.is_root))]
    }

    fn flat_fields(&self) -> Vec<(&'static str, Value)> {
        self.metadata.fields().into_iter().chain([("IsRoot", Value::Bool(self.is_root))]).collect()
    }

    fn to_json(&self) -> Value {
        Value::map(self.metadata.json_fields().chain([("IsRoot", Value::Bool(self.is_root))]))
    }
}

fn record(m: &Metadata) -> GoStruct {
    let annotations = match &m.annotations {
        None => Map::nil(MapType::Str),
        Some(entries) => {
            let map = Map::with_type(MapType::Str);
            for (key, value) in entries {
                map.insert(key.as_str(), text(value));
            }
            map
        }
    };
    let maintainers = m.maintainers.as_ref().map(|list| list.iter().map(maintainer).collect());
    let dependencies = m.dependencies.as_ref().map(|list| list.iter().map(dependency).collect());
    GoStruct {
        type_name: "chart.Metadata",
        kind: Kind::Struct,
        yaml_tags: false,
        fields: vec![
            Field::optional("Name", "name", text(&m.name)),
            Field::optional("Home", "home", text(&m.home)),
            Field::optional("Sources", "sources", strings(m.sources.as_deref())),
            Field::optional("Version", "version", text(&m.version)),
            Field::optional("Description", "description", text(&m.description)),
            Field::optional("Keywords", "keywords", strings(m.keywords.as_deref())),
            Field::optional("Maintainers", "maintainers", slice("[]*chart.Maintainer", maintainers)),
            Field::optional("Icon", "icon", text(&m.icon)),
            Field::optional("APIVersion", "apiVersion", text(&m.api_version)),
            Field::optional("Condition", "condition", text(&m.condition)),
            Field::optional("Tags", "tags", text(&m.tags)),
            Field::optional("AppVersion", "appVersion", text(&m.app_version)),
            Field::optional("Deprecated", "deprecated", Value::Bool(m.deprecated)),
            Field::optional("Annotations", "annotations", Value::Map(annotations)),
            Field::optional("KubeVersion", "kubeVersion", text(&m.kube_version)),
            Field::optional("Dependencies", "dependencies", slice("[]*chart.Dependency", dependencies)),
            Field::optional("Type", "type", text(&m.chart_type)),
        ],
    }
}

fn maintainer(m: &Maintainer) -> Value {
    Value::Object(Rc::new(GoStruct {
        type_name: "*chart.Maintainer",
        kind: Kind::Ptr,
        yaml_tags: false,
        fields: vec![
            Field::optional("Name", "name", text(&m.name)),
            Field::optional("Email", "email", text(&m.email)),
            Field::optional("URL", "url", text(&m.url)),
        ],
    }))
}

fn dependency(d: &Dependency) -> Value {
    let import_values = match &d.import_values {
        None => List::nil(Elem::Any),
        Some(nodes) => List::new(Elem::Any, nodes.iter().map(|node| node.to_value(0)).collect()),
    };
    let always = |name, json, value| Field { name, json, omit_empty: false, value };
    Value::Object(Rc::new(GoStruct {
        type_name: "*chart.Dependency",
        kind: Kind::Ptr,
        yaml_tags: true,
        fields: vec![
            always("Name", "name", text(&d.name)),
            Field::optional("Version", "version", text(&d.version)),
            always("Repository", "repository", text(&d.repository)),
            Field::optional("Condition", "condition", text(&d.condition)),
            Field::optional("Tags", "tags", strings(d.tags.as_deref())),
            Field::optional("Enabled", "enabled", Value::Bool(d.enabled)),
            Field::optional("ImportValues", "import-values", Value::List(import_values)),
            Field::optional("Alias", "alias", text(&d.alias)),
        ],
    }))
}

fn text(s: &str) -> Value {
    Value::Str(Str::from(s))
}

fn strings(list: Option<&[String]>) -> Value {
    match list {
        None => Value::List(List::nil(Elem::Str)),
        Some(items) => Value::strings(items.iter().map(String::as_str)),
    }
}

fn slice(type_name: &'static str, items: Option<Vec<Value>>) -> Value {
    Value::Object(Rc::new(Slice { type_name, items }))
}
