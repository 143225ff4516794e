//! Stands in for the TOML and JSON readers until they are there.
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use crate::value::Value;
pub(super) use crate::yaml::{Node, to_json, to_json_indent, to_yaml, to_yaml_pretty};
fn no<T>() -> Result<T> {
    Err(Error::func("stub"))
}
pub(super) fn to_toml(_: &Value, _: &Budget) -> Result<Vec<u8>> {
    no()
}
pub(super) fn read_json(_: &[u8], _: &Limits) -> Result<Node> {
    no()
}
pub(super) fn toml_to_value(_: &[u8], _: &Limits) -> Result<Value> {
    no()
}
