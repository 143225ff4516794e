//! Which names a line of a template uses: parameters and variables, those behind the variables of loops too.

use gotemplate::error::Location;
use indexmap::{IndexMap, IndexSet};

use super::Places;

/// How many steps from a variable of a loop to what it is made of.
const MAX_STEPS: usize = 16;

impl Places {
    /// The names that the expressions of a line use. In place of a variable that the template sets (`for x in list`, `set x = y`)
    /// stand the names that it is made of.
    pub fn names(&self, place: &Location) -> IndexSet<String> {
        let Some(source) = self.sources.iter().find(|source| source.file == place.file) else { return IndexSet::new() };
        let mut made: IndexMap<String, IndexSet<String>> = IndexMap::new();
        for tag in tags(&source.text) {
            let words = words(tag.text);
            let mut rest = words.iter().skip(1);
            match words.first().map(String::as_str) {
                Some("for") => {
                    let variables: Vec<&String> = rest.by_ref().take_while(|word| *word != "in").collect();
                    let from: IndexSet<String> = rest.cloned().collect();
                    for variable in variables {
                        made.entry(variable.clone()).or_default().extend(from.clone());
                    }
                }
                Some("set") => {
                    if let Some(variable) = rest.next() {
                        made.entry(variable.clone()).or_default().extend(rest.cloned());
                    }
                }
                _ => {}
            }
        }
        let mut names: IndexSet<String> = IndexSet::new();
        let line = place.line as usize;
        let mut pending: Vec<(String, usize)> = tags(&source.text)
            .filter(|tag| tag.first <= line && line <= tag.last)
            .flat_map(|tag| words(tag.text))
            .map(|word| (word, 0))
            .collect();
        pending.reverse();
        while let Some((word, steps)) = pending.pop() {
            match made.get(&word).filter(|from| steps < MAX_STEPS && !from.contains(&word)) {
                Some(from) => pending.extend(from.iter().rev().map(|name| (name.clone(), steps + 1))),
                None => {
                    names.insert(word);
                }
            }
        }
        names
    }
}

/// What stands between `{{` and `}}`, or `{%` and `%}`, and its lines.
struct Tag<'t> {
    text: &'t str,
    first: usize,
    last: usize,
}

fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = text;
    let mut line = 1;
    std::iter::from_fn(move || {
        let at = rest.find("{{").into_iter().chain(rest.find("{%")).min()?;
        let (before, from) = rest.split_at_checked(at)?;
        let inner = from.get(2..)?;
        let close = if from.starts_with("{{") { "}}" } else { "%}" };
        let end = inner.find(close).unwrap_or(inner.len());
        let (inside, after) = inner.split_at_checked(end)?;
        let first = line + before.matches('\n').count();
        let last = first + inside.matches('\n').count();
        line = last;
        rest = after;
        Some(Tag { text: inside, first, last })
    })
}

/// The names in an expression: words that are no part of a text and do not follow a dot.
fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut follows_dot = false;
    for c in text.chars().chain([' ']) {
        if let Some(open) = quote {
            if c == open {
                quote = None;
            }
            continue;
        }
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            if !follows_dot && !word.starts_with(|c: char| c.is_ascii_digit()) {
                all.push(std::mem::take(&mut word));
            }
            word.clear();
            follows_dot = false;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '.' => follows_dot = true,
            c if !c.is_whitespace() => follows_dot = false,
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_names_and_no_texts() {
        let got = words(r#"for w in canary.weight | default("a b") if not x[0].y and 3"#);
        assert_eq!(got, ["for", "w", "in", "canary", "default", "if", "not", "x", "and"]);
    }
}
