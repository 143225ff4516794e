//! Metrics in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The upper bounds of the buckets of a histogram, in seconds.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// All metrics of the service.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// Requests for a bake by outcome.
    pub(super) requests: Counts,
    /// Reached limits by name.
    pub(super) limits: Counts,
    /// Answers of the artifact store by status.
    pub(super) fetches: Counts,
    /// Time in the interpreter.
    pub(super) bake: Histogram,
    /// Time until all artifacts were fetched.
    pub(super) fetch: Histogram,
    /// Time in the queue.
    pub(super) queue: Histogram,
    /// Time of a whole request.
    pub(super) request: Histogram,
    /// Bytes of all manifests.
    pub(super) output_bytes: AtomicU64,
    /// Bakes that panicked.
    pub(super) panics: AtomicU64,
    /// Bakes that moved to the long lane.
    pub(super) long: AtomicU64,
    /// Requests passed to the upstream.
    pub(super) proxied: AtomicU64,
}

/// A counter per label.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<BTreeMap<&'static str, u64>>);

/// A histogram of durations.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [AtomicU64; BUCKETS.len()],
    micros: AtomicU64,
    count: AtomicU64,
}

impl Counts {
    pub(super) fn add(&self, label: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(label).or_default() += 1;
    }
}

impl Histogram {
    pub(super) fn add(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        if let Some((_, bucket)) = BUCKETS.iter().zip(&self.buckets).find(|(bound, _)| seconds <= **bound) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// The text, with these gauges (name, help, value) at the end.
    pub(super) fn text(&self, gauges: &[(&str, &str, u64)]) -> String {
        let mut out = String::new();
        head(&mut out, "bake_build_info", "The version of the program.", "gauge");
        line(&mut out, "bake_build_info", &format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1);
        counts(&mut out, "bake_requests_total", "Requests for a bake.", "outcome", &self.requests);
        counts(&mut out, "bake_limit_hits_total", "Limits that were reached.", "limit", &self.limits);
        counts(&mut out, "bake_fetches_total", "Answers of the artifact store.", "status", &self.fetches);
        histogram(&mut out, "bake_seconds", "Time in the interpreter.", &self.bake);
        histogram(&mut out, "bake_fetch_seconds", "Time until all artifacts were fetched.", &self.fetch);
        histogram(&mut out, "bake_queue_seconds", "Time in the queue.", &self.queue);
        histogram(&mut out, "bake_request_seconds", "Time of a whole request.", &self.request);
        for (name, help, value) in [
            ("bake_output_bytes_total", "Bytes of all manifests.", &self.output_bytes),
            ("bake_panics_total", "Bakes that panicked; each is a bug.", &self.panics),
            ("bake_long_total", "Bakes that moved to the long lane.", &self.long),
            ("bake_proxied_total", "Requests passed to the upstream.", &self.proxied),
        ] {
            head(&mut out, name, help, "counter");
            line(&mut out, name, "", value.load(Ordering::Relaxed));
        }
        for (name, help, value) in gauges {
            head(&mut out, name, help, "gauge");
            line(&mut out, name, "", value);
        }
        out
    }
}

fn counts(out: &mut String, name: &str, help: &str, label: &str, counts: &Counts) {
    head(out, name, help, "counter");
    for (value, count) in &*counts.0.lock().unwrap_or_else(PoisonError::into_inner) {
        line(out, name, &format!("{{{label}=\"{value}\"}}"), count);
    }
}

fn histogram(out: &mut String, name: &str, help: &str, histogram: &Histogram) {
    head(out, name, help, "histogram");
    let mut below = 0;
    for (bound, bucket) in BUCKETS.iter().zip(&histogram.buckets) {
        below += bucket.load(Ordering::Relaxed);
        line(out, name, &format!("_bucket{{le=\"{bound}\"}}"), below);
    }
    let count = histogram.count.load(Ordering::Relaxed);
    line(out, name, "_bucket{le=\"+Inf\"}", count);
    line(out, name, "_sum", Duration::from_micros(histogram.micros.load(Ordering::Relaxed)).as_secs_f64());
    line(out, name, "_count", count);
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    // writing to a string cannot fail
    let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn line(out: &mut String, name: &str, rest: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{name}{rest} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let metrics = Metrics::default();
        metrics.requests.add("ok");
        metrics.requests.add("ok");
        metrics.limits.add("fuel");
        for millis in [0, 3, 40_000] {
            metrics.bake.add(Duration::from_millis(millis));
        }
        let text = metrics.text(&[("bake_in_flight", "Now.", 7)]);
        for want in [
            "# TYPE bake_requests_total counter\nbake_requests_total{outcome=\"ok\"} 2\n",
            "bake_limit_hits_total{limit=\"fuel\"} 1\n",
            "bake_seconds_bucket{le=\"0.0005\"} 1\n",
            "bake_seconds_bucket{le=\"0.005\"} 2\n",
            "bake_seconds_bucket{le=\"10\"} 2\nbake_seconds_bucket{le=\"+Inf\"} 3\nbake_seconds_sum 40.003\nbake_seconds_count 3\n",
            "# TYPE bake_in_flight gauge\nbake_in_flight 7\n",
        ] {
            assert!(text.contains(want), "{want}\n{text}");
        }
    }
}
