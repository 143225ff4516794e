//! The answers of the real thing that the folder `BAKE_SHARED` has: Go's text/template, go-yaml, Helm's engine.
//!
//!     BAKE_SHARED=../shared cargo test --all-features --test suite oracle:: -- --nocapture
//!
//! prints a line for each suite; `testkit::answers` tells how they are judged, and what else can be asked for.

mod functions;
mod template;
mod yaml;
