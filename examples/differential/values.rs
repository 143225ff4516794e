//! Random YAML: values files with nesting, odd scalars and every style of writing them.

use std::fmt::Write as _;

use crate::random::Random;

/// A value, with its scalars as they are written.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Scalar(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// Keys that a template can name with a dot, and some that it cannot.
pub(crate) const KEYS: &[&str] = &[
    "a", "b", "c", "name", "image", "enabled", "port", "items", "conf", "labels", "tag", "replicas", "global", "x_y",
    "Upper",
];
const ODD_KEYS: &[&str] = &["x-y", "a.b", "1", "true", "0x1F", "1.5", "\"\"", "é", "'a b'", "yes", "a/b", "\"q\\n\""];

const PLAIN: &[&str] = &[
    "text",
    "nginx",
    "web-1",
    "two words",
    "1.2.3",
    "v1.19.0-rc.1+b",
    "http://x.example:80/p?q=1#f",
    "a:b",
    "x#y",
    "é",
    "日本語",
    "\u{1F600}",
    "/path/to",
    "a,b,c",
    "-x",
    "Title Case",
    "camelCase",
    "snake_case",
    "UPPER",
    "a rather long text that goes on and on until it is far longer than the eighty columns where a writer folds it",
];
const ODD: &[&str] = &[
    "yes",
    "no",
    "on",
    "Off",
    "y",
    "n",
    "~",
    "null",
    "Null",
    "true",
    "False",
    "0",
    "1",
    "-1",
    "42",
    "010",
    "0o17",
    "0x1F",
    "0b101",
    "1_000",
    "1e3",
    "1E+2",
    "1.5",
    "-0.0",
    ".5",
    "1.",
    "+1",
    "6e21",
    "1e6",
    "1000000",
    "123456789012",
    "9007199254740993",
    "18446744073709551615",
    "99999999999999999999",
    "0.1",
    "1:30",
    "2001-12-14",
    "2001-12-14T21:59:43Z",
    "=",
    "<<",
    "1.10",
    "08",
    "0.30",
    "12e03",
    "!!str 5",
    "!!int \"7\"",
    "!!float 3",
    "!!binary aGVsbG8=",
    "!!null ''",
    "\"\"",
    "''",
];
const QUOTED: &[&str] = &[
    "\"a\\nb\"",
    "\"tab\\there\"",
    "'it''s'",
    "\"5\"",
    "'true'",
    "\"null\"",
    "'0x10'",
    "\"1e3\"",
    "\" lead\"",
    "\"trail \"",
    "\"a: b\"",
    "\"# c\"",
    "\"- d\"",
    "'{{ .Release.Name }}-x'",
    "\"{{ .Values.a | quote }}\"",
    "\"\\u00e9\\x07\"",
    "\"<a&b>\"",
    "'{'",
    "\"*\"",
    "\"multi\\nline\\n\"",
    "'\"q\"'",
    "\"\\\\\"",
    "\"%d\"",
    "'@x'",
    "\"`\"",
    "'!t'",
    "\"? q\"",
    "'a\tb'",
    "\"2001-01-01\"",
    "\"\\e[1m\"",
];

impl Tree {
    pub(crate) fn map(random: &mut Random, depth: usize) -> Tree {
        let mut pairs: Vec<(String, Tree)> = Vec::new();
        for _ in 0..random.between(1, 5) {
            let key = if random.percent(8) { random.pick(ODD_KEYS) } else { random.pick(KEYS) };
            if random.percent(99) && pairs.iter().any(|(k, _)| k == key) {
                continue;
            }
            // Helm wants a map there
            let value =
                if key == "global" { Tree::map(random, depth.saturating_sub(1)) } else { Tree::any(random, depth) };
            pairs.push((key.to_owned(), value));
        }
        Tree::Map(pairs)
    }

