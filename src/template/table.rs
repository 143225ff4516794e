//! The functions that a set of templates can call.

use indexmap::IndexMap;

use super::builtins::{BUILTINS, Builtin};
use super::func::Func;

/// Functions by name: the builtins of Go's templates, then those of the embedder, which may shadow them.
#[derive(Clone)]
pub struct FuncTable {
    funcs: IndexMap<&'static [u8], Callee, foldhash::fast::RandomState>,
}

/// What a name in a template calls.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    Builtin(&'static Builtin),
    Native(&'static Func),
}

impl Callee {
    pub(super) fn name(self) -> &'static str {
        match self {
            Callee::Builtin(b) => b.name,
            Callee::Native(f) => f.name,
        }
    }
}

impl FuncTable {
    /// The builtins and these; a later function of the same name wins.
    pub fn new(funcs: impl IntoIterator<Item = &'static Func>) -> FuncTable {
        let mut table = FuncTable { funcs: IndexMap::default() };
        for builtin in BUILTINS {
            table.funcs.insert(builtin.name.as_bytes(), Callee::Builtin(builtin));
        }
        for func in funcs {
            table.funcs.insert(func.name.as_bytes(), Callee::Native(func));
        }
        table
    }

    /// The names of all functions.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.funcs.values().map(|callee| callee.name())
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Callee> {
        self.funcs.get(name).copied()
    }
}

impl std::fmt::Debug for FuncTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FuncTable({} functions)", self.funcs.len())
    }
}
