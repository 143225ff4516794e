//! Structs, pointers and named types in templates: `.Files`, `.Capabilities`, times, versions.

use std::any::Any;
use std::rc::Rc;

use super::{Kind, Str, Ty, Value};
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
    /// The error if templates cannot call it because it has too many results. Go: `goodFunc`.
    pub refusal: Option<&'static str>,
}

impl Method {
    /// A method of fixed arity with one result, or one and an error.
    pub const fn new(params: &'static [Ty], ret: Ty) -> Self {
        Method { params, variadic: false, ret, refusal: None }
    }

    /// A method without parameters that templates cannot call.
    pub const fn refused(why: &'static str) -> Self {
        Method { params: &[], variadic: false, ret: Ty::Any, refusal: Some(why) }
    }
}

/// A value with its own Go type. All methods except the names have defaults for a plain struct.
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

    /// Bytes that a call reads and makes.
    fn cost(&self, _name: &str, _args: &[Value]) -> u64 {
        0
    }

    /// The number of items or entries. They are created for each call.
    fn size(&self) -> usize {
        0
    }

    /// The items, if the kind is a slice.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }

    /// The entries in byte order of the keys, if the kind is a map.
    fn entries(&self) -> Option<Vec<(Str, Value)>> {
        None
    }

    /// The exported fields in declaration order, if the kind is a struct or a pointer to one.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// The fields that `%v`, `%+v`, `%#v` and the verbs of numbers print: the unexported ones too.
    fn printed_fields(&self) -> Vec<(&'static str, Value)> {
        self.fields()
    }

    /// The fields, with embedded structs replaced by their fields. TOML writes them.
    fn flat_fields(&self) -> Vec<(&'static str, Value)> {
        self.fields()
    }

    /// Whether this is a nil slice, map or pointer of its type. Go: `reflect.Value.IsNil`.
    fn is_nil(&self) -> bool {
        false
    }

    /// The fields as go-yaml writes them: with lower-case names, unless a tag says otherwise.
    fn yaml_fields(&self) -> Vec<(Str, Value)> {
        self.fields().into_iter().map(|(name, value)| (name.to_lowercase().into(), value)).collect()
    }

    /// The result of `String()` or `Error()`, if the type has one. `%v` and `%s` print it.
    fn text(&self) -> Option<String> {
        None
    }

    /// The result of `GoString()`, if the type has one. `%#v` prints it.
    fn go_text(&self) -> Option<String> {
        None
    }

    /// The result of `String()`, if only the pointer to the type has one. The output of an action uses it, because Go can take the
    /// address of the value of an action.
    fn pointer_text(&self) -> Option<String> {
        None
    }

    /// The value that a function receives as an argument, if it differs: a struct loses the methods of its pointer, because Go cannot
    /// take the address of a copy.
    fn copied(&self) -> Option<Value> {
        None
    }

    /// Whether this equals another value of its type, as Go compares structs and pointers. It is called only for comparable types.
    fn equals(&self, other: &dyn Object) -> bool {
        same_fields(&self.fields(), &other.fields())
    }

    /// The value that `encoding/json` writes, made of plain values. For a struct it is a map with the fields in their order.
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

/// Whether a value can be compared with `==`: slices, maps and what holds them cannot.
pub fn is_comparable(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Map(_) | Value::Bytes(_) => false,
        Value::Object(object) => match object.kind() {
            Kind::Slice | Kind::Map | Kind::Func => false,
            Kind::Struct => object.fields().iter().all(|(_, field)| is_comparable(field)),
            _ => true,
        },
        _ => true,
    }
}

/// Whether two structs hold the same.
fn same_fields(a: &[(&'static str, Value)], b: &[(&'static str, Value)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((_, a), (_, b))| same(a, b))
}

/// Go: `==` of two values of one type.
#[allow(clippy::float_cmp)] // Go compares floats with ==
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) | (Value::Int64(a), Value::Int64(b)) => a == b,
        (Value::Uint64(a), Value::Uint64(b)) => a == b,
        (Value::Uint8(a), Value::Uint8(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Object(a), Value::Object(b)) => same_object(a, b),
        _ => false,
    }
}

/// Go: `==` of two structs, or of two pointers.
pub fn same_object(a: &Rc<dyn Object>, b: &Rc<dyn Object>) -> bool {
    let pointers = matches!(a.kind(), Kind::Ptr | Kind::Func);
    a.type_name() == b.type_name() && (Rc::ptr_eq(a, b) || !pointers && a.equals(b.as_ref()))
}
