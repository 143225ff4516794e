//! Maps: making, reading, changing, merging.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
