//! The objects that templates see: `.Chart`, `.Files`, `.Capabilities`, `.Release`, `.Template`.
//! Helm: `ToRenderValues` in `pkg/chartutil/values.go`, `recAllTpls` in `pkg/engine/engine.go`.

mod files;
mod go_struct;
mod metadata;
mod versions;

use std::rc::Rc;
use std::sync::Arc;

use super::{Capabilities, Chart, Metadata};
use crate::value::{Map, MapType, Str, Value};

/// `.Chart`: Chart.yaml, and whether the chart is the root chart.
pub(crate) fn chart_object(metadata: &Metadata, is_root: bool) -> Value {
    Value::Object(Rc::new(metadata::ChartObject::new(metadata, is_root)))
}

/// `.Files`: the files of the chart without templates, values and metadata.
pub(crate) fn files_object(chart: &Arc<Chart>) -> Value {
    Value::Object(Rc::new(files::Files::new(chart)))
}

/// `.Capabilities`.
pub(crate) fn capabilities_object(capabilities: &Capabilities) -> Value {
    Value::Object(Rc::new(versions::capabilities(capabilities)))
}

/// `.Release` as in `helm template`: the first revision, of an installation or an upgrade. Helm: `Install.RunWithContext`.
pub(crate) fn release_map(name: &str, namespace: &str, is_upgrade: bool) -> Value {
    Value::map([
        ("Name", Value::from(name)),
        ("Namespace", Value::from(namespace)),
        ("IsUpgrade", Value::Bool(is_upgrade)),
        ("IsInstall", Value::Bool(!is_upgrade)),
        ("Revision", Value::Int(1)),
        ("Service", Value::from("Helm")),
    ])
}

