//! Errors in a text, with Go's message and the real position.

use std::borrow::Cow;

use super::pos::Pos;
use super::{advice, chars};
use gotemplate::error::{Error, ErrorKind, Location};
use gotemplate::limits::cancelled;

/// A result of reading.
pub(super) type Read<T> = Result<T, Problem>;

/// What is wrong with a text. One word wide.
#[derive(Debug)]
pub(super) struct Problem(Box<Details>);

#[derive(Debug)]
struct Details {
    /// Go's whole message.
    message: String,
    place: Option<Pos>,
    limit: Option<&'static str>,
    kind: ErrorKind,
    /// The message without prefixes.
    detail: Option<String>,
}

/// A source line longer than this is not shown.
const SOURCE_LINE: usize = 400;

impl Problem {
    /// go-yaml cannot decode the bytes. go-yaml: `yaml_parser_set_reader_error`; it prints no line.
    pub(super) fn reader(problem: &str, place: Pos) -> Self {
        Problem::yaml(problem, Some(place))
    }

    /// go-yaml's scanner stops at `at` while reading something that starts at `context`. go-yaml: `parser.fail`.
    pub(super) fn scanner(problem: impl Into<Cow<'static, str>>, context: Pos, at: Pos) -> Self {
        Problem::syntax(&problem.into(), at.line.saturating_add(u32::from(at.line > 0)), context, at)
    }

    /// go-yaml's parser stops at `at`. Its line counts from 0, but go-yaml prints it as it is.
    pub(super) fn parser(problem: &str, context: Pos, at: Pos) -> Self {
        Problem::syntax(problem, at.line, context, at)
    }

    /// go-yaml's decoder fails at a node. Its messages name no line.
    pub(super) fn yaml(problem: &str, place: Option<Pos>) -> Self {
        Problem::json(&format!("yaml: {problem}"), place).in_short(problem)
    }

    /// The trip from YAML to JSON fails.
    pub(super) fn json(problem: &str, place: Option<Pos>) -> Self {
        Problem::plain(format!("error converting YAML to JSON: {problem}"), place)
    }

    /// A whole message.
    pub(super) fn plain(message: String, place: Option<Pos>) -> Self {
        Problem(Box::new(Details { message, place, limit: None, kind: ErrorKind::Syntax, detail: None }))
    }

    /// Nobody wants to know any more.
    pub(super) fn cancelled() -> Self {
        let mut problem = Problem::plain(cancelled().message().to_owned(), None);
        problem.0.kind = ErrorKind::Cancelled;
        problem
    }

    /// The same problem, because a limit was reached.
    pub(super) fn limit(mut self, name: &'static str) -> Self {
        self.0.limit = Some(name);
        self
    }

    /// The same problem, shown at another place.
    pub(super) fn shown_at(mut self, place: Pos) -> Self {
        self.0.place = Some(place);
        self
    }

    fn syntax(problem: &str, line: u32, context: Pos, at: Pos) -> Self {
        match if line != 0 { line } else { context.line } {
            0 => Problem::yaml(problem, Some(at)),
            line => Problem::yaml(&format!("line {line}: {problem}"), Some(at)).in_short(problem),
        }
    }

    fn in_short(mut self, problem: &str) -> Self {
        self.0.detail = Some(problem.to_owned());
        self
    }

    /// The error that users see; `text` is the decoded text.
    pub(super) fn into_error(self, text: &[u8]) -> Error {
        let is_syntax = self.0.limit.is_none();
        let mut error = match self.0.limit {
            // go-yaml knows no other one
            Some(name @ "yaml-alias-bytes") => Error::limit_reached(name, self.0.message),
            Some(name) => Error::helm_limit(name, self.0.message),
            None => Error::new(self.0.kind, self.0.message),
        };
        if let Some(detail) = self.0.detail {
            error = error.with_detail(detail);
        }
        if let Some(place) = self.0.place {
            error = error.at(Location::new("", place.line.saturating_add(1), place.column.saturating_add(1)));
            if let Some(line) = chars::line(text, place.line)
                && line.len() <= SOURCE_LINE
            {
                let line = String::from_utf8_lossy(line);
                let advice = if is_syntax { advice::of(error.message(), &line, place) } else { None };
                error = error.with_source_line(&*line);
                if let Some(advice) = advice {
                    error = error.with_hint(advice);
                }
            }
        }
        error
    }
}
