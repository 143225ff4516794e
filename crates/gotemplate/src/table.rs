//! The functions that a set of templates can call.

use indexmap::IndexMap;

use super::builtins::{BUILTINS, Builtin};
use super::func::Func;

/// Functions by name: the builtins of Go's templates, then those of the embedder, which may shadow them.
#[derive(Clone)]
pub struct FuncTable {
    funcs: IndexMap<&'static [u8], Callee, foldhash::fast::RandomState>,
    methods: &'static [Func],
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

    /// Whether both are one function.
    pub(super) fn is(self, other: Callee) -> bool {
        match (self, other) {
            (Callee::Builtin(a), Callee::Builtin(b)) => std::ptr::eq(a, b),
            (Callee::Native(a), Callee::Native(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }
}

impl FuncTable {
    /// The builtins and these; a later function of the same name wins.
    pub fn new(funcs: impl IntoIterator<Item = &'static Func>) -> FuncTable {
        let mut table = FuncTable { funcs: IndexMap::default(), methods: &[] };
        for builtin in BUILTINS {
            table.funcs.insert(builtin.name.as_bytes(), Callee::Builtin(builtin));
        }
        for func in funcs {
            table.funcs.insert(func.name.as_bytes(), Callee::Native(func));
        }
        table
    }

    /// The same table with the methods of the named map type ([`crate::value::MapType::Values`]). The receiver is passed before the
    /// arguments.
    #[must_use]
    pub fn with_methods(self, methods: &'static [Func]) -> FuncTable {
        FuncTable { methods, ..self }
    }

    /// The names of all functions.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.funcs.values().map(|callee| callee.name())
    }

    pub(super) fn method(&self, name: &[u8]) -> Option<&'static Func> {
        self.methods.iter().find(|method| method.name.as_bytes() == name)
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
