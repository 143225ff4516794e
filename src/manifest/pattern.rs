//! Shell patterns, for `--show-only`. Go: `path/filepath.Match` on a system with slashes.

/// Whether a path matches a pattern: `*` and `?` match anything but a slash, `[a-z]` and `[^a-z]` a character of a
/// class, `\` takes the next character as it is. A pattern that is wrong matches nothing.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let Some(parts) = parse(pattern) else { return false };
    let path: Vec<char> = path.chars().collect();
    let (mut p, mut n) = (0, 0);
    // where to go on when what follows the last star does not fit: one character further
    let mut retry = None;
    loop {
        match (parts.get(p), path.get(n)) {
            (None, None) => return true,
            (Some(Part::Star), _) => {
                p += 1;
                retry = Some((p, n));
                continue;
            }
            (Some(part), Some(c)) if part.matches(*c) => {
                p += 1;
                n += 1;
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after_star, from)) if path.get(from).is_some_and(|c| *c != '/') => {
                p = after_star;
                n = from + 1;
                retry = Some((after_star, n));
            }
            _ => return false,
        }
    }
}

enum Part {
    Char(char),
    Any,
    Star,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Part {
    fn matches(&self, c: char) -> bool {
        match self {
            Part::Char(own) => *own == c,
            Part::Any => c != '/',
            Part::Star => false,
            Part::Class { negated, ranges } => ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&c)) != *negated,
        }
    }
}

fn parse(pattern: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Star,
            '?' => Part::Any,
            '\\' => Part::Char(chars.next()?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let lo = class_char(&mut chars)?;
                    let hi = if chars.next_if_eq(&'-').is_some() { class_char(&mut chars)? } else { lo };
                    ranges.push((lo, hi));
                }
                Part::Class { negated, ranges }
            }
            c => Part::Char(c),
        });
    }
    Some(parts)
}

fn class_char(chars: &mut impl Iterator<Item = char>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn matches_as_go_does() {
        let rows = [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("ab[c]", "abc", true),
            ("ab[^e-g]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false),
            ("a???b", "aß☺b", false),
            ("[a-ζ]*", "α", true),
            ("[\\]a]", "]", true),
            ("[]a]", "]", false),
            ("[-x]", "x", false),
            ("[", "a", false),
            ("[a-", "a", false),
            ("templates/*.yaml", "templates/a.yaml", true),
            ("templates/*.yaml", "templates/x/a.yaml", false),
            ("*x", "xxx", true),
            ("", "", true),
        ];
        for (pattern, path, expected) in rows {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
