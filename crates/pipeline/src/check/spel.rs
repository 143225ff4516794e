//! Expressions in a text, and what they use.
//!
//! Source: `TemplateAwareExpressionParser` of Spring (brackets and quotes up to the closing `}`) and `ExpressionTransform` of
//! kork-expressions. The expression itself is read into words only, without its grammar.

/// The expressions of a text, without `${` and `}`, and what is wrong with the one that stopped the search.
pub(super) fn expressions(text: &str) -> (Vec<&str>, Option<String>) {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        match end(after) {
            Ok((body, next)) => {
                found.push(body);
                rest = next;
            }
            Err(fault) => return (found, Some(fault)),
        }
    }
    (found, None)
}

/// The expression at the begin of a text, and what follows its `}`.
fn end(text: &str) -> Result<(&str, &str), String> {
    let mut open: Vec<char> = Vec::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '}' if open.is_empty() => {
                let (body, next) = text.split_at_checked(at).unwrap_or((text, ""));
                if body.trim().is_empty() {
                    return Err("the expression is empty".to_owned());
                }
                return Ok((body, next.strip_prefix('}').unwrap_or(next)));
            }
            '$' if chars.as_str().starts_with('{') => return Err("an expression within an expression".to_owned()),
            '{' | '[' | '(' => open.push(c),
            '}' | ']' | ')' => {
                let want = match c {
                    '}' => '{',
                    ']' => '[',
                    _ => '(',
                };
                match open.pop() {
                    Some(other) if other != want => return Err(format!("{c:?} closes {other:?}")),
                    Some(_) => {}
                    None => return Err(format!("{c:?} closes nothing")),
                }
            }
            '\'' | '"' if !chars.any(|(_, other)| other == c) => {
                return Err(format!("the quote {} is not closed", if c == '"' { "'\"'" } else { "\"'\"" }));
            }
            _ => {}
        }
    }
    Err(match open.last() {
        Some(open) => format!("{open:?} is not closed"),
        None => "\"${\" has no closing '}'".to_owned(),
    })
}

/// What an expression uses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// The functions that are called, with their first argument if it is a text: `#stage('Bake')`.
    pub(super) functions: Vec<(String, Option<String>)>,
    /// Known and unknown names that are called without `#`: `toInt(..)`.
    pub(super) bare_calls: Vec<String>,
    /// The classes of `new` and `T(..)`.
    pub(super) classes: Vec<String>,
    /// The parameters that are read.
    pub(super) parameters: Vec<String>,
    /// Any parameter may be read: `parameters[#x]`, `parameters.keySet()`.
    pub(super) all_parameters: bool,
    /// The names that an expression begins with: `trigger` of `trigger.user`.
    pub(super) roots: Vec<String>,
    /// All texts in it.
    pub(super) texts: Vec<String>,
}

#[derive(Debug, PartialEq)]
enum Word {
    Name(String),
    Hash(String),
    Text(String),
    /// `.` and `?.`
    Dot,
    Open(char),
    Close,
    /// The begin of a selection or projection, whose names belong to the items: `.?[`, `.![`.
    Select,
    Other(char),
}

/// Operators and literals that look like names.
const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "div",
    "mod",
    "instanceof",
    "matches",
    "between",
    "new",
    "T",
];

/// Reads an expression.
pub(super) fn uses(expression: &str) -> Uses {
    let words = words(expression);
    let mut uses = Uses::default();
    // for each bracket that is open: whether names in it belong to something else than the root
    let mut relative = vec![false];
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        match word {
            Word::Open(_) => relative.push(relative.last().copied().unwrap_or_default()),
            Word::Select => relative.push(true),
            Word::Close => {
                relative.pop();
            }
            Word::Text(text) => uses.texts.push(text.clone()),
            Word::Hash(name) if name == "root" => uses.chain(&words, at + 2, relative.last() == Some(&true)),
            Word::Hash(name) if words.get(at + 1) == Some(&Word::Open('(')) => {
                let first = match words.get(at + 2) {
                    Some(Word::Text(text)) => Some(text.clone()),
                    _ => None,
                };
                uses.functions.push((name.clone(), first));
            }
            Word::Name(name) if name == "new" => uses.class(&words, at + 1),
            Word::Name(name) if name == "T" && words.get(at + 1) == Some(&Word::Open('(')) => {
                uses.class(&words, at + 2);
            }
            Word::Name(name) if before != Some(&Word::Dot) && !RESERVED.contains(&name.as_str()) => {
                let is_class = matches!(before, Some(Word::Name(new)) if new == "new") || is_in_class(&words, at);
                if !is_class {
                    uses.chain(&words, at, relative.last() == Some(&true));
                }
            }
            _ => {}
        }
    }
    uses
}

