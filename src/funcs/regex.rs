//! Regular expressions in RE2 syntax.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
