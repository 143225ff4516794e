//! Reads `data/kubernetes/types.txt` and `data/istio/types.txt`; the files describe their form.

use std::collections::{BTreeMap, HashMap};

/// The types, and the kinds that have them.
#[derive(Debug, Default)]
pub(super) struct Types {
    minors: Vec<u32>,
    all: Vec<Type>,
    /// By kind: group, version, the type, and the versions of Kubernetes that serve it.
    kinds: HashMap<&'static str, Vec<Kind>>,
}

#[derive(Debug)]
struct Kind {
    group: &'static str,
    version: &'static str,
    of: usize,
    versions: Versions,
}

/// A type: its name, and its fields in the order of their names. A type without fields takes anything.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    fields: Vec<TypeField>,
    choices: Vec<Vec<&'static str>>,
}

/// A field of a type.
#[derive(Debug)]
pub(super) struct TypeField {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) form: Form,
    versions: Versions,
}

/// What a field holds.
#[derive(Debug)]
pub(super) enum Form {
    Text,
    Int32,
    Int64,
    Number,
    Switch,
    Time,
    Base64,
    Quantity,
    IntOrText,
    Any,
    OneOf(Vec<&'static str>),
    List(Box<Form>),
    Map(Box<Form>),
    Type(usize),
    /// A type that the file does not have; it takes anything.
    Unknown,
}

/// A set of minor versions, as bits from the first known one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Versions(u64);

/// The `apiVersion` of a version of a group.
pub(in crate::lint) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

impl Types {
    /// Reads the text. Lines that it does not understand are left out.
    pub(super) fn read(text: &'static str) -> Types {
        let mut types = Types::default();
        let lines = || text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let is_type = |line: &&str| !line.starts_with(' ') && !line.starts_with("versions ");
        let names: BTreeMap<&str, usize> = lines()
            .filter(is_type)
            .enumerate()
            .map(|(at, line)| (line.split(' ').next().unwrap_or(line), at))
            .collect();
        for line in lines() {
            if let Some(minors) = line.strip_prefix("versions ") {
                types.minors = minors.split(' ').filter_map(|minor| minor.parse().ok()).collect();
            } else if let Some(names) = line.strip_prefix(" ^ ") {
                if let Some(last) = types.all.last_mut() {
                    last.choices.push(names.split('|').collect());
                }
            } else if let Some(field) = line.strip_prefix(' ') {
                let field = types.field(field, &names);
                if let (Some(last), Some(field)) = (types.all.last_mut(), field) {
                    last.fields.push(field);
                }
            } else {
                let mut words = line.split(' ');
                let Some(name) = words.next() else { continue };
                for word in words {
                    types.add_kind(word);
                }
                types.all.push(Type { name, fields: Vec::new(), choices: Vec::new() });
            }
        }
        for one in &mut types.all {
            one.fields.sort_by_key(|field| field.name);
        }
        types
    }

    fn add_kind(&mut self, word: &'static str) {
        let (word, versions) = self.versions(word, '@');
        let mut parts = word.split('/');
        if let (Some(group), Some(version), Some(kind)) = (parts.next(), parts.next(), parts.next()) {
            let of = self.all.len();
            self.kinds.entry(kind).or_default().push(Kind { group, version, of, versions });
        }
    }

    /// `name! [T @31-33`
    fn field(&self, line: &'static str, names: &BTreeMap<&str, usize>) -> Option<TypeField> {
        let (name, form) = line.split_once(' ')?;
        // the values of enumerations may contain spaces
        let (form, versions) = match form.rsplit_once(" @") {
            Some((form, marks)) => (form, self.marks(marks)),
            None => (form, Versions(u64::MAX)),
        };
        let required = name.ends_with('!');
        Some(TypeField { name: name.trim_end_matches('!'), required, form: form_of(form, names), versions })
    }

    fn versions(&self, word: &'static str, mark: char) -> (&'static str, Versions) {
        match word.split_once(mark) {
            Some((word, marks)) => (word, self.marks(marks)),
            None => (word, Versions(u64::MAX)),
        }
    }

    /// `31-33,35-35`
    fn marks(&self, text: &str) -> Versions {
        let spans: Vec<(u32, u32)> = text
            .split(',')
            .filter_map(|span| span.split_once('-'))
            .filter_map(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)))
            .collect();
        let has = |minor: u32| spans.iter().any(|(from, to)| (*from..=*to).contains(&minor));
        let bits = self.minors.iter().enumerate().filter(|(_, minor)| has(**minor));
        Versions(bits.fold(0, |bits, (at, _)| bits | 1 << at.min(63)))
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &Type> {
        self.all.iter()
    }

