//! Random strings, numbers and identifiers.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
