//! The error type of the library: the message, the place, the include chain, and the origin of the value at fault.
//!
//! `{}` prints the text that Helm prints after `Error: `. `{:#}` prints the diagnostic: that text, then the place with
//! its source line, the include chain, the origin of the value and a hint.

pub mod suggest;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an error. It determines the exit code and the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The command line or an API call is not valid, or names something that does not exist.
    Usage,
    /// A file could not be read or written.
    Io,
    /// A text is not valid YAML, JSON or TOML.
    Syntax,
    /// A values file, a `--set` expression or their merge is not valid.
    Values,
    /// The values do not match the chart's JSON schema.
    Schema,
    /// A chart cannot be loaded.
    Chart,
    /// A dependency is missing or not declared correctly.
    Dependency,
    /// A template does not parse.
    Parse,
    /// A template fails while it runs.
    Execute,
    /// The chart refuses the values with `fail` or `required`.
    Fail,
    /// The rendered text is not a manifest.
    Manifest,
    /// A limit was reached; [`Error::limit`] names it.
    Limit,
    /// The bake was cancelled or exceeded its deadline.
    Cancelled,
    /// A store of pipelines, or the server behind it, failed or refused a request.
    Store,
    /// Somebody else changed what was to be changed.
    Conflict,
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
            ErrorKind::Store => "store",
            ErrorKind::Conflict => "conflict",
        }
    }
}

/// A place in a text: 1-based line and column (in bytes); 0 if unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// The path of the file, as shown to the user.
    pub file: String,
    /// 1-based line; 0 if unknown.
    pub line: u32,
    /// 1-based column in bytes; 0 if unknown.
    pub column: u32,
}

impl Location {
    /// A place in `file`; 0 for an unknown line or column.
    pub fn new(file: impl Into<String>, line: u32, column: u32) -> Self {
        Location { file: file.into(), line, column }
    }
}

/// One step of the include chain, outermost first: the place of the call and the called expression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The place of the call.
    pub location: Location,
    /// The expression, as Go prints it (`include "app.labels" .`).
    pub call: String,
}

impl Frame {
    /// The step of a call at a place.
    pub fn new(location: Location, call: impl Into<String>) -> Self {
        Frame { location, call: call.into() }
    }
}

/// The origin of a value, small enough to be stored in every map entry: the number of a layer and a line in it.
///
/// The names behind the numbers are kept by whoever numbered the layers (`values::LayerNames`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The number of the layer, from 1; 0 means that a template made the value.
    pub layer: u16,
    /// 1-based line in the text of the layer; 0 if it has none (a flag).
    pub line: u32,
}

impl Origin {
    /// The origin of a value that a template made.
    pub const NONE: Origin = Origin { layer: 0, line: 0 };

    /// Whether the value comes from a layer.
    pub fn is_some(self) -> bool {
        self.layer != 0
    }
}

/// One of several faults of one error: the value it is about, where that was set, and how to fix it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultAdvice {
    /// The path of the value, as one would write it: `env.LOG_LEVEL`.
    pub path: String,
    /// The origin of the value, for a reader: `prod-values.yaml:12`.
    pub origin: Option<String>,
    /// How to fix it.
    pub hint: Option<String>,
}

impl FaultAdvice {
    /// A fault of the value at a path.
    pub fn new(path: impl Into<String>, origin: Option<String>, hint: Option<String>) -> Self {
        FaultAdvice { path: path.into(), origin, hint }
    }
}

/// An error of any stage of a bake. It is one word wide, so that results stay small.
#[derive(Clone)]
pub struct Error(Box<Repr>);