    #[cfg(test)]
    pub(super) fn minors(&self) -> &[u32] {
        &self.minors
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        self.minors.first().copied()
    }

    pub(super) fn newest(&self) -> Option<u32> {
        self.minors.last().copied()
    }

    /// The bit of a version: the nearest one that is known.
    pub(super) fn bit(&self, minor: Option<u32>) -> Versions {
        let last = self.minors.len().saturating_sub(1);
        let at = minor.map_or(last, |minor| self.minors.iter().position(|known| *known >= minor).unwrap_or(last));
        Versions(1 << at.min(63))
    }

    /// The type of a kind in a version.
    pub(super) fn kind(&self, group: &str, version: &str, kind: &str, minor: u32) -> Option<usize> {
        let bit = self.bit(Some(minor));
        let known = self.kinds.get(kind)?.iter();
        Some(known.into_iter().find(|k| k.group == group && k.version == version && k.versions.meets(bit))?.of)
    }

    /// The last known version of Kubernetes that serves a kind, if some do.
    pub(super) fn last_with(&self, group: &str, version: &str, kind: &str) -> Option<u32> {
        let known = self.kinds.get(kind)?.iter().find(|k| k.group == group && k.version == version)?;
        let has = |at: usize| known.versions.meets(Versions(1 << at.min(63)));
        self.minors.iter().enumerate().rev().find(|(at, _)| has(*at)).map(|(_, minor)| *minor)
    }

    /// The `apiVersion`s that a kind has in a group, or in any; those that will stay first.
    pub(super) fn versions_of(&self, group: Option<&str>, kind: &str, minor: u32) -> Vec<String> {
        let bit = self.bit(Some(minor));
        let known = self.kinds.get(kind).into_iter().flatten();
        let mut found: Vec<String> = known
            .filter(|k| group.is_none_or(|group| k.group == group) && k.versions.meets(bit))
            .map(|k| api_version(k.group, k.version))
            .collect();
        found.sort_by_key(|name| (name.contains("alpha"), name.contains("beta"), name.clone()));
        found
    }

    pub(super) fn has_group(&self, group: &str) -> bool {
        self.kinds.values().flatten().any(|k| k.group == group)
    }

    pub(super) fn get(&self, at: usize) -> Option<&Type> {
        self.all.get(at)
    }
}

impl Type {
    /// A field in a version.
    pub(super) fn field(&self, name: &str, version: Versions) -> Option<&TypeField> {
        let from = self.fields.partition_point(|field| field.name < name);
        let same = self.fields.get(from..)?.iter().take_while(|field| field.name == name);
        same.into_iter().find(|field| field.versions.meets(version))
    }

    /// The fields in a version.
    pub(super) fn fields(&self, version: Versions) -> impl Iterator<Item = &TypeField> {
        self.fields.iter().filter(move |field| field.versions.meets(version))
    }

    /// The groups of fields that exclude each other.
    pub(super) fn choices(&self) -> impl Iterator<Item = &[&'static str]> {
        self.choices.iter().map(Vec::as_slice)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.fields.len() + self.choices.len()
    }

    /// Fields with a type that the file does not have.
    #[cfg(test)]
    pub(super) fn strange(&self) -> impl Iterator<Item = String> {
        fn is_strange(form: &Form) -> bool {
            match form {
                Form::List(item) | Form::Map(item) => is_strange(item),
                Form::Unknown => true,
                _ => false,
            }
        }
        let fields = self.fields.iter().filter(|field| is_strange(&field.form));
        fields.map(|field| format!("{}.{}", self.name, field.name))
    }

    pub(super) fn takes_anything(&self) -> bool {
        self.fields.is_empty()
    }
}

impl Versions {
    pub(super) fn meets(self, other: Versions) -> bool {
        self.0 & other.0 != 0
    }
}

fn form_of(text: &'static str, names: &BTreeMap<&str, usize>) -> Form {
    if let Some(item) = text.strip_prefix('[') {
        return Form::List(Box::new(form_of(item, names)));
    }
    if let Some(item) = text.strip_prefix('{') {
        return Form::Map(Box::new(form_of(item, names)));
    }
    if let Some(words) = text.strip_prefix("s(").and_then(|words| words.strip_suffix(')')) {
        return Form::OneOf(words.split('|').collect());
    }
    match text {
        "s" => Form::Text,
        "i" => Form::Int32,
        "l" => Form::Int64,
        "n" => Form::Number,
        "b" => Form::Switch,
        "t" => Form::Time,
        "y" => Form::Base64,
        "q" => Form::Quantity,
        "x" => Form::IntOrText,
        "*" => Form::Any,
        name => names.get(name).map_or(Form::Unknown, |at| Form::Type(*at)),
    }
}
