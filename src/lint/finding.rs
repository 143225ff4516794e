//! What a rule has found, as plain data.

use std::fmt;

use super::rule::{Rule, Severity};

/// A place in a values file: 1-based, 0 where unknown. The column counts characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as the user knows it.
    pub file: String,
    /// 1-based line, 0 where unknown.
    pub line: u32,
    /// 1-based column, 0 where unknown.
    pub column: u32,
}

/// A field of a rendered object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectPath {
    /// The object's kind.
    pub kind: String,
    /// Its name; empty where it has none.
    pub name: String,
    /// The way to the field: `spec.ports[0].name`. Empty for the object itself.
    pub path: String,
}

/// Something that a rule has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters here: the rule's own severity, or what the settings make of it.
    pub severity: Severity,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Where it comes from: the value where that is known, otherwise the file alone.
    pub place: Place,
    /// The rendered object that shows it.
    pub object: Option<ObjectPath>,
    /// What to do.
    pub fix: Option<String>,
    /// The services that show it, by path.
    pub services: Vec<String>,
    /// The stacks that show it; empty for a file that all stacks share.
    pub stacks: Vec<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, " {}", self.path) }
    }
}
