//! .helmignore: which files of a directory are no part of the chart. Helm: `pkg/ignore`; Go: `path/filepath.Match`.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::watch;

/// The rules of a .helmignore file and the default rule.
#[derive(Debug, Default)]
pub(super) struct Rules {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// What a path, or its last element, must match.
    glob: Glob,
    /// A leading `!`.
    negate: bool,
    /// A trailing `/`.
    must_dir: bool,
    /// A slash inside: the whole path is matched.
    whole_path: bool,
}

/// A pattern of `filepath.Match`: most are plain text, or a star and plain text.
#[derive(Debug)]
enum Glob {
    Text(Box<str>),
    /// `*.ext`
    EndsWith(Box<str>),
    /// Any other, and the plain text at its front.
    Other(Box<str>, Vec<char>),
}

/// Lines longer than this are refused. Go: `bufio.MaxScanTokenSize`.
const MAX_LINE: usize = 64 << 10;

impl Rules {
    /// The rules of a text, and after them the default rule: no dot files in `templates/`.
    pub(super) fn parse(text: &[u8]) -> Result<Self> {
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

    /// Whether the path (from the chart's root, with slashes) is left out. A rule with `!` leaves out what it does not
    /// match; the first rule that decides wins.
    pub(super) fn ignore(&self, path: &str, is_dir: bool) -> bool {
        if matches!(path, "" | "." | "./") {
            return false;
        }
        for pattern in &self.patterns {
            if !watch::tick(4) {
                return true;
            }
            if pattern.negate {
                if (pattern.must_dir && !is_dir) || !pattern.matches(path) {
                    return true;
                }
            } else if (is_dir || !pattern.must_dir) && pattern.matches(path) {
                return true;
            }
        }
        false
    }

    /// Whether a file is left out, on its own or with a directory around it.
    pub(super) fn ignore_below(&self, path: &str) -> bool {
        let dirs = path.match_indices('/').filter_map(|(i, _)| path.get(..i));
        dirs.into_iter().any(|dir| self.ignore(dir, true)) || self.ignore(path, false)
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
        if match_path(&whole, &['a', 'b', 'c']).is_none() {
            return Err(Error::new(ErrorKind::Chart, "syntax error in pattern"));
        }
        let (negate, rule) = rule.strip_prefix('!').map_or((false, rule), |r| (true, r));
        let (must_dir, rule) = rule.strip_suffix('/').map_or((false, rule), |r| (true, r));
        let whole_path = rule.contains('/');
        let rule = rule.strip_prefix('/').unwrap_or(rule);
        self.patterns.push(Pattern { glob: Glob::new(rule), negate, must_dir, whole_path });
        Ok(())
    }
}

impl Pattern {
    fn matches(&self, path: &str) -> bool {
        let name = if self.whole_path { path } else { path.rsplit('/').next().unwrap_or(path) };
        self.glob.matches(name)
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
                // most names end here, without a copy of them
                name.starts_with(&**start) && match_path(glob, &name.chars().collect::<Vec<_>>()) == Some(true)
            }
        }
    }
}

/// `filepath.Match`: `*` and `?` stop at a slash, `[...]` is a class, `\` quotes. `None` where the pattern is wrong.
fn match_path(pattern: &[char], name: &[char]) -> Option<bool> {
    let (mut pattern, mut name) = (pattern, name);
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Some(!name.contains(&'/'));
        }
        let (after, ok) = match_chunk(chunk, name)?;
        // the last chunk has to use up the name, else a later place may match
        if ok && (after.is_empty() || !pattern.is_empty()) {
            name = after;
            continue;
        }
        if star {
            let mut left = name;
            while let Some((first, tail)) = left.split_first() {
                if *first == '/' {
                    break;
                }
                left = tail;
                let (after, ok) = match_chunk(chunk, left)?;
                if ok {
                    if pattern.is_empty() && !after.is_empty() {
                        continue;
                    }
                    name = after;
                    continue 'pattern;
                }
            }
        }
        return Some(false);
    }
    Some(name.is_empty())
}

/// Splits off the stars at the front and what follows up to the next star.
fn scan_chunk(pattern: &[char]) -> (bool, &[char], &[char]) {
    let stars = pattern.iter().take_while(|c| **c == '*').count();
    let pattern = pattern.get(stars..).unwrap_or_default();
    let mut in_range = false;
    let mut escaped = false;
    let mut end = pattern.len();
    for (i, c) in pattern.iter().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' => in_range = true,
            ']' => in_range = false,
            '*' if !in_range => {
                end = i;
                break;
            }
            _ => {}
        }
    }
    let (chunk, rest) = pattern.split_at_checked(end).unwrap_or((pattern, &[]));
    (stars > 0, chunk, rest)
}

