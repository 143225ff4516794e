//! temporary
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use crate::value::Value;
use crate::yaml::Node;
fn no<T>() -> Result<T> { Err(Error::func("stub")) }
pub(super) fn to_yaml(_: &Value, _: &Budget) -> Result<Vec<u8>> { no() }
pub(super) fn to_yaml_pretty(_: &Value, _: &Budget) -> Result<Vec<u8>> { no() }
pub(super) fn to_json_indent(_: &Value, _: bool, _: &str, _: &Budget) -> Result<Vec<u8>> { no() }
pub(super) fn to_toml(_: &Value, _: &Budget) -> Result<Vec<u8>> { no() }
pub(super) fn read_json(_: &[u8], _: &Limits) -> Result<Node> { no() }
pub(super) fn toml_to_value(_: &[u8], _: &Limits) -> Result<Value> { no() }
pub(super) fn to_json(v: &Value, _: bool, _: &Budget) -> Result<Vec<u8>> { Ok(j(v).to_string().into_bytes()) }
fn j(v: &Value) -> serde_json::Value { use serde_json::{Value as J, json}; match v { Value::Nil=>J::Null, Value::Bool(b)=>json!(b), Value::Int(n)|Value::Int64(n)=>json!(n), Value::Uint8(n)=>json!(n), Value::Uint64(n)=>json!(n), Value::Float(f)=> if f.fract()==0.0 {json!(*f as i64)} else {json!(f)}, Value::Str(s)=>json!(s.to_string_lossy()), Value::Bytes(b)=>json!(data_encoding::BASE64.encode(b)), Value::List(l)=> if l.is_nil() {J::Null} else {J::Array(l.iter().map(j).collect())}, Value::Map(m)=> if m.is_nil() {J::Null} else {let mut o=serde_json::Map::new(); for (k,v) in m.sorted() {o.insert(k.to_string(),j(&v));} J::Object(o)}, Value::Object(o)=>j(&o.to_json()) } }
