//! "Did you mean": finds the known name that is nearest to a misspelt one.

use super::Error;

/// Names with a common prefix of this length count as near if one of them ends soon after it: `replicaCount`, `replicas`.
const STEM: usize = 6;
/// Longer texts are not names.
const LONGEST: usize = 64;
/// Maximum number of compared names, because a wrong name may be in a loop of a template.
const MOST: usize = 1_000;

/// The name in `known` that is nearest to `name`, if it is near: one typo per three characters, at most two, or a common prefix.
/// Case is ignored.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let length = wanted.chars().count();
    let allowed = (length / 3).clamp(1, 2);
    let near = |candidate: &'a str| {
        // comparing takes the product of the lengths
        if name.len().max(candidate.len()) > LONGEST {
            return None;
        }
        let other = candidate.to_lowercase();
        let slips = strsim::osa_distance(&wanted, &other);
        let equal = wanted.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        let is_stem = equal >= STEM && equal + 1 >= length.min(other.chars().count());
        (slips <= allowed || is_stem).then_some((slips, candidate))
    };
    known.into_iter().take(MOST).filter_map(near).min().map(|(_, candidate)| candidate)
}

impl Error {
    /// The same error with a hint that names the nearest of `known`, if one is near.
    #[must_use]
    pub fn did_you_mean<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(name, known) {
            Some(near) => self.with_hint(format!("did you mean {near:?}?")),
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_and_another_word_does_not() {
        let known = ["replicas", "resources", "env", "envFrom", "chart.labels"];
        let rows = [
            ("replica", Some("replicas")),
            ("reosurces", Some("resources")),
            ("enviroment", None),
            ("x", None),
            ("replicaCount", Some("replicas")),
            ("ENV", Some("env")),
            ("envform", Some("envFrom")),
            ("chart.lables", Some("chart.labels")),
            ("chart.name", None),
        ];
        for (name, want) in rows {
            assert_eq!(nearest(name, known), want, "{name}");
        }
    }
}