#[derive(Clone)]
struct Repr {
    kind: ErrorKind,
    message: String,
    limit: Option<&'static str>,
    reason: Option<&'static str>,
    detail: Option<String>,
    location: Option<Location>,
    source_line: Option<String>,
    chain: Vec<Frame>,
    origin: Origin,
    origin_text: Option<String>,
    hint: Option<String>,
    faults: Vec<FaultAdvice>,
    has_inner_place: bool,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

/// The [`Error::reason`] of a template that ends inside an action or a block.
pub const UNEXPECTED_EOF: &str = "unexpected-eof";
/// The [`Error::reason`] of a number or truth value for a function that takes a string.
pub const STRING_WANTED: &str = "string-wanted";
/// The [`Error::reason`] of a function that got a value that is not set; [`Error::hint`] names it.
pub const NOT_SET: &str = "not-set";
/// The [`Error::reason`] of a comparison of a float with an integer.
pub const FLOAT_AND_INT: &str = "float-and-int";

impl Error {
    /// An error with Helm's text.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Repr {
            kind,
            message: message.into(),
            limit: None,
            reason: None,
            detail: None,
            location: None,
            source_line: None,
            chain: Vec::new(),
            origin: Origin::NONE,
            origin_text: None,
            hint: None,
            faults: Vec::new(),
            has_inner_place: false,
            source: None,
        }))
    }

    /// The error for a file or folder that cannot be read or written.
    pub fn io(path: impl AsRef<Path>, error: io::Error) -> Self {
        Error::new(ErrorKind::Io, format!("{}: {error}", path.as_ref().display())).with_source(error)
    }

    /// The same error with the error of another library that it comes from.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The error of a template function; the engine adds the place.
    pub fn func(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Execute, message)
    }

    /// The error of a reached limit. `name` is the name of the limit in the flag that raises it, which is added to the text.
    pub fn limit_reached(name: &'static str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Error::new(ErrorKind::Limit, format!("{message}: raise it with --limit {name}=...")).of_limit(name)
    }

    /// The error of a reached limit that Helm has too, with Helm's text. The hint names the flag that raises it.
    pub fn helm_limit(name: &'static str, message: impl Into<String>) -> Self {
        let error = Error::new(ErrorKind::Limit, message).with_hint(format!("raise it with --limit {name}=..."));
        error.of_limit(name)
    }

    /// The same error, as that of a reached limit.
    fn of_limit(mut self, name: &'static str) -> Self {
        self.0.limit = Some(name);
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The name of the limit, if the kind is [`ErrorKind::Limit`].
    pub fn limit(&self) -> Option<&'static str> {
        self.0.limit
    }

    /// A tag for code that must distinguish errors of the same kind without parsing the text.
    pub fn reason(&self) -> Option<&'static str> {
        self.0.reason
    }

    /// The message without its prefixes, if it differs from the text.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The message, as `{}` prints it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The place of the error.
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

    /// How to fix it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What each of several faults is about. An error of one fault has only [`Error::origin`] and [`Error::hint`].
    pub fn faults(&self) -> &[FaultAdvice] {
        &self.0.faults
    }

    /// The error as JSON: kind, message, limit, file, line, column, chain, origin, hint and faults. Unknown fields are null. The
    /// chain has the outermost call first. Of several faults, origin and hint are those of the first.
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
            "faults": self.faults().iter().map(|fault| {
                serde_json::json!({"path": fault.path, "origin": fault.origin, "hint": fault.hint})
            }).collect::<Vec<_>>(),
        })
    }

    /// The same error with another text.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// The same error with a prefix before its text. The prefix contains its own separator.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.0.message.insert_str(0, prefix);
        self
    }

    /// The same error with a reason.
    #[must_use]
    pub fn with_reason(mut self, reason: &'static str) -> Self {
        self.0.reason = Some(reason);
        self
    }

    /// The same error with a message without prefixes.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same error of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error at a place, unless it has one already: the innermost place is kept.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        let place = self.0.location.get_or_insert_with(|| location.clone());
        // the code that knows the name of the text often differs from the code that parsed it
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

    /// The same error, with one more call in its include chain.
    #[must_use]
    pub fn through(mut self, frame: Frame) -> Self {
        self.0.chain.insert(0, frame);
        self
    }

    /// The same error with the origin of the value at fault, unless it has one already: the innermost origin is kept.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        if !self.0.origin.is_some() {
            self.0.origin = origin;
        }
        self
    }

    /// The same error without an origin: what is missing was set nowhere.
    #[must_use]
    pub fn without_origin(mut self) -> Self {
        self.0.origin = Origin::NONE;
        self
    }

    /// The same error with the origin as text.
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

    /// The same error with what each of its faults is about.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<FaultAdvice>) -> Self {
        self.0.faults = faults;
        self
    }

    /// The same error; its place and its include chain are inside a chart that the reader did not write, so that the diagnostic
    /// leaves them out. [`Error::to_json`] has them.
    #[must_use]
    pub fn with_inner_place(mut self) -> Self {
        self.0.has_inner_place = true;
        self
    }
}

/// An error of Go's library becomes an error of the function that called it.
impl From<go::Error> for Error {
    fn from(error: go::Error) -> Self {
        Error::func(error.to_string())
    }
}

/// What is not JSON is an error of syntax; too many levels reach the limit that Go has too.
impl From<go::json::Error> for Error {
    fn from(error: go::json::Error) -> Self {
        match error {
            go::json::Error::TooDeep(text) => Error::helm_limit("json-depth", text),
            go::json::Error::Syntax(text) => Error::new(ErrorKind::Syntax, text),
        }
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
        let place = self.location.as_ref().filter(|_| !self.has_inner_place);
        if let Some(place) = place {
            write!(f, "\n  at {place}")?;
            if let Some(line) = &self.source_line {
                let number = place.line.to_string();
                let margin = " ".repeat(number.len());
                write!(f, "\n  {margin} |\n  {number} | {}", printable(line))?;
                // only the beginning of a long line is shown
                if place.column > 0 && (place.column as usize) <= line.chars().count() + 1 {
                    let before: String = line.chars().take(place.column as usize - 1).map(blank).collect();
                    write!(f, "\n  {margin} | {before}^")?;
                }
            }
        }
        for frame in self.chain.iter().rev().filter(|_| !self.has_inner_place) {
            write!(f, "\n  called from {}: {}", frame.location, printable(&frame.call))?;
        }
        if !self.faults.is_empty() {
            return self.faults.iter().try_for_each(|fault| fault.show(f));
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

impl FaultAdvice {
    /// The path and what is known of it, on lines of their own.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n  {}", printable(&self.path))?;
        if let Some(origin) = &self.origin {
            write!(f, ": the value was set at {}", printable(origin))?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n    hint: {hint}"),
            None => Ok(()),
        }
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

/// Text with control characters escaped, so that input cannot send escape codes to a terminal.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(c),
            // the latter reverse the order of the text after them
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
