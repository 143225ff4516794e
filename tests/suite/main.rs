//! The tests of the library and of the command `bake`; `tests/README.md` says which file compares what with what.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::format_collect,
    clippy::items_after_statements,
    clippy::useless_format
)] // a test may

mod manifests;
#[cfg(feature = "cli")]
mod program;

/// What is baked, against what the real Helm printed.
mod goldens {
    mod apps;
    #[cfg(feature = "cli")]
    mod cases;
    mod charts;
    #[cfg(feature = "cli")]
    mod command_lines;
    mod schemas;
}

/// The built-in charts: their schema, their reference, and tables of cases.
mod charts {
    mod coverage;
    pub(crate) mod reference;
    mod schema;
    mod tables;
}

mod upstream;

/// The command, as a user runs it.
#[cfg(feature = "cli")]
mod command {
    mod arguments;
    mod diff;
    mod fleet;
    mod init;
    mod lint;
    mod messages;
    #[cfg(feature = "pipeline")]
    mod pipeline;
    mod project_file;
    mod schema;
    mod services;
    mod small_project;
    mod snapshot;
    #[cfg(unix)]
    mod untrusted_folders;
    mod values;
}

/// The library, as a program calls it.
mod library {
    #[cfg(feature = "fleet")]
    mod baker;
    #[cfg(feature = "crypto")]
    mod certificates;
    mod determinism;
    mod functions;
    mod limits;
    #[cfg(feature = "unstable-engine")]
    mod properties;
    #[cfg(feature = "fleet")]
    mod warnings;
}

/// What the repository promises: its README files and its layout.
mod repository {
    mod bake_yaml;
    #[cfg(feature = "fleet")]
    mod figures;
    #[cfg(feature = "cli")]
    mod readme;
    mod tidy;
}