/// `.Template`: the template's name (`chart/templates/x.yaml`), and the folder of its chart's templates.
pub(crate) fn template_map(name: impl Into<Str>, base_path: impl Into<Str>) -> Value {
    let map = Map::with_type(MapType::Values);
    map.insert("Name", Value::str(name));
    map.insert("BasePath", Value::str(base_path));
    Value::Map(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::File;
    use crate::limits::{Budget, Limits};
    use crate::value::fmt::{append_value, sprintf};
    use crate::value::{Kind, Object};
    use crate::yaml::to_json;

    fn object(value: &Value) -> Rc<dyn Object> {
        match value {
            Value::Object(o) => Rc::clone(o),
            other => panic!("{other:?} is no object"),
        }
    }

    fn json(value: &Value) -> String {
        String::from_utf8(to_json(value, false, &Budget::default()).unwrap()).unwrap()
    }

    fn printed(value: &Value) -> String {
        let mut out = Vec::new();
        append_value(&mut out, value, &Budget::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn call(value: &Value, name: &str, args: &[&str]) -> Value {
        let args: Vec<_> = args.iter().map(|a| Value::from(*a)).collect();
        assert!(object(value).method(name).is_some(), "{name}");
        object(value).call(name, &args).unwrap()
    }

    fn chart(files: &[(&str, &str)]) -> Arc<Chart> {
        let chart_yaml = "apiVersion: v2\nname: c\nversion: 1.0.0\nmaintainers: [{name: a, email: e}]\n\
            dependencies: [{name: d, version: \"1\", import-values: [a, {child: b, parent: c}], tags: [x]}]\n\
            keywords: [k]\nannotations: {b: \"1\", a: \"2\"}\n";
        let files = [("Chart.yaml", chart_yaml)].into_iter().chain(files.iter().copied());
        let files = files.map(|(name, text)| File { name: name.to_owned(), data: text.into() }).collect();
        Arc::new(Chart::from_files(files, &Limits::helm()).unwrap())
    }

    #[test]
    fn chart_is_a_struct() {
        let value = chart_object(&chart(&[]).metadata, true);
        let object = object(&value);
        assert_eq!(value.type_name(), "struct { chart.Metadata; IsRoot bool }");
        assert_eq!(
            json(&value),
            r#"{"name":"c","version":"1.0.0","keywords":["k"],"maintainers":[{"name":"a","email":"e"}],"apiVersion":"v2","annotations":{"a":"2","b":"1"},"dependencies":[{"name":"d","version":"1","repository":"","tags":["x"],"import-values":["a",{"child":"b","parent":"c"}]}],"IsRoot":true}"#
        );
        for (name, want) in
            [("Name", "c"), ("IsRoot", "true"), ("Keywords", "[k]"), ("Annotations", "map[a:2 b:1]"), ("Home", "")]
        {
            assert_eq!(printed(&object.field(name).unwrap()), want, "{name}");
        }
        for (name, want) in [
            ("Maintainers", "[]*chart.Maintainer"),
            ("Dependencies", "[]*chart.Dependency"),
            ("Metadata", "chart.Metadata"),
        ] {
            assert_eq!(object.field(name).unwrap().type_name(), want);
        }
        for name in ["name", "Nope", "Validate"] {
            assert!(object.field(name).is_none() && object.method(name).is_none(), "{name}");
        }
    }

    #[test]
    fn capabilities_are_a_pointer_to_structs() {
        let capabilities = Capabilities::default_set().with_kube_version("1.34").unwrap().with_api_versions(["foo/v1"]);
        let value = capabilities_object(&capabilities);
        assert_eq!((value.type_name(), value.kind()), ("*chartutil.Capabilities", Kind::Ptr));
        let kube = object(&value).field("KubeVersion").unwrap();
        assert_eq!(json(&kube), r#"{"Version":"v1.34","Major":"1","Minor":"34"}"#);
        assert_eq!(printed(&kube), "v1.34");
        let through_printf = sprintf(b"%v", std::slice::from_ref(&kube), &Budget::default()).unwrap();
        assert_eq!(through_printf, b"{v1.34 1 34}");
        assert_eq!(printed(&call(&kube, "GitVersion", &[])), "v1.34");
        let versions = object(&value).field("APIVersions").unwrap();
        assert_eq!(object(&versions).items().unwrap().len(), 58);
        for (name, want) in [("v1", "true"), ("foo/v1", "true"), ("apps/v1/Deployment", "false")] {
            assert_eq!(printed(&call(&versions, "Has", &[name])), want);
        }
        let helm = object(&value).field("HelmVersion").unwrap();
        assert_eq!(json(&helm), r#"{"version":"v3.22.0","go_version":"go1.26.8"}"#);
    }

    #[test]
    fn files_are_a_map() {
        let chart = chart(&[
            ("b/x.txt", "one\ntwo\n"),
            ("a.txt", "1"),
            ("b/y.sh", "#!/bin/sh\n"),
            ("crds/c.yaml", "kind: X"),
            ("templates/t", "t"),
            ("values.yaml", ""),
            ("a.txt", "2"),
        ]);
        let files = files_object(&chart);
        assert_eq!((files.type_name(), files.kind()), ("engine.files", Kind::Map));
        let names = |files: &Value| -> Vec<String> {
            object(files).entries().unwrap().into_iter().map(|(k, _)| k.to_string()).collect()
        };
        assert_eq!(names(&files), ["a.txt", "b/x.txt", "b/y.sh", "crds/c.yaml"]);
        for (name, want) in
            [("a.txt", "2"), ("crds/c.yaml", "kind: X"), ("./a.txt", ""), ("templates/t", ""), ("no", "")]
        {
            assert_eq!(printed(&call(&files, "Get", &[name])), want, "{name}");
        }
        assert_eq!(printed(&call(&files, "GetBytes", &["a.txt"])), "[50]");
        assert_eq!(printed(&object(&files).field("Nope").unwrap()), "[]");
        assert_eq!(printed(&call(&files, "Lines", &["b/x.txt"])), "[one two]");
        assert_eq!(json(&call(&files, "Lines", &["no"])), "[]");
        let glob = call(&files, "Glob", &["b/*"]);
        assert_eq!(names(&glob), ["b/x.txt", "b/y.sh"]);
        assert_eq!(printed(&call(&glob, "Get", &["a.txt"])), "");
        assert_eq!(printed(&call(&glob, "AsConfig", &[])), "x.txt: |\n  one\n  two\ny.sh: |\n  #!/bin/sh");
        assert_eq!(printed(&call(&glob, "AsSecrets", &[])), "x.txt: b25lCnR3bwo=\ny.sh: IyEvYmluL3NoCg==");
        let none = call(&files, "Glob", &["none/*"]);
        assert_eq!(printed(&call(&none, "AsConfig", &[])), "{}");
        assert!(!none.is_true());
        assert_eq!(json(&glob), r#"{"b/x.txt":"b25lCnR3bwo=","b/y.sh":"IyEvYmluL3NoCg=="}"#);
    }

    #[test]
    fn release_and_template_are_maps() {
        let release = release_map("rel", "ns", false);
        assert_eq!(
            json(&release),
            r#"{"IsInstall":true,"IsUpgrade":false,"Name":"rel","Namespace":"ns","Revision":1,"Service":"Helm"}"#
        );
        assert_eq!(release.as_map().unwrap().get(b"Revision").unwrap().type_name(), "int");
        let template = template_map("c/templates/t.yaml", "c/templates");
        assert_eq!(printed(&template), "map[BasePath:c/templates Name:c/templates/t.yaml]");
    }
}
