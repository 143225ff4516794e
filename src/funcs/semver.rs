//! Semantic versions and their ranges.

use std::rc::Rc;

use super::args::bytes;
use crate::error::{Error, Result};
use crate::template::Func;
use crate::value::semver::{Constraint, Version};
use crate::value::{Ty, Value};

pub(super) const FUNCS: &[Func] = &[
    Func::new("semver", &[Ty::Str], Ty::Object("*semver.Version"), |_, a| {
        Ok(Value::Object(Rc::new(version(bytes(a, 0))?)))
    }),
    Func::new("semverCompare", &[Ty::Str, Ty::Str], Ty::Bool, |_, a| {
        // what is no text fails as the text with U+FFFD would
        let range = String::from_utf8_lossy(bytes(a, 0));
        let range = Constraint::parse(&range).map_err(|e| Error::func(e.to_string()))?;
        Ok(Value::Bool(range.check(&version(bytes(a, 1))?)))
    }),
];

fn version(text: &[u8]) -> Result<Version> {
    Version::parse(&String::from_utf8_lossy(text)).map_err(|e| Error::func(e.to_string()))
}
