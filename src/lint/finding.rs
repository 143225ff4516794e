//! Findings as plain data.

use std::fmt;

use super::rule::{Rule, Severity};

/// A place in a values file. The column counts characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The path of the file, as shown to the user.
    pub file: String,
    /// 1-based line; 0 if unknown.
    pub line: u32,
    /// 1-based column; 0 if unknown.
    pub column: u32,
}

/// A field of a rendered object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct ObjectPath {
    /// The object's kind.
    pub kind: String,
    /// Its name; empty if it has none.
    pub name: String,
    /// The path of the field: `spec.ports[0].name`. Empty for the object itself.
    pub path: String,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The severity: that of the rule, or the one of the settings.
    pub severity: Severity,
    /// The message, without a full stop.
    pub message: String,
    /// The place of the value that causes it, if known; otherwise only the file.
    pub place: Place,
    /// The rendered object that shows it.
    pub object: Option<ObjectPath>,
    /// How to fix it.
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
