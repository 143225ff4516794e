//! A cache of charts by the hash of their archive. Pipelines bake the same chart hundreds of times; it is compiled once.

use std::sync::{Mutex, PoisonError};

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use crate::bake::Chart;
use crate::chart;
use crate::error::Result;

/// The hash of an archive and of the path in it.
type Key = [u8; 32];

/// The estimated memory of a chart beside its files: at least this, and several times their size once templates are compiled.
const HEAD: u64 = 64 << 10;
const COMPILED: u64 = 6;

/// A least-recently-used cache of charts, up to a number of bytes.
#[derive(Debug)]
pub struct ChartCache {
    max_bytes: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The least recently used chart comes first.
    charts: IndexMap<Key, (Chart, u64), foldhash::fast::RandomState>,
    bytes: u64,
}

impl ChartCache {
    /// A cache for about `max_bytes` of charts; 0 turns it off.
    pub fn new(max_bytes: u64) -> Self {
        ChartCache { max_bytes, kept: Mutex::default() }
    }

    /// The chart of an archive: from the cache, or from `load`.
    ///
    /// Errors: those of `load`, which are not cached.
    pub fn get(
        &self,
        archive: &[u8],
        path: Option<&str>,
        load: impl FnOnce() -> Result<chart::Chart>,
    ) -> Result<Chart> {
        if self.max_bytes == 0 {
            return load().map(Chart::from);
        }
        let key = key(archive, path);
        if let Some(chart) = self.lock().take_up(&key) {
            return Ok(chart);
        }
        let loaded = load()?;
        let bytes = HEAD.saturating_add(size(&loaded).saturating_mul(COMPILED));
        let chart = Chart::from(loaded);
        if bytes <= self.max_bytes {
            let evicted = self.lock().put(key, chart.clone(), bytes, self.max_bytes);
            // dropped after the lock is released
            drop(evicted);
        }
        Ok(chart)
    }

    /// The number of charts in the cache, and an estimate of their bytes.
    pub fn usage(&self) -> (usize, u64) {
        let kept = self.lock();
        (kept.charts.len(), kept.bytes)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        // the state is consistent wherever a panic could happen
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn take_up(&mut self, key: &Key) -> Option<Chart> {
        let at = self.charts.get_index_of(key)?;
        self.charts.move_index(at, self.charts.len() - 1);
        self.charts.get(key).map(|(chart, _)| chart.clone())
    }

    fn put(&mut self, key: Key, chart: Chart, bytes: u64, max: u64) -> Vec<Chart> {
        let mut evicted = Vec::new();
        if let Some((old, size)) = self.charts.shift_remove(&key) {
            self.bytes -= size;
            evicted.push(old);
        }
        while self.bytes.saturating_add(bytes) > max {
            let Some((_, (old, size))) = self.charts.shift_remove_index(0) else { break };
            self.bytes -= size;
            evicted.push(old);
        }
        self.bytes += bytes;
        self.charts.insert(key, (chart, bytes));
        evicted
    }
}

fn key(archive: &[u8], path: Option<&str>) -> Key {
    let mut hash = Sha256::new();
    // the root of a repository differs from the archive itself
    hash.update([u8::from(path.is_some())]);
    if let Some(path) = path {
        hash.update((path.len() as u64).to_le_bytes());
        hash.update(path);
    }
    hash.update(archive);
    hash.finalize().into()
}

/// The bytes of the files of a chart and its subcharts. The values tree takes several times its text.
fn size(chart: &chart::Chart) -> u64 {
    let files = chart.templates.iter().chain(&chart.files);
    let own: usize = files.map(|file| file.name.len() + file.data.len()).sum();
    let schema = chart.schema.as_ref().map_or(0, |schema| schema.len());
    let below: u64 = chart.dependencies.iter().map(|d| size(d)).sum();
    below.saturating_add((own + schema) as u64)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::chart::File;
    use crate::limits::Limits;

    fn chart(bytes: usize) -> chart::Chart {
        let file = |name: &str, data: &[u8]| File { name: name.into(), data: data.into() };
        let files = vec![file("Chart.yaml", b"name: c\nversion: 1.0.0\n"), file("x", &vec![b'x'; bytes])];
        chart::Chart::from_files(files, &Limits::helm()).unwrap()
    }

    #[test]
    fn the_chart_that_was_not_used_for_longest_goes() {
        let cache = ChartCache::new(3 * (HEAD + 100 * COMPILED) + 100);
        let loads = Cell::new(0);
        let get = |archive: &str| {
            let load = || {
                loads.set(loads.get() + 1);
                Ok(chart(100))
            };
            cache.get(archive.as_bytes(), None, load).unwrap();
            loads.get()
        };
        assert_eq!([get("a"), get("b"), get("c"), get("a"), get("b")], [1, 2, 3, 3, 3]);
        // c goes for d, and a for c
        assert_eq!([get("d"), get("a"), get("b"), get("c"), get("b"), get("d")], [4, 4, 4, 5, 5, 6]);
        assert_eq!(cache.usage().0, 3);
    }

    #[test]
    fn what_is_too_large_or_broken_is_not_kept() {
        let cache = ChartCache::new(HEAD + 1_000);
        cache.get(b"large", None, || Ok(chart(10_000))).unwrap();
        let broken = || Err(crate::Error::new(crate::ErrorKind::Chart, "broken"));
        assert!(cache.get(b"broken", None, broken).is_err());
        assert_eq!(cache.usage(), (0, 0));
        assert!(ChartCache::new(0).get(b"a", None, || Ok(chart(1))).is_ok());
    }

    #[test]
    fn the_path_is_part_of_the_name() {
        let cache = ChartCache::new(1 << 20);
        for path in [None, Some(""), Some("a"), Some("b")] {
            cache.get(b"x", path, || Ok(chart(1))).unwrap();
        }
        assert_eq!(cache.usage().0, 4);
    }
}
