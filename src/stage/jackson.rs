//! Deserializes scalars of requests as Jackson does.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A string, or a number or boolean that becomes one.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Scalar {
        Text(String),
        Bool(bool),
        Number(serde_json::Number),
    }
    Ok(Option::<Scalar>::deserialize(from)?.map(|scalar| match scalar {
        Scalar::Text(text) => text,
        Scalar::Bool(truth) => truth.to_string(),
        Scalar::Number(number) => number.to_string(),
    }))
}

/// A boolean, or a string with one. Null is false.
pub(super) fn bool<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None => Ok(false),
        Some(Value::Bool(truth)) => Ok(truth),
        Some(Value::String(text)) if text.is_empty() || text.eq_ignore_ascii_case("false") => Ok(false),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(_) => Err(serde::de::Error::custom("expected true or false")),
    }
}
