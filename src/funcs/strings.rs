//! Strings: case, trimming, cutting, padding, wrapping, quoting.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
