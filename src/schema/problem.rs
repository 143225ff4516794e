//! Flattens a tree of faults to a list of problems, each with its place.

use super::fault::{Fault, Kind, Token, quoted};
use super::rules::Types;
use crate::error::Origin;
use crate::error::suggest::nearest;
use crate::value::Str;
use go::stack::with_stack;

/// One violation of a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The path of the value: keys and indices.
    pub path: Vec<String>,
    /// The message, in the words of Helm's error.
    pub message: String,
    /// The unknown key, if that is the problem; it is the last item of `path`.
    pub unknown: bool,
    /// The known key that was probably meant.
    pub meant: Option<String>,
    /// The key that is missing at the path, if that is the problem.
    pub missing: Option<String>,
    /// The origin of the value. A missing value has none.
    pub origin: Origin,
    /// How to fix it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of the value at a path.
    pub(crate) fn new(path: Vec<String>, message: &str) -> Self {
        Problem { path, message: message.to_owned(), ..Problem::default() }
    }
}

/// A fault that speaks for itself.
pub(super) struct LeafFault<'f> {
    /// The path of the value, or of what holds a missing one.
    pub path: Vec<Token>,
    pub what: What<'f>,
}

/// What is wrong at the path of a [`LeafFault`].
#[derive(Clone, Copy)]
pub(super) enum What<'f> {
    /// The last key of the path is none of those.
    Unknown(&'f [Str]),
    /// The last key of the path is no name that the schema takes.
    Name(&'f Kind),
    /// This key is missing.
    Missing(&'f Str),
    Type(&'static str, Types),
    Other(&'f Kind),
}

/// Faults that are told, at most.
const MAX_LEAVES: usize = 10_000;

/// The faults below a fault that speak for themselves, in order, each once.
pub(super) fn leaves(fault: &Fault) -> Vec<LeafFault<'_>> {
    let mut found = Vec::new();
    collect(fault, &mut found);
    found
}

/// The problems below a fault, in order.
pub(super) fn of(fault: &Fault) -> Vec<Problem> {
    let mut found: Vec<Problem> = leaves(fault).iter().map(LeafFault::problem).collect();
    found.dedup();
    found
}

impl LeafFault<'_> {
    pub(super) fn problem(&self) -> Problem {
        let path: Vec<String> = self.path.iter().map(Token::shown).collect();
        let problem = Problem { path, ..Problem::default() };
        match self.what {
            What::Unknown(known) => {
                let name = problem.path.last().cloned().unwrap_or_default();
                let meant = nearest(&name, known.iter().filter_map(|k| k.to_str())).map(str::to_owned);
                Problem { message: format!("there is no key {name:?} here"), unknown: true, meant, ..problem }
            }
            What::Missing(name) => Problem {
                message: format!("missing property {}", quoted(name)),
                missing: Some(name.to_string_lossy().into_owned()),
                ..problem
            },
            What::Type(got, wanted) => Problem { message: Kind::Type(got, wanted).text(), ..problem },
            What::Name(kind) | What::Other(kind) => Problem { message: kind.text(), ..problem },
        }
    }
}

fn collect<'f>(fault: &'f Fault, found: &mut Vec<LeafFault<'f>>) {
    // schemas that refer to each other share faults, which may be as many as their ways
    if found.len() >= MAX_LEAVES {
        return;
    }
    let below = |name: &Str| fault.path.iter().cloned().chain([Token::Name(name.clone())]).collect();
    let here = || fault.path.clone();
    with_stack(|| match &fault.kind {
        Kind::AnyOf | Kind::OneOf(None) => one_of_several(fault, found),
        Kind::Additional { names, known } => {
            found.extend(names.iter().map(|name| LeafFault { path: below(name), what: What::Unknown(known) }));
        }
        Kind::Missing(names) | Kind::Required(names, _) => {
            found.extend(names.iter().map(|name| LeafFault { path: here(), what: What::Missing(name) }));
        }
        kind @ Kind::PropertyName(name, _) => found.push(LeafFault { path: below(name), what: What::Name(kind) }),
        Kind::Type(got, wanted) => found.push(LeafFault { path: here(), what: What::Type(got, *wanted) }),
        kind if fault.causes.is_empty() => found.push(LeafFault { path: here(), what: What::Other(kind) }),
        _ => fault.causes.iter().for_each(|cause| collect(cause, found)),
    });
}

/// Of several schemas none takes the value: the problems of the one that at least takes its type, or all the types.
fn one_of_several<'f>(fault: &'f Fault, found: &mut Vec<LeafFault<'f>>) {
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
    let what = match got {
        Some(got) => What::Type(got, types),
        None => What::Other(&fault.kind),
    };
    found.push(LeafFault { path: fault.path.clone(), what });
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

#[cfg(test)]
mod tests {
    use crate::run::Run;
    use crate::schema::Schema;

    #[test]
    fn each_fault_is_a_problem_with_its_place() {
        let schema = r#"{"type": "object", "additionalProperties": false, "properties": {
            "replicas": {"type": "integer", "minimum": 1},
            "image": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": false,
                "properties": {"tag": {"type": "string"}}}]},
            "ports": {"propertyNames": {"pattern": "^[a-z]+$"}}, "pair": {"required": ["a", "b"]}}}"#;
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
            ("ports: {Http: 1}", "ports.Http: invalid propertyName 'Http'"),
            ("pair: {}", "pair: missing property 'a'|pair: missing property 'b'"),
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
