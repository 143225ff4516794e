//! Stands in for the TOML reader until it is there.
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::value::Value;
pub(super) fn toml_to_value(_: &[u8], _: &Limits) -> Result<Value> {
    Err(Error::func("stub"))
}
