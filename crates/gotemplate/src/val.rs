//! Operands of expressions.

use crate::value::Value;

/// A value with its static type in Go: whether it was reached through an interface.
///
/// [`Value::Nil`] is a nil interface with the mark, and no value at all without it.
#[derive(Clone, Default)]
pub(super) struct Val {
    pub(super) v: Value,
    pub(super) iface: bool,
}

impl Val {
    #[inline]
    pub(super) fn of(v: Value) -> Val {
        Val { v, iface: false }
    }
}
