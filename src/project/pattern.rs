//! Texts with variables (`deploy-values/{product}/{namespace}/{app}`), and wildcards that select services.

use std::collections::BTreeMap;

/// The values of the variables of a pattern.
pub(super) type Vars = BTreeMap<String, String>;

/// A text with variables in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<PatternPart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PatternPart {
    Text(String),
    Var(String),
}

impl Pattern {
    /// Parses a pattern. The name of a variable consists of letters, digits, `_` and `-`.
    ///
    /// Errors: the pattern is not valid.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { return Err("'{' without '}'".to_owned()) };
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
                return Err(format!("{{{name}}} is not a valid variable"));
            }
            push_text(&mut parts, before)?;
            parts.push(PatternPart::Var(name.to_owned()));
            rest = after;
        }
        push_text(&mut parts, rest)?;
        Ok(Pattern { text: text.to_owned(), parts })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of the variables, in order.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            PatternPart::Var(name) => Some(name.as_str()),
            PatternPart::Text(_) => None,
        })
    }

    /// The text with the variables filled in.
    ///
    /// Errors: the first variable that has no value.
    pub(super) fn fill(&self, vars: &Vars) -> Result<String, &str> {
        let mut text = String::with_capacity(self.text.len());
        for part in &self.parts {
            match part {
                PatternPart::Text(t) => text.push_str(t),
                PatternPart::Var(name) => text.push_str(vars.get(name).ok_or(name.as_str())?),
            }
        }
        Ok(text)
    }

    /// Whether a pattern like `{app}-svc` can produce a name. A pattern without variables is a name itself.
    pub(super) fn fits(&self, name: &str) -> bool {
        match self.parts.as_slice() {
            [PatternPart::Text(text)] => text == name,
            _ => self.capture(name).is_some(),
        }
    }

    /// The variable of a pattern like `{app}-svc`, and the value that produces a given name.
    pub(super) fn capture<'p, 'n>(&'p self, name: &'n str) -> Option<(&'p str, &'n str)> {
        let (before, var, after) = match self.parts.as_slice() {
            [PatternPart::Var(var)] => ("", var, ""),
            [PatternPart::Text(before), PatternPart::Var(var)] => (before.as_str(), var, ""),
            [PatternPart::Var(var), PatternPart::Text(after)] => ("", var, after.as_str()),
            [PatternPart::Text(before), PatternPart::Var(var), PatternPart::Text(after)] => {
                (before.as_str(), var, after.as_str())
            }
            _ => return None,
        };
        let value = name.strip_prefix(before)?.strip_suffix(after)?;
        (!value.is_empty()).then_some((var.as_str(), value))
    }
}

fn push_text(parts: &mut Vec<PatternPart>, text: &str) -> Result<(), String> {
    if text.contains('}') {
        return Err("'}' without '{'".to_owned());
    }
    if !text.is_empty() {
        parts.push(PatternPart::Text(text.to_owned()));
    }
    Ok(())
}

/// Whether `glob` matches the path of a service: `*` matches any text within one part of the path, `?` one character, `**`
/// any number of parts. A glob without `/` is compared with the last part.
pub(crate) fn glob_matches(glob: &str, path: &str) -> bool {
    if glob.contains('/') {
        let glob: Vec<&str> = glob.trim_matches('/').split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        return parts_match(&glob, &path);
    }
    glob == "**" || part_matches(glob.as_bytes(), path.rsplit('/').next().unwrap_or_default().as_bytes())
}

/// Like [`part_matches`], with parts of the path in place of characters.
fn parts_match(glob: &[&str], path: &[&str]) -> bool {
    let (mut g, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(name) = path.get(n) {
        match glob.get(g) {
            Some(&"**") => {
                star = Some((g, n));
                g += 1;
            }
            Some(part) if part_matches(part.as_bytes(), name.as_bytes()) => (g, n) = (g + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (g, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    glob.iter().skip(g).all(|part| *part == "**")
}

/// Works without recursion, because only the last `*` ever has to match more.
fn part_matches(glob: &[u8], name: &[u8]) -> bool {
    let (mut g, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match glob.get(g) {
            Some(b'*') => {
                star = Some((g, n));
                g += 1;
            }
            Some(b'?') => (g, n) = (g + 1, n + 1),
            Some(c) if Some(c) == name.get(n) => (g, n) = (g + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (g, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    glob.iter().skip(g).all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in() {
        let vars: Vars = [("app", "shop"), ("stack", "prod")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        for (text, want) in [
            ("a/{app}/{stack}-values.yaml", Ok("a/shop/prod-values.yaml")),
            ("plain", Ok("plain")),
            ("", Ok("")),
            ("{team}/x", Err("team")),
        ] {
            let pattern = Pattern::parse(text).unwrap();
            assert_eq!(pattern.fill(&vars).as_deref(), want.as_ref().copied(), "{text}");
        }
        for text in ["{", "}", "a{}b", "{a b}", "{a}}"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_gives_the_variable() {
        for (pattern, name, want) in [
            ("{app}", "shop", Some(("app", "shop"))),
            ("{app}-svc", "shop-svc", Some(("app", "shop"))),
            ("{app}-svc", "-svc", None),
            ("x-{app}-y", "x-a-y", Some(("app", "a"))),
            ("fixed", "fixed", None),
            ("fixed", "other", None),
            ("{a}{b}", "ab", None),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert_eq!(pattern.capture(name), want, "{pattern:?} {name}");
            assert_eq!(pattern.fits(name), want.is_some() || name == "fixed", "{pattern:?} {name}");
        }
    }

    #[test]
    fn globs_pick_services() {
        for (glob, path, want) in [
            ("frontend", "sample/web/frontend", true),
            ("front*", "sample/web/frontend", true),
            ("*", "sample/web/frontend", true),
            ("?rontend", "sample/web/frontend", true),
            ("web", "sample/web/frontend", false),
            ("sample/*/frontend", "sample/web/frontend", true),
            ("sample/*", "sample/web/frontend", false),
            ("sample/**", "sample/web/frontend", true),
            ("**/frontend", "sample/web/frontend", true),
            ("**", "sample/web/frontend", true),
            ("sample/**/web/**/frontend", "sample/web/frontend", true),
            ("**/web/**/b/*", "a/web/b/web/x/b/c", true),
            ("**/web/**/b", "a/web/b/web/x/b/c", false),
            ("sample/web/frontend/**", "sample/web/frontend", true),
            ("*a*b*c", "xaybzc", true),
            ("*a*b*c", "xaybz", false),
        ] {
            assert_eq!(glob_matches(glob, path), want, "{glob} {path}");
        }
        // as many stars as one likes take no longer
        let (stars, path) = ("**/".repeat(2000), "a/".repeat(2000));
        assert!(!glob_matches(&format!("{stars}b"), &format!("{path}a")));
    }
}
