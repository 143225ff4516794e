//! Whether a value can be read as the type of its field.

use crate::check::facts::Type;
use crate::check::view::has_expression;
use crate::json::Json;

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is of another type; what is wanted.
    Type(&'static str),
    /// It is none of the texts that the field takes.
    Value,
}

/// What is wrong with a value, if that is sure. `null` and expressions stand for every type, and Jackson, which reads pipelines,
/// takes numbers for texts, and texts that look like numbers or truth values for these.
pub(super) fn fault(of: &Type, value: &Json) -> Option<Fault> {
    let text = value.as_str();
    if *value == Json::Null || text.is_some_and(has_expression) {
        return None;
    }
    let is_nested = matches!(value, Json::Array(_) | Json::Object(_));
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let is_wrong = match of {
        Type::Any => false,
        Type::String => is_nested,
        Type::OneOf(texts) => match value {
            Json::String(value) if value.is_empty() || texts.contains(&value.as_str()) => false,
            Json::String(_) => return Some(Fault::Value),
            _ => true,
        },
        Type::Integer | Type::Number => {
            is_nested || matches!(value, Json::Bool(_)) || text.is_some_and(|text| text.parse::<f64>().is_err())
        }
        Type::Bool => {
            is_nested || text.is_some_and(|text| !["true", "false"].contains(&text.to_ascii_lowercase().as_str()))
        }
        Type::List => !matches!(value, Json::Array(_)) && (text.is_some() || value.as_str().is_none()),
        Type::Map => !matches!(value, Json::Object(_)) && (text.is_some() || value.as_str().is_none()),
    };
    is_wrong.then_some(Fault::Type(match of {
        Type::String | Type::OneOf(_) | Type::Any => "string",
        Type::Integer | Type::Number => "number",
        Type::Bool => "true or false",
        Type::List => "list",
        Type::Map => "map",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_other_types_are_refused_where_that_is_sure() {
        let choice = Type::OneOf(vec!["text", "artifact"]);
        for (of, value, want) in [
            (&Type::Integer, "30", None),
            (&Type::Integer, "\"30\"", None),
            (&Type::Integer, "\"${ parameters.x }\"", None),
            (&Type::Integer, "\"soon\"", Some(Fault::Type("number"))),
            (&Type::Integer, "[1]", Some(Fault::Type("number"))),
            (&Type::Integer, "\"\"", None),
            (&Type::Bool, "\"TRUE\"", None),
            (&Type::Bool, "\"yes\"", Some(Fault::Type("true or false"))),
            (&Type::Bool, "{}", Some(Fault::Type("true or false"))),
            (&Type::String, "1", None),
            (&Type::String, "[]", Some(Fault::Type("string"))),
            (&Type::List, "\"a\"", Some(Fault::Type("list"))),
            (&Type::List, "\"\"", None),
            (&Type::List, "\"${x}\"", None),
            (&Type::List, "{}", Some(Fault::Type("list"))),
            (&Type::Map, "[]", Some(Fault::Type("map"))),
            (&Type::Map, "null", None),
            (&Type::Any, "[]", None),
            (&choice, "\"text\"", None),
            (&choice, "\"texts\"", Some(Fault::Value)),
            (&choice, "{}", Some(Fault::Type("string"))),
        ] {
            assert_eq!(fault(of, &Json::read(value.as_bytes()).unwrap()), want, "{of:?} {value}");
        }
    }
}
