//! A values file as written: keys with their places, and comments that silence rules.

use indexmap::IndexMap;

use crate::error::Result;
use crate::run::Run;
use crate::yaml::{Form, Key, Mark, Written, WrittenText, read_written_text};
use go::stack::with_stack;

/// The start of a comment for the linter.
const COMMENT: &str = "# bake-lint:";

/// A values file.
#[derive(Debug)]
pub(super) struct WrittenFile {
    /// The path of the file, as shown to the user.
    pub(super) name: String,
    /// The document; `None` if the file contains only comments.
    pub(super) tree: Option<Written>,
    /// The comments.
    pub(super) comments: Vec<Comment>,
    /// The start of a second document.
    pub(super) second: Option<Mark>,
    /// The start of text that follows the document and is ignored.
    pub(super) rest: Option<Mark>,
}

/// A comment that silences rules on its own line and, if it is alone on that line, on the next line.
#[derive(Debug)]
pub(super) struct Comment {
    pub(super) mark: Mark,
    alone: bool,
    /// Codes and names, as written.
    pub(super) rules: Vec<String>,
    /// The text in place of `allow=`, if it is not that.
    pub(super) unclear: bool,
}

/// A path in the values that may cause a finding, and optionally a key or a text below it.
#[derive(Clone, Debug)]
pub(super) struct ValuePath {
    pub(super) path: Vec<String>,
    pub(super) needle: Option<String>,
}

/// The view of a rule on layers: one layer and those below it.
pub(super) struct Overlay<'s> {
    /// The layers below, the lowest first.
    pub(super) below: &'s [&'s WrittenFile],
    pub(super) over: &'s WrittenFile,
    /// Whether they are the same everywhere that this layer is used. Only then the effect of its keys is known.
    pub(super) everywhere: bool,
    /// Whether a chart defines the key at a path: in its schema, or with a default.
    pub(super) is_charts: &'s dyn Fn(&[&[u8]]) -> bool,
    /// Whether a chart's schema allows a map at a path.
    pub(super) takes_map: &'s dyn Fn(&[&[u8]]) -> bool,
}

/// The values of the layers below at a path: the highest first, down to the first that hides those under it.
#[derive(Default)]
pub(super) struct LowerValues<'s>(Vec<LowerValue<'s>>);

/// The value of one layer at a path.
#[derive(Clone, Copy)]
pub(super) struct LowerValue<'s> {
    pub(super) file: &'s WrittenFile,
    /// The line of its key.
    pub(super) line: u32,
    pub(super) node: &'s Written,
}

/// The keys of the values of the layers below.
pub(super) struct LowerKeys<'s>(Vec<(&'s WrittenFile, Index<'s>)>);

type Index<'s> = IndexMap<&'s [u8], &'s (Key, Written), foldhash::fast::RandomState>;

impl<'s> Overlay<'s> {
    /// The layers below at the top level.
    pub(super) fn tops(&self) -> LowerValues<'s> {
        let lower = |file: &&'s WrittenFile| Some(LowerValue { file, line: 1, node: file.tree.as_ref()? });
        LowerValues(self.below.iter().rev().filter_map(lower).collect())
    }

    /// The name of a layer, without the folder that it shares with the upper one.
    pub(super) fn short<'n>(&self, file: &'n WrittenFile) -> &'n str {
        let folder = self.over.name.rfind(['/', '\\']).and_then(|at| self.over.name.get(..=at)).unwrap_or_default();
        file.name.strip_prefix(folder).unwrap_or(&file.name)
    }
}

impl<'s> LowerValues<'s> {
    pub(super) fn keys(&self) -> LowerKeys<'s> {
        LowerKeys(self.0.iter().map(|lower| (lower.file, lower.node.index())).collect())
    }

    /// The effective value.
    pub(super) fn top(&self) -> Option<LowerValue<'s>> {
        self.0.first().copied()
    }

    /// Whether some of its keys are written elsewhere, through an alias or a merge key.
    pub(super) fn is_unclear(&self) -> bool {
        self.0.iter().any(|lower| match &lower.node.form {
            Form::Alias(_) => true,
            Form::Map(entries) => entries.iter().any(|(key, _)| key.is_merge),
            Form::Scalar(_) | Form::List(_) => false,
        })
    }
}

impl<'s> LowerKeys<'s> {
    /// The values of a key.
    pub(super) fn get(&self, name: &[u8]) -> LowerValues<'s> {
        let mut found = LowerValues::default();
        for (file, keys) in &self.0 {
            let Some((key, node)) = keys.get(name) else { continue };
            found.0.push(LowerValue { file, line: key.mark.line, node });
            if !matches!(node.form, Form::Map(_)) {
                break;
            }
        }
        found
    }

    /// The keys that are strings.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(_, keys)| keys.keys()).filter_map(|name| std::str::from_utf8(name).ok())
    }
}

