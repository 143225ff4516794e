//! All services of a project at once: every service, stack and chart, in parallel.
//!
//! ```no_run
//! use bake::project::{Project, fleet};
//!
//! let project = Project::find(".".as_ref())?;
//! let options = fleet::Options { stacks: vec!["prod".to_owned()], ..fleet::Options::default() };
//! let fleet = fleet::Fleet::new(&project, &options)?;
//! let done = fleet.write("rendered".as_ref(), &|_| {})?;
//! println!("{} bakes, {} files changed", done.index.bakes, done.changes.changed.len());
//! # Ok::<(), bake::Error>(())
//! ```
//!
//! # The output tree
//!
//! `DIR/STACK/PRODUCT/NAMESPACE/APP/CHART.yaml` holds what `helm template` prints for that chart; a chart that makes no
//! object has no file. With [`Options::per_object`] it is a folder `CHART` with a file per object. `DIR/bake-index.json`
//! lists every file with its hash, and a hash of all inputs.
//!
//! # What a reader sees
//!
//! A run writes a new tree beside the old one and swaps the two at its end. On Linux and macOS the swap is one step of the
//! file system: a path below `DIR` leads into the old tree before it and into the new one after it. Where the file system
//! cannot do that, the old tree is renamed and then the new one, and `DIR` is missing for the instant between. A run that
//! fails or is killed leaves the old tree whole; what it wrote is removed by the next run.

mod index;
mod merge;
mod run;
mod shard;
mod tree;

pub use index::{INDEX, Index, IndexFile};
pub use merge::merge;
pub use run::{Baked, Failure, Fleet, Options, Outcome, Written};
pub use shard::Shard;
pub use tree::{Changes, compare};