/// Whether a name stands in `T(..)`.
fn is_in_class(words: &[Word], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|at| words.get(at));
    before(1) == Some(&Word::Open('(')) && matches!(before(2), Some(Word::Name(name)) if name == "T")
}

impl Uses {
    /// The dotted name of a class.
    fn class(&mut self, words: &[Word], at: usize) {
        let mut name = String::new();
        for word in words.iter().skip(at) {
            match word {
                Word::Name(part) => name.push_str(part),
                Word::Dot => name.push('.'),
                _ => break,
            }
        }
        if !name.is_empty() {
            self.classes.push(name);
        }
    }

    /// Names that follow each other, from the root on: `trigger.parameters['x']`.
    fn chain(&mut self, words: &[Word], at: usize, is_relative: bool) {
        let mut names: Vec<Option<&str>> = Vec::new();
        let mut call: Option<Option<&str>> = None;
        let mut at = at;
        while let Some(Word::Name(name)) = words.get(at) {
            names.push(Some(name));
            at += 1;
            if words.get(at) == Some(&Word::Open('(')) {
                call = Some(match words.get(at + 1) {
                    Some(Word::Text(text)) => Some(text.as_str()),
                    _ => None,
                });
                break;
            }
            loop {
                let from = if words.get(at) == Some(&Word::Dot) { at + 1 } else { at };
                if words.get(from) != Some(&Word::Open('[')) {
                    break;
                }
                let index = match (words.get(from + 1), words.get(from + 2)) {
                    // a map takes a bare name as the key
                    (Some(Word::Text(key) | Word::Name(key)), Some(Word::Close)) => Some(key.as_str()),
                    _ => None,
                };
                names.push(index);
                if index.is_none() {
                    break;
                }
                at = from + 3;
            }
            if words.get(at) != Some(&Word::Dot) || names.last() == Some(&None) {
                break;
            }
            at += 1;
        }
        let Some(root) = names.first().copied().flatten() else { return };
        if !is_relative {
            let is_call = names.len() == 1 && call.is_some();
            if is_call { self.bare_calls.push(root.to_owned()) } else { self.roots.push(root.to_owned()) }
        }
        let ([Some("parameters"), of_parameters @ ..]
        | [Some("trigger"), Some("parameters"), of_parameters @ ..]
        | [Some("execution"), Some("trigger"), Some("parameters"), of_parameters @ ..]) = names.as_slice()
        else {
            return;
        };
        match (of_parameters, call) {
            ([Some("get" | "containsKey" | "getOrDefault")], Some(Some(name))) => self.parameters.push(name.to_owned()),
            ([Some(_)], Some(_)) => self.all_parameters = true,
            ([Some(name), ..], _) => self.parameters.push((*name).to_owned()),
            _ => self.all_parameters = true,
        }
    }
}

