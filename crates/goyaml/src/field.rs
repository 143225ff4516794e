//! Decodes documents into structs, as Helm does for Chart.yaml and for the heads of objects.

use super::{Data, Node, NodeMap};
use go::strconv::float32_text;
use gotemplate::value::Str;

/// The values of a mapping, each with the field of a struct that its key names, in the order in which Go decodes them:
/// sorted by key.
pub fn fields<'n>(map: &'n NodeMap, known: &[&'static str]) -> impl Iterator<Item = (Option<&'static str>, &'n Node)> {
    let mut entries: Vec<(&Str, &Node)> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries.into_iter().map(|(key, value)| (field_name(known, key), value))
}

/// The text of a scalar where a field is a string; none for null and for what is no scalar.
/// sigs.k8s.io/yaml: `convertToJSONableObject`.
pub fn field_text(data: &Data) -> Option<String> {
    Some(match data {
        Data::Null | Data::List(_) | Data::Map(_) => return None,
        Data::Str(text) => text.to_string_lossy().into_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(number) => number.to_string(),
        Data::Uint(number) => number.to_string(),
        Data::Float(number) => float32_text(*number),
    })
}

/// The field that a JSON key names: the one of its exact name, else one that differs only in the case of letters. Two
/// letters outside ASCII have ASCII ones as their other case. Go: `encoding/json` `foldName`.
pub fn field_name(known: &[&'static str], key: &[u8]) -> Option<&'static str> {
    if let Some(exact) = known.iter().find(|name| name.as_bytes() == key) {
        return Some(exact);
    }
    let fold = |c: char| match c {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    // a name has at most as many bytes as a key that folds to it
    let mut near = known.iter().filter(|name| name.len() <= key.len()).peekable();
    near.peek()?;
    let key = std::str::from_utf8(key).ok()?;
    near.find(|name| name.chars().map(fold).eq(key.chars().map(fold))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count() {
        for (key, field) in [
            ("kind", Some("kind")),
            ("KIND", Some("kind")),
            ("\u{212A}ind", Some("kind")),
            ("apiversion", Some("apiVersion")),
            ("tag\u{17F}", Some("tags")),
            ("Tags", Some("Tags")),
            ("kinds", None),
            ("kın", None),
            ("", None),
        ] {
            assert_eq!(field_name(&["apiVersion", "kind", "tags", "Tags"], key.as_bytes()), field, "{key}");
        }
    }
}
