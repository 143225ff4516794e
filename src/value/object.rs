//! Structs, pointers and named types that templates meet: `.Files`, `.Capabilities`, times, versions.

use std::any::Any;

use super::{Kind, Ty, Value};
use crate::error::Result;

/// The signature of a method.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Types of the parameters; with `variadic` the last one stands for any number.
    pub params: &'static [Ty],
    /// Whether the last parameter repeats.
    pub variadic: bool,
    /// The type of the result.
    pub ret: Ty,
}

/// A value with a Go type of its own. Everything but the names has a default that fits a plain struct.
pub trait Object: 'static {
    /// The Go type's name as `%T` prints it (`chartutil.VersionSet`).
    fn type_name(&self) -> &'static str;

    /// The reflect kind.
    fn kind(&self) -> Kind {
        Kind::Struct
    }

    /// For a downcast.
    fn as_any(&self) -> &dyn Any;

    /// Truth: a struct and a non-nil pointer are true, a named slice or map when not empty.
    fn is_true(&self) -> bool {
        let empty_list = self.items().is_some_and(|items| items.is_empty());
        let empty_map = self.entries().is_some_and(|pairs| pairs.is_empty());
        !empty_list && !empty_map
    }

    /// An exported field, or the entry of a named map type.
    fn field(&self, _name: &str) -> Option<Value> {
        None
    }

    /// The signature of an exported method.
    fn method(&self, _name: &str) -> Option<Method> {
        None
    }

    /// Calls a method that [`Object::method`] knows, with arguments of its types.
    fn call(&self, _name: &str, _args: &[Value]) -> Result<Value> {
        Ok(Value::Nil)
    }

    /// The items, where the kind is a slice.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }

    /// The entries in byte order of the keys, where the kind is a map.
    fn entries(&self) -> Option<Vec<(super::Str, Value)>> {
        None
    }

    /// The fields in declaration order, where the kind is a struct or a pointer to one: what `%v` and `%+v` print.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// The fields with those of an embedded struct in its place: what TOML has.
    fn flat_fields(&self) -> Vec<(&'static str, Value)> {
        self.fields()
    }

    /// Whether this is a nil slice, map or pointer of its type. Go: `reflect.Value.IsNil`.
    fn is_nil(&self) -> bool {
        false
    }

    /// What `String()` or `Error()` gives, where the type has one: `%v` and `%s` print it.
    fn text(&self) -> Option<String> {
        None
    }

    /// What `String()` gives where only the pointer to the type has one. An action's own output is printed with it, as
    /// Go can take the address of what the action found; an argument of a function is not.
    fn pointer_text(&self) -> Option<String> {
        None
    }

    /// The value that `encoding/json` writes for this, made of plain values. For a struct it is a map with the
    /// fields in the order in which they are written.
    fn to_json(&self) -> Value {
        if let Some(items) = self.items() {
            Value::list(items)
        } else if let Some(pairs) = self.entries() {
            Value::map(pairs)
        } else {
            Value::map(self.fields())
        }
    }
}
