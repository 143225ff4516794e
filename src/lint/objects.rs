//! The objects of a bake, in the form that rules use.

use crate::error::Result;
use crate::manifest::Document;
use crate::run::Run;
use crate::yaml::{Data, Node, NodeMap};

/// The objects of one bake of a service.
#[derive(Debug, Default)]
pub(super) struct Release {
    /// The release name; empty if only objects are linted.
    pub(super) name: String,
    /// The namespace of the release.
    pub(super) namespace: String,
    /// All objects, including hooks.
    pub(super) objects: Vec<Object>,
    /// The minor version of the cluster's Kubernetes; without one, the newest that is known.
    pub(super) minor: Option<u32>,
}

/// An object.
#[derive(Debug, Default)]
pub(super) struct Object {
    /// The part of `apiVersion` before the slash; empty for the core group.
    pub(super) group: String,
    /// The part of `apiVersion` after the slash.
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) node: Node,
}

/// The pods that an object creates.
#[derive(Clone, Copy)]
pub(super) struct Pod<'o> {
    /// The path of the template.
    pub(super) path: &'static str,
    pub(super) labels: Option<&'o NodeMap>,
    pub(super) spec: &'o Node,
}

/// A container of a pod.
pub(super) struct Container<'o> {
    pub(super) path: String,
    pub(super) name: &'o str,
    /// Runs beside the other containers: not an init container that ends before they start.
    pub(super) stays: bool,
    /// The first of `containers`, which the top-level values describe.
    pub(super) is_main: bool,
    pub(super) node: &'o Node,
}

impl Release {
    /// Reads the documents of a bake.
    ///
    /// Errors: a document is not valid YAML, which baking would have reported.
    pub(super) fn new<'d>(
        release: &str,
        namespace: &str,
        documents: impl IntoIterator<Item = &'d Document>,
        run: &Run,
    ) -> Result<Release> {
        let mut release = Release { name: release.to_owned(), namespace: namespace.to_owned(), ..Release::default() };
        for document in documents {
            release.add(document.tree(run)?);
        }
        Ok(release)
    }

    /// Adds an object, or the objects of a `List`; documents that are not mappings are ignored.
    pub(super) fn add(&mut self, mut node: Node) {
        let Data::Map(map) = &mut node.data else { return };
        let is_list = map.get(b"kind".as_slice()).and_then(Node::as_str) == Some("List");
        if let Some(Data::List(items)) =
            map.get_mut(b"items".as_slice()).filter(|_| is_list).map(|items| &mut items.data)
        {
            // lists do not nest
            let objects = std::mem::take(items).into_iter();
            objects
                .filter(|item| item.get("kind").and_then(Node::as_str) != Some("List"))
                .for_each(|item| self.add(item));
            return;
        }
        let text = |path: &[&str]| at(&node, path).and_then(Node::as_str).unwrap_or_default().to_owned();
        let api_version = text(&["apiVersion"]);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        self.objects.push(Object {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text(&["kind"]),
            name: text(&["metadata", "name"]),
            namespace: Some(text(&["metadata", "namespace"])).filter(|n| !n.is_empty()),
            node,
        });
    }

    /// The objects of a kind in a group.
    pub(super) fn of<'s>(&'s self, group: &'static str, kind: &'static str) -> impl Iterator<Item = &'s Object> {
        self.objects.iter().filter(move |object| object.kind == kind && object.group == group)
    }

    /// The namespace of an object.
    pub(super) fn namespace_of<'s>(&'s self, object: &'s Object) -> &'s str {
        object.namespace.as_deref().unwrap_or(&self.namespace)
    }

    /// All pods, each with the object that creates it.
    pub(super) fn pods(&self) -> impl Iterator<Item = (&Object, Pod<'_>)> {
        self.objects.iter().filter_map(|object| Some((object, object.pod()?)))
    }
}

