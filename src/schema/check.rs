//! Validates a value with a compiled schema, within a budget of steps. Behaves like santhosh-tekuri/jsonschema v6
//! (`validator.go`), but uses the order of keys where Go's order is random (D-06), and caches the results of references.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use indexmap::IndexSet;

use super::compiled::Compiled;
use super::equal::{Unreadable, duplicates, equals};
use super::fault::{Fault, Kind, Token, constant_fault, display, pointer_to, variants_fault};
use super::keywords::error;
use super::number::{Number, float_of, is_integer, is_number, rat_of};
use super::places::Places;
use super::rules::{Additional, Dependency, Id, Sch, Types};
use crate::error::{Error, Result};
use crate::limits::cancelled;
use crate::run::Run;
use crate::value::{Map, Str, Value};
use go::strconv::quote;
use go::utf8::rune_count;

/// What one check needs on its way.
pub(super) struct Checker<'s> {
    compiled: &'s Compiled,
    run: &'s Run,
    steps: u64,
    depth: usize,
    scopes: Vec<Scope>,
    path: Vec<Token>,
    next_value: u64,
    known: HashMap<(Id, u64, bool), Option<Rc<Fault>>, foldhash::fast::RandomState>,
    places: Places,
    dialects: Option<&'s Dialects>,
    /// The schema of schemas in force, where schemas are checked.
    meta: Option<Id>,
    stopped: Option<Error>,
}

/// The schemas of schemas for the parts of a document, by their JSON pointers. Go: `validator.handleMeta`.
pub(super) type Dialects = HashMap<String, Meta>;

/// A schema of schemas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meta {
    pub id: Id,
    /// Made of vocabularies for this one place: no reference leads to it.
    pub is_made: bool,
}

/// A schema that is being checked, how it was reached, and the number of the value.
struct Scope {
    id: Id,
    keyword: &'static str,
    value: u64,
}

/// What of a value no schema has looked at yet.
#[derive(Default)]
struct Unevaluated {
    props: IndexSet<Str>,
    items: BTreeSet<usize>,
}

type Checked<T = ()> = std::result::Result<T, Fault>;

/// One schema and one value.
struct Frame<'s, 'v> {
    schema: &'s Sch,
    value: &'v Value,
    /// Nobody asks for details.
    quiet: bool,
    left: Unevaluated,
    faults: Vec<Rc<Fault>>,
}

impl<'s> Checker<'s> {
    /// Checks a value; the fault holds the causes that are to be shown. Errors where a limit is reached.
    pub(super) fn check(compiled: &'s Compiled, value: &Value, depth: usize, run: &'s Run) -> Result<Option<Fault>> {
        Checker::check_in(compiled, 0, value, None, depth, run)
    }

