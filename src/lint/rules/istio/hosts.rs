//! Istio hosts that refer to a Service of the cluster, and the routes that name them.

use super::NETWORKING;
use super::fields::select;
use crate::lint::objects::{Object, Release, at, integer};
use crate::yaml::Node;

/// A Service, by its name and namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Host<'h> {
    pub(super) name: &'h str,
    pub(super) namespace: &'h str,
}

/// A destination of a `VirtualService`.
pub(super) struct Destination<'s> {
    pub(super) object: &'s Object,
    pub(super) place: String,
    pub(super) host: &'s str,
    pub(super) subset: Option<&'s str>,
    /// The number of the port, if it says one.
    pub(super) port: Option<i64>,
}

impl<'h> Host<'h> {
    /// The Service that a host refers to, seen from a namespace; `None` if it is not a name of the cluster.
    pub(super) fn of(text: &'h str, namespace: &'h str) -> Option<Host<'h>> {
        let mut parts = text.split('.');
        let name = parts.next().filter(|name| !name.is_empty() && !name.contains('*'))?;
        match (parts.next(), parts.next()) {
            (None, _) => Some(Host { name, namespace }),
            (Some(space), Some("svc")) => Some(Host { name, namespace: space }),
            (Some(space), None) if space == namespace => Some(Host { name, namespace }),
            _ => None,
        }
    }
}

/// All destinations of the `VirtualServices` of a bake.
pub(super) fn destinations(release: &Release) -> Vec<Destination<'_>> {
    const WAYS: [&str; 5] = [
        "spec.http[].route[].destination",
        "spec.http[].mirror",
        "spec.http[].mirrors[].destination",
        "spec.tcp[].route[].destination",
        "spec.tls[].route[].destination",
    ];
    let mut found = Vec::new();
    for object in release.of(NETWORKING, "VirtualService") {
        for way in WAYS {
            for (place, node) in select(&object.node, way) {
                let text = |key| node.and_then(|node| node.get(key)).and_then(Node::as_str);
                if let Some(host) = text("host") {
                    let port = integer(node.and_then(|node| at(node, &["port", "number"])));
                    found.push(Destination { object, place, host, subset: text("subset"), port });
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Host;

    #[test]
    fn hosts() {
        for (text, want) in [
            ("web", Some(("web", "shop"))),
            ("web.shop", Some(("web", "shop"))),
            ("web.other.svc.cluster.local", Some(("web", "other"))),
            ("web.other.svc", Some(("web", "other"))),
            ("web.example.com", None),
            ("web.com", None),
            ("*.shop", None),
        ] {
            assert_eq!(Host::of(text, "shop").map(|h| (h.name, h.namespace)), want, "{text}");
        }
    }
}
