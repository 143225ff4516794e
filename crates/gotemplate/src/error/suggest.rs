//! "Did you mean": the known name that is nearest to a misspelt one.

use super::Error;

/// Two names that start with so many equal characters may mean the same: `replicaCount`, `replicas`.
const STEM: usize = 6;
/// Longer texts are no names.
const LONGEST: usize = 300;

/// The nearest of `known` to `name`, unless none is near: about one slip for every three characters is allowed, or an
/// equal stem.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    let equal = |candidate: &str| name.chars().zip(candidate.chars()).take_while(|(a, b)| a == b).count();
    known
        .into_iter()
        // nobody means a name by a text, and comparing two takes the product of their lengths
        .filter(|candidate| name.len().max(candidate.len()) <= LONGEST)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(slips, candidate)| *slips <= allowed || equal(candidate) >= STEM)
        .min()
        .map(|(_, candidate)| candidate)
}

impl Error {
    /// The same error, with the hint that the nearest of `known` to `name` may be meant, where one is near.
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
        let known = ["replicas", "resources", "env", "envFrom"];
        let rows = [
            ("replica", Some("replicas")),
            ("reosurces", Some("resources")),
            ("enviroment", None),
            ("x", None),
            ("replicaCount", Some("replicas")),
        ];
        for (name, want) in rows {
            assert_eq!(nearest(name, known), want, "{name}");
        }
    }
}