    /// Checks a value by one of several schemas, of which `dialects` may name others for its parts.
    pub(super) fn check_in(
        compiled: &'s Compiled,
        id: Id,
        value: &Value,
        dialects: Option<&'s Dialects>,
        depth: usize,
        run: &'s Run,
    ) -> Result<Option<Fault>> {
        let mut checker = Checker {
            compiled,
            run,
            steps: run.limits.schema_steps,
            depth,
            scopes: Vec::new(),
            path: Vec::new(),
            next_value: 0,
            known: HashMap::default(),
            places: Places::default(),
            dialects,
            meta: dialects.map(|_| id),
            stopped: None,
        };
        let checked = checker.top(id, value, false);
        match (checker.stopped, checked) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(None),
            (None, Err(fault)) => Ok(Some(fault)),
        }
    }

    /// A check that begins anew: the fault holds only causes.
    fn top(&mut self, id: Id, value: &Value, quiet: bool) -> Checked {
        let number = self.number();
        let path = std::mem::take(&mut self.path);
        let places = std::mem::take(&mut self.places);
        let scopes = std::mem::take(&mut self.scopes);
        let depth = self.depth;
        self.depth = depth.saturating_sub(scopes.len());
        let mut left = Unevaluated::default();
        if let Some(schema) = self.compiled.get(id) {
            left = Unevaluated::of(value, schema, false);
        }
        let checked = self.enter(id, "", number, value, quiet, left);
        self.path = path;
        self.places = places;
        self.scopes = scopes;
        self.depth = depth;
        checked.map(drop).map_err(flat)
    }

    fn number(&mut self) -> u64 {
        self.next_value += 1;
        self.next_value
    }

    /// Uses steps; false when there are none left.
    fn step(&mut self, steps: u64) -> bool {
        if self.stopped.is_some() {
            return false;
        }
        if !self.run.tick(u32::try_from(steps).unwrap_or(u32::MAX)) {
            self.stopped = Some(cancelled());
        } else if let Some(left) = self.steps.checked_sub(steps) {
            self.steps = left;
        } else {
            let max = self.run.limits.schema_steps;
            self.stop("schema-steps", format!("checking the JSON schema took more than {max} steps"));
        }
        self.stopped.is_none()
    }

    #[cold]
    fn stop(&mut self, limit: &'static str, text: String) {
        self.stopped.get_or_insert(Error::limit_reached(limit, text));
    }

    fn enter(
        &mut self,
        id: Id,
        keyword: &'static str,
        number: u64,
        value: &Value,
        quiet: bool,
        left: Unevaluated,
    ) -> Checked<Unevaluated> {
        let Some(schema) = self.compiled.get(id) else { return Ok(left) };
        if !self.step(1) {
            return Err(Fault::default());
        }
        if self.scopes.len() >= self.depth {
            let max = self.run.limits.schema_depth;
            self.stop("schema-depth", format!("the JSON schema is nested deeper than {max}"));
            return Err(Fault::default());
        }
        let meta = self.meta;
        let schema = if self.scopes.is_empty() { schema } else { self.by_dialect(id).unwrap_or(schema) };
        self.scopes.push(Scope { id, keyword, value: number });
        let mut frame = Frame { schema, value, quiet, left, faults: Vec::new() };
        // a level is several functions deep, and takes more than others do
        let checked = stacker::maybe_grow(96 << 10, 1 << 20, || self.schema(&mut frame, number));
        self.scopes.pop();
        self.meta = meta;
        checked.map(|()| frame.left)
    }

    /// The schema that takes the place of the schema of schemas, where a part of another dialect begins.
    fn by_dialect(&mut self, id: Id) -> Option<&'s Sch> {
        let dialects = self.dialects.filter(|_| self.meta == Some(id))?;
        let meta = dialects.get(&pointer_to(&self.path))?;
        self.meta = Some(meta.id).filter(|_| !meta.is_made);
        self.compiled.get(meta.id)
    }

    /// The same value by another schema.
    fn same(&mut self, frame: &mut Frame<'_, '_>, number: u64, id: Id, keyword: &'static str, quiet: bool) -> Checked {
        let Some(schema) = self.compiled.get(id) else { return Ok(()) };
        let left = Unevaluated::of(frame.value, schema, !frame.left.is_empty());
        let left = self.enter(id, keyword, number, frame.value, frame.quiet || quiet, left)?;
        frame.left.merge(&left);
        Ok(())
    }

    /// A value inside the value.
    fn below(&mut self, frame: &Frame<'_, '_>, id: Id, value: &Value, token: Token) -> Checked {
        let Some(schema) = self.compiled.get(id) else { return Ok(()) };
        let number = self.number();
        let level = self.path.len();
        self.places.enter(level, number, &token);
        if schema.boolean == Some(true) {
            self.places.leave(level);
            return Ok(());
        }
        self.path.push(token);
        let left = Unevaluated::of(value, schema, false);
        let checked = self.enter(id, "", number, value, frame.quiet, left);
        self.path.pop();
        self.places.leave(level);
        checked.map(drop)
    }

    fn fault(&self, frame: &Frame<'_, '_>, kind: impl FnOnce() -> Kind) -> Fault {
        if frame.quiet {
            return Fault::default();
        }
        Fault { path: self.path.clone(), kind: kind(), causes: Vec::new() }
    }

    fn add(&self, frame: &mut Frame<'_, '_>, kind: impl FnOnce() -> Kind) {
        let fault = self.fault(frame, kind);
        frame.faults.push(Rc::new(fault));
    }

    fn schema(&mut self, frame: &mut Frame<'_, '_>, number: u64) -> Checked {
        let (schema, value) = (frame.schema, frame.value);
        match schema.boolean {
            Some(true) => return Ok(()),
            Some(false) => return Err(self.fault(frame, || Kind::False)),
            None => {}
        }
        if let Some(fault) = self.cycle(frame) {
            return Err(fault);
        }
        self.whole(frame)?;
        if let Some(target) = schema.reference {
            let checked = self.reference(frame, number, target, "$ref");
            if schema.version < 2019 {
                return checked;
            }
            if let Err(fault) = checked {
                frame.faults.push(Rc::new(fault));
            }
        }
        match value {
            Value::Map(map) => self.object(frame, number, map),
            Value::List(items) => self.array(frame, items),
            Value::Str(text) => self.string(frame, text),
            _ => self.numeric(frame),
        }
        if frame.faults.is_empty() || !frame.quiet {
            if schema.version >= 2019 {
                self.dynamic_references(frame, number);
            }
            self.combined(frame, number);
            if schema.version >= 2019 {
                self.unevaluated(frame);
            }
        }
        let mut faults = std::mem::take(&mut frame.faults);
        match faults.len() {
            0 => Ok(()),
            1 => match faults.pop().map(Rc::try_unwrap) {
                Some(Ok(fault)) => Err(fault),
                Some(Err(shared)) => Err(copy(&shared)),
                None => Ok(()),
            },
            _ => {
                let mut group = self.fault(frame, || Kind::Group);
                group.causes = faults;
                Err(group)
            }
        }
    }

    /// The keywords for the value as a whole: where one refuses it, no other is asked.
    fn whole(&mut self, frame: &Frame<'_, '_>) -> Checked {
        let (schema, value) = (frame.schema, frame.value);
        let Some(ty) = type_of(value) else {
            return Err(self.fault(frame, || Kind::Text(format!("invalid jsonType {}", value.type_name()))));
        };
        if !schema.types.is_empty()
            && !schema.types.has(ty)
            && (!schema.types.has(Types::INTEGER) || !is_integer(value))
        {
            let got = ty.names().next().unwrap_or_default();
            return Err(self.fault(frame, || Kind::Type(got, schema.types)));
        }
        let doc = self.compiled.doc(schema);
        if let Some(want) = schema.constant
            && !equals(value, doc, want)
        {
            return Err(self.fault(frame, || constant_fault(doc, want)));
        }
        if let Some(variants) = &schema.variants {
            if !self.step(variants.len() as u64 / 8) {
                return Err(Fault::default());
            }
            if !variants.iter().any(|want| equals(value, doc, *want)) {
                return Err(self.fault(frame, || variants_fault(doc, variants)));
            }
        }
        if let Some(format) = schema.format
            && let Err(why) = format.check(value, &self.run.limits)
        {
            return Err(
                self.fault(frame, || Kind::Text(format!("{} is not valid {}: {why}", display(value), format.name())))
            );
        }
        Ok(())
    }

    /// A schema that comes back to itself for the same value would never end.
    fn cycle(&self, frame: &Frame<'_, '_>) -> Option<Fault> {
        let (last, before) = self.scopes.split_last()?;
        let same_value = before.iter().rev().take_while(|scope| scope.value == last.value);
        let distance = same_value.clone().position(|scope| scope.id == last.id)?;
        let first = before.len().checked_sub(distance + 1)?;
        Some(self.fault(frame, || {
            Kind::Text(format!(
                "both {} and {} resolve to {} causing reference cycle",
                self.keyword_location(self.scopes.len()),
                self.keyword_location(first + 1),
                quote(self.compiled.location(last.id).as_bytes())
            ))
        }))
    }

    fn keyword_location(&self, len: usize) -> String {
        let mut out = String::new();
        let scopes = self.scopes.get(..len).unwrap_or_default();
        for pair in scopes.windows(2) {
            let [parent, scope] = pair else { continue };
            if scope.keyword.is_empty() {
                let (from, to) = (self.compiled.location(parent.id), self.compiled.location(scope.id));
                out.push_str(to.get(from.len()..).unwrap_or_default());
            } else {
                out.push('/');
                out.push_str(scope.keyword);
            }
        }
        out
    }

    /// A reference. What it gave for a value is remembered, so that references cannot multiply.
    fn reference(&mut self, frame: &mut Frame<'_, '_>, number: u64, target: Id, keyword: &'static str) -> Checked {
        let memo = !self.compiled.dynamic && self.dialects.is_none() && frame.left.is_empty();
        let key = (target, identity(frame.value, number), frame.quiet);
        if memo && let Some(known) = self.known.get(&key) {
            return match known {
                None => Ok(()),
                Some(fault) => Err(copy(fault)),
            };
        }
        let checked = self.same(frame, number, target, keyword, false).map_err(|fault| {
            let mut reference = self.fault(frame, || Kind::Reference);
            reference.causes = causes(fault);
            Rc::new(reference)
        });
        if memo && self.stopped.is_none() {
            self.known.insert(key, checked.as_ref().err().cloned());
        }
        checked.map_err(|fault| Rc::try_unwrap(fault).unwrap_or_else(|shared| copy(&shared)))
    }

    fn dynamic_references(&mut self, frame: &mut Frame<'_, '_>, number: u64) {
        let schema = frame.schema;
        if let Some(target) = schema.recursive_ref {
            let anchored = |id: Id| {
                let resource = self.compiled.get(id).and_then(|s| self.compiled.get(s.resource));
                resource.is_some_and(|r| r.recursive_anchor)
            };
            let own = self.compiled.get(target).is_some_and(|s| s.recursive_anchor);
            let outermost = if own { self.scopes.iter().map(|s| s.id).find(|id| anchored(*id)) } else { None };
            if let Err(fault) = self.reference(frame, number, outermost.unwrap_or(target), "$recursiveRef") {
                frame.faults.push(Rc::new(fault));
            }
        }
        if let Some((target, anchor)) = &schema.dynamic_ref {
            let own = self.compiled.get(*target).is_some_and(|s| !anchor.is_empty() && s.dynamic_anchor == *anchor);
            let find = |scope: &Scope| {
                let resource = self.compiled.get(scope.id).and_then(|s| self.compiled.get(s.resource))?;
                resource.dynamic_anchors.iter().find(|(name, _)| name == anchor).map(|(_, id)| *id)
            };
            let outermost = if own { self.scopes.iter().find_map(find) } else { None };
            if let Err(fault) = self.reference(frame, number, outermost.unwrap_or(*target), "$dynamicRef") {
                frame.faults.push(Rc::new(fault));
            }
        }
    }

    fn object(&mut self, frame: &mut Frame<'_, '_>, number: u64, map: &Map) {
        let rules = &frame.schema.object;
        if let Some(min) = rules.min.filter(|min| signed(map.len()) < *min) {
            self.add(frame, || Kind::Count("minProperties", map.len(), min));
        }
        if let Some(max) = rules.max.filter(|max| signed(map.len()) > *max) {
            self.add(frame, || Kind::Count("maxProperties", map.len(), max));
        }
        let missing = missing(map, &rules.required);
        if !missing.is_empty() {
            self.add(frame, || Kind::Missing(missing));
        }
        if frame.quiet && !frame.faults.is_empty() {
            return;
        }
        for (name, dependency) in rules.dependencies.iter().filter(|(name, _)| map.contains(name)) {
            match dependency {
                Dependency::Names(names) => self.required(frame, map, names, name),
                Dependency::Schema(id) => self.also(frame, number, *id),
            }
        }
        let looks_inside = !rules.properties.is_empty()
            || !rules.patterns.is_empty()
            || !matches!(rules.additional, Additional::Absent | Additional::Allowed(true));
        if looks_inside || !frame.left.props.is_empty() {
            self.properties(frame, map);
        }
        if let Some(names) = rules.names {
            for (name, _) in map.entries() {
                if let Err(mut fault) = self.top(names, &Value::Str(name.clone()), frame.quiet) {
                    if !frame.quiet {
                        fault.path.clone_from(&self.path);
                        fault.kind = Kind::PropertyName(name, self.places.told(&self.path));
                    }
                    frame.faults.push(Rc::new(fault));
                }
            }
        }
        for (_, id) in rules.dependent_schemas.iter().filter(|(name, _)| map.contains(name)) {
            self.also(frame, number, *id);
        }
        for (name, names) in rules.dependent_required.iter().filter(|(name, _)| map.contains(name)) {
            self.required(frame, map, names, name);
        }
    }

    fn properties(&mut self, frame: &mut Frame<'_, '_>, map: &Map) {
        let rules = &frame.schema.object;
        let mut additional = Vec::new();
        for (name, entry) in map.entries() {
            if (frame.quiet && !frame.faults.is_empty()) || !self.step(1 + rules.patterns.len() as u64) {
                return;
            }
            let mut evaluated = false;
            if let Some(id) = rules.properties.get(&name) {
                evaluated = true;
                self.inside(frame, *id, &entry.value, Token::Name(name.clone()));
            }
            if !rules.patterns.is_empty() {
                for (regex, id) in &rules.patterns {
                    if regex.is_match(&name) {
                        evaluated = true;
                        self.inside(frame, *id, &entry.value, Token::Name(name.clone()));
                    }
                }
            }
            if !evaluated {
                match &rules.additional {
                    Additional::Absent => {}
                    Additional::Allowed(allowed) => {
                        evaluated = true;
                        if !allowed {
                            additional.push(name.clone());
                        }
                    }
                    Additional::Schema(id) => {
                        evaluated = true;
                        self.inside(frame, *id, &entry.value, Token::Name(name.clone()));
                    }
                }
            }
            if evaluated && !frame.left.props.is_empty() {
                frame.left.props.swap_remove(&name);
            }
        }
        if !additional.is_empty() {
            let known = || rules.properties.keys().cloned().collect();
            self.add(frame, || Kind::Additional { names: additional, known: known() });
        }
    }

    /// A value inside, whose faults are the frame's.
    fn inside(&mut self, frame: &mut Frame<'_, '_>, id: Id, value: &Value, token: Token) {
        if let Err(fault) = self.below(frame, id, value, token) {
            frame.faults.push(Rc::new(fault));
        }
    }

    /// Another schema for the same value, whose faults are the frame's.
    fn also(&mut self, frame: &mut Frame<'_, '_>, number: u64, id: Id) {
        if let Err(fault) = self.same(frame, number, id, "", false) {
            frame.faults.push(Rc::new(fault));
        }
    }

    fn required(&mut self, frame: &mut Frame<'_, '_>, map: &Map, names: &[Str], because: &Str) {
        let missing = missing(map, names);
        if !missing.is_empty() {
            self.add(frame, || Kind::Required(missing, because.clone()));
        }
    }

    fn array(&mut self, frame: &mut Frame<'_, '_>, items: &[Value]) {
        let rules = &frame.schema.array;
        if let Some(min) = rules.min.filter(|min| signed(items.len()) < *min) {
            self.add(frame, || Kind::Count("minItems", items.len(), min));
        }
        if let Some(max) = rules.max.filter(|max| signed(items.len()) > *max) {
            self.add(frame, || Kind::Count("maxItems", items.len(), max));
        }
        if rules.unique && self.step(items.len() as u64) {
            match duplicates(items) {
                Ok(Some((i, j))) => self.add(frame, || Kind::Equal(i, j)),
                Ok(None) => {}
                Err(Unreadable) => self.panic(),
            }
        }
        for (index, (item, id)) in items.iter().zip(&rules.first).enumerate() {
            self.inside(frame, *id, item, Token::Index(index));
        }
        let first = rules.first.len().min(items.len());
        let rest = items.iter().enumerate().skip(first);
        let each = match (rules.each, &rules.additional) {
            (Some(id), _) => Some(id),
            (None, Additional::Schema(id)) => Some(*id),
            (None, Additional::Allowed(false)) if first != items.len() => {
                self.add(frame, || Kind::AdditionalItems(items.len() - first));
                None
            }
            _ => None,
        };
        if let Some(id) = each {
            for (index, item) in rest {
                self.inside(frame, id, item, Token::Index(index));
            }
        }
        if let Some(id) = rules.contains {
            self.contains(frame, items, id);
        }
    }

    fn contains(&mut self, frame: &mut Frame<'_, '_>, items: &[Value], id: Id) {
        let rules = &frame.schema.array;
        let (mut faults, mut matched) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            if let Err(fault) = self.below(frame, id, item, Token::Index(index)) {
                faults.push(Rc::new(fault));
                continue;
            }
            matched.push(index);
            if frame.schema.version >= 2020 {
                frame.left.items.remove(&index);
            }
        }
        let too_few = match rules.min_contains {
            Some(min) if signed(matched.len()) < min => Some(Kind::MinContains(matched.clone(), min)),
            None if matched.is_empty() => Some(Kind::NotContained),
            _ => None,
        };
        if let Some(kind) = too_few {
            self.add_caused(frame, kind, faults);
        }
        if let Some(max) = rules.max_contains.filter(|max| signed(matched.len()) > *max) {
            self.add(frame, || Kind::MaxContains(matched, max));
        }
    }

    fn string(&mut self, frame: &mut Frame<'_, '_>, text: &Str) {
        let rules = &frame.schema.string;
        if rules.min.is_some() || rules.max.is_some() {
            let len = rune_count(text);
            if let Some(min) = rules.min.filter(|min| signed(len) < *min) {
                self.add(frame, || Kind::Count("minLength", len, min));
            }
            if let Some(max) = rules.max.filter(|max| signed(len) > *max) {
                self.add(frame, || Kind::Count("maxLength", len, max));
            }
        }
        if let Some(regex) = &rules.pattern
            && self.step(text.len() as u64 / 16)
            && !regex.is_match(text)
        {
            self.add(frame, || Kind::Pattern(text.clone(), rules.pattern_text.clone()));
        }
    }

    fn numeric(&mut self, frame: &mut Frame<'_, '_>) {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let (rules, value) = (&frame.schema.number, frame.value);
        if rules.is_empty() || !is_number(value) {
            return;
        }
        if !matches!(value, Value::Float(_)) && rat_of(value).is_none() {
            return self.panic();
        }
        let refused = |bound: &Option<Number>, orders: &[std::cmp::Ordering]| {
            let bound = bound.as_ref()?;
            bound.order(value).filter(|order| orders.contains(order)).map(|_| bound.float())
        };
        for (keyword, want) in [
            ("minimum", refused(&rules.min, &[Less])),
            ("maximum", refused(&rules.max, &[Greater])),
            ("exclusiveMinimum", refused(&rules.above, &[Less, Equal])),
            ("exclusiveMaximum", refused(&rules.below, &[Greater, Equal])),
        ] {
            if let Some(want) = want {
                self.add(frame, || Kind::Number(keyword, float_of(value), want));
            }
        }
        if let Some(divisor) = &rules.multiple_of
            && let Some(number) = rat_of(value)
            && divisor.divides(&number, |steps| self.step(steps / 16)) == Some(false)
        {
            self.add(frame, || Kind::Number("multipleOf", float_of(value), divisor.float()));
        }
    }

    /// Helm's library does not look whether it could read a number.
    fn panic(&mut self) {
        const TEXT: &str =
            "unable to validate schema: runtime error: invalid memory address or nil pointer dereference";
        self.stopped.get_or_insert_with(|| error(TEXT.to_owned()));
    }

    fn combined(&mut self, frame: &mut Frame<'_, '_>, number: u64) {
        let schema = frame.schema;
        if let Some(id) = schema.not
            && self.same(frame, number, id, "", true).is_ok()
        {
            self.add(frame, || Kind::Not);
        }
        let mut faults = Vec::new();
        for id in &schema.all_of {
            if let Err(fault) = self.same(frame, number, *id, "", false) {
                faults.push(Rc::new(fault));
                if frame.quiet {
                    break;
                }
            }
        }
        if !faults.is_empty() {
            self.add_caused(frame, Kind::AllOf, faults);
        }
        if !schema.any_of.is_empty() {
            let (mut faults, mut matched) = (Vec::new(), false);
            for id in &schema.any_of {
                if let Err(fault) = self.same(frame, number, *id, "", false) {
                    faults.push(Rc::new(fault));
                    continue;
                }
                matched = true;
                if frame.left.is_empty() {
                    break;
                }
            }
            if !matched {
                self.add_caused(frame, Kind::AnyOf, faults);
            }
        }
        if !schema.one_of.is_empty() {
            let (mut faults, mut matched) = (Vec::new(), None);
            for (index, id) in schema.one_of.iter().enumerate() {
                match (self.same(frame, number, *id, "", matched.is_some()), matched) {
                    (Err(fault), None) => faults.push(Rc::new(fault)),
                    (Err(_), Some(_)) => {}
                    (Ok(()), None) => matched = Some(index),
                    (Ok(()), Some(first)) => {
                        self.add(frame, || Kind::OneOf(Some((first, index))));
                        break;
                    }
                }
            }
            if matched.is_none() {
                self.add_caused(frame, Kind::OneOf(None), faults);
            }
        }
        if let Some(id) = schema.condition {
            let branch = if self.same(frame, number, id, "", true).is_ok() { schema.then } else { schema.otherwise };
            if let Some(id) = branch {
                self.also(frame, number, id);
            }
        }
    }

    fn add_caused(&self, frame: &mut Frame<'_, '_>, kind: Kind, causes: Vec<Rc<Fault>>) {
        let mut fault = self.fault(frame, || kind);
        fault.causes = causes;
        frame.faults.push(Rc::new(fault));
    }

    fn unevaluated(&mut self, frame: &mut Frame<'_, '_>) {
        if let (Value::Map(map), Some(id)) = (frame.value, frame.schema.object.unevaluated) {
            for name in std::mem::take(&mut frame.left.props) {
                if let Some(value) = map.get(&name) {
                    self.inside(frame, id, &value, Token::Name(name));
                }
            }
        }
        if let (Value::List(items), Some(id)) = (frame.value, frame.schema.array.unevaluated) {
            for index in std::mem::take(&mut frame.left.items) {
                if let Some(item) = items.get(index) {
                    self.inside(frame, id, item, Token::Index(index));
                }
            }
        }
    }
}

