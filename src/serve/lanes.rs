//! Permits: decides which bakes run and which wait.
//!
//! A bake starts in the short lane, which has one place per core. A bake that takes longer than a slice gives up its place and
//! continues in the long lane, which has half as many places; if that lane is full, it waits inside its next step. While bakes
//! run in the short lane, bakes in the long lane pause three quarters of the time. So bakes that take seconds, by mistake or
//! by malice, do not delay ordinary ones. Waiting bakes hold memory, so their number is limited; beyond it, a long bake keeps
//! its place.
#![allow(clippy::disallowed_methods)] // a service keeps time

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Checkpoint;

/// How many bakes may wait for each place in the long lane.
const WAITING_LONG: usize = 8;
/// How long a bake in the long lane runs before it checks whether others need the core.
const STINT: Duration = Duration::from_millis(2);
/// The maximum pause, as a multiple of the time it ran.
const ASIDE: u32 = 3;
/// How often it checks whether they still do.
const LOOK: Duration = Duration::from_millis(1);

/// The places of all bakes.
#[derive(Debug)]
pub struct Lanes {
    short: Arc<Semaphore>,
    /// Places of the short lane.
    places: usize,
    long: Arc<Semaphore>,
    long_room: usize,
    queue: usize,
    slice: Duration,
    waiting: AtomicUsize,
    running: AtomicUsize,
    in_long: AtomicUsize,
}

/// The queue is full: the caller must try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// The permit of one bake to run. The bake polls it and stops when it ends.
#[derive(Debug)]
pub struct Permit {
    lanes: Arc<Lanes>,
    handle: Handle,
    started: Instant,
    deadline: Instant,
    gone: AtomicBool,
    long: AtomicBool,
    end: AtomicU8,
    place: Mutex<LaneSlot>,
}

#[derive(Debug)]
struct LaneSlot {
    permit: Option<OwnedSemaphorePermit>,
    /// When its current run in the long lane began.
    since: Instant,
}

/// Why a permit ended before its bake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It did not.
    None,
    /// The deadline passed.
    Deadline,
    /// The client is gone.
    Gone,
}

impl Lanes {
    /// Places for `concurrency` bakes, a queue for `queue` more, and slices of this length.
    pub fn new(concurrency: usize, queue: usize, slice: Duration) -> Self {
        let concurrency = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let long = concurrency.div_ceil(2);
        Lanes {
            short: Arc::new(Semaphore::new(concurrency)),
            places: concurrency,
            long: Arc::new(Semaphore::new(long)),
            long_room: long.saturating_mul(WAITING_LONG + 1),
            queue,
            slice,
            waiting: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            in_long: AtomicUsize::new(0),
        }
    }

    /// Waits for a place in the short lane.
    ///
    /// Errors: the queue is full.
    pub async fn enter(self: &Arc<Self>, time: Duration) -> Result<Arc<Permit>, Busy> {
        let permit = if let Ok(permit) = Arc::clone(&self.short).try_acquire_owned() {
            permit
        } else {
            let _waiting = Counted::below(&self.waiting, self.queue).ok_or(Busy)?;
            // the semaphore is never closed
            Arc::clone(&self.short).acquire_owned().await.map_err(|_| Busy)?
        };
        self.running.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        Ok(Arc::new(Permit {
            lanes: Arc::clone(self),
            handle: Handle::current(),
            started,
            deadline: started + time,
            gone: AtomicBool::new(false),
            long: AtomicBool::new(false),
            end: AtomicU8::new(0),
            place: Mutex::new(LaneSlot { permit: Some(permit), since: started }),
        }))
    }

    /// The number of bakes that have started and not ended.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// The number of bakes in the queue.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The number of bakes in the long lane.
    pub fn long(&self) -> usize {
        self.in_long.load(Ordering::Relaxed)
    }

    /// Whether there are bakes in the short lane.
    fn short_runs(&self) -> bool {
        self.short.available_permits() < self.places
    }

    /// Whether one more bake may wait.
    pub fn has_room(&self) -> bool {
        self.waiting() < self.queue || self.short.available_permits() > 0
    }
}

impl Permit {
    /// Cancels the bake: its client is gone.
    pub fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    /// Why the permit ended early.
    pub fn end(&self) -> End {
        match self.end.load(Ordering::Relaxed) {
            0 => End::None,
            1 => End::Deadline,
            _ => End::Gone,
        }
    }

    /// Whether the bake moved to the long lane.
    pub fn was_long(&self) -> bool {
        self.long.load(Ordering::Relaxed)
    }

    fn stop(&self, why: End) -> bool {
        let why = match why {
            End::None => 0,
            End::Deadline => 1,
            End::Gone => 2,
        };
        self.end.store(why, Ordering::Relaxed);
        false
    }

    /// Gives up the place in the short lane and waits for one in the long lane, if there is room to wait.
    fn go_long(&self) -> bool {
        let Some(counted) = Counted::below(&self.lanes.in_long, self.lanes.long_room) else { return true };
        // released when the permit is dropped
        std::mem::forget(counted);
        self.long.store(true, Ordering::Relaxed);
        drop(self.place().permit.take());
        let deadline = tokio::time::Instant::from_std(self.deadline);
        let permit = Arc::clone(&self.lanes.long).acquire_owned();
        // a timer must be created inside the runtime
        match self.handle.block_on(async { tokio::time::timeout_at(deadline, permit).await }) {
            Ok(Ok(permit)) => *self.place() = LaneSlot { permit: Some(permit), since: Instant::now() },
            _ => return self.stop(End::Deadline),
        }
        true
    }