    fn any(random: &mut Random, depth: usize) -> Tree {
        match random.below(if depth == 0 { 6 } else { 12 }) {
            0..=5 => Tree::Scalar(scalar(random)),
            6 => Tree::List((0..random.below(4)).map(|_| Tree::Scalar(scalar(random))).collect()),
            7 => Tree::List((0..random.below(4)).map(|_| Tree::any(random, depth - 1)).collect()),
            8 if random.percent(20) => Tree::Map(Vec::new()),
            _ => Tree::map(random, depth - 1),
        }
    }

    /// The paths below this value that a template can follow by names, with a letter for what is there.
    pub(crate) fn paths(&self, prefix: &[&str], out: &mut Vec<(Vec<String>, char)>) {
        let Tree::Map(pairs) = self else { return };
        for (key, value) in pairs {
            if !KEYS.contains(&key.as_str()) && !prefix.is_empty() {
                continue;
            }
            let path: Vec<&str> = prefix.iter().copied().chain([key.as_str()]).collect();
            out.push((path.iter().map(|p| (*p).to_owned()).collect(), value.kind()));
            value.paths(&path, out);
        }
    }

    fn kind(&self) -> char {
        match self {
            Tree::Scalar(text) if text.parse::<i64>().is_ok_and(|n| n.to_string() == *text) => 'n',
            Tree::Scalar(text) if ["true", "false"].contains(&text.as_str()) => 'b',
            Tree::Scalar(text) if ODD.contains(&text.as_str()) => 'x',
            Tree::Scalar(_) => 's',
            Tree::List(_) => 'l',
            Tree::Map(_) => 'd',
        }
    }

    /// The value as YAML, in block style with parts in flow style.
    pub(crate) fn write(&self, random: &mut Random) -> String {
        let mut out = String::new();
        match self {
            Tree::Map(pairs) if pairs.is_empty() => out.push_str("{}\n"),
            _ => self.block(random, 0, &mut out),
        }
        out
    }

    fn block(&self, random: &mut Random, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        match self {
            Tree::Scalar(text) => drop(writeln!(out, "{pad}{text}")),
            Tree::List(items) => {
                for item in items {
                    let _ = write!(out, "{pad}-");
                    item.after(random, indent + 2, out);
                }
            }
            Tree::Map(pairs) => {
                for (key, value) in pairs {
                    if random.percent(3) {
                        let _ = writeln!(out, "{pad}# a comment: {{{{ not a template }}}}");
                    }
                    let _ = write!(out, "{pad}{key}:");
                    let deeper = if random.percent(20) { 4 } else { 2 };
                    value.after(random, indent + deeper, out);
                }
            }
        }
    }

    /// What stands after `key:` or `-`.
    fn after(&self, random: &mut Random, indent: usize, out: &mut String) {
        match self {
            Tree::Scalar(text) if random.percent(6) && !text.contains(['"', '\'']) => {
                let pad = " ".repeat(indent);
                let head = random.pick(&["|", ">", "|-", ">-", "|+"]);
                let _ = write!(out, " {head}\n{pad}{text}\n");
                if random.percent(50) {
                    let _ = write!(out, "\n{pad}  more\n{pad}lines\n");
                }
            }
            Tree::Scalar(text) if text.is_empty() => out.push('\n'),
            Tree::Scalar(text) => {
                let _ = write!(out, " {text}");
                out.push_str(if random.percent(5) { "  # why\n" } else { "\n" });
            }
            Tree::List(items) if items.is_empty() => out.push_str(" []\n"),
            Tree::Map(pairs) if pairs.is_empty() => out.push_str(" {}\n"),
            nested if random.percent(15) => {
                out.push(' ');
                nested.flow(out);
                out.push('\n');
            }
            // a list may stand at the indentation of its key
            nested => {
                out.push('\n');
                let indent = if matches!(nested, Tree::List(_)) && random.percent(20) {
                    indent.saturating_sub(2)
                } else {
                    indent
                };
                nested.block(random, indent.max(2), out);
            }
        }
    }

