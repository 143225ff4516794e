//! Bakes all services of a project in parallel: every service, stack and chart.
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
//! `DIR/STACK/PRODUCT/NAMESPACE/APP/CHART.yaml` contains what `helm template` prints for that chart; a chart without objects
//! has no file. With [`Options::per_object`] there is a folder `CHART` with one file per object. `DIR/bake-index.json` lists
//! every file with its hash, and has a hash of all inputs.
//!
//! # What a reader sees
//!
//! A run writes a new tree beside the old one and swaps the two at the end. On Linux and macOS the swap is atomic: a path
//! below `DIR` leads into the old tree before the swap and into the new tree after it. If the file system does not support
//! that, the old tree is renamed, then the new one, and `DIR` is missing for an instant in between. A run that fails or is
//! killed leaves the old tree complete, and the next run removes what it wrote.

mod index;
mod merge;
mod run;
mod shard;
mod tree;

pub use index::{INDEX, Index, IndexFile};
pub use merge::merge;
pub use run::{Failure, Fleet, FleetBake, Options, Outcome, Written};
pub use shard::Shard;
pub use tree::{Changes, compare};
