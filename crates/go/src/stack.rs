//! Recursion over user data.

/// Runs one level of a recursion over user data. If the stack of the thread runs out, it continues on the heap, so that only a
/// limit on depth matters, not the size of the stack.
#[inline]
pub fn with_stack<T>(level: impl FnOnce() -> T) -> T {
    /// More stack than any single level needs.
    const LEFT: usize = 64 << 10;
    const MORE: usize = 1 << 20;
    stacker::maybe_grow(LEFT, MORE, level)
}
