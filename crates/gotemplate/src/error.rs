//! The one error type of the library: what went wrong, where, through which includes, and which value was at fault.
//!
//! `{}` prints the text that Helm prints after `Error: `. `{:#}` prints the diagnostic: that text, then the place with
//! its source line, the include chain, the origin of the value and a hint.

pub mod suggest;

use std::fmt;
use std::path::Path;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong. The exit class and the HTTP status follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The command line or an API call asks for something that does not exist.
    Usage,
    /// A file could not be read or written.
    Io,
    /// Text that is not the YAML, JSON or TOML it should be.
    Syntax,
    /// A values file, a `--set` expression or their merge.
    Values,
    /// Values that the chart's JSON schema refuses.
    Schema,
    /// A chart that cannot be loaded.
    Chart,
    /// A dependency that is missing, or declared wrongly.
    Dependency,
    /// A template that does not parse.
    Parse,
    /// A template that fails while it runs.
    Execute,
    /// `fail` or `required`: the chart's author refuses the values.
    Fail,
    /// The rendered text is no manifest.
    Manifest,
    /// A limit was reached; [`Error::limit`] names it.
    Limit,
    /// The bake was cancelled or passed its deadline.
    Cancelled,
}

impl ErrorKind {
    /// The kind as one word, for programs: `values`, `execute`, `limit`.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Usage => "usage",
            ErrorKind::Io => "io",
            ErrorKind::Syntax => "syntax",
            ErrorKind::Values => "values",
            ErrorKind::Schema => "schema",
            ErrorKind::Chart => "chart",
            ErrorKind::Dependency => "dependency",
            ErrorKind::Parse => "parse",
            ErrorKind::Execute => "execute",
            ErrorKind::Fail => "fail",
            ErrorKind::Manifest => "manifest",
            ErrorKind::Limit => "limit",
            ErrorKind::Cancelled => "cancelled",
        }
    }
}

/// A place in a text: 1-based line and column (in bytes), 0 where unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// The file, as the user knows it.
    pub file: String,
    /// 1-based line, 0 where unknown.
    pub line: u32,
    /// 1-based column in bytes, 0 where unknown.
    pub column: u32,
}

impl Location {
    /// A place in `file`; 0 for what is not known.
    pub fn new(file: impl Into<String>, line: u32, column: u32) -> Self {
        Location { file: file.into(), line, column }
    }
}

/// One step of the include chain, outermost first: the place of the call and what it called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// Where the call stands.
    pub location: Location,
    /// The expression, as Go prints it (`include "app.labels" .`).
    pub call: String,
}

/// Where a value came from, small enough to travel with every map entry: the number of a layer and a line in it.
///
/// The names behind the numbers are kept by whoever numbered the layers (`values::LayerNames`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Number of the layer, counted from 1; 0 is "made by a template".
    pub layer: u16,
    /// 1-based line in the layer's text, 0 where it has none (a flag).
    pub line: u32,
}

impl Origin {
    /// A value that no layer holds: a template made it.
    pub const NONE: Origin = Origin { layer: 0, line: 0 };

    /// Whether a layer holds the value.
    pub fn is_some(self) -> bool {
        self.layer != 0
    }
}

/// An error of any stage of a bake. One word wide, so that results stay small.
#[derive(Clone, thiserror::Error)]
pub struct Error(Box<Repr>);

#[derive(Clone)]
struct Repr {
    kind: ErrorKind,
    message: String,
    limit: Option<&'static str>,
    location: Option<Location>,
    source_line: Option<String>,
    chain: Vec<Frame>,
    origin: Origin,
    origin_text: Option<String>,
    hint: Option<String>,
}

