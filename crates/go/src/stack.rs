//! Recursion over a user's data.

/// Runs one level of a recursion over a user's data. Where the thread's stack runs out it goes on in memory of the heap, so
/// that a limit on depth decides and not the size of the stack.
#[inline]
pub fn with_stack<T>(level: impl FnOnce() -> T) -> T {
    /// More than any one level takes.
    const LEFT: usize = 64 << 10;
    const MORE: usize = 1 << 20;
    stacker::maybe_grow(LEFT, MORE, level)
}
