//! The patterns of `.Files.Glob`. gobwas/glob v0.2.3 with `/` as separator.
//!
//! `*` and `?` stop at a slash, `**` does not, `[a-c]` and `[!abc]` are classes, `{a,b}` are alternatives, `\` quotes.
//! `matcher` answers as gobwas does. Its shortcuts can take very long; then `plain` answers.

mod fallback;
mod matcher;
mod pattern;

use crate::error::Result;
use matcher::{Matcher, Steps};
use pattern::Part;

/// A pattern.
#[derive(Debug)]
pub struct Glob {
    parts: Vec<Part>,
    /// The pattern as gobwas compiles it; none for one that is very long.
    compiled: Option<Matcher>,
}

/// Parts of a pattern that is compiled: more than anybody writes, and few enough for cubic time.
const MAX_PARTS: usize = 64;
/// Steps of matching one name with a compiled pattern.
const MAX_STEPS: u32 = 100_000;

impl Glob {
    /// Parses a pattern. An invalid pattern matches everything, as in Helm.
    ///
    /// Errors: the braces are nested too deeply.
    pub fn parse(pattern: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(pattern).ok().filter(|t| !t.contains(char::REPLACEMENT_CHARACTER));
        let parts = text.map(pattern::parse).transpose()?.flatten().unwrap_or_else(|| vec![Part::Super]);
        let compiled = (pattern::count(&parts) <= MAX_PARTS).then(|| matcher::compile(&parts));
        Ok(Glob { parts, compiled })
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        if let Some(compiled) = &self.compiled {
            let steps = Steps::new(MAX_STEPS);
            let found = compiled.matches(name.as_bytes(), &steps);
            if steps.get() > 0 {
                return found;
            }
        }
        fallback::matches(&self.parts, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_helm() {
        let names = [
            "a",
            "b",
            "ab",
            "a/b",
            "a/b/c",
            "conf/a.txt",
            "conf/b.yaml",
            "conf/sub/c.txt",
            "x.md",
            ".x",
            "a*b",
            "a,b",
            "{a}",
            "한글.txt",
        ];
        for (pattern, want) in [
            ("*", "a b ab x.md .x a*b a,b {a} 한글.txt"),
            ("**", "a b ab a/b a/b/c conf/a.txt conf/b.yaml conf/sub/c.txt x.md .x a*b a,b {a} 한글.txt"),
            ("conf/*", "conf/a.txt conf/b.yaml"),
            ("conf/**", "conf/a.txt conf/b.yaml conf/sub/c.txt"),
            ("conf/**.txt", "conf/a.txt conf/sub/c.txt"),
            ("**/*.txt", "conf/a.txt conf/sub/c.txt"),
            ("*/*", "a/b conf/a.txt conf/b.yaml"),
            ("{conf/*,*.md}", "conf/a.txt conf/b.yaml x.md"),
            ("conf/{a,b}.{txt,yaml}", "conf/a.txt conf/b.yaml"),
            ("{a,{b,ab}}", "a b ab"),
            ("{a,}b", "b ab"),
            ("{a", "a"),
            ("a}", ""),
            ("a,b", "a,b"),
            ("?", "a b"),
            ("[a-b]", "a b"),
            ("[!a]", "b"),
            ("[!a-b]*", "x.md .x {a} 한글.txt"),
            ("[^a]", "a"),
            ("a\\*b", "a*b"),
            ("\\{a\\}", "{a}"),
            ("한*", "한글.txt"),
            // gobwas: a character of several bytes is cut beside text, and the ends of `a/**/b` may share a slash
            ("??.txt", ""),
            ("conf/**/a.txt", "conf/a.txt"),
            ("", ""),
        ] {
            let glob = Glob::parse(pattern.as_bytes()).unwrap();
            let got: Vec<_> = names.into_iter().filter(|name| glob.matches(name)).collect();
            assert_eq!(got.join(" "), want, "{pattern}");
        }
        for wrong in ["[", "[]", "[a", "[b-a]", "[a-bc]", "a[!]", "\u{fffd}"] {
            let glob = Glob::parse(wrong.as_bytes()).unwrap();
            assert!(names.into_iter().all(|name| glob.matches(name)), "{wrong}");
        }
    }

    #[test]
    fn hard_patterns_take_no_time() {
        let name = "a".repeat(200);
        let stars = "*a".repeat(200) + "b";
        assert!(!Glob::parse(stars.as_bytes()).unwrap().matches(&name));
        assert!(Glob::parse("{".repeat(1000).as_bytes()).is_ok());
        assert!(Glob::parse("{".repeat(1001).as_bytes()).is_err());
    }
}
