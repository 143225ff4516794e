//! Go's kinds, and the parameter and result types of functions and methods.

use std::fmt;

/// A reflect kind that occurs in templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No value.
    Invalid,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint8`
    Uint8,
    /// `uint64`
    Uint64,
    /// `float64`
    Float64,
    /// `complex128`
    Complex128,
    /// `string`
    String,
    /// a slice
    Slice,
    /// a map
    Map,
    /// a struct
    Struct,
    /// a pointer
    Ptr,
    /// an interface (static kinds only)
    Interface,
    /// a function
    Func,
}

impl Kind {
    /// The name that `kindOf` answers.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Int64 => "int64",
            Kind::Uint8 => "uint8",
            Kind::Uint64 => "uint64",
            Kind::Float64 => "float64",
            Kind::Complex128 => "complex128",
            Kind::String => "string",
            Kind::Slice => "slice",
            Kind::Map => "map",
            Kind::Struct => "struct",
            Kind::Ptr => "ptr",
            Kind::Interface => "interface",
            Kind::Func => "func",
        }
    }
}

/// The type of a parameter or result. The engine checks and converts arguments before it calls a function: a parameter of type
/// [`Ty::Str`] is always a [`super::Value::Str`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// `interface {}`
    Any,
    /// `reflect.Value`: like `interface {}`, but keeps what a nil was
    Reflect,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint8`
    Uint8,
    /// `uint32`: a literal reaches the function as [`super::Value::Uint64`], cut to 32 bits; no value has this type
    Uint32,
    /// `uint64`
    Uint64,
    /// `float64`
    Float64,
    /// `string`
    Str,
    /// `[]byte`
    Bytes,
    /// `[]interface {}`
    ListAny,
    /// `[]string`
    ListStr,
    /// `[]int`
    ListInt,
    /// `map[string]interface {}`
    MapAny,
    /// `map[string]string`
    MapStr,
    /// An object of the type with this name (`time.Time`, `*semver.Version`).
    Object(&'static str),
}

impl Ty {
    /// The name as `reflect.Type.String` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Ty::Any => "interface {}",
            Ty::Reflect => "reflect.Value",
            Ty::Bool => "bool",
            Ty::Int => "int",
            Ty::Int64 => "int64",
            Ty::Uint8 => "uint8",
            Ty::Uint32 => "uint32",
            Ty::Uint64 => "uint64",
            Ty::Float64 => "float64",
            Ty::Str => "string",
            Ty::Bytes => "[]uint8",
            Ty::ListAny => "[]interface {}",
            Ty::ListStr => "[]string",
            Ty::ListInt => "[]int",
            Ty::MapAny => "map[string]interface {}",
            Ty::MapStr => "map[string]string",
            Ty::Object(name) => name,
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
