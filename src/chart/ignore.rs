//! `.helmignore`: the files of a directory that do not belong to the chart. Helm: `pkg/ignore`; Go: `path/filepath.Match`.

use crate::error::{Error, ErrorKind, Result};
use crate::path;
use crate::run::Run;

/// The rules of a `.helmignore` file and the default rule.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// The rule as written.
    text: Box<str>,
    /// A pattern for paths, or for their last element.
    glob: Glob,
    /// A leading `!`.
    negate: bool,
    /// A trailing `/`.
    must_dir: bool,
    /// A slash inside: the pattern matches the whole path.
    whole_path: bool,
}

/// A pattern of `filepath.Match`. Most are plain text, or a star and plain text.
#[derive(Debug)]
enum Glob {
    Text(Box<str>),
    /// `*.ext`
    EndsWith(Box<str>),
    /// Any other pattern, and its plain prefix.
    Other(Box<str>, Vec<char>),
}

/// Lines longer than this are refused. Go: `bufio.MaxScanTokenSize`.
const MAX_LINE: usize = 64 << 10;

impl Rules {
    /// The rules of a text, followed by the default rule: no dot files in `templates/`.
    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        let mut rules = Rules::default();
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        for line in text.split(|b| *b == b'\n') {
            if line.len() >= MAX_LINE {
                return Err(Error::new(ErrorKind::Chart, "bufio.Scanner: token too long"));
            }
            rules.add(&String::from_utf8_lossy(line))?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    /// The rule that ignores the path (from the chart's root, with slashes), as written. A rule with `!` ignores everything that it
    /// does not match. The first rule that ignores a path decides.
    pub(crate) fn ignoring(&self, path: &str, is_dir: bool, run: &Run) -> Option<&str> {
        if matches!(path, "" | "." | "./") {
            return None;
        }
        // Go's `filepath.Base`, once for all patterns
        let name = path.rsplit('/').next().unwrap_or(path);
        for pattern in &self.patterns {
            if !run.tick(4) {
                return Some("");
            }
            let applies = is_dir || !pattern.must_dir;
            if (applies && pattern.matches(path, name)) != pattern.negate {
                return Some(&pattern.text);
            }
        }
        None
    }

    fn add(&mut self, line: &str) -> Result<()> {
        let rule = line.trim();
        if rule.is_empty() || rule.starts_with('#') {
            return Ok(());
        }
        if rule.contains("**") {
            return Err(Error::new(ErrorKind::Chart, "double-star (**) syntax is not supported"));
        }
        let whole: Vec<char> = rule.chars().collect();
        if path::matches(&whole, &['a', 'b', 'c']).is_none() {
            return Err(Error::new(ErrorKind::Chart, "syntax error in pattern"));
        }
        let text = rule.into();
        let (negate, rule) = rule.strip_prefix('!').map_or((false, rule), |r| (true, r));
        let (must_dir, rule) = rule.strip_suffix('/').map_or((false, rule), |r| (true, r));
        let whole_path = rule.contains('/');
        let rule = rule.strip_prefix('/').unwrap_or(rule);
        self.patterns.push(Pattern { text, glob: Glob::new(rule), negate, must_dir, whole_path });
        Ok(())
    }
}

impl Pattern {
    /// Whether it matches a path that ends in `name`.
    fn matches(&self, path: &str, name: &str) -> bool {
        self.glob.matches(if self.whole_path { path } else { name })
    }
}

impl Glob {
    fn new(glob: &str) -> Self {
        let special = |text: &str| text.find(['*', '?', '[', '\\']);
        match (special(glob), glob.strip_prefix('*')) {
            (None, _) => Glob::Text(glob.into()),
            (_, Some(end)) if special(end).is_none() => Glob::EndsWith(end.into()),
            (at, _) => Glob::Other(at.and_then(|at| glob.get(..at)).unwrap_or_default().into(), glob.chars().collect()),
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Glob::Text(text) => name == &**text,
            Glob::EndsWith(end) => name.strip_suffix(&**end).is_some_and(|start| !start.contains('/')),
            Glob::Other(start, glob) => {
                // most names are decided here, without copying them
                name.starts_with(&**start) && path::matches(glob, &name.chars().collect::<Vec<_>>()) == Some(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &str, path: &str, is_dir: bool) -> bool {
        Rules::parse(rules.as_bytes()).unwrap().ignoring(path, is_dir, &Run::default()).is_some()
    }

    #[test]
    fn short_cuts_match_as_the_pattern_does() {
        for pattern in ["abc", "a.yaml", "*", "*c", "*.yaml", "*/c", "a*", "a?c", "a[b]c", "x*", "a\\bc", "[", "*["] {
            for name in ["abc", "c", "a/c", "a.yaml", "x/a.yaml", ".yaml", "ab", ""] {
                let [pattern_chars, name_chars] = [pattern, name].map(|text| text.chars().collect::<Vec<_>>());
                let want = path::matches(&pattern_chars, &name_chars) == Some(true);
                assert_eq!(Glob::new(pattern).matches(name), want, "{pattern} {name}");
            }
        }
    }

    #[test]
    fn rules_leave_out_files() {
        for (rules, path, is_dir, want) in [
            ("helm.txt", "helm.txt", false, true),
            ("helm.*", "a/helm.txt", false, true),
            ("helm.*", "tiller.txt", false, false),
            ("cargo", "cargo", true, true),
            ("cargo/", "cargo", false, false),
            ("cargo/", "cargo", true, true),
            ("cargo/*.txt", "cargo/a.txt", false, true),
            ("/a.txt", "cargo/a.txt", false, false),
            ("/a.txt", "a.txt", false, true),
            ("# c\n\n  x  ", "x", false, true),
            ("!helm.txt", "helm.txt", false, false),
            ("!helm.txt", "tiller.txt", false, true),
            ("!*.txt\n*.yaml", "a.txt", false, false),
            ("!cargo/", "a.txt", false, true),
            ("", "templates/.x", false, true),
            ("", "templates/.", false, false),
            ("", "templates/a/.x", false, false),
            ("", ".x", false, false),
            (".*", ".git", true, true),
            ("\u{feff}x", "x", false, true),
        ] {
            assert_eq!(ignored(rules, path, is_dir), want, "{rules:?} {path}");
        }
    }

    #[test]
    fn wrong_rules_are_errors() {
        for (rules, want) in [
            ("a/**", "double-star (**) syntax is not supported"),
            ("a[", "syntax error in pattern"),
            ("!\\", "syntax error in pattern"),
        ] {
            assert_eq!(Rules::parse(rules.as_bytes()).unwrap_err().to_string(), want);
        }
    }
}
