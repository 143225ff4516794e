//! Patterns of names: `*` is any text, `?` one character.

/// Whether a pattern matches the whole name. Upper and lower case differ.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // only the last `*` ever has to match more
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = name.get(n) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(want) if want == c || *want == '?' => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

/// Whether one of the patterns matches.
pub(super) fn any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name, is_match) in [
            ("", "", true),
            ("*", "", true),
            ("k8s-*-dev", "k8s-azar-dev", true),
            ("k8s-*-dev", "k8s-azar-prod", false),
            ("*dev*", "a-dev", true),
            ("de?", "dev", true),
            ("de?", "de", false),
            ("dev", "DEV", false),
            ("a*b*c", "axbxbxc", true),
            ("a*b", "axc", false),
        ] {
            assert_eq!(matches(pattern, name), is_match, "{pattern} {name}");
        }
    }
}
