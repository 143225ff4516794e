//! Lists.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