impl WrittenFile {
    /// Parses the text of a values file.
    ///
    /// Errors: the text is not valid YAML.
    pub(super) fn read(name: &str, text: &[u8], run: &Run) -> Result<WrittenFile> {
        let WrittenText { root: tree, rest } = read_written_text(text, run)?;
        Ok(WrittenFile { name: name.to_owned(), tree, comments: comments(text), second: second_document(text), rest })
    }

    /// Whether a comment for this line silences a rule: it contains a code or name that `is_meant` accepts.
    pub(super) fn allows(&self, line: u32, is_meant: impl Fn(&str) -> bool) -> bool {
        // comments are sorted by line
        let from = self.comments.partition_point(|comment| comment.mark.line.saturating_add(1) < line);
        let near = self.comments.get(from..).unwrap_or_default().iter().take_while(|comment| comment.mark.line <= line);
        line > 0
            && near.into_iter().any(|comment| {
                let here = comment.mark.line == line || comment.alone && comment.mark.line.saturating_add(1) == line;
                here && comment.rules.iter().any(|text| is_meant(text))
            })
    }

    /// The place of the value at a path, or of its deepest existing parent, with the number of steps that led there.
    pub(super) fn find(&self, path: &[String]) -> (usize, Mark) {
        let (depth, mark, _) = self.walk(path);
        (depth, mark)
    }

    /// The place of a key or a text somewhere below a path.
    fn find_text(&self, path: &[String], needle: &str) -> Option<Mark> {
        match self.walk(path) {
            (depth, _, Some(node)) if depth == path.len() => search(node, needle.as_bytes()),
            _ => None,
        }
    }

    fn walk(&self, path: &[String]) -> (usize, Mark, Option<&Written>) {
        let mut node = self.tree.as_ref();
        let mut found = Mark::default();
        for (depth, step) in path.iter().enumerate() {
            let next = node.and_then(|node| match &node.form {
                Form::Map(_) => node.entry(step.as_bytes()).map(|(key, value)| (place(key, value), value)),
                Form::List(items) => items.get(step.parse::<usize>().ok()?).map(|item| (item.mark, item)),
                _ => None,
            });
            let Some((mark, value)) = next else { return (depth, found, node) };
            found = mark;
            node = Some(value);
        }
        (path.len(), found, node)
    }
}

/// The best place for the values of a finding: the number of the file and the place in it. Later files win.
pub(super) fn locate(files: &[&WrittenFile], values: &[ValuePath]) -> Option<(usize, Mark)> {
    let in_order = || files.iter().enumerate().rev();
    for value in values {
        let Some(needle) = &value.needle else { continue };
        if let Some(found) = in_order().find_map(|(at, file)| Some((at, file.find_text(&value.path, needle)?))) {
            return Some(found);
        }
    }
    let mut best: Option<(usize, usize, Mark)> = None;
    for value in values {
        for (at, file) in in_order() {
            let (depth, mark) = file.find(&value.path);
            if depth == value.path.len() && depth > 0 {
                return Some((at, mark));
            }
            if depth > best.map_or(0, |(depth, ..)| depth) {
                best = Some((depth, at, mark));
            }
        }
    }
    best.map(|(_, at, mark)| (at, mark))
}

/// The place to show for an entry: its value if it is on the line of the key, otherwise the key.
pub(super) fn place(key: &Key, value: &Written) -> Mark {
    let same_line = value.mark.line == key.mark.line;
    if same_line && value.scalar().is_some() { value.mark } else { key.mark }
}

/// The first key or text that equals `needle`.
fn search(node: &Written, needle: &[u8]) -> Option<Mark> {
    with_stack(|| match &node.form {
        Form::Scalar(scalar) => (scalar.text.as_bytes() == needle).then_some(node.mark),
        Form::Alias(_) => None,
        Form::List(items) => items.iter().find_map(|item| search(item, needle)),
        Form::Map(entries) => entries.iter().find_map(|(key, value)| {
            if key.name.as_bytes() == needle { Some(place(key, value)) } else { search(value, needle) }
        }),
    })
}

/// Maximum number of rules in one comment.
const MAX_RULES: usize = 100;