    fn flow(&self, out: &mut String) {
        match self {
            Tree::Scalar(text) if text.is_empty() => out.push('~'),
            Tree::Scalar(text) if text.contains([',', '[', ']', '{', '}', '#']) && !text.starts_with(['"', '\'']) => {
                let _ = write!(out, "'{}'", text.replace('\'', "''"));
            }
            Tree::Scalar(text) => out.push_str(text),
            Tree::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    item.flow(out);
                }
                out.push(']');
            }
            Tree::Map(pairs) => {
                out.push('{');
                for (i, (key, value)) in pairs.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    let _ = write!(out, "{key}: ");
                    value.flow(out);
                }
                out.push('}');
            }
        }
    }

    /// Another layer over this one: some of its keys with new values or null, and new keys. Maps stay maps, unless the
    /// layer is wild.
    pub(crate) fn over(&self, random: &mut Random, depth: usize, wild: bool) -> Tree {
        let Tree::Map(pairs) = self else { return Tree::any(random, depth) };
        let Tree::Map(mut out) = Tree::map(random, depth) else { return self.clone() };
        out.retain(|(key, _)| wild || pairs.iter().all(|(k, v)| k != key || !matches!(v, Tree::Map(_))));
        for (key, value) in pairs {
            if random.percent(50) || out.iter().any(|(k, _)| k == key) {
                continue;
            }
            out.push((
                key.clone(),
                match value {
                    Tree::Map(_) if !wild || depth > 0 && random.percent(70) => {
                        value.over(random, depth.saturating_sub(1), wild)
                    }
                    _ if random.percent(25) => Tree::Scalar("null".to_owned()),
                    _ => Tree::any(random, depth),
                },
            ));
        }
        Tree::Map(out)
    }
}

pub(crate) fn scalar(random: &mut Random) -> String {
    match random.below(10) {
        0..=3 => random.pick(PLAIN).to_owned(),
        4..=7 => random.pick(ODD).to_owned(),
        8 if random.percent(2) => {
            random.pick(&[".inf", ".nan", "{{ .Values.a }}", "-", "*none", "&x 1", "!t x", "@", "[", "a: b"]).to_owned()
        }
        8 => random.pick(QUOTED).to_owned(),
        _ => random.below(100).to_string(),
    }
}

/// A text that `--set` and its kin may be given.
pub(crate) fn set_expression(random: &mut Random, paths: &[(Vec<String>, char)], json: bool, wild: bool) -> String {
    let settable: Vec<_> = paths.iter().filter(|p| wild || p.1 != 'd' && p.1 != 'l').collect();
    let mut path = match settable.len() {
        0 => "new".to_owned(),
        n => settable[random.below(n)].0.join("."),
    };
    if wild && random.percent(20) {
        let _ = write!(path, ".{}", random.pick(KEYS));
    }
    if random.percent(15) {
        let _ = write!(path, "{}[{}]", if wild { "" } else { "fresh" }, random.below(4));
    }
    if json {
        let value = random.pick(&[
            "1",
            "null",
            "\"x\"",
            "{\"a\":[1,{\"b\":null}]}",
            "[]",
            "[1.5,true]",
            "{",
            "{\"a\":1e3}",
            "12345678901234567890",
        ]);
        return format!("{path}={value}");
    }
    let value = random.pick(&[
        "1",
        "-5",
        "x",
        "true",
        "null",
        "",
        "{a,b}",
        "{}",
        "a\\,b",
        "1.5",
        "010",
        "0",
        "text with space",
        "{1,{2}",
        "a=b",
        "é",
        "9223372036854775808",
        "{a",
        "[",
        "\\",
        "{{ .Values.a }}",
        "\"q\"",
        "1e3",
        "yes",
        "null,b=2",
        "x,y",
        "x,c.d=3",
    ]);
    format!("{path}={value}")
}
