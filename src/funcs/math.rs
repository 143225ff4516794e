//! Arithmetic; integers wrap as Go's do.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
