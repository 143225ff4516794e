//! Checks an object against the type of its kind, as the API server decodes it.

use go::stack::with_stack;
use go::time::is_rfc3339;

use super::TYPES;
use super::types::{Form, Type, Versions};
use crate::error::suggest::nearest;
use crate::lint::field::Field;
use crate::lint::objects::Object;
use crate::lint::text::{is_base64, is_quantity};
use crate::yaml::{Data, Node};

/// What is wrong with a field.
pub(in crate::lint) enum Problem {
    /// The type has no such field; the field that may be meant.
    Unknown { meant: Option<&'static str> },
    /// A field that the object needs is missing.
    Missing(&'static str),
    /// Two fields that exclude each other.
    Both(&'static str, &'static str),
    /// The field holds something of another type.
    Type(Want),
    /// The text is none of those that are allowed.
    NotOneOf(&'static [&'static str]),
    /// The text cannot be read as what it should be.
    Unreadable(&'static str),
}

/// The type that the API server expects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::lint) enum Want {
    Number,
    Switch,
    Text,
    NumberOrText,
    List,
    Map,
}

/// Fields that the specification requires, but that the API server takes to be empty, zero or false if they are missing.
const FILLED: [(&str, &str); 11] = [
    ("apps.v1.ControllerRevision", "revision"),
    ("apps.v1.StatefulSetSpec", "serviceName"),
    ("batch.v1.PodFailurePolicyOnPodConditionsPattern", "status"),
    ("core.v1.HTTPHeader", "value"),
    ("core.v1.ISCSIPersistentVolumeSource", "lun"),
    ("core.v1.ISCSIVolumeSource", "lun"),
    ("core.v1.Sysctl", "value"),
    ("discovery.v1.EndpointSlice", "endpoints"),
    ("networking.v1.NetworkPolicySpec", "podSelector"),
    ("scheduling.v1.PriorityClass", "value"),
    ("storage.v1.CSINodeSpec", "drivers"),
];

/// Looks through an object and hands each problem to `report`, with the field and, if the problem is a missing field, the field
/// that lacks it. An object of an unknown kind has no problems.
pub(in crate::lint) fn check(object: &Object, minor: Option<u32>, report: &mut dyn FnMut(&Field<'_>, Problem)) {
    let types = &*TYPES;
    let Some(newest) = types.newest() else { return };
    let kind = types.kind(&object.group, &object.version, &object.kind, minor.unwrap_or(newest));
    if let Some(of) = kind.and_then(|at| types.get(at)) {
        TypeWalk { version: types.bit(minor), report }.fields(&Field::root(object), of, false);
    }
}

struct TypeWalk<'w> {
    version: Versions,
    report: &'w mut dyn FnMut(&Field<'_>, Problem),
}

impl TypeWalk<'_> {
    /// The fields of a type. Below `status`, the API server overwrites what is there.
    fn fields(&mut self, field: &Field<'_>, of: &'static Type, is_status: bool) {
        for inner in field.entries() {
            if let Some(known) = of.field(inner.key(), self.version) {
                with_stack(|| {
                    self.value(&inner, &known.form, is_status || known.name == "status" && field.path().is_empty());
                });
            } else {
                let names = of.fields(self.version).map(|known| known.name);
                let meant = nearest(inner.key(), names);
                (self.report)(&inner, Problem::Unknown { meant });
            }
        }
        if is_status {
            return;
        }
        for known in of.fields(self.version).filter(|known| known.required && !matches!(known.form, Form::Switch)) {
            if !field.has(known.name) && !FILLED.contains(&(of.name, known.name)) {
                (self.report)(field, Problem::Missing(known.name));
            }
        }
        self.choices(field, of);
    }

    /// Of fields that exclude each other, an object can have one.
    fn choices(&mut self, field: &Field<'_>, of: &'static Type) {
        for names in of.choices() {
            let mut set = names.iter().copied().filter(|name| field.has(name));
            if let (Some(first), Some(second)) = (set.next(), set.next()) {
                (self.report)(field, Problem::Both(first, second));
            }
        }
    }

    fn value(&mut self, field: &Field<'_>, form: &'static Form, is_status: bool) {
        let node = field.node;
        if node.data == Data::Null {
            return;
        }
        let text = node.as_str();
        let problem = match form {
            Form::Text | Form::OneOf(_) | Form::Time | Form::Base64 if text.is_none() => {
                Some(Problem::Type(Want::Text))
            }
            Form::Any | Form::Unknown | Form::Text => None,
            Form::Type(at) => match TYPES.get(*at) {
                Some(of) if !of.takes_anything() => match &node.data {
                    Data::Map(_) => {
                        self.fields(field, of, is_status);
                        None
                    }
                    _ => Some(Problem::Type(Want::Map)),
                },
                _ => None,
            },
            Form::List(item) => match &node.data {
                Data::List(items) => {
                    for (at, node) in items.iter().enumerate() {
                        with_stack(|| self.value(&field.item(at, node), item, is_status));
                    }
                    None
                }
                _ => Some(Problem::Type(Want::List)),
            },
            Form::Map(item) => match &node.data {
                Data::Map(_) => {
                    for inner in field.entries() {
                        with_stack(|| self.value(&inner, item, is_status));
                    }
                    None
                }
                _ => Some(Problem::Type(Want::Map)),
            },
            Form::OneOf(words) => {
                let fits = text.is_none_or(|text| text.is_empty() || words.contains(&text));
                (!fits && !is_status).then_some(Problem::NotOneOf(words))
            }
            Form::Time => unreadable(text, is_rfc3339, "a time such as 2006-01-02T15:04:05Z"),
            Form::Base64 => unreadable(text, is_base64, "base64"),
            Form::Int32 => whole(node, i64::from(i32::MIN)..=i64::from(i32::MAX), "a number of 32 bits"),
            Form::Int64 => whole(node, i64::MIN..=i64::MAX, "a number of 64 bits"),
            Form::Number => match node.data {
                Data::Int(_) | Data::Uint(_) | Data::Float(_) => None,
                _ => Some(Problem::Type(Want::Number)),
            },
            Form::Switch => (!matches!(node.data, Data::Bool(_))).then_some(Problem::Type(Want::Switch)),
            Form::Quantity => match &node.data {
                Data::Int(_) | Data::Uint(_) | Data::Float(_) => None,
                Data::Str(_) => unreadable(text, is_quantity, "a quantity such as 500m, 1.5 or 128Mi"),
                _ => Some(Problem::Type(Want::NumberOrText)),
            },
            Form::IntOrText => match &node.data {
                Data::Int(_) | Data::Uint(_) | Data::Str(_) => None,
                Data::Float(number) if number.fract() == 0.0 => None,
                _ => Some(Problem::Type(Want::NumberOrText)),
            },
        };
        if let Some(problem) = problem {
            (self.report)(field, problem);
        }
    }
}

fn unreadable(text: Option<&str>, fits: fn(&str) -> bool, what: &'static str) -> Option<Problem> {
    (!text.is_none_or(fits)).then_some(Problem::Unreadable(what))
}

fn whole(node: &Node, range: std::ops::RangeInclusive<i64>, what: &'static str) -> Option<Problem> {
    match node.data {
        Data::Int(number) if range.contains(&number) => None,
        Data::Int(_) | Data::Uint(_) => Some(Problem::Unreadable(what)),
        // YAML writes large whole numbers with an exponent
        Data::Float(number) if number.fract() == 0.0 => None,
        _ => Some(Problem::Type(Want::Number)),
    }
}