    /// Pauses while bakes run in the short lane. One such bake is enough, even on several cores: the threads that serve requests
    /// need time too.
    fn stand_aside(&self, now: Instant) {
        let stint = now.duration_since(self.place().since);
        if stint < STINT {
            return;
        }
        let until = self.deadline.min(now + stint * ASIDE);
        while self.lanes.short_runs() && Instant::now() < until && !self.gone.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
        }
        self.place().since = Instant::now();
    }

    fn place(&self) -> std::sync::MutexGuard<'_, LaneSlot> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Checkpoint for Permit {
    fn pass(&self) -> bool {
        let now = Instant::now();
        if self.gone.load(Ordering::Relaxed) {
            return self.stop(End::Gone);
        }
        if now >= self.deadline {
            return self.stop(End::Deadline);
        }
        if self.was_long() {
            self.stand_aside(now);
            return true;
        }
        now.duration_since(self.started) < self.lanes.slice || self.go_long()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.lanes.running.fetch_sub(1, Ordering::Relaxed);
        if self.was_long() {
            self.lanes.in_long.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Counts one more in a limited count until it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn below(count: &'a AtomicUsize, limit: usize) -> Option<Self> {
        if count.fetch_add(1, Ordering::Relaxed) >= limit {
            count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Counted(count))
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap()
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn a_full_queue_turns_away() {
        runtime().block_on(async {
            let lanes = Arc::new(Lanes::new(1, 1, LONG));
            let first = lanes.enter(LONG).await.unwrap();
            let waits = tokio::spawn({
                let lanes = Arc::clone(&lanes);
                async move { lanes.enter(LONG).await.map(|permit| permit.end()) }
            });
            while lanes.waiting() == 0 {
                tokio::task::yield_now().await;
            }
            assert!(!lanes.has_room());
            assert_eq!(lanes.enter(LONG).await.unwrap_err(), Busy);
            drop(first);
            assert_eq!(waits.await.unwrap(), Ok(End::None));
            assert_eq!((lanes.running(), lanes.waiting()), (0, 0));
        });
    }

    #[test]
    fn a_long_bake_makes_room_for_short_ones() {
        runtime().block_on(async {
            let lanes = Arc::new(Lanes::new(1, 1, Duration::ZERO));
            let long = lanes.enter(LONG).await.unwrap();
            let long = tokio::task::spawn_blocking(move || (long.pass(), long)).await.unwrap();
            assert!(long.0 && long.1.was_long());
            assert_eq!(lanes.long(), 1);
            let second = lanes.enter(Duration::from_millis(20)).await.unwrap();
            // the long lane is full until the deadline
            let (passed, second) = tokio::task::spawn_blocking(move || (second.pass(), second)).await.unwrap();
            assert!(!passed);
            assert_eq!(second.end(), End::Deadline);
            drop((long, second));
            assert_eq!((lanes.running(), lanes.long()), (0, 0));
        });
    }

    #[test]
    fn a_long_bake_stands_aside_while_short_ones_need_the_core() {
        runtime().block_on(async {
            let lanes = Arc::new(Lanes::new(1, 1, Duration::ZERO));
            let long = lanes.enter(LONG).await.unwrap();
            let pass = |permit: Arc<Permit>| tokio::task::spawn_blocking(move || permit.pass());
            assert!(pass(Arc::clone(&long)).await.unwrap() && long.was_long());
            let short = lanes.enter(LONG).await.unwrap();
            std::thread::sleep(STINT);
            let begun = Instant::now();
            assert!(pass(Arc::clone(&long)).await.unwrap());
            assert!(begun.elapsed() >= STINT * ASIDE && !short.was_long());
        });
    }

    #[test]
    fn a_long_bake_keeps_its_place_when_no_more_may_wait() {
        runtime().block_on(async {
            let lanes = Arc::new(Lanes { long_room: 1, ..Lanes::new(2, 0, Duration::ZERO) });
            let (first, second) = (lanes.enter(LONG).await.unwrap(), lanes.enter(LONG).await.unwrap());
            let pass = |permit: Arc<Permit>| tokio::task::spawn_blocking(move || permit.pass());
            assert!(pass(Arc::clone(&first)).await.unwrap() && pass(Arc::clone(&second)).await.unwrap());
            assert!(first.was_long() && !second.was_long());
            drop(first);
            assert!(pass(Arc::clone(&second)).await.unwrap() && second.was_long());
        });
    }

    #[test]
    fn a_permit_ends_when_nobody_waits() {
        runtime().block_on(async {
            let lanes = Arc::new(Lanes::new(1, 0, LONG));
            let permit = lanes.enter(LONG).await.unwrap();
            assert!(permit.pass());
            permit.leave();
            assert!(!permit.pass());
            assert_eq!(permit.end(), End::Gone);
        });
    }
}