impl Object {
    /// The field at a path.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Node> {
        at(&self.node, path)
    }

    /// The text at a path.
    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// The way to the template of the pods that it creates.
    pub(super) fn template(&self) -> Option<(&'static str, &'static [&'static str])> {
        match (self.group.as_str(), self.kind.as_str()) {
            ("", "Pod") => Some(("", &[])),
            ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("batch", "Job")
            | ("", "ReplicationController") => Some(("spec.template", &["spec", "template"])),
            ("batch", "CronJob") => {
                Some(("spec.jobTemplate.spec.template", &["spec", "jobTemplate", "spec", "template"]))
            }
            _ => None,
        }
    }

    /// The pods that it creates.
    pub(super) fn pod(&self) -> Option<Pod<'_>> {
        let (path, steps) = self.template()?;
        let template = self.at(steps)?;
        let labels = at(template, &["metadata", "labels"]).and_then(Node::as_map);
        Some(Pod { path, labels, spec: template.get("spec")? })
    }
}

impl<'o> Pod<'o> {
    /// All containers, init containers first.
    pub(super) fn containers(&self) -> Vec<Container<'o>> {
        let mut found = Vec::new();
        for list in ["initContainers", "containers"] {
            for (index, node) in items(self.spec.get(list)).iter().enumerate() {
                let is_init = list == "initContainers";
                let restarts = node.get("restartPolicy").and_then(Node::as_str) == Some("Always");
                found.push(Container {
                    path: self.field(&format!("spec.{list}[{index}]")),
                    name: node.get("name").and_then(Node::as_str).unwrap_or_default(),
                    stays: !is_init || restarts,
                    is_main: !is_init && index == 0,
                    node,
                });
            }
        }
        found
    }

    /// The path of a field of the template.
    pub(super) fn field(&self, path: &str) -> String {
        if self.path.is_empty() { path.to_owned() } else { format!("{}.{path}", self.path) }
    }

    /// Whether the `matchLabels` of a selector match. A selector with expressions is assumed to match.
    pub(super) fn fits(&self, labels: Option<&NodeMap>) -> bool {
        let Some(wanted) = labels else { return true };
        wanted
            .iter()
            .all(|(key, value)| self.labels.and_then(|own| own.get(key)).is_some_and(|own| own.data == value.data))
    }
}

impl Container<'_> {
    /// The paths in the values for a key of the container: `env` for the main container, `sidecars.NAME.env` for others.
    pub(super) fn value_paths<'p>(&'p self, key: &'p str) -> Vec<Vec<&'p str>> {
        if self.is_main {
            return vec![vec![key], vec!["containerSpec", key]];
        }
        let mut found = vec![vec!["sidecars", self.name, key], vec!["initContainers", self.name, key]];
        found.push(vec!["sidecars", self.name]);
        found.push(vec!["initContainers", self.name]);
        found
    }
}

/// The field at a path.
pub(super) fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| node.get(step))
}

/// The items of a list; empty for anything else.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_list).unwrap_or_default()
}

/// The name of an item.
pub(super) fn name(node: &Node) -> Option<&str> {
    node.get("name").and_then(Node::as_str)
}

/// A whole number.
pub(super) fn integer(node: Option<&Node>) -> Option<i64> {
    match &node?.data {
        Data::Int(n) => Some(*n),
        Data::Uint(_) => Some(i64::MAX),
        _ => None,
    }
}

/// A scalar as text, for messages.
pub(super) fn scalar(node: &Node) -> String {
    match &node.data {
        Data::Null => "null".to_owned(),
        Data::Bool(b) => b.to_string(),
        Data::Int(n) => n.to_string(),
        Data::Uint(n) => n.to_string(),
        Data::Float(f) => f.to_string(),
        Data::Str(text) => text.to_string_lossy().into_owned(),
        Data::List(_) => "a list".to_owned(),
        Data::Map(_) => "a map".to_owned(),
    }
}

/// Whether a field exists and is not null.
pub(super) fn is_set(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.data != Data::Null)
}
