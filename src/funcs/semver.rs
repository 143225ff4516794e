//! Functions for semantic versions and their ranges.

use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;

use go::semver::{Constraint, Version};

use super::args::bytes;
use crate::error::{Error, Result};
use crate::template::Func;
use crate::value::{Kind, Method, Object, Ty, Value};

pub(super) const FUNCS: &[Func] = &[
    Func::new("semver", &[Ty::Str], Ty::Object("*semver.Version"), |_, a| {
        Ok(Value::Object(Rc::new(Pointer(version(bytes(a, 0))?))))
    }),
    Func::new("semverCompare", &[Ty::Str, Ty::Str], Ty::Bool, |_, a| {
        // invalid UTF-8 fails as U+FFFD would
        let range = String::from_utf8_lossy(bytes(a, 0));
        let range = Constraint::parse(&range)?;
        Ok(Value::Bool(range.check(&version(bytes(a, 1))?)))
    }),
];

fn version(text: &[u8]) -> Result<Version> {
    Ok(Version::parse(&String::from_utf8_lossy(text))?)
}

/// A version as `semver` returns it: a pointer.
pub(super) struct Pointer(pub(super) Version);

const POINTER: &str = "*semver.Version";
const PLAIN: &str = "semver.Version";

impl Object for Pointer {
    fn type_name(&self) -> &'static str {
        POINTER
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn method(&self, name: &str) -> Option<Method> {
        method(name)
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value> {
        call(&self.0, name, args)
    }

    fn printed_fields(&self) -> Vec<(&'static str, Value)> {
        fields(&self.0)
    }

    fn text(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn to_json(&self) -> Value {
        Value::str(self.0.to_string())
    }
}

/// A version that is not a pointer, as `IncMajor` and similar methods return it. Templates cannot take its address, so it
/// does not have the methods of the pointer.
struct Plain(Version);

impl Object for Plain {
    fn type_name(&self) -> &'static str {
        PLAIN
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn method(&self, name: &str) -> Option<Method> {
        let of_pointer = matches!(
            name,
            "Compare" | "Equal" | "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" | "Original"
        );
        if of_pointer { None } else { method(name) }
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value> {
        call(&self.0, name, args)
    }

    fn printed_fields(&self) -> Vec<(&'static str, Value)> {
        fields(&self.0)
    }

    fn text(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Plain>().is_some_and(|other| self.0 == other.0)
    }

    fn to_json(&self) -> Value {
        Value::str(self.0.to_string())
    }
}

/// The fields of `semver.Version`, all unexported.
fn fields(version: &Version) -> Vec<(&'static str, Value)> {
    vec![
        ("major", Value::Uint64(version.major)),
        ("minor", Value::Uint64(version.minor)),
        ("patch", Value::Uint64(version.patch)),
        ("pre", Value::str(version.pre.as_str())),
        ("metadata", Value::str(version.metadata.as_str())),
        ("original", Value::str(version.original.as_str())),
    ]
}

fn method(name: &str) -> Option<Method> {
    const OTHER: &[Ty] = &[Ty::Object(POINTER)];
    let (params, ret): (&'static [Ty], Ty) = match name {
        "Major" | "Minor" | "Patch" => (&[], Ty::Uint64),
        "Prerelease" | "Metadata" | "Original" | "String" => (&[], Ty::Str),
        "IncMajor" | "IncMinor" | "IncPatch" => (&[], Ty::Object(PLAIN)),
        "SetPrerelease" | "SetMetadata" => (&[Ty::Str], Ty::Object(PLAIN)),
        "Compare" => (OTHER, Ty::Int),
        "Equal" | "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" => (OTHER, Ty::Bool),
        "MarshalJSON" | "MarshalText" => (&[], Ty::Bytes),
        "Value" => (&[], Ty::Any),
        _ => return None,
    };
    Some(Method::new(params, ret))
}

fn call(version: &Version, name: &str, args: &[Value]) -> Result<Value> {
    let plain = |version: go::Result<Version>| -> Result<Value> { Ok(Value::Object(Rc::new(Plain(version?)))) };
    let text = || args.first().and_then(Value::as_str).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let order = || {
        let other = args.first().and_then(Value::as_object::<Pointer>);
        other.map(|other| version.compare(&other.0)).ok_or_else(|| Error::func(NIL_POINTER))
    };
    Ok(match name {
        "Major" => Value::Uint64(version.major),
        "Minor" => Value::Uint64(version.minor),
        "Patch" => Value::Uint64(version.patch),
        "Prerelease" => Value::str(version.pre.as_str()),
        "Metadata" => Value::str(version.metadata.as_str()),
        "Original" => Value::str(version.original.as_str()),
        "String" | "Value" => Value::str(version.to_string()),
        "MarshalText" => Value::Bytes(version.to_string().into()),
        "MarshalJSON" => Value::Bytes(format!("\"{version}\"").into()),
        "IncMajor" => plain(version.inc_major())?,
        "IncMinor" => plain(version.inc_minor())?,
        "IncPatch" => plain(version.inc_patch())?,
        "SetPrerelease" => plain(version.with_prerelease(&text()))?,
        "SetMetadata" => plain(version.with_metadata(&text()))?,
        "Compare" => Value::Int(order()? as i64),
        "Equal" => Value::Bool(order().is_ok_and(Ordering::is_eq)),
        "LessThan" => Value::Bool(order()?.is_lt()),
        "LessThanEqual" => Value::Bool(order()?.is_le()),
        "GreaterThan" => Value::Bool(order()?.is_gt()),
        "GreaterThanEqual" => Value::Bool(order()?.is_ge()),
        _ => Value::Nil,
    })
}

const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";
