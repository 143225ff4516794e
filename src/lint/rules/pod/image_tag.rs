//! An image without a tag: what runs depends on the day a node pulls it.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B208",
    name: "image-tag",
    severity: Severity::Warning,
    about: "an image without a tag or with the tag `latest`",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        for container in pod.containers() {
            let Some(image) = container.node.get("image").and_then(Node::as_str).filter(|image| !image.is_empty())
            else {
                continue;
            };
            let message = match tag(image) {
                Some("latest") => {
                    format!("the image {image} has the tag latest: pods of one release may run different code")
                }
                Some(_) => continue,
                None => format!("the image {image} has no tag: pods of one release may run different code"),
            };
            let note = found.on(object, format!("{}.image", container.path), message).values_text(&[], image);
            let paths = container.value_paths("image");
            note.values_any(&paths, image).values(&["image"]).fix("write the tag of a release, or a digest");
        }
    }
}

/// The tag of an image; for one with a digest, an empty text.
fn tag(image: &str) -> Option<&str> {
    if image.contains('@') {
        return Some("");
    }
    // a colon before the last slash is that of a port
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (image, want) in [
            ("registry.example:5000/shop/app:1.4.0", ""),
            ("app@sha256:0123", ""),
            ("registry.example:5000/shop/app", "has no tag"),
            ("app:latest", "has the tag latest"),
        ] {
            let text = format!(
                "kind: Pod\nmetadata: {{name: web}}\nspec: {{containers: [{{name: app, image: '{image}'}}]}}\n"
            );
            let want = if want.is_empty() {
                String::new()
            } else {
                format!("the image {image} {want}: pods of one release may run different code")
            };
            assert_says(&RULE, &text, "Pod/web spec.containers[0].image: ", &want);
        }
    }
}
