//! Semantic versions and their ranges.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
