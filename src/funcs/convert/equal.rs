//! Deep equality of any two values. Go: `reflect.DeepEqual`.

use std::collections::HashSet;
use std::rc::Rc;

use crate::error::{Error, Result};
use crate::funcs::semver::Pointer;
use crate::limits::Budget;
use crate::value::{Object, Value};
use go::stack::with_stack;

/// Whether both have the same type and equal contents: `1` is not `1.0`, a nil slice is not an empty one, NaN is not itself.
/// Values that contain themselves are equal unless a difference is found.
pub(in crate::funcs) fn deep_equal(a: &Value, b: &Value, budget: &Budget) -> Result<bool> {
    DeepEqual { seen: HashSet::default(), budget }.equal(a, b, 0)
}

struct DeepEqual<'a> {
    /// Pairs that were visited before. They count as equal, so that cycles end and shared parts are compared once.
    seen: HashSet<(usize, usize), foldhash::fast::RandomState>,
    budget: &'a Budget,
}

impl DeepEqual<'_> {
    #[allow(clippy::float_cmp)] // as Go compares
    fn equal(&mut self, a: &Value, b: &Value, depth: usize) -> Result<bool> {
        Ok(match (a, b) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) | (Value::Int64(a), Value::Int64(b)) => a == b,
            (Value::Uint64(a), Value::Uint64(b)) => a == b,
            (Value::Uint8(a), Value::Uint8(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) | (Value::Bytes(a), Value::Bytes(b)) => {
                self.budget.scan(if a.len() == b.len() { a.len() } else { 0 })?;
                a == b
            }
            (Value::List(a), Value::List(b)) => {
                if a.elem() != b.elem() || a.is_nil() != b.is_nil() || a.len() != b.len() {
                    return Ok(false);
                }
                let addresses = (a.items().as_ptr() as usize, b.items().as_ptr() as usize);
                if a.is_empty() || a.same(b) || !self.seen.insert(addresses) {
                    return Ok(true);
                }
                self.all(a.iter().zip(b.iter()), depth)?
            }
            (Value::Map(a), Value::Map(b)) => {
                if a.map_type() != b.map_type() || a.is_nil() != b.is_nil() || a.len() != b.len() {
                    return Ok(false);
                }
                if a.is_empty() || a.same(b) || !self.seen.insert((a.address(), b.address())) {
                    return Ok(true);
                }
                for (key, entry) in a.entries() {
                    let Some(other) = b.get(&key) else { return Ok(false) };
                    if !self.below(&entry.value, &other, depth)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Object(a), Value::Object(b)) => self.objects(a, b, depth)?,
            _ => false,
        })
    }

    fn objects(&mut self, a: &Rc<dyn Object>, b: &Rc<dyn Object>, depth: usize) -> Result<bool> {
        if Rc::ptr_eq(a, b) {
            return Ok(true);
        }
        // an object creates its items for each call
        self.budget.items(a.size())?;
        if a.type_name() != b.type_name() || a.text() != b.text() {
            return Ok(false);
        }
        if let (Some(a), Some(b)) = (a.as_any().downcast_ref::<Pointer>(), b.as_any().downcast_ref::<Pointer>()) {
            return Ok(a.0 == b.0);
        }
        if let (Some(a), Some(b)) = (a.items(), b.items()) {
            return Ok(a.len() == b.len() && self.all(a.iter().zip(b.iter()), depth)?);
        }
        if let (Some(a), Some(b)) = (a.entries(), b.entries()) {
            let keys = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0);
            return Ok(keys && self.all(a.iter().map(|e| &e.1).zip(b.iter().map(|e| &e.1)), depth)?);
        }
        let (fields, others) = (a.fields(), b.fields());
        // it is opaque: two of them are equal if they are identical
        if fields.is_empty() && a.text().is_none() {
            return Ok(false);
        }
        Ok(fields.len() == others.len()
            && self.all(fields.iter().map(|f| &f.1).zip(others.iter().map(|f| &f.1)), depth)?)
    }

    fn all<'v>(&mut self, pairs: impl Iterator<Item = (&'v Value, &'v Value)>, depth: usize) -> Result<bool> {
        for (a, b) in pairs {
            if !self.below(a, b, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn below(&mut self, a: &Value, b: &Value, depth: usize) -> Result<bool> {
        self.budget.step(1)?;
        if !matches!(a, Value::List(_) | Value::Map(_) | Value::Object(_)) {
            return self.equal(a, b, depth);
        }
        if depth >= self.budget.limits.value_depth {
            return Err(too_deep(self.budget));
        }
        with_stack(|| self.equal(a, b, depth + 1))
    }
}

/// The error if the maximum depth is reached.
pub(in crate::funcs) fn too_deep(budget: &Budget) -> Error {
    let limit = budget.limits.value_depth;
    Error::limit_reached("value-depth", format!("a value is nested deeper than {limit}, or contains itself"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Elem, List, Map};

    #[test]
    fn equal_as_reflect_says() {
        let list = |items: Vec<Value>| Value::list(items);
        for (a, b, expected) in [
            (Value::Int(1), Value::Int(1), true),
            (Value::Int(1), Value::Int64(1), false),
            (Value::Int(1), Value::Float(1.0), false),
            (Value::Nil, Value::Nil, true),
            (Value::Float(f64::NAN), Value::Float(f64::NAN), false),
            (list(vec![]), list(vec![]), true),
            (list(vec![]), Value::List(List::nil(Elem::Any)), false),
            (list(vec!["a".into()]), Value::strings(["a"]), false),
            (list(vec![Value::Int(1)]), list(vec![Value::Int(1)]), true),
            (Value::map([("a", Value::Int(1))]), Value::map([("a", Value::Int(1))]), true),
            (Value::map([("a", Value::Int(1))]), Value::map([("b", Value::Int(1))]), false),
            ("a".into(), Value::Bytes("a".into()), false),
        ] {
            assert_eq!(deep_equal(&a, &b, &Budget::default()).unwrap(), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn maps_that_contain_themselves_can_be_compared() {
        let (a, b) = (Map::new(), Map::new());
        a.insert("self", Value::Map(a.clone()));
        b.insert("self", Value::Map(b.clone()));
        assert!(deep_equal(&Value::Map(a.clone()), &Value::Map(b.clone()), &Budget::default()).unwrap());
        b.insert("x", Value::Nil);
        assert!(!deep_equal(&Value::Map(a), &Value::Map(b), &Budget::default()).unwrap());
    }
}
