//! Helm's own: `include`, `tpl`, `lookup`.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
