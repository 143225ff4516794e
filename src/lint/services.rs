//! What the services of a stack have in common in a cluster: names, pods and hosts. Rules over several services look at this.

use std::collections::BTreeMap;

use super::finding::Place;
use super::objects::{Object, Release, items, scalar};
use super::values_file::{ValuePath, WrittenFile, locate};
use crate::yaml::{Node, NodeMap};

/// The labels of pods, or those that a selector wants.
pub(super) type Labels = BTreeMap<String, String>;

/// The objects of one service in one stack, as far as they can clash with those of other services.
pub(super) struct ServiceObjects {
    /// The service, by its path.
    pub(super) service: String,
    pub(super) stack: String,
    pub(super) objects: Vec<Named>,
    pub(super) workloads: Vec<Workload>,
    pub(super) selectors: Vec<Selector>,
    pub(super) hosts: Vec<RoutedHost>,
}

/// An object that has a name in the cluster, and the place of its values.
#[derive(Clone)]
pub(super) struct Named {
    /// The group and kind.
    pub(super) kind: (String, String),
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) place: Place,
}

/// An object that keeps pods running.
pub(super) struct Workload {
    pub(super) object: Named,
    /// What it selects; empty for kinds without a selector of their own.
    pub(super) selector: Labels,
    /// The labels of its pods.
    pub(super) pods: Labels,
}

/// A Service and the pods that it selects.
pub(super) struct Selector {
    pub(super) object: Named,
    pub(super) labels: Labels,
}

/// A host of a `VirtualService` at a gateway.
pub(super) struct RoutedHost {
    pub(super) object: Named,
    pub(super) host: String,
    /// `NAMESPACE/NAME`, or `mesh`.
    pub(super) gateway: String,
    /// Whether a route takes every path.
    pub(super) takes_all: bool,
}

impl ServiceObjects {
    pub(super) fn new(service: &str, stack: &str, release: &Release, files: &[&WrittenFile]) -> ServiceObjects {
        let mut made = ServiceObjects {
            service: service.to_owned(),
            stack: stack.to_owned(),
            objects: Vec::new(),
            workloads: Vec::new(),
            selectors: Vec::new(),
            hosts: Vec::new(),
        };
        for object in release.objects.iter().filter(|object| !object.name.is_empty()) {
            let named = named(object, release, files);
            made.workload(object, &named);
            made.selector(object, &named);
            made.hosts(object, &named, release, files);
            made.objects.push(named);
        }
        made
    }

    fn workload(&mut self, object: &Object, named: &Named) {
        let Some(pod) = object.pod() else { return };
        let selector = match (object.group.as_str(), object.kind.as_str()) {
            ("apps", _) => labels(object.at(&["spec", "selector", "matchLabels"]).and_then(Node::as_map)),
            _ => Labels::new(),
        };
        self.workloads.push(Workload { object: named.clone(), selector, pods: labels(pod.labels) });
    }

    fn selector(&mut self, object: &Object, named: &Named) {
        if object.kind != "Service" || !object.group.is_empty() {
            return;
        }
        let labels = labels(object.at(&["spec", "selector"]).and_then(Node::as_map));
        if !labels.is_empty() {
            self.selectors.push(Selector { object: named.clone(), labels });
        }
    }

    fn hosts(&mut self, object: &Object, named: &Named, release: &Release, files: &[&WrittenFile]) {
        if object.kind != "VirtualService" || object.group != "networking.istio.io" {
            return;
        }
        let text = |node: &Node| node.as_str().map(str::to_owned);
        let own = release.namespace_of(object);
        let mut gateways: Vec<String> = items(object.at(&["spec", "gateways"])).iter().filter_map(text).collect();
        if gateways.is_empty() {
            gateways.push("mesh".to_owned());
        }
        let takes_all = items(object.at(&["spec", "http"])).iter().any(takes_all);
        for host in items(object.at(&["spec", "hosts"])).iter().filter_map(text) {
            let place = place_of(files, &[("istio", Some(host.as_str())), ("istio", None)]);
            for gateway in &gateways {
                let is_local = gateway != "mesh" && !gateway.contains('/');
                self.hosts.push(RoutedHost {
                    object: Named { place: place.clone(), ..named.clone() },
                    // a short name is one of the own namespace
                    host: if host.contains('.') || host == "*" {
                        host.clone()
                    } else {
                        format!("{host}.{own}.svc.cluster.local")
                    },
                    gateway: if is_local { format!("{own}/{gateway}") } else { gateway.clone() },
                    takes_all,
                });
            }
        }
    }
}

/// Whether `labels` has all that `wanted` asks for.
pub(super) fn fits(wanted: &Labels, labels: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Labels as people write them in a command: `app=web,tier=front`.
pub(super) fn shown(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn named(object: &Object, release: &Release, files: &[&WrittenFile]) -> Named {
    let keys = [("workloadName", None), ("name", None), ("selectorLabels", None)];
    Named {
        kind: (object.group.clone(), object.kind.clone()),
        namespace: release.namespace_of(object).to_owned(),
        name: object.name.clone(),
        place: place_of(files, &keys),
    }
}

/// The place of the first of some keys or texts that the values have; else the file of the service that all stacks share.
fn place_of(files: &[&WrittenFile], keys: &[(&str, Option<&str>)]) -> Place {
    let values =
        keys.iter().map(|(key, needle)| ValuePath { path: vec![(*key).to_owned()], needle: needle.map(str::to_owned) });
    let values: Vec<ValuePath> = values.collect();
    let (at, mark) = locate(files, &values).unwrap_or_default();
    let file = files.get(at).map(|file| file.name.clone()).unwrap_or_default();
    Place { file, line: mark.line, column: mark.column }
}

fn labels(map: Option<&NodeMap>) -> Labels {
    let pairs = map.into_iter().flatten();
    pairs.map(|(key, value)| (key.to_string_lossy().into_owned(), scalar(value))).collect()
}

/// Whether a route takes every path of its host.
fn takes_all(route: &Node) -> bool {
    let matches = items(route.get("match"));
    let is_open = |condition: &Node| {
        condition.as_map().is_some_and(|map| {
            map.iter().all(|(key, value)| match key.as_bytes() {
                b"name" => true,
                b"uri" => value.get("prefix").and_then(Node::as_str) == Some("/"),
                _ => false,
            })
        })
    };
    matches.is_empty() || matches.iter().any(is_open)
}
