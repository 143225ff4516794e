//! The memory of the bodies and artifacts of all requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A budget of bytes that requests share.
#[derive(Debug)]
pub(super) struct Memory {
    used: AtomicU64,
    max: u64,
}

/// The reservation of one request, released when it is dropped.
#[derive(Debug)]
pub(super) struct Reserved {
    memory: Arc<Memory>,
    bytes: AtomicU64,
}

impl Memory {
    pub(super) fn new(max: u64) -> Self {
        Memory { used: AtomicU64::new(0), max }
    }

    /// The number of reserved bytes.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// An empty reservation for one request.
    pub(super) fn reserve(self: &Arc<Self>) -> Reserved {
        Reserved { memory: Arc::clone(self), bytes: AtomicU64::new(0) }
    }
}

impl Reserved {
    /// Reserves more bytes; false if the budget is used up.
    pub(super) fn grow(&self, bytes: u64) -> bool {
        let before = self.memory.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.memory.max {
            self.memory.used.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        true
    }

    /// Releases bytes.
    pub(super) fn shrink(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.memory.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The number of bytes in this reservation.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_share_it_and_give_it_back() {
        let memory = Arc::new(Memory::new(100));
        let (one, two) = (memory.reserve(), memory.reserve());
        assert!(one.grow(60) && two.grow(40) && !two.grow(1));
        one.shrink(20);
        assert!(two.grow(20));
        drop(two);
        assert_eq!((memory.used(), one.bytes()), (40, 40));
        drop(one);
        assert_eq!(memory.used(), 0);
    }
}
