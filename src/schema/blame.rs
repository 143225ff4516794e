//! Finds the value that a fault is about: its origin, and a hint what to write instead.

use super::advice;
use super::fault::{Fault, Token};
use super::outline::is_declared;
use super::problem::{LeafFault, Problem, What, leaves};
use super::rules::Types;
use crate::error::Origin;
use crate::error::suggest::nearest;
use crate::limits::Limits;
use crate::value::{Str, Value};
use crate::values::json::Doc;
use crate::values::sources::{Located, Sources, find};

/// So many keys at most are told where a key is not known.
const MAX_KEYS: usize = 24;
/// So many faults at most get an origin and a hint, those of all charts together: looking for them takes time.
const MAX_HINTS: usize = 100;

/// What is known of values that a schema refuses, besides themselves.
pub(crate) struct Surroundings<'a> {
    /// What stands in the layers.
    pub sources: &'a Sources<'a>,
    /// The path of the chart in the values of the chart that is baked; empty for that chart.
    pub chart: Vec<Str>,
    /// The origin of the null that removed the value at a path from the chart.
    pub removed: &'a dyn Fn(&[Str]) -> Option<Origin>,
    /// The number of faults of other charts that were found before.
    pub told: usize,
    /// Whether the value at a dotted path from the chart that is baked turns a chart on and off.
    pub is_condition: &'a dyn Fn(&str) -> bool,
}

impl<'a> Surroundings<'a> {
    /// Those of a chart that is baked, in which no null removed anything.
    pub(crate) fn new(sources: &'a Sources<'a>) -> Self {
        Surroundings { sources, chart: Vec::new(), removed: &|_| None, told: 0, is_condition: &|_| false }
    }
}

/// The problems below a fault, each with the origin of its own value and a hint.
pub(super) fn problems(
    fault: &Fault,
    doc: &Doc,
    values: &Value,
    around: &Surroundings<'_>,
    limits: &Limits,
) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    for leaf in leaves(fault) {
        let mut problem = leaf.problem();
        if around.told + found.len() < MAX_HINTS {
            let blame = Blame::new(&leaf, doc, values, around, limits);
            problem.origin = blame.origin(&leaf);
            problem.hint = blame.hint(&leaf);
        }
        found.push(problem);
    }
    found.dedup();
    found
}

/// A fault, and the value that it is about.
struct Blame<'a> {
    doc: &'a Doc,
    around: &'a Surroundings<'a>,
    limits: &'a Limits,
    tokens: &'a [Token],
    /// The path as keys and indices.
    path: Vec<Str>,
    found: Located,
    /// The value as it stands in a file.
    written: Option<crate::yaml::Scalar>,
}