fn words(expression: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut chars = expression.chars().peekable();
    while let Some(c) = chars.next() {
        let mut name = |first: Option<char>| {
            let mut name: String = first.into_iter().collect();
            while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '$') {
                name.push(c);
            }
            name
        };
        match c {
            '\'' | '"' => {
                let mut text = String::new();
                while let Some(other) = chars.next() {
                    // a quote within the text is written twice
                    if other == c && chars.next_if_eq(&c).is_none() {
                        break;
                    }
                    text.push(other);
                }
                words.push(Word::Text(text));
            }
            '#' => {
                let name = name(None);
                words.push(Word::Hash(name));
            }
            c if c.is_alphabetic() || c == '_' || c == '$' => {
                let name = name(Some(c));
                words.push(Word::Name(name));
            }
            c if c.is_ascii_digit() => {
                while chars.next_if(char::is_ascii_alphanumeric).is_some() {}
                words.push(Word::Other('0'));
            }
            '.' => match chars.peek() {
                Some('?' | '!' | '^' | '$') => {
                    chars.next();
                    if chars.next_if_eq(&'[').is_some() {
                        words.push(Word::Select);
                    }
                }
                _ => words.push(Word::Dot),
            },
            '?' if chars.peek() == Some(&'.') => {}
            '(' | '[' | '{' => words.push(Word::Open(c)),
            ')' | ']' | '}' => words.push(Word::Close),
            c if c.is_whitespace() => {}
            c => words.push(Word::Other(c)),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_end_where_spring_says() {
        for (text, found, fault) in [
            ("none", &[][..], None),
            ("${a}", &["a"], None),
            ("x ${ a } y ${b}}", &[" a ", "b"], None),
            ("${ {a: 1}[b] }", &[" {a: 1}[b] "], None),
            ("${a['}']}", &["a['}']"], None),
            ("${\"it''s ${x}\"}", &["\"it''s ${x}\""], None),
            ("${'it''s'}", &["'it''s'"], None),
            ("${a.replaceAll('.*([a-f]{4,40})', '$1')}", &["a.replaceAll('.*([a-f]{4,40})', '$1')"], None),
            ("${a", &[], Some("\"${\" has no closing '}'")),
            ("${a} ${b", &["a"], Some("\"${\" has no closing '}'")),
            ("${a[0}", &[], Some("'}' closes '['")),
            ("${a)}", &[], Some("')' closes nothing")),
            ("${ #f(a }", &[], Some("'}' closes '('")),
            ("${ (a", &[], Some("'(' is not closed")),
            ("${a['x]}", &[], Some("the quote \"'\" is not closed")),
            ("${}", &[], Some("the expression is empty")),
            ("${a ${b}}", &[], Some("an expression within an expression")),
            ("$a {b} $", &[], None),
        ] {
            let (expressions, problem) = expressions(text);
            assert_eq!((expressions.as_slice(), problem.as_deref()), (found, fault), "{text}");
        }
    }

    #[test]
    fn parameters_are_found_in_every_spelling() {
        for (expression, names, all) in [
            ("parameters.x", &["x"][..], false),
            ("parameters['x']", &["x"], false),
            ("parameters[\"a-b\"] ?: \"m\"", &["a-b"], false),
            ("parameters[x]", &["x"], false),
            ("parameters?.x", &["x"], false),
            ("parameters?.['x']", &["x"], false),
            ("trigger.parameters.x.trim()", &["x"], false),
            ("trigger['parameters']['x']", &["x"], false),
            ("execution.trigger.parameters.x", &["x"], false),
            ("execution['trigger']['parameters']['x'] == 'a'", &["x"], false),
            ("#root.parameters.x", &["x"], false),
            ("parameters.get('x')", &["x"], false),
            ("parameters.containsKey('x') && parameters.y", &["x", "y"], false),
            ("parameters.x == parameters.y", &["x", "y"], false),
            ("#toInt(parameters.x) + 1", &["x"], false),
            ("parameters[#f('x')]", &[], true),
            ("parameters.keySet()", &[], true),
            ("#toJson(parameters)", &[], true),
            ("trigger.parentExecution.trigger.parameters.x", &[], false),
            ("#stage('a').context.parameters.x", &[], false),
            ("'parameters.x'", &[], false),
            ("myparameters.x", &[], false),
        ] {
            let uses = uses(expression);
            let found: Vec<&str> = uses.parameters.iter().map(String::as_str).collect();
            assert_eq!((found.as_slice(), uses.all_parameters), (names, all), "{expression}");
        }
    }

    #[test]
    fn functions_classes_and_roots() {
        let found = uses(
            "#stage('Bake It').context.x == T(java.lang.Math).max(a, 1) ? new java.util.Date() : toInt(trigger.n)",
        );
        assert_eq!(found.functions, [("stage".to_owned(), Some("Bake It".to_owned()))]);
        assert_eq!(found.classes, ["java.lang.Math", "java.util.Date"]);
        assert_eq!(found.bare_calls, ["toInt"]);
        assert_eq!(found.roots, ["a", "trigger"]);
        let found =
            uses("trigger['artifacts'].?[type == 'docker/image'].![reference][0] + artifacts.^[name matches 'a']");
        assert_eq!(found.roots, ["trigger", "artifacts"]);
    }
}
