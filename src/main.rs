//! The `bake` command.

fn main() -> std::process::ExitCode {
    bake::cli::run(std::env::args_os())
}