impl<'a> Blame<'a> {
    fn new(
        leaf: &'a LeafFault<'a>,
        doc: &'a Doc,
        values: &Value,
        around: &'a Surroundings<'a>,
        limits: &'a Limits,
    ) -> Blame<'a> {
        let path: Vec<Str> = leaf.path.iter().map(|token| Str::from(token.shown().as_str())).collect();
        let found = find(values, &path);
        let written = around.sources.scalar(&found, &path);
        Blame { doc, around, limits, tokens: &leaf.path, path, found, written }
    }

    /// Where the value was set; a missing one was set nowhere.
    fn origin(&self, leaf: &LeafFault<'_>) -> Origin {
        let sources = self.around.sources;
        match leaf.what {
            What::Missing(_) => Origin::NONE,
            What::Unknown(_) | What::Name(_) => sources.key(&self.found, &self.path),
            What::Type(..) | What::Other(_) => sources.value(&self.found, &self.path),
        }
    }

    /// What to write instead, where that can be told, or what the value is for.
    fn hint(&self, leaf: &LeafFault<'_>) -> Option<String> {
        let description = || advice::describe(self.doc, self.tokens);
        match leaf.what {
            What::Unknown(known) => self.unknown(known),
            What::Missing(name) => self.missing(name),
            What::Name(_) => self.name(),
            What::Type(_, wanted) => self.of_type(wanted).or_else(description),
            What::Other(_) => self.of_value().or_else(description),
        }
    }

    fn unknown(&self, known: &[Str]) -> Option<String> {
        let (name, above) = self.tokens.split_last()?;
        let name = name.shown();
        let elsewhere = advice::elsewhere(self.doc, above, &name);
        if let Some(hint) = elsewhere.or_else(|| advice::same_name(self.doc, above, &name, false)) {
            return Some(hint);
        }
        let is_chart = above.is_empty() && !self.around.chart.is_empty();
        if is_chart && name == "global" {
            return Some(
                "Helm adds `global` to the values of every subchart, so the schema of a subchart has to allow it: \
                 \"global\": {\"type\": \"object\"}"
                    .to_owned(),
            );
        }
        let mut known: Vec<&str> = known.iter().filter_map(|k| k.to_str()).collect();
        if let Some(meant) = nearest(&name, known.iter().copied()) {
            return Some(format!("did you mean {meant:?} instead of {name:?}?"));
        }
        let whole = self.around.chart.iter().map(|key| key.to_string_lossy()).chain([name.as_str().into()]);
        if is_chart && (self.around.is_condition)(&whole.collect::<Vec<_>>().join(".")) {
            let hint = "the condition of the dependency is a value of the subchart too, so its schema has to allow it";
            return Some(hint.to_owned());
        }
        if !above.is_empty()
            && is_declared(self.doc, above)
            && let Some(hint) = advice::same_name(self.doc, above, &name, true)
        {
            return Some(hint);
        }
        known.sort_unstable();
        (1..=MAX_KEYS).contains(&known.len()).then(|| format!("the keys here are: {}", known.join(", ")))
    }

    fn missing(&self, name: &Str) -> Option<String> {
        let names = self.around.sources.names();
        let whole: Vec<Str> = self.path.iter().chain([name]).cloned().collect();
        if let Some(layer) = (self.around.removed)(&whole).and_then(|origin| names.describe(origin)) {
            return Some(format!("the null at {layer} removes it"));
        }
        let tokens: Vec<Token> = self.tokens.iter().cloned().chain([Token::Name(name.clone())]).collect();
        advice::describe(self.doc, &tokens)
    }

    /// How a key is written.
    fn name(&self) -> Option<String> {
        let (name, above) = self.tokens.split_last()?;
        let description = advice::names(self.doc, above);
        let near = self.near(&name.shown(), &advice::name_patterns(self.doc, above));
        let near = near.map(|near| format!("write it as {near:?}"));
        match (near, description) {
            (Some(near), Some(description)) => Some(format!("{near}. {description}")),
            (near, description) => near.or(description).or_else(|| advice::describe(self.doc, above)),
        }
    }

    /// The flag that set the value: a flag has no text.
    fn flag(&self) -> Option<&str> {
        let names = self.around.sources.names();
        let name = names.name(self.found.origin.layer).filter(|_| self.found.origin.line == 0)?;
        name.split(' ').next().filter(|flag| flag.starts_with("--"))
    }

    fn of_type(&self, wanted: Types) -> Option<String> {
        match &self.found.value {
            Value::Str(text) if wanted.has(Types::INTEGER) || wanted.has(Types::NUMBER) => {
                let text = text.to_str().filter(|text| text.parse::<f64>().is_ok())?;
                Some(self.without_quotes(text))
            }
            Value::Str(text) if wanted.has(Types::BOOLEAN) => {
                let text = text.to_str().filter(|text| matches!(*text, "true" | "false"))?;
                Some(self.without_quotes(text))
            }
            Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Float(_) if wanted.has(Types::STRING) => {
                self.in_quotes()
            }
            _ => None,
        }
    }

    fn without_quotes(&self, text: &str) -> String {
        match self.flag() {
            Some("--set-json") | None => format!("write it without quotes: {text}"),
            Some(flag) => format!("{flag} makes text of it: use --set (in a Spinnaker Bake stage: `rawOverrides`)"),
        }
    }

    /// A number or a truth value as text.
    fn in_quotes(&self) -> Option<String> {
        let shown = crate::values::explain::show(&self.found.value);
        let written = self.written.as_ref().map(|scalar| scalar.text.to_string_lossy().into_owned());
        let text = written.as_deref().unwrap_or(&shown);
        let patterns = advice::patterns(self.doc, self.tokens);
        if !self.fits(text, &patterns) {
            let described = advice::describe(self.doc, self.tokens);
            let unit = self.near(text, &patterns).map(|near| format!("write it with its unit: {near:?}"));
            return unit.or(described);
        }
        let read = self.written.as_ref().and_then(crate::yaml::Scalar::misread);
        Some(match (self.flag(), read) {
            (Some("--set"), _) => "--set-string keeps it text".to_owned(),
            (_, Some(read)) => format!("`{text}` is read as {read}; write it in quotes: \"{text}\""),
            _ => format!("write it in quotes: \"{text}\""),
        })
    }

    /// A text that the schema refuses, or a value in the place of one of several texts.
    fn of_value(&self) -> Option<String> {
        let variants = advice::variants(self.doc, self.tokens);
        if let Some(scalar) = &self.written
            && !matches!(self.found.value, Value::Str(_))
        {
            let meant = nearest(scalar.text.to_str()?, variants.iter().copied())?;
            return Some(match scalar.misread() {
                Some(read) => format!("`{}` is read as {read}; write {meant:?}", scalar.text.to_string_lossy()),
                None => format!("did you mean {meant:?}?"),
            });
        }
        let Value::Str(text) = &self.found.value else { return None };
        let text = text.to_str()?;
        if let Some(meant) = nearest(text, variants) {
            return Some(format!("did you mean {meant:?}?"));
        }
        let near = self.near(text, &advice::patterns(self.doc, self.tokens))?;
        let described = advice::describe(self.doc, self.tokens).map(|text| format!(" {text}")).unwrap_or_default();
        Some(format!("did you mean {near:?}?{described}"))
    }

    /// Whether one of the patterns takes a text, or there are none.
    fn fits(&self, text: &str, patterns: &[&str]) -> bool {
        patterns.is_empty()
            || patterns.iter().any(|pattern| {
                super::pattern::compile(pattern, self.limits).is_ok_and(|pattern| pattern.is_match(text.as_bytes()))
            })
    }

    /// A text close to this one that the patterns take: a number without its unit, a unit that is almost right, a name with
    /// letters or characters that names do not have.
    fn near(&self, text: &str, patterns: &[&str]) -> Option<String> {
        const LONGEST: usize = 100;
        if patterns.is_empty() || text.len() > LONGEST || self.fits(text, patterns) {
            return None;
        }
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let as_name = text.to_lowercase().replace(['_', ' ', '.'], "-");
        let candidates = [
            format!("{compact}s"),
            compact.clone(),
            compact.strip_suffix('B').unwrap_or_default().to_owned(),
            compact.to_lowercase(),
            as_name.trim_matches('-').to_owned(),
        ];
        let is_number = compact.parse::<f64>().is_ok();
        let usable = |(at, candidate): &(usize, String)| {
            (*at > 0 || is_number) && !candidate.is_empty() && self.fits(candidate, patterns)
        };
        candidates.into_iter().enumerate().find(usable).map(|(_, candidate)| candidate)
    }
}
