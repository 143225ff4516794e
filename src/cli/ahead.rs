//! The second core of a single bake.

use crate::bake::Chart;
use crate::limits::Limits;

/// Compiles the schemas of charts on another thread, and the templates on both: what each takes the other one has not.
///
/// The templates of a chart with a schema are compiled here as far as the other thread is busy with that, so that they
/// are at hand for this one, which runs them. Without a schema the other thread does it while values are read here.
pub(super) fn compile(charts: &[&Chart], limits: &Limits) {
    // a thread takes as long to start as this to compile
    const WORTH_IT: usize = 32 << 10;
    if charts.iter().map(|chart| chart.template_bytes()).sum::<usize>() < WORTH_IT {
        return;
    }
    let (shared, limits_there): (Vec<Chart>, _) = (charts.iter().copied().cloned().collect(), limits.clone());
    let job = move || {
        for chart in &shared {
            chart.compile_schema(&limits_there);
        }
        for chart in &shared {
            chart.compile(&limits_there);
        }
    };
    // without another thread this one does it all, when it is needed
    if std::thread::Builder::new().spawn(job).is_ok() {
        let with_schema = charts.iter().rev().filter(|chart| chart.schema().is_some());
        with_schema.for_each(|chart| chart.compile_backwards(limits));
    }
}