/// Matches a chunk without stars at the front of `name`: what is left, and whether it matched. A chunk that failed is
/// read to its end, so that a wrong pattern is always found.
fn match_chunk<'n>(chunk: &[char], name: &'n [char]) -> Option<(&'n [char], bool)> {
    let (mut chunk, mut name) = (chunk, name);
    let mut failed = false;
    while let Some((c, rest)) = chunk.split_first() {
        failed |= name.is_empty();
        chunk = rest;
        let next = if failed { None } else { name.split_first() };
        match c {
            '[' => {
                let r = next.map(|(r, tail)| {
                    name = tail;
                    *r
                });
                let negated = chunk.first() == Some(&'^');
                if negated {
                    chunk = chunk.get(1..)?;
                }
                let mut found = false;
                let mut ranges = 0;
                loop {
                    if chunk.first() == Some(&']') && ranges > 0 {
                        chunk = chunk.get(1..)?;
                        break;
                    }
                    let lo = class_char(&mut chunk)?;
                    let mut hi = lo;
                    if chunk.first() == Some(&'-') {
                        chunk = chunk.get(1..)?;
                        hi = class_char(&mut chunk)?;
                    }
                    found |= r.is_some_and(|r| lo <= r && r <= hi);
                    ranges += 1;
                }
                failed |= found == negated;
            }
            '?' => {
                if let Some((r, tail)) = next {
                    failed |= *r == '/';
                    name = tail;
                }
            }
            c => {
                let mut want = *c;
                if want == '\\' {
                    let (quoted, rest) = chunk.split_first()?;
                    want = *quoted;
                    chunk = rest;
                }
                if let Some((r, tail)) = next {
                    failed |= *r != want;
                    name = tail;
                }
            }
        }
    }
    Some((name, !failed))
}

/// One character of a class, perhaps quoted.
fn class_char(chunk: &mut &[char]) -> Option<char> {
    let (mut c, mut rest) = chunk.split_first()?;
    if matches!(c, '-' | ']') {
        return None;
    }
    if *c == '\\' {
        (c, rest) = rest.split_first()?;
    }
    // a class needs its closing bracket
    if rest.is_empty() {
        return None;
    }
    *chunk = rest;
    Some(*c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &str, path: &str, is_dir: bool) -> bool {
        Rules::parse(rules.as_bytes()).unwrap().ignore(path, is_dir)
    }

    #[test]
    fn patterns_match_as_go_matches_them() {
        for (pattern, name, want) in [
            ("abc", "abc", Some(true)),
            ("*", "abc", Some(true)),
            ("*c", "abc", Some(true)),
            ("a*", "ab/c", Some(false)),
            ("a*/b", "abc/b", Some(true)),
            ("a*/b", "a/c/b", Some(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Some(true)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", Some(false)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Some(true)),
            ("ab[c]", "abc", Some(true)),
            ("ab[b-d]", "abc", Some(true)),
            ("ab[^e-g]", "abc", Some(true)),
            ("ab[^b-d]", "abc", Some(false)),
            ("a\\*b", "a*b", Some(true)),
            ("a[^a]b", "a\u{263a}b", Some(true)),
            ("[a-\u{3b6}]*", "\u{3b1}", Some(true)),
            ("a?b", "a/b", Some(false)),
            ("[\\]a]", "]", Some(true)),
            ("[x\\-]", "-", Some(true)),
            ("[]a]", "]", None),
            ("[-]", "-", None),
            ("[x-]", "x", None),
            ("[a-b-c]", "a", None),
            ("[", "a", None),
            ("[^bc", "a", None),
            ("a[", "ab", None),
            ("a[", "x", None),
            ("a/b[", "x", None),
            ("x*[", "a", Some(false)),
            ("*x", "xxx", Some(true)),
            ("\\", "a", None),
        ] {
            let p: Vec<char> = pattern.chars().collect();
            let n: Vec<char> = name.chars().collect();
            assert_eq!(match_path(&p, &n), want, "{pattern} {name}");
            assert_eq!(Glob::new(pattern).matches(name), want == Some(true), "{pattern} {name}");
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
