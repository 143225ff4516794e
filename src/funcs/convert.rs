//! Conversions and type questions.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
