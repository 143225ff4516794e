//! Tells the keys that a chart defines from those that users choose, such as the keys of `env`.

use std::sync::OnceLock;

use crate::bake::Chart;
use crate::limits::Limits;
use crate::run::Run;
use crate::schema::Outline;
use crate::yaml::Data;

/// A chart with its schema, which is parsed when a rule needs it.
pub(super) struct ChartKeys<'c> {
    pub(super) chart: &'c Chart,
    limits: &'c Limits,
    schema: OnceLock<Option<Outline>>,
}

impl<'c> ChartKeys<'c> {
    pub(super) fn new(chart: &'c Chart, limits: &'c Limits) -> Self {
        ChartKeys { chart, limits, schema: OnceLock::new() }
    }

    /// Whether the chart defines the key at a path: it has a default, or the schema names it. A null for such a key turns off a
    /// default of the chart.
    pub(super) fn has(&self, path: &[&[u8]]) -> bool {
        let found = path.iter().try_fold(self.chart.values(), |node, step| node.as_map()?.get(*step));
        found.is_some_and(|node| node.data != Data::Null) || self.schema().is_some_and(|schema| schema.declares(path))
    }

    /// Whether the schema allows a map at a path. Without a schema, anything is allowed.
    pub(super) fn takes_map(&self, path: &[&[u8]]) -> bool {
        self.schema().is_some_and(|schema| schema.takes_map(path))
    }

    fn schema(&self) -> Option<&Outline> {
        let read = || Outline::read(&self.chart.schema()?.into(), &Run::new(self.limits.clone())).ok();
        self.schema.get_or_init(read).as_ref()
    }
}
