//! The templates that come with the program.

/// A template that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The tests of it, for whoever copies it.
    pub tests: &'static str,
}

macro_rules! builtins {
    ($($name:literal),+ $(,)?) => {
        const ALL: &[Builtin] = &[$(Builtin {
            name: $name,
            text: include_str!(concat!("../../templates/", $name, ".yaml")),
            tests: include_str!(concat!("../../templates/", $name, ".test.yaml")),
        }),+];
    };
}

builtins!("deploy", "deploy-canary", "deploy-image", "run-job", "bump-chart");

/// All of them.
pub fn builtins() -> &'static [Builtin] {
    ALL
}

/// The one of this name.
pub fn builtin(name: &str) -> Option<Builtin> {
    ALL.iter().find(|template| template.name == name).copied()
}