impl Unevaluated {
    fn of(value: &Value, schema: &Sch, caller_needs: bool) -> Self {
        let mut left = Unevaluated::default();
        match value {
            Value::Map(map) if !schema.all_props_evaluated && (caller_needs || schema.object.unevaluated.is_some()) => {
                left.props = map.entries().into_iter().map(|(name, _)| name).collect();
            }
            Value::List(items)
                if !schema.all_items_evaluated && (caller_needs || schema.array.unevaluated.is_some()) =>
            {
                left.items = (schema.items_evaluated..items.len()).collect();
            }
            _ => {}
        }
        left
    }

    fn is_empty(&self) -> bool {
        self.props.is_empty() && self.items.is_empty()
    }

    fn merge(&mut self, other: &Unevaluated) {
        self.props.retain(|name| other.props.contains(name));
        self.items.retain(|index| other.items.contains(index));
    }
}

/// A fault that holds only causes.
fn flat(fault: Fault) -> Fault {
    Fault { path: Vec::new(), kind: Kind::Group, causes: causes(fault) }
}

/// The fault as causes of another one: a group has no line of its own.
fn causes(mut fault: Fault) -> Vec<Rc<Fault>> {
    match fault.kind {
        Kind::Group => std::mem::take(&mut fault.causes),
        _ => vec![Rc::new(fault)],
    }
}

