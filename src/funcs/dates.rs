//! Times, dates and durations.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
