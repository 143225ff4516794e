//! What Spinnaker knows in a pipeline: `data/stages.txt` and `data/spel.txt`, whose first lines describe their form.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Integer,
    Number,
    Bool,
    List,
    Map,
    OneOf(Vec<&'static str>),
    Any,
}

/// A field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) of: Type,
    /// Deck asks for it.
    pub(super) is_required: bool,
    /// Deck asks for it with these providers.
    pub(super) required_for: Vec<&'static str>,
    /// Orca sets it.
    pub(super) is_runtime: bool,
}

/// The fields of a type of stage, trigger and so on, in the order of the table.
#[derive(Debug, Default)]
pub(super) struct Fields {
    list: Vec<Field>,
    by_name: HashMap<&'static str, usize>,
    /// The names of the fields of a field, by its name with dots.
    inner: HashMap<&'static str, Vec<&'static str>>,
    /// A stage of this type makes artifacts.
    pub(super) makes_artifacts: bool,
    /// Deck cannot edit it.
    pub(super) is_orca_only: bool,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).and_then(|at| self.list.get(*at))
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.list.iter()
    }

    /// The names of the fields, without those of fields of fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.list.iter().map(|field| field.name).filter(|name| !name.contains('.'))
    }

    /// The names of the fields of a field; none if they are not known.
    pub(super) fn inner(&self, name: &str) -> Option<&[&'static str]> {
        self.inner.get(name).map(Vec::as_slice)
    }
}

/// Types that have a part in common.
#[derive(Debug, Default)]
pub(super) struct Family {
    /// What every type has.
    pub(super) common: Fields,
    /// What one type has.
    pub(super) types: HashMap<&'static str, Fields>,
    /// The names of the types, in the order of the table.
    pub(super) names: Vec<&'static str>,
    /// The fields of all types together.
    pub(super) all: HashSet<&'static str>,
}

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) pipeline: Fields,
    pub(super) parameter: Fields,
    pub(super) expected: Fields,
    pub(super) artifact: Fields,
    pub(super) stages: Family,
    pub(super) triggers: Family,
    pub(super) notifications: Family,
    pub(super) artifact_types: Vec<&'static str>,
    /// Types of stages that are gone or belong to plugins, with what is known of them.
    pub(super) legacy: HashMap<&'static str, &'static str>,
    /// The longest expression.
    pub(super) limit: usize,
    pub(super) functions: Vec<&'static str>,
    pub(super) roots: Vec<&'static str>,
    pub(super) classes: Vec<&'static str>,
}

/// The tables of this crate.
pub(super) fn facts() -> &'static Facts {
    static FACTS: LazyLock<Facts> =
        LazyLock::new(|| read(include_str!("../../data/stages.txt"), include_str!("../../data/spel.txt")));
    &FACTS
}

fn read(stages: &'static str, spel: &'static str) -> Facts {
    let mut facts = Facts::default();
    let mut group: Option<&mut Fields> = None;
    for line in stages.lines().filter(|line| !line.starts_with('#')) {
        if let Some(field) = line.strip_prefix(' ') {
            if let (Some(fields), Some(field)) = (&mut group, read_field(field)) {
                if let Some((outer, name)) = field.name.rsplit_once('.') {
                    fields.inner.entry(outer).or_default().push(name);
                }
                fields.by_name.insert(field.name, fields.list.len());
                fields.list.push(field);
            }
            continue;
        }
        let mut words = line.splitn(3, ' ');
        let (head, name, rest) = (words.next(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
        group = match head {
            Some("pipeline") => Some(&mut facts.pipeline),
            Some("parameter") => Some(&mut facts.parameter),
            Some("expected") => Some(&mut facts.expected),
            Some("artifact") => Some(&mut facts.artifact),
            Some("stage") => Some(facts.stages.group(name, rest)),
            Some("trigger") => Some(facts.triggers.group(name, rest)),
            Some("notification") => Some(facts.notifications.group(name, rest)),
            Some("artifact-type") => {
                facts.artifact_types.push(name);
                None
            }
            Some("legacy") => {
                facts.legacy.insert(name, rest);
                None
            }
            _ => None,
        };
    }
    for family in [&mut facts.stages, &mut facts.triggers, &mut facts.notifications] {
        let types = family.names.iter().filter_map(|name| family.types.get(name));
        family.all = types.flat_map(Fields::names).collect();
    }
    for line in spel.lines() {
        match line.split_once(' ') {
            Some(("limit", limit)) => facts.limit = limit.parse().unwrap_or_default(),
            Some(("function", name)) => facts.functions.push(name),
            Some(("root", name)) => facts.roots.push(name),
            Some(("type", name)) => facts.classes.push(name),
            _ => {}
        }
    }
    facts
}

impl Family {
    fn group(&mut self, name: &'static str, flags: &str) -> &mut Fields {
        if name == "*" {
            return &mut self.common;
        }
        self.names.push(name);
        let fields = self.types.entry(name).or_default();
        fields.makes_artifacts = flags.split(' ').any(|flag| flag == "artifacts");
        fields.is_orca_only = flags.split(' ').any(|flag| flag == "orca");
        fields
    }
}

fn read_field(line: &'static str) -> Option<Field> {
    let mut words = line.split(' ');
    let (name, of) = (words.next()?, words.next()?);
    let of = match of {
        "s" => Type::String,
        "i" => Type::Integer,
        "n" => Type::Number,
        "b" => Type::Bool,
        "a" => Type::List,
        "o" => Type::Map,
        of => match of.strip_prefix('(').and_then(|of| of.strip_suffix(')')) {
            Some(texts) => Type::OneOf(texts.split('|').collect()),
            None => Type::Any,
        },
    };
    let mut field = Field { name, of, is_required: false, required_for: Vec::new(), is_runtime: false };
    for mark in words {
        match mark.strip_prefix('!') {
            Some("") => field.is_required = true,
            Some(providers) => field.required_for = providers.split(',').collect(),
            None => field.is_runtime |= mark == "r",
        }
    }
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read() {
        let facts = facts();
        let bake = &facts.stages.types["bakeManifest"];
        assert!(bake.makes_artifacts && !bake.is_orca_only);
        let renderers = &bake.get("templateRenderer").unwrap().of;
        assert_eq!(*renderers, Type::OneOf(vec!["HELM2", "HELM3", "KUSTOMIZE", "KUSTOMIZE4", "HELMFILE"]));
        assert!(bake.get("expectedArtifacts").unwrap().is_required);
        let wait = &facts.stages.types["wait"];
        assert_eq!((wait.makes_artifacts, &wait.get("waitTime").unwrap().of), (false, &Type::Integer));
        assert!(facts.stages.types["resizeServerGroup"].get("action").unwrap().required_for.contains(&"aws"));
        assert!(facts.stages.common.get("refId").is_some() && facts.triggers.types.contains_key("cron"));
        assert_eq!((facts.stages.names.len(), facts.functions.len(), facts.limit), (203, 34, 10_000));
        assert!(facts.legacy["findAmi"].contains("findImage"));
        assert!(facts.artifact_types.contains(&"embedded/base64"));
    }
}
