//! Bakes the sample application's backend as a library user does, and lists its objects.
//!
//!     cargo run --example bake
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // no library

use bake::{Bake, Chart, Error};

fn main() -> Result<(), Error> {
    let app = "testdata/apps/deploy-values/sample/web/backend";
    for name in ["workload", "service"] {
        let chart = Chart::builtin(name)?;
        let manifest = Bake::new(&chart)
            .release("backend")
            .namespace("web")
            .values_file(format!("{app}/values.yaml"))
            .values_file(format!("{app}/prod-values.yaml"))
            .set("version=1.2.3")
            .render()?;
        for object in &manifest.documents {
            println!("{name}: {} {}", object.kind, object.name.as_deref().unwrap_or_default());
        }
    }
    Ok(())
}
