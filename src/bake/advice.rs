//! Hints for errors of templates that come from what Helm does with values.

use super::Prepared;
use crate::chart::DEFAULTS;
use crate::error::{Error, ErrorKind, FLOAT_AND_INT, NOT_SET, STRING_WANTED};
use crate::value::Value;
use crate::values::sources::Sources;

/// From here on Go prints a float with an exponent.
const EXPONENT: f64 = 1e6;

/// Adds a hint to an error of a template, or adds to the hint of the engine.
pub(super) fn explain(error: Error, prepared: &Prepared<'_>) -> Error {
    let hint = match (error.reason(), error.hint()) {
        // the message of `required` says what to do
        (Some(NOT_SET), Some(hint)) if error.kind() == ErrorKind::Execute => {
            Some(format!("{hint}; `default` gives a value in its place, `default dict` an empty map"))
        }
        (Some(STRING_WANTED), None) => string_wanted(&error, prepared),
        (Some(FLOAT_AND_INT), None) => Some(
            "numbers of the values are float64, which Go does not compare with an int: `int` makes an int of them, as \
             in `gt (int .Values.replicas) 1`"
                .to_owned(),
        ),
        _ => None,
    };
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// What to write where a number or a truth value is no string.
fn string_wanted(error: &Error, prepared: &Prepared<'_>) -> Option<String> {
    let origin = error.origin();
    let names = &prepared.names;
    let sources = Sources::new(names, &prepared.run);
    let Some(scalar) = sources.only_number(origin) else {
        let is_set = names.name(origin.layer).is_some_and(|name| name.starts_with("--set "));
        return is_set.then(|| "--set-string keeps it text".to_owned());
    };
    let text = scalar.text.to_string_lossy().into_owned();
    let (kind, in_template) = match crate::yaml::Node::new(scalar.data).to_value(0) {
        Value::Bool(_) => ("a truth value", "`toString` makes text of it"),
        Value::Float(number) if number.abs() >= EXPONENT => {
            ("a number", "`int64` and then `toString` print its digits")
        }
        _ => ("a number", "`toString` makes text of it"),
    };
    Some(format!("without quotes `{text}` is {kind}: write \"{text}\" in the file; in the template {in_template}"))
}

/// The error of a built-in chart that refuses values: users look for the values file, not for the chart's own lines.
pub(super) fn of_builtin(error: Error, prepared: &Prepared<'_>) -> Error {
    if error.kind() != ErrorKind::Fail || !prepared.bake.chart.chart.is_builtin {
        return error;
    }
    let of_user = error.origin_text().is_some_and(|text| !text.starts_with(DEFAULTS));
    let files: Vec<&str> = prepared.bake.layers.files().map(crate::ValuesFile::name).collect();
    match (of_user, files.as_slice()) {
        (true, _) => error.with_inner_place(),
        (false, []) => error,
        (false, files) => {
            let hint = format!("the values come from {}", files.join(", "));
            error.with_hint(hint).with_inner_place()
        }
    }
}
