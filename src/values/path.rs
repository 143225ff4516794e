//! Finds a table or a value by its dotted path. Helm: `Table` and `PathValue` in `pkg/chartutil/values.go`.

use crate::value::{Map, Value};
use go::strconv::quote;

/// The map at a dotted path, or Helm's error text (`"x" is not a table`).
pub(crate) fn table(values: &Map, path: &str) -> Result<Map, String> {
    let mut map = values.clone();
    for name in path.split('.') {
        map = match map.get(name.as_bytes()) {
            Some(Value::Map(inner)) => inner,
            _ => return Err(format!("{} is not a table", quote(name.as_bytes()))),
        };
    }
    Ok(map)
}

/// The value at a dotted path; `None` if there is none or if it is a map.
pub(crate) fn path_value(values: &Map, path: &str) -> Option<Value> {
    let (map, key) = match path.rsplit_once('.') {
        Some((parent, key)) => (table(values, parent).ok()?, key),
        None => (values.clone(), path),
    };
    map.get(key.as_bytes()).filter(|value| !matches!(value, Value::Map(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::testing::{json, show};

    #[test]
    fn paths_lead_to_tables_and_values() {
        let values = json(r#"{"a":{"b":{"c":true},"n":null},"x":1}"#, 1);
        assert_eq!(table(&values, "a.b").map(|m| show(&Value::Map(m))), Ok(r#"{"c":true}"#.to_owned()));
        assert_eq!(table(&values, "a.z.y").map(|m| m.len()), Err(r#""z" is not a table"#.to_owned()));
        assert_eq!(table(&values, "x").map(|m| m.len()), Err(r#""x" is not a table"#.to_owned()));
        for (path, want) in [
            ("a.b.c", Some("true")),
            ("a.n", Some("null")),
            ("x", Some("f1")),
            ("a", None),
            ("a.b", None),
            ("q", None),
            ("x.y", None),
            ("", None),
        ] {
            assert_eq!(path_value(&values, path).map(|v| show(&v)).as_deref(), want, "{path}");
        }
    }
}