/// The same fault with shared causes: only what a reference gave is ever shared.
fn copy(fault: &Fault) -> Fault {
    Fault { path: fault.path.clone(), kind: Kind::Reference, causes: fault.causes.clone() }
}

/// What tells a value from all others of the check: the address of a map or list, else its number.
fn identity(value: &Value, number: u64) -> u64 {
    match value {
        Value::Map(map) => map.address() as u64,
        Value::List(list) if !list.is_empty() => list.items().as_ptr() as usize as u64,
        // addresses are even
        _ => number.wrapping_mul(2).wrapping_add(1),
    }
}

fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn missing(map: &Map, names: &[Str]) -> Vec<Str> {
    names.iter().filter(|name| !map.contains(name)).cloned().collect()
}

fn type_of(value: &Value) -> Option<Types> {
    Some(match value {
        Value::Nil => Types::NULL,
        Value::Bool(_) => Types::BOOLEAN,
        Value::Float(f) if !f.is_finite() => return None,
        Value::Float(_) | Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) => Types::NUMBER,
        Value::Str(_) => Types::STRING,
        Value::List(_) => Types::ARRAY,
        Value::Map(_) => Types::OBJECT,
        Value::Object(_) if is_number(value) => Types::NUMBER,
        Value::Bytes(_) | Value::Object(_) => return None,
    })
}
