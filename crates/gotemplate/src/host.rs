//! The clock, the time zone and randomness. The core has no other source of them.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// The clock, the time zone and the randomness that template functions see.
pub trait Host: Debug + Send + Sync {
    /// Now, as seconds and nanoseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> (i64, u32);

    /// The IANA name of the local time zone (`Europe/Berlin`); `UTC` if there is none.
    fn time_zone(&self) -> String;

    /// Fills `bytes` with cryptographically secure randomness.
    fn random(&self, bytes: &mut [u8]) -> Result<()>;

    /// A separate host for one bake, if results depend on earlier calls, so that parallel bakes get the same results in every run.
    /// `None`: bakes can share this host.
    fn for_one_bake(&self) -> Option<Arc<dyn Host>> {
        None
    }
}

/// The clock and randomness of the machine, with a given time zone.
#[derive(Clone, Debug)]
pub struct SystemHost {
    /// The IANA name of the local time zone.
    pub time_zone: String,
}

impl Default for SystemHost {
    fn default() -> Self {
        SystemHost { time_zone: "UTC".to_owned() }
    }
}

impl Host for SystemHost {
    #[allow(clippy::disallowed_methods)] // the one place that reads the clock
    fn now(&self) -> (i64, u32) {
        match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => (i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos()),
            Err(before) => (-i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX), 0),
        }
    }

    fn time_zone(&self) -> String {
        self.time_zone.clone()
    }

    fn random(&self, bytes: &mut [u8]) -> Result<()> {
        getrandom::fill(bytes).map_err(|e| Error::new(ErrorKind::Io, format!("no randomness: {e}")))
    }
}

/// A deterministic host for tests and reproducible bakes. Never use keys that were made with it.
#[derive(Debug)]
pub struct FixedHost {
    /// The result of [`Host::now`].
    pub now: (i64, u32),
    seed: u64,
    state: AtomicU64,
}

impl FixedHost {
    /// A host with the fixed time `now` (seconds and nanoseconds since 1970) and random bytes derived from `seed`.
    pub fn new(now: (i64, u32), seed: u64) -> Self {
        FixedHost { now, seed, state: AtomicU64::new(seed) }
    }
}

impl Host for FixedHost {
    fn now(&self) -> (i64, u32) {
        self.now
    }

    fn time_zone(&self) -> String {
        "UTC".to_owned()
    }

    fn for_one_bake(&self) -> Option<Arc<dyn Host>> {
        Some(Arc::new(FixedHost::new(self.now, self.seed)))
    }

    fn random(&self, bytes: &mut [u8]) -> Result<()> {
        // SplitMix64: small, well spread, and the same on every platform
        for byte in bytes {
            let mut z = self.state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (z >> 56) as u8;
        }
        Ok(())
    }
}
