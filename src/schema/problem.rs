//! Flattens a tree of faults to a list of problems, each with its place.

use super::fault::{Fault, Kind, Token};
use super::rules::Types;
use crate::error::suggest::nearest;
use go::stack::with_stack;

/// One violation of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path of the value: keys and indices.
    pub path: Vec<String>,
    /// The message, in the words of Helm's error.
    pub message: String,
    /// The unknown key, if that is the problem; it is the last item of `path`.
    pub unknown: bool,
    /// The known key that was probably meant.
    pub meant: Option<String>,
}

/// The problems below a fault, in order.
pub(super) fn of(fault: &Fault) -> Vec<Problem> {
    let mut found = Vec::new();
    collect(fault, &mut found);
    found.dedup();
    found
}

fn collect(fault: &Fault, found: &mut Vec<Problem>) {
    with_stack(|| match &fault.kind {
        Kind::AnyOf | Kind::OneOf(None) => one_of_several(fault, found),
        Kind::Additional { names, known } => {
            for name in names {
                let text = name.to_string_lossy();
                let mut path = steps(&fault.path);
                path.push(text.clone().into_owned());
                let meant = nearest(&text, known.iter().filter_map(|k| k.to_str())).map(str::to_owned);
                let message = format!("there is no key {text:?} here");
                found.push(Problem { path, message, unknown: true, meant });
            }
        }
        _ if fault.causes.is_empty() => {
            found.push(Problem { path: steps(&fault.path), message: fault.kind.text(), unknown: false, meant: None });
        }
        _ => fault.causes.iter().for_each(|cause| collect(cause, found)),
    });
}

/// Of several schemas none takes the value: the problems of the one that at least takes its type, or all the types.
fn one_of_several(fault: &Fault, found: &mut Vec<Problem>) {
    let mut types = Types::default();
    let mut got = None;
    for cause in &fault.causes {
        match type_at(cause, &fault.path) {
            Some((found, wanted)) => {
                got = Some(found);
                types.0 |= wanted.0;
            }
            None => return collect(cause, found),
        }
    }
    let message = match got {
        Some(got) => Kind::Type(got, types).text(),
        None => fault.kind.text(),
    };
    found.push(Problem { path: steps(&fault.path), message, unknown: false, meant: None });
}

/// The types that a fault asks for, where the value at `path` itself is of another type.
pub(super) fn type_at(fault: &Fault, path: &[Token]) -> Option<(&'static str, Types)> {
    match &fault.kind {
        Kind::Type(got, wanted) if fault.path.len() == path.len() => Some((got, *wanted)),
        _ => match fault.causes.as_slice() {
            [only] => with_stack(|| type_at(only, path)),
            _ => None,
        },
    }
}

fn steps(path: &[Token]) -> Vec<String> {
    path.iter().map(Token::shown).collect()
}

#[cfg(test)]
mod tests {
    use crate::run::Run;
    use crate::schema::Schema;

    #[test]
    fn each_fault_is_a_problem_with_its_place() {
        let schema = r#"{"type": "object", "additionalProperties": false, "properties": {
            "replicas": {"type": "integer", "minimum": 1},
            "image": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": false,
                "properties": {"tag": {"type": "string"}}}]}}}"#;
        let run = Run::default();
        let schema = Schema::compile(&schema.into(), &run).unwrap();
        for (values, want) in [
            ("replicas: 1", ""),
            (
                "replicas: 0\nimages: x",
                "replicas: minimum: got 0, want 1|images: there is no key \"images\" here (image)",
            ),
            ("image: 1", "image: got number, want string or object"),
            ("image: {tga: x}", "image.tga: there is no key \"tga\" here (tag)"),
            ("image: {tag: 1}", "image.tag: got number, want string"),
        ] {
            let value = crate::yaml::read(values.as_bytes(), &run).unwrap().to_value(0);
            let problems = schema.problems(&value, &run).unwrap();
            let shown: Vec<_> = problems
                .iter()
                .map(|p| {
                    let meant = p.meant.as_ref().map(|m| format!(" ({m})")).unwrap_or_default();
                    format!("{}: {}{meant}", p.path.join("."), p.message)
                })
                .collect();
            assert_eq!(shown.join("|"), want, "{values}");
        }
    }
}
