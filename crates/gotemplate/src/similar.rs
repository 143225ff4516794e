//! The name that someone may have meant in a template, where names are many and a wrong one may stand in a loop.

/// Names longer than this are not compared.
const MAX_LEN: usize = 64;
/// How many names are looked at.
const MAX_NAMES: usize = 1_000;

/// The one of `names` that differs least from `name`, where it differs little: a third of its letters, two at most. Case
/// does not count.
pub(super) fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = (name.chars().count().div_ceil(3)).min(2);
    let lower = name.to_lowercase();
    let close = |other: &'n str| {
        let comparable = name.len() <= MAX_LEN && other.len() <= MAX_LEN;
        let distance = comparable.then(|| strsim::osa_distance(&lower, &other.to_lowercase()))?;
        (distance <= allowed).then_some((distance, other))
    };
    names.into_iter().take(MAX_NAMES).filter_map(close).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_found() {
        let names = ["image", "imagePullSecrets", "replicas", "toYaml", "nindent", "x"];
        for (name, expected) in [
            ("imgae", Some("image")),
            ("Image", Some("image")),
            ("toYAML", Some("toYaml")),
            ("toyml", Some("toYaml")),
            ("nident", Some("nindent")),
            ("replicaCount", None),
            ("y", Some("x")),
            ("abc", None),
        ] {
            assert_eq!(nearest(name, names), expected, "{name}");
        }
    }
}