/// The start of a second document that is not empty. In valid YAML, a line with this start can be nothing else.
fn second_document(text: &[u8]) -> Option<Mark> {
    let (mut began, mut ended, mut second) = (false, false, None);
    for (line, number) in String::from_utf8_lossy(text).lines().zip(1..) {
        let mark = Mark { line: number, column: 1 };
        let marked =
            |marker: &str| line.strip_prefix(marker).filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        let content = match (marked("---"), marked("...")) {
            (Some(rest), _) => {
                if began || ended {
                    second = second.or(Some(mark));
                }
                began = true;
                rest
            }
            (None, Some(_)) => {
                ended = true;
                continue;
            }
            (None, None) => line,
        };
        let content = content.trim_start_matches([' ', '\t', '\u{feff}']);
        if content.is_empty() || content.starts_with('#') || !began && content.starts_with('%') {
            continue;
        }
        if second.is_some() || ended {
            return second.or(Some(mark));
        }
        began = true;
    }
    None
}

/// The comments for the linter in a text.
fn comments(text: &[u8]) -> Vec<Comment> {
    let text = String::from_utf8_lossy(text);
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some((before, rest)) = line.split_once(COMMENT) else { continue };
        if !(before.is_empty() || before.ends_with([' ', '\t'])) {
            continue;
        }
        let rest = rest.trim();
        let list = rest.strip_prefix("allow=");
        let names = list.unwrap_or_default().split_whitespace().next().unwrap_or_default();
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        found.push(Comment {
            mark: Mark { line: at(number + 1), column: at(before.chars().count() + 1) },
            alone: before.trim().is_empty(),
            rules: names.split(',').filter(|name| !name.is_empty()).take(MAX_RULES).map(str::to_owned).collect(),
            unclear: names.is_empty() || names.split(',').nth(MAX_RULES).is_some(),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{Rule, find_rule};

    fn file(text: &str) -> WrittenFile {
        WrittenFile::read("values.yaml", text.as_bytes(), &Run::default()).unwrap()
    }

    #[test]
    fn a_comment_silences_its_line_or_the_next() {
        let text = "a: 1 # bake-lint: allow=B202\n# bake-lint: allow=duplicate-port,B201 for a reason\nb: 2\nc: x#bake-lint:allow=B202\n";
        let file = file(text);
        let env = find_rule("B202").unwrap();
        let port = find_rule("B201").unwrap();
        let allowed =
            |rule: &Rule| (1..6).filter(|line| file.allows(*line, |text| rule.is_called(text))).collect::<Vec<_>>();
        assert_eq!(allowed(env), [1]);
        assert_eq!(allowed(port), [2, 3]);
        assert!(!file.allows(0, |_| true));
    }

    #[test]
    fn a_second_document_is_found() {
        for (text, line) in [
            ("a: 1\n", None),
            ("---\na: 1\n", None),
            ("# why\n%YAML 1.1\n--- # first\na: 1\n...\n", None),
            ("a: 1\n---\n# nothing\n", None),
            ("a: |\n  ---\n  b\n", None),
            ("a: 1\n---x: 2\n", None),
            ("a: 1\n---\nb: 2\n", Some(2)),
            ("---\n---\na: 1\n", Some(2)),
            ("a: 1\n--- {b: 2}\n", Some(2)),
            ("a: 1\n...\n\nb: 2\n", Some(4)),
        ] {
            assert_eq!(second_document(text.as_bytes()).map(|mark| mark.line), line, "{text:?}");
        }
    }

    #[test]
    fn a_value_is_found_in_the_last_file_that_has_it() {
        let base = file("env:\n  A: 1\n  B: 2\nlist:\n- {name: X}\n");
        let stack = file("env: {A: 3}\n");
        let locate = |path: &[&str], needle: Option<&str>| {
            let path = path.iter().map(|s| (*s).to_owned()).collect();
            let value = ValuePath { path, needle: needle.map(str::to_owned) };
            super::locate(&[&base, &stack], &[value]).map(|(at, mark)| (at, mark.line, mark.column))
        };
        assert_eq!(locate(&["env", "A"], None), Some((1, 1, 10)));
        assert_eq!(locate(&["env", "B"], None), Some((0, 3, 6)));
        assert_eq!(locate(&["env"], None), Some((1, 1, 1)));
        assert_eq!(locate(&["env", "C"], None), Some((1, 1, 1)));
        assert_eq!(locate(&["env"], Some("B")), Some((0, 3, 6)));
        assert_eq!(locate(&["list"], Some("X")), Some((0, 5, 10)));
        assert_eq!(locate(&["list", "0", "name"], None), Some((0, 5, 10)));
        assert_eq!(locate(&["none"], None), None);
    }
}
