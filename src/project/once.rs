//! Results that are computed once and kept by key.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

type Slots<K, V> = BTreeMap<K, Arc<OnceLock<V>>>;

/// Results by key. The first caller computes a result; concurrent callers wait for it.
pub(crate) struct Once<K, V>(Mutex<Slots<K, V>>);

impl<K: Ord, V: Clone> Once<K, V> {
    /// The result for a key, computed by `make` if there is none yet.
    pub(crate) fn get(&self, key: K, make: impl FnOnce() -> V) -> V {
        let slot = Arc::clone(self.lock().entry(key).or_default());
        slot.get_or_init(make).clone()
    }

    /// The results so far, in the order of the keys.
    pub(crate) fn made(&self) -> Vec<V> {
        self.lock().values().filter_map(|slot| slot.get().cloned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Slots<K, V>> {
        // the state is consistent wherever a panic could happen
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone> Once<String, V> {
    /// Removes and returns the results for keys that start with `start`.
    pub(crate) fn forget(&self, start: &str) -> Vec<V> {
        let mut slots = self.lock();
        let mut gone = slots.split_off(start);
        if let Some(above) = gone.keys().find(|key| !key.starts_with(start)).cloned() {
            slots.append(&mut gone.split_off(&above));
        }
        // large results are dropped after the lock is released
        drop(slots);
        gone.into_values().filter_map(|slot| slot.get().cloned()).collect()
    }
}

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Once(Mutex::default())
    }
}

impl<K, V> Debug for Once<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_made_once_and_can_be_forgotten() {
        let once = Once::<String, usize>::default();
        let mut made = 0;
        for key in ["a/x", "a/y", "a/x", "b", "", "a0", "b"] {
            let result = once.get(key.to_owned(), || {
                made += 1;
                key.len()
            });
            assert_eq!(result, key.len());
        }
        assert_eq!((made, once.made().len()), (5, 5));
        assert_eq!(once.forget("a/"), [3, 3]);
        assert_eq!(once.made(), [0, 2, 1]);
        assert!(once.forget("a/").is_empty());
    }
}
