//! Slash-separated and operating-system paths.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
