//! URLs: parsing and joining.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
