//! Go structs, pointers to structs and slices of them, as lists of fields.

use std::any::Any;

use crate::value::{Kind, Object, Str, Value};

/// A struct or a pointer to one.
pub(super) struct GoStruct {
    pub(super) type_name: &'static str,
    pub(super) kind: Kind,
    /// Whether the JSON names and the omission of empty fields apply to YAML too.
    pub(super) yaml_tags: bool,
    pub(super) fields: Vec<Field>,
}

/// A field of a struct.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// The name in JSON.
    pub(super) json: &'static str,
    /// Whether an empty field is omitted in JSON.
    pub(super) omit_empty: bool,
    pub(super) value: Value,
}

/// A slice of a named type or of pointers.
pub(super) struct Slice {
    pub(super) type_name: &'static str,
    /// `None` is a nil slice.
    pub(super) items: Option<Vec<Value>>,
}

impl GoStruct {
    /// The fields for JSON, in the order of the struct.
    pub(super) fn json_fields(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let kept = self.fields.iter().filter(|f| !f.omit_empty || f.value.is_true());
        kept.map(|f| (f.json, f.value.clone()))
    }
}

impl Field {
    /// A field with the same name in JSON.
    pub(super) fn same(name: &'static str, value: Value) -> Self {
        Field { name, json: name, omit_empty: false, value }
    }

    /// A field that JSON omits if it is empty.
    pub(super) fn optional(name: &'static str, json: &'static str, value: Value) -> Self {
        Field { name, json, omit_empty: true, value }
    }
}

impl Object for GoStruct {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        true
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields.iter().find(|f| f.name == name).map(|f| f.value.clone())
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.fields.iter().map(|f| (f.name, f.value.clone())).collect()
    }

    fn yaml_fields(&self) -> Vec<(Str, Value)> {
        if self.yaml_tags {
            return self.json_fields().map(|(name, value)| (name.into(), value)).collect();
        }
        self.fields.iter().map(|f| (f.name.to_lowercase().into(), f.value.clone())).collect()
    }

    fn to_json(&self) -> Value {
        Value::map(self.json_fields())
    }
}

impl Object for Slice {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn kind(&self) -> Kind {
        Kind::Slice
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        self.items.as_ref().is_some_and(|items| !items.is_empty())
    }

    fn is_nil(&self) -> bool {
        self.items.is_none()
    }

    fn size(&self) -> usize {
        self.items.as_ref().map_or(0, Vec::len)
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.items.clone().unwrap_or_default())
    }

    fn to_json(&self) -> Value {
        self.items.clone().map_or(Value::Nil, Value::list)
    }
}