impl Error {
    /// An error with Helm's text for it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Repr {
            kind,
            message: message.into(),
            limit: None,
            location: None,
            source_line: None,
            chain: Vec::new(),
            origin: Origin::NONE,
            origin_text: None,
            hint: None,
        }))
    }

    /// A file or folder that the system does not let us read or write.
    pub fn io(path: impl AsRef<Path>, error: impl fmt::Display) -> Self {
        Error::new(ErrorKind::Io, format!("{}: {error}", path.as_ref().display()))
    }

    /// An error returned by a template function; the engine adds the place.
    pub fn func(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Execute, message)
    }

    /// A limit was reached. `name` is the limit's name, as in the flag that raises it; the text says so at its end.
    pub fn limit_reached(name: &'static str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Error::new(ErrorKind::Limit, format!("{message}: raise it with --limit {name}=...")).of_limit(name)
    }

    /// A limit that Helm has too was reached, with Helm's text for it; the flag that raises it is the hint.
    pub fn helm_limit(name: &'static str, message: impl Into<String>) -> Self {
        let error = Error::new(ErrorKind::Limit, message).with_hint(format!("raise it with --limit {name}=..."));
        error.of_limit(name)
    }

    /// The same error as one of a limit.
    fn of_limit(mut self, name: &'static str) -> Self {
        self.0.limit = Some(name);
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The name of the limit, where the kind is [`ErrorKind::Limit`].
    pub fn limit(&self) -> Option<&'static str> {
        self.0.limit
    }

    /// The text alone: what `{}` prints.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it happened.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// The line of source text at the place.
    pub fn source_line(&self) -> Option<&str> {
        self.0.source_line.as_deref()
    }

    /// The include chain, outermost call first.
    pub fn chain(&self) -> &[Frame] {
        &self.0.chain
    }

    /// The origin of the value at fault, as numbered by the layers.
    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    /// The origin of the value at fault, for a reader: `prod-values.yaml:12`.
    pub fn origin_text(&self) -> Option<&str> {
        self.0.origin_text.as_deref()
    }

    /// A sentence on what to do.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The error for a program: kind, message, limit, file, line, column, chain, origin and hint. What is not known is
    /// null; the chain has the outermost call first.
    pub fn to_json(&self) -> serde_json::Value {
        let number = |n: Option<u32>| n.filter(|n| *n > 0);
        let place = self.location();
        let chain: Vec<_> = self
            .chain()
            .iter()
            .map(|frame| {
                let Location { file, line, column } = &frame.location;
                serde_json::json!({"file": file, "line": line, "column": column, "call": frame.call})
            })
            .collect();
        serde_json::json!({
            "kind": self.kind().name(),
            "message": self.message(),
            "limit": self.limit(),
            "file": place.map(|p| &p.file).filter(|f| !f.is_empty()),
            "line": number(place.map(|p| p.line)),
            "column": number(place.map(|p| p.column)),
            "chain": chain,
            "origin": self.origin_text(),
            "hint": self.hint(),
        })
    }

    /// The same error with another text.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// The same error with text before its own (`prefix: text`, when the prefix says so itself).
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.0.message.insert_str(0, prefix);
        self
    }

    /// The same error of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error at a place; the innermost place is kept when there is one already.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        let place = self.0.location.get_or_insert_with(|| location.clone());
        // who knows the text's name is often not who read the text
        if place.file.is_empty() {
            place.file = location.file;
        }
        self
    }

    /// The same error with the line of source text it points at.
    #[must_use]
    pub fn with_source_line(mut self, line: impl Into<String>) -> Self {
        // a line may be as long as its file
        const SHOWN: usize = 400;
        let mut line = line.into();
        line.truncate(line.floor_char_boundary(SHOWN));
        self.0.source_line.get_or_insert(line);
        self
    }

    /// The same error, seen from one call further out.
    #[must_use]
    pub fn through(mut self, frame: Frame) -> Self {
        self.0.chain.insert(0, frame);
        self
    }

    /// The same error with the origin of the value at fault; the innermost is kept.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        if !self.0.origin.is_some() {
            self.0.origin = origin;
        }
        self
    }

    /// The same error with the origin written out.
    #[must_use]
    pub fn with_origin_text(mut self, text: impl Into<String>) -> Self {
        self.0.origin_text = Some(text.into());
        self
    }

    /// The same error with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }
}

/// An error of Go's library is one of the function that called it.
impl From<go::Error> for Error {
    fn from(error: go::Error) -> Self {
        Error::func(error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

impl Repr {
    /// The text, and for `{:#}` the diagnostic below it.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !f.alternate() {
            return Ok(());
        }
        if let Some(place) = &self.location {
            write!(f, "\n  at {place}")?;
            if let Some(line) = &self.source_line {
                let number = place.line.to_string();
                let margin = " ".repeat(number.len());
                write!(f, "\n  {margin} |\n  {number} | {}", printable(line))?;
                // of a long line only the beginning is shown
                if place.column > 0 && (place.column as usize) <= line.chars().count() + 1 {
                    let before: String = line.chars().take(place.column as usize - 1).map(blank).collect();
                    write!(f, "\n  {margin} | {before}^")?;
                }
            }
        }
        for frame in self.chain.iter().rev() {
            write!(f, "\n  called from {}: {}", frame.location, printable(&frame.call))?;
        }
        if let Some(origin) = &self.origin_text {
            write!(f, "\n  the value was set at {}", printable(origin))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self:#}", self.0.kind)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.file))?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.line > 0 && self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// Text with control characters escaped, so that input cannot drive a terminal.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(c),
            // the latter turn the order of what follows around
            c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                out.extend(c.escape_default());
            }
            c => out.push(c),
        }
    }
    out
}

fn blank(c: char) -> char {
    if c == '\t' { '\t' } else { ' ' }
}
