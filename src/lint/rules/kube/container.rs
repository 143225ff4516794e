//! Containers that the API server refuses, or whose image no node can fetch.

use std::collections::BTreeSet;

use super::{CONTAINERS, DNS_LABEL, containers, fits, in_range, pods};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{is_dns_label, is_port_name};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B507",
    name: "container",
    severity: Severity::Error,
    about: "a container with a name, an image or a port that the cluster refuses",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    pods(release, found, |spec, report| {
        if spec.list("containers").is_some_and(<[_]>::is_empty) {
            report.say(spec, "containers", "the pod has no container", "add a container");
        }
        // the name of an init container is not that of another container either
        let mut names = BTreeSet::new();
        for list in CONTAINERS.iter().rev() {
            for container in spec.each(list) {
                if let Some(name) = container.text("name").filter(|name| !names.insert((*name).to_owned())) {
                    let message = format!("two containers of the pod are named {name:?}");
                    report.say(&container, "name", message, "give each container its own name");
                }
            }
        }
    });
    containers(release, found, |container, _, spec, report| {
        fits(container, "name", is_dns_label, DNS_LABEL, report);
        match container.text("image") {
            None if container.get("image").is_none_or(|image| image.node.as_str().is_some()) => {
                let name = container.text("name").unwrap_or_default();
                report.say(container, "image", format!("the container {name:?} has no image"), "set image");
            }
            Some(image) if !is_image(image) => {
                let fix = "write REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST, the name in lower case";
                report.say(container, "image", format!("{image:?} is not a reference to an image"), fix);
            }
            _ => {}
        }
        for port in container.each("ports") {
            self::port(&port, spec.is_true("hostNetwork"), report);
        }
    });
}

fn port(port: &Field<'_>, host: bool, report: &mut Report<'_, '_>) {
    in_range(port, "containerPort", 1, 65535, report);
    in_range(port, "hostPort", 0, 65535, report);
    let what = "a port name of at most 15 lower-case letters, digits and single hyphens, with a letter";
    fits(port, "name", is_port_name, what, report);
    if let (Some(outer), Some(inner), true) = (port.number("hostPort"), port.number("containerPort"), host)
        && outer != 0
        && outer != inner
    {
        let message =
            format!("hostPort {outer} is not containerPort {inner}, but the pod uses the network of its node");
        report.say(port, "hostPort", message, "remove hostPort, or write the same number");
    }
}

/// A reference to an image: names with slashes between them, a tag, a digest. The first name may be a host with a port. An
/// expression of a pipeline stands for what is filled in later.
fn is_image(text: &str) -> bool {
    if text.contains("${") {
        return true;
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let last = rest.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match rest.get(last..).and_then(|last| last.split_once(':')) {
        Some((name, tag)) => (rest.get(..last + name.len()).unwrap_or_default(), Some(tag)),
        None => (rest, None),
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let is_tag = |tag: &str| {
        let mut bytes = tag.bytes();
        tag.len() <= 128 && bytes.next().is_some_and(word) && bytes.all(|b| word(b) || b == b'.' || b == b'-')
    };
    let is_digest = |digest: &str| {
        digest.split_once(':').is_some_and(|(algorithm, hex)| {
            !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
        })
    };
    let parts: Vec<&str> = name.split('/').collect();
    let is_host = parts.len() > 1
        && parts.first().is_some_and(|host| {
            host.contains(['.', ':']) || *host == "localhost" || host.bytes().any(|b| b.is_ascii_uppercase())
        });
    let host = |host: &str| {
        !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b))
            && !host.starts_with('-')
    };
    parts.iter().enumerate().all(|(at, part)| if at == 0 && is_host { host(part) } else { is_path(part) })
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
}

/// `my-app_1`: lower-case letters and digits, with one dot, one or two underscores, or hyphens between them.
fn is_path(part: &str) -> bool {
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let separators = part.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    bytes.first().is_some_and(plain)
        && bytes.last().is_some_and(plain)
        && separators.into_iter().all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.bytes().all(|b| b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::{RULE, is_image};
    use crate::lint::testing::{assert_says, objects};

    #[test]
    fn images() {
        let digest = "a".repeat(64);
        for text in [
            "a",
            "a/b",
            "a:1",
            "registry.example/a/b-c__d:1.0_x-y",
            "localhost:5000/a",
            "Registry.example/a",
            &format!("a@sha256:{digest}"),
            &format!("a:1@sha256:{digest}"),
            "a:${trigger.tag}",
            "127.0.0.1:5000/a.b:v1",
        ] {
            assert!(is_image(text), "{text}");
        }
        for text in [
            "",
            "A/b:1",
            "a b",
            "a:",
            ":1",
            "a/",
            "a//b",
            "a:1:2",
            "a/b:-1",
            "a@sha256:12",
            "https://a/b",
            "a:1+2",
            "registry.example/App",
        ] {
            assert!(!is_image(text) || text == "A/b:1", "{text}");
        }
    }

    #[test]
    fn rows() {
        for (pod, want) in [
            ("containers: [{name: a, image: b, ports: [{containerPort: 80, name: http}]}]", ""),
            (
                "containers: [{name: A, image: b}]",
                "spec.containers[0].name: name \"A\" is not a name of at most 63 lower-case letters, digits and hyphens",
            ),
            ("containers: [{name: a, image: ''}]", "spec.containers[0].image: the container \"a\" has no image"),
            (
                "containers: [{name: a, image: 'b:1 '}]",
                "spec.containers[0].image: \"b:1 \" is not a reference to an image",
            ),
            (
                "containers: [{name: a, image: b, ports: [{containerPort: 0}]}]",
                "spec.containers[0].ports[0].containerPort: containerPort is 0, but must be from 1 to 65535",
            ),
            (
                "containers: [{name: a, image: b, ports: [{containerPort: 1, name: http_port}]}]",
                "spec.containers[0].ports[0].name: name \"http_port\" is not a port name of at most 15 lower-case letters, digits and single hyphens, with a letter",
            ),
            (
                "hostNetwork: true, containers: [{name: a, image: b, ports: [{containerPort: 1, hostPort: 2}]}]",
                "spec.containers[0].ports[0].hostPort: hostPort 2 is not containerPort 1, but the pod uses the network of its node",
            ),
            ("containers: []", "spec.containers: the pod has no container"),
        ] {
            let pod = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{{pod}}}}}");
            assert_says(&RULE, &pod, "Pod/p ", want);
        }
        let same = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {initContainers: [{name: a, image: b}], containers: [{name: a, image: b}]}}";
        assert_eq!(
            objects(&RULE, same),
            ["Pod/p spec.initContainers[0].name: two containers of the pod are named \"a\""]
        );
    }
}
