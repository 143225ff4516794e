//! Cooperative cancellation for code without a [`Budget`](super::Budget): loading charts, parsing YAML, merging values and
//! checking schemas.
//!
//! A bake stays on the thread that began it, so its checkpoint is a thread-local, like the count of live values. Cancelled work
//! may return anything; [`under`] turns it into one error.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::{Checkpoint, cancelled};
use crate::error::Result;

/// The ticks between two polls. With one tick per YAML node, polls are about 100 microseconds apart.
const ASK_EVERY: u32 = 1024;

thread_local! {
    static CHECKPOINT: RefCell<Option<Arc<dyn Checkpoint>>> = const { RefCell::new(None) };
    static STATE: Cell<State> = const { Cell::new(State::Unwatched) };
    static LEFT: Cell<u32> = const { Cell::new(ASK_EVERY) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unwatched,
    Watched,
    Over,
}

/// Runs `work` under a checkpoint, if there is one.
///
/// Errors: those of `work`, or the cancellation.
pub fn under<T>(checkpoint: Option<&Arc<dyn Checkpoint>>, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let Some(checkpoint) = checkpoint else { return work() };
    let outer =
        Outer { checkpoint: CHECKPOINT.replace(Some(Arc::clone(checkpoint))), state: STATE.replace(State::Watched) };
    // it may have been paused
    ask();
    let result = if is_over() { Err(cancelled()) } else { work() };
    let over = is_over();
    drop(outer);
    if over { Err(cancelled()) } else { result }
}

/// Runs `work` without cancellation, because its result is kept and others may wait for it.
pub fn apart<T>(work: impl FnOnce() -> T) -> T {
    let _outer = Outer { checkpoint: CHECKPOINT.take(), state: STATE.replace(State::Unwatched) };
    work()
}

/// Counts `steps` of work and polls the checkpoint from time to time; false if the work must stop.
#[inline]
pub fn tick(steps: u32) -> bool {
    match STATE.get() {
        State::Unwatched => true,
        State::Watched => count(steps),
        State::Over => false,
    }
}

/// Polls the checkpoint now; false if the work must stop.
pub fn ask() -> bool {
    if STATE.get() == State::Watched {
        LEFT.set(ASK_EVERY);
        // a clone, so that the checkpoint may run other watched work
        let checkpoint = CHECKPOINT.with_borrow(Option::clone);
        if checkpoint.is_some_and(|checkpoint| !checkpoint.pass()) {
            STATE.set(State::Over);
        }
    }
    !is_over()
}

/// Whether cancellation is active here. If so, no other thread may wait for this one, because it can be paused.
pub fn is_on() -> bool {
    STATE.get() != State::Unwatched
}

/// Whether the work was cancelled. Results since then must not be kept.
pub fn is_over() -> bool {
    STATE.get() == State::Over
}

fn count(steps: u32) -> bool {
    match LEFT.get().checked_sub(steps) {
        Some(left) => {
            LEFT.set(left);
            true
        }
        None => ask(),
    }
}

/// Restores the previous state when it is dropped, also after a panic.
struct Outer {
    checkpoint: Option<Arc<dyn Checkpoint>>,
    state: State,
}

impl Drop for Outer {
    fn drop(&mut self) {
        let inner = STATE.replace(self.state);
        let same = CHECKPOINT.with_borrow(|inner| match (inner, &self.checkpoint) {
            (Some(inner), Some(outer)) => Arc::ptr_eq(inner, outer),
            _ => false,
        });
        if same && inner == State::Over {
            STATE.set(State::Over);
        }
        CHECKPOINT.set(self.checkpoint.take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::*;
    use crate::error::{Error, ErrorKind};

    /// Says yes so many times.
    #[derive(Debug)]
    struct Patience(AtomicU32);

    impl Checkpoint for Patience {
        fn pass(&self) -> bool {
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
        }
    }

    fn patience(times: u32) -> Arc<dyn Checkpoint> {
        Arc::new(Patience(AtomicU32::new(times)))
    }

    /// Ticks up to a million times; how many it were.
    fn work() -> u32 {
        (0..1_000_000).find(|_| !tick(1)).unwrap_or(1_000_000)
    }

    #[test]
    fn work_stops_when_it_is_told_to() {
        let stopped = under(Some(&patience(3)), || {
            // one question is asked before it begins
            assert!((2 * ASK_EVERY..4 * ASK_EVERY).contains(&work()));
            assert!(is_over() && !tick(1) && !ask());
            Ok(())
        });
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
        // nothing is left of it
        assert!(!is_on() && !is_over() && work() == 1_000_000);
        let never = under(Some(&patience(0)), || -> Result<()> { unreachable!() });
        assert_eq!(never.unwrap_err().kind(), ErrorKind::Cancelled);
    }

    #[test]
    fn without_a_checkpoint_nobody_is_asked() {
        assert_eq!(under(None, || Ok(work())).unwrap(), 1_000_000);
        let error = under(Some(&patience(9)), || -> Result<()> { Err(Error::new(ErrorKind::Chart, "its own")) });
        assert_eq!(error.unwrap_err().message(), "its own");
    }

    #[test]
    fn one_watch_within_another_ends_both_where_they_are_the_same() {
        let flag = Arc::new(AtomicBool::new(false));
        let same: Arc<dyn Checkpoint> = flag.clone();
        let outer = under(Some(&same), || {
            let inner = under(Some(&same), || {
                flag.store(true, Ordering::Relaxed);
                Ok(work())
            });
            assert_eq!(inner.unwrap_err().kind(), ErrorKind::Cancelled);
            assert!(is_over());
            Ok(())
        });
        assert!(outer.is_err());
        let other = under(Some(&patience(99)), || {
            assert!(under(Some(&patience(1)), || Ok(work())).is_err());
            assert!(is_on() && !is_over());
            Ok(())
        });
        assert!(other.is_ok());
    }

    #[test]
    fn what_is_kept_is_made_apart() {
        let stopped = under(Some(&patience(2)), || {
            assert_eq!(apart(work), 1_000_000);
            assert!(is_on());
            Ok(work())
        });
        assert!(stopped.is_err());
    }
}
