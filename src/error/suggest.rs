//! "Did you mean": the known name that is nearest to a misspelt one.

/// The nearest of `known` to `name`, unless none is near: about one slip for every three characters is allowed.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(slips, _)| *slips <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_and_another_word_does_not() {
        let known = ["replicas", "resources", "env", "envFrom"];
        let rows = [("replica", Some("replicas")), ("reosurces", Some("resources")), ("enviroment", None), ("x", None)];
        for (name, want) in rows {
            assert_eq!(nearest(name, known), want, "{name}");
        }
    }
}
