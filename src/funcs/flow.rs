//! Defaults, choices, `fail` and `required`.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
