//! Execution: one bake over a set of definitions. Go: `text/template/exec.go`.
//!
//! A definition's ops run in a loop; only calls of other definitions, arguments and parentheses recurse. What is
//! running keeps its variables, saved dots and loops on stacks of the [`Executor`].

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::FuncTable;
use super::func::Context;
use super::set::{Linked, Set, link};
use super::similar;
use super::unit::{Decl, Def, Id, Kind, NONE, Op, Span, Unit, line_at, source_line};
use super::val::Val;
use crate::error::{Error, ErrorKind, Frame as CallFrame, Location, Origin, Result};
use crate::limits::{Budget, with_stack};
use crate::value::fmt::{append_value, quote};
use crate::value::{Elem, List, Str, Value};

/// What a missing map key gives. Go: `Template.Option("missingkey=...")`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value: prints `<no value>`, and so do its fields.
    #[default]
    Default,
    /// The zero value of the map's entries: nil for most maps.
    Zero,
    /// An error.
    Error,
}

/// One bake: runs definitions of a [`Set`] and lets functions run others.
pub struct Executor<'a> {
    pub(super) set: &'a Set,
    pub(super) funcs: &'a Arc<FuncTable>,
    pub(super) env: &'a dyn Any,
    pub(super) budget: &'a Budget,
    pub(super) missing_key: MissingKey,
    /// Variables of everything that is running.
    pub(super) vars: Vec<Val>,
    /// Dots to return to at the end of a `with`.
    dots: Vec<Val>,
    loops: Vec<Loop>,
    /// Argument lists that are free to use.
    pub(super) pool: Vec<Vec<Value>>,
    /// What texts given to `tpl` define, while they run.
    layers: Vec<Layer>,
    /// Texts given to `tpl` before.
    texts: HashMap<Str, Rc<Parsed>, foldhash::fast::RandomState>,
    /// Names that [`Context::execute`] is running, with how often.
    running: HashMap<Str, usize, foldhash::fast::RandomState>,
    depth: usize,
    /// A loop may meet the same error again and again.
    heads: RefCell<Heads>,
    /// Where the last map entry came from that the current action read.
    pub(super) origin: Origin,
}

/// Beginnings of error texts by the unit, the definition and the node.
type Heads = HashMap<(usize, usize, Id), Rc<str>, foldhash::fast::RandomState>;

/// A definition that runs.
pub(super) struct Frame<'u> {
    pub(super) linked: &'u Linked,
    pub(super) unit: &'u Unit,
    pub(super) dot: Val,
    /// Where its variables begin.
    pub(super) base: usize,
    /// The node that an error would name.
    pub(super) at: Id,
    /// Whether the output goes to a function and not to the user.
    nested: bool,
}

struct Loop {
    dot: Val,
    walk: Walk,
    /// The slots of the two variables; [`NONE`] where there is none.
    index: u32,
    item: u32,
}

/// What a loop walks over, and how far it is.
enum Walk {
    List(List, usize),
    Items(std::vec::IntoIter<Value>, usize),
    Map(std::vec::IntoIter<(Str, Value)>, bool),
    Int(u64, u64, fn(u64) -> Value),
}

/// A text given to `tpl`, linked.
struct Parsed {
    name: Str,
    body: Rc<Linked>,
    defs: Vec<Rc<Linked>>,
}

struct Layer {
    body: Rc<Linked>,
    defs: IndexMap<Str, Rc<Linked>, foldhash::fast::RandomState>,
}

/// Levels of depth that a function which runs a template costs beside that of the template: so much more stack it takes.
const NESTED: usize = 3;

/// Places whose error text is remembered.
const HEADS: usize = 1000;

/// Steps that a call of a definition costs, beside those of its ops.
const CALL: u64 = 6;

/// A definition, found in the set or in a layer over it.
enum Found<'a> {
    Set(&'a Linked),
    Layer(Rc<Linked>),
}

impl std::ops::Deref for Found<'_> {
    type Target = Linked;

    fn deref(&self) -> &Linked {
        match self {
            Found::Set(linked) => linked,
            Found::Layer(linked) => linked,
        }
    }
}

impl<'a> Executor<'a> {
    /// A bake over these definitions and functions; the functions see `env` and use `budget`.
    pub fn new(
        set: &'a Set,
        funcs: &'a Arc<FuncTable>,
        env: &'a dyn Any,
        budget: &'a Budget,
        missing_key: MissingKey,
    ) -> Self {
        Executor {
            set,
            funcs,
            env,
            budget,
            missing_key,
            vars: Vec::with_capacity(64),
            dots: Vec::with_capacity(16),
            loops: Vec::with_capacity(16),
            pool: Vec::with_capacity(16),
            layers: Vec::new(),
            texts: HashMap::default(),
            running: HashMap::default(),
            depth: 0,
            heads: RefCell::default(),
            origin: Origin::NONE,
        }
    }

    /// Runs the definition with this name and appends what it prints. Go: `Template.ExecuteTemplate`. After an error
    /// the output so far stays in `out`.
    pub fn execute(&mut self, name: &str, dot: &Value, out: &mut Vec<u8>) -> Result<()> {
        let Some(found) = self.find(name.as_bytes()) else { return Err(unknown(name.as_bytes())) };
        self.run(&found, Val::of(dot.clone()), out, false)
    }

    /// The error of a name that no definition has, with the name that was probably meant.
    #[cold]
    fn unknown(&self, name: &[u8]) -> Error {
        let names = self.set.names().filter_map(Str::to_str);
        match std::str::from_utf8(name).ok().and_then(|name| similar::nearest(name, names)) {
            Some(meant) => unknown(name).with_hint(format!("did you mean {meant:?}?")),
            None => unknown(name),
        }
    }

    fn find(&self, name: &[u8]) -> Option<Found<'a>> {
        for layer in self.layers.iter().rev() {
            if let Some(linked) = layer.defs.get(name) {
                return Some(Found::Layer(Rc::clone(linked)));
            }
            if *layer.body.name == *name {
                return Some(Found::Layer(Rc::clone(&layer.body)));
            }
        }
        self.set.get(name).map(Found::Set)
    }

    fn run(&mut self, linked: &Linked, dot: Val, out: &mut Vec<u8>, nested: bool) -> Result<()> {
        let unit = &*linked.unit;
        let Some(def) = unit.defs.get(linked.def as usize) else { return Ok(()) };
        let (base, dots, loops) = (self.vars.len(), self.dots.len(), self.loops.len());
        self.vars.resize_with(base + def.slots as usize, Val::default);
        if let Some(root) = self.vars.get_mut(base) {
            root.clone_from(&dot);
        }
        let mut frame = Frame { linked, unit, dot, base, at: NONE, nested };
        if let Err(error) = self.budget.step(CALL) {
            return Err(self.limited(&frame, error));
        }
        self.depth += 1;
        let result = with_stack(|| self.ops(&mut frame, def, out));
        self.depth -= 1;
        self.vars.truncate(base);
        self.dots.truncate(dots);
        self.loops.truncate(loops);
        result
    }

    fn ops(&mut self, f: &mut Frame<'_>, def: &Def, out: &mut Vec<u8>) -> Result<()> {
        let mut next = 0;
        let ops = f.unit.ops(def);
        while let Some(op) = ops.get(next) {
            next += 1;
            if let Err(error) = self.budget.step(1) {
                return Err(self.limited(f, error));
            }
            match *op {
                Op::Text(range) => {
                    let text = f.unit.slice(range);
                    self.claim(f, out, text.len())?;
                    out.extend_from_slice(text);
                }
                Op::Print(pipe) => {
                    self.origin = Origin::NONE;
                    let value = self.pipeline(f, pipe)?.v;
                    if let Value::Str(text) = &value {
                        self.claim(f, out, text.len())?;
                        out.extend_from_slice(text);
                    } else {
                        let before = out.len();
                        let result = append_value(out, &value, self.budget);
                        result.map_err(|error| self.limited(f, error))?;
                        self.claim(f, out, out.len() - before)?;
                    }
                }
                Op::Run(pipe) => {
                    self.origin = Origin::NONE;
                    self.pipeline(f, pipe)?;
                }
                Op::If { pipe, otherwise } => {
                    self.origin = Origin::NONE;
                    if !self.pipeline(f, pipe)?.v.is_true() {
                        next = otherwise as usize;
                    }
                }
                Op::With { pipe, otherwise } => {
                    self.origin = Origin::NONE;
                    let value = self.pipeline(f, pipe)?;
                    if value.v.is_true() {
                        self.dots.push(std::mem::replace(&mut f.dot, value));
                    } else {
                        next = otherwise as usize;
                    }
                }
                Op::EndWith(count) => {
                    for _ in 0..count {
                        f.dot = self.dots.pop().unwrap_or_default();
                    }
                }
                Op::Jump(target) => next = target as usize,
                Op::Range { pipe, otherwise } => {
                    self.origin = Origin::NONE;
                    if !self.start_loop(f, pipe)? {
                        next = otherwise as usize;
                    }
                }
                Op::Next { body } => {
                    if self.turn(f) {
                        next = body as usize;
                    }
                }
                Op::EndLoop => self.end_loop(f),
                Op::Template(node) => {
                    self.origin = Origin::NONE;
                    self.template(f, node, out)?;
                }
            }
        }
        Ok(())
    }

    /// Claims room for `bytes` more of output.
    #[inline]
    fn claim(&self, f: &Frame<'_>, out: &[u8], bytes: usize) -> Result<()> {
        let result = if f.nested { self.budget.claim(out.len(), bytes) } else { self.budget.output(bytes as u64) };
        result.map_err(|error| self.limited(f, error))
    }

    fn template(&mut self, f: &mut Frame<'_>, node: Id, out: &mut Vec<u8>) -> Result<()> {
        f.at = node;
        let Kind::Template { name, pipe } = f.unit.node(node).kind else { return Ok(()) };
        let name = f.unit.strings.get(name as usize).map(Str::as_bytes).unwrap_or_default();
        let Some(found) = self.find(name) else {
            return Err(self.fail(f, &format!("template {} not defined", quote(name))));
        };
        self.check_depth().and_then(|()| self.pay_for_layers()).map_err(|error| self.limited(f, error))?;
        let dot = if pipe == NONE { Val::default() } else { self.pipeline(f, pipe)? };
        let result = self.run(&found, dot, out, f.nested);
        f.at = node;
        result.map_err(|error| through(f, node, error))
    }

    fn check_depth(&self) -> Result<()> {
        let limit = self.budget.limits.call_depth;
        if self.depth >= limit {
            return Err(Error::helm_limit("call-depth", format!("exceeded maximum template depth ({limit})")));
        }
        Ok(())
    }

    /// Looking a name up walks the layers.
    #[inline]
    fn pay_for_layers(&self) -> Result<()> {
        let layers = self.layers.len() as u64;
        if layers < 8 { Ok(()) } else { self.budget.step(layers / 2) }
    }

    // ---- loops

    /// Starts a loop with its first turn; false where there is nothing to walk over.
    fn start_loop(&mut self, f: &mut Frame<'_>, pipe: Id) -> Result<bool> {
        let value = self.pipeline(f, pipe)?.v;
        let decls = match f.unit.node(pipe).kind {
            Kind::Setter(number) => f.unit.setter(number).map(|setter| setter.decls).unwrap_or_default(),
            _ => Span::default(),
        };
        let decls = f.unit.decls(decls);
        let (index, item) = match decls {
            [] => (NONE, NONE),
            [item] => (NONE, item.slot),
            [index, item, ..] => (index.slot, item.slot),
        };
        let Some(walk) = self.walk(f, value, decls)? else { return Ok(false) };
        self.loops.push(Loop { dot: f.dot.clone(), walk, index, item });
        Ok(self.turn(f))
    }

    fn walk(&self, f: &Frame<'_>, value: Value, decls: &[Decl]) -> Result<Option<Walk>> {
        let walk = match value {
            Value::Nil => return Ok(None),
            Value::List(list) => Walk::List(list, 0),
            Value::Map(map) => {
                let iface = super::builtins::has_any(&map);
                let room = self.budget.charge(48 * map.len() as u64).and_then(|()| self.budget.sort(map.len()));
                room.map_err(|error| self.limited(f, error))?;
                Walk::Map(map.sorted().into_iter(), iface)
            }
            Value::Bytes(bytes) => {
                self.budget.charge(24 * bytes.len() as u64).map_err(|error| self.limited(f, error))?;
                Walk::Items(bytes.iter().map(|b| Value::Uint8(*b)).collect::<Vec<_>>().into_iter(), 0)
            }
            Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) if decls.len() > 1 => {
                let shown = self.shown(&value);
                return Err(self.fail(f, &format!("can't use {shown} to iterate over more than one variable")));
            }
            #[allow(clippy::cast_possible_wrap)] // both come from a count below the integer's own maximum
            Value::Int(n) => Walk::Int(0, u64::try_from(n).unwrap_or(0), |i| Value::Int(i as i64)),
            #[allow(clippy::cast_possible_wrap)]
            Value::Int64(n) => Walk::Int(0, u64::try_from(n).unwrap_or(0), |i| Value::Int64(i as i64)),
            Value::Uint64(n) => Walk::Int(0, n, Value::Uint64),
            #[allow(clippy::cast_possible_truncation)]
            Value::Uint8(n) => Walk::Int(0, u64::from(n), |i| Value::Uint8(i as u8)),
            Value::Object(object) => {
                self.budget.items(object.size()).map_err(|error| self.limited(f, error))?;
                if let Some(items) = object.items() {
                    Walk::Items(items.into_iter(), 0)
                } else if let Some(entries) = object.entries() {
                    Walk::Map(entries.into_iter(), false)
                } else {
                    return Err(self.cannot_range(f, &Value::Object(object)));
                }
            }
            other => return Err(self.cannot_range(f, &other)),
        };
        Ok(match &walk {
            Walk::List(list, _) if list.is_empty() => None,
            Walk::Items(items, _) if items.len() == 0 => None,
            Walk::Map(pairs, _) if pairs.len() == 0 => None,
            Walk::Int(_, 0, _) => None,
            _ => Some(walk),
        })
    }

    fn cannot_range(&self, f: &Frame<'_>, value: &Value) -> Error {
        self.fail(f, &format!("range can't iterate over {}", self.shown(value)))
    }

    /// The next turn of the innermost loop; ends the loop and answers false after the last one.
    fn turn(&mut self, f: &mut Frame<'_>) -> bool {
        let Some(current) = self.loops.last_mut() else { return false };
        let mut key = Value::Nil;
        let mut numbered = None;
        let next = match &mut current.walk {
            Walk::List(list, at) => {
                numbered = Some(*at);
                *at += 1;
                list.get(*at - 1).map(|v| Val { v: v.clone(), iface: list.elem() == Elem::Any })
            }
            Walk::Items(items, at) => {
                numbered = Some(*at);
                *at += 1;
                items.next().map(Val::of)
            }
            Walk::Map(pairs, iface) => pairs.next().map(|(k, v)| {
                key = Value::Str(k);
                Val { v, iface: *iface }
            }),
            Walk::Int(at, end, make) if *at < *end => {
                *at += 1;
                Some(Val::of(make(*at - 1)))
            }
            Walk::Int(..) => None,
        };
        let (index, item) = (current.index, current.item);
        let Some(value) = next else {
            self.end_loop(f);
            return false;
        };
        if index != NONE {
            if let Some(at) = numbered {
                key = Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
            }
            self.set_var(f, index, Val::of(key));
        }
        if item != NONE {
            self.set_var(f, item, value.clone());
        }
        f.dot = value;
        true
    }

    fn end_loop(&mut self, f: &mut Frame<'_>) {
        if let Some(ended) = self.loops.pop() {
            f.dot = ended.dot;
        }
    }

    #[inline]
    pub(super) fn set_var(&mut self, f: &Frame<'_>, slot: u32, value: Val) {
        if let Some(var) = self.vars.get_mut(f.base + slot as usize) {
            *var = value;
        }
    }

    // ---- errors

    /// A failure at the current node. Go: `state.errorf`.
    #[cold]
    pub(super) fn fail(&self, f: &Frame<'_>, message: &str) -> Error {
        self.place(f, Error::new(ErrorKind::Execute, message), "")
    }

    /// A limit that was reached at the current node.
    #[cold]
    pub(super) fn limited(&self, f: &Frame<'_>, error: Error) -> Error {
        self.place(f, error, "")
    }

    /// An error that a function answered: what it calls, and where.
    #[cold]
    pub(super) fn call_failed(&self, f: &Frame<'_>, name: &str, error: Error) -> Error {
        self.place(f, error, &format!("error calling {name}: "))
    }

    fn place(&self, f: &Frame<'_>, error: Error, prefix: &str) -> Error {
        let limit = self.budget.limits.error_bytes;
        let head: Rc<str> = if f.at == NONE {
            format!("template: {}: ", f.linked.name).into()
        } else {
            // a recursion comes by the same places again and again, and a text may be long
            let key = (std::ptr::from_ref(f.unit) as usize, std::ptr::from_ref(f.linked) as usize, f.at);
            let known = self.heads.borrow().get(&key).cloned();
            known.unwrap_or_else(|| {
                let (line, column, _) = line_at(&f.unit.text, f.unit.node(f.at).pos);
                let head: Rc<str> = format!(
                    "template: {}:{line}:{column}: executing {} at <{}>: ",
                    f.linked.parse_name,
                    quote(&f.linked.name),
                    f.unit.show(f.at, limit)
                )
                .into();
                let mut heads = self.heads.borrow_mut();
                if heads.len() < HEADS {
                    heads.insert(key, Rc::clone(&head));
                }
                head
            })
        };
        let text = shorten(format!("{head}{prefix}{}", error.message()), limit);
        let inner = error.location().is_some();
        let error = error.with_message(text);
        if inner {
            return through(f, f.at, error);
        }
        let (location, line) = location(f, f.at);
        error.at(location).with_source_line(line).with_origin(self.origin)
    }

    /// A value as `%v` prints it, for an error.
    pub(super) fn shown(&self, value: &Value) -> String {
        let mut out = Vec::new();
        match append_value(&mut out, value, self.budget) {
            Ok(()) => String::from_utf8_lossy(&out).into_owned(),
            Err(_) => value.type_name().to_owned(),
        }
    }
}

impl Context for Executor<'_> {
    fn budget(&self) -> &Budget {
        self.budget
    }

    fn env(&self) -> &dyn Any {
        self.env
    }

    fn execute(&mut self, name: &[u8], dot: &Value) -> Result<Vec<u8>> {
        let Some(found) = self.find(name) else { return Err(self.unknown(name)) };
        self.check_depth()?;
        self.pay_for_layers()?;
        match self.running.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                self.running.insert(found.name.clone(), 1);
            }
        }
        let origin = self.origin;
        let mut out = Vec::with_capacity(256);
        self.depth += NESTED;
        let result = self.run(&found, Val::of(dot.clone()), &mut out, true);
        self.depth -= NESTED;
        self.budget.release(out.len());
        self.origin = origin;
        if let Some(count) = self.running.get_mut(name) {
            *count -= 1;
        }
        result.map(|()| out)
    }

    fn active(&self, name: &[u8]) -> usize {
        self.running.get(name).copied().unwrap_or(0)
    }

    fn execute_text(&mut self, name: &str, text: &Str, dot: &Value) -> Result<Vec<u8>> {
        if memchr::memmem::find(text, b"{{").is_none() {
            self.budget.charge(text.len() as u64)?;
            return Ok(text.to_vec());
        }
        self.check_depth()?;
        let parsed = self.parsed(name, text)?;
        let mut defs = IndexMap::default();
        for def in &parsed.defs {
            if !def.is_empty() || self.find(&def.name).is_none() {
                defs.insert(def.name.clone(), Rc::clone(def));
            }
        }
        self.budget.step(1 + 4 * parsed.defs.len() as u64)?;
        self.pay_for_layers()?;
        self.layers.push(Layer { body: Rc::clone(&parsed.body), defs });
        let origin = self.origin;
        let mut out = Vec::with_capacity(256);
        self.depth += NESTED;
        let result = self.run(&parsed.body, Val::of(dot.clone()), &mut out, true);
        self.depth -= NESTED;
        self.budget.release(out.len());
        self.origin = origin;
        self.layers.pop();
        result.map(|()| out)
    }
}

impl Executor<'_> {
    fn parsed(&mut self, name: &str, text: &Str) -> Result<Rc<Parsed>> {
        if let Some(parsed) = self.texts.get(text)
            && parsed.name == *name
        {
            return Ok(Rc::clone(parsed));
        }
        // a compiled text takes several times the room of its source
        self.budget.charge(16 * text.len() as u64)?;
        self.budget.step(1 + text.len() as u64 / 16)?;
        let unit = Arc::new(Unit::compile_named(name, text, self.funcs, &self.budget.limits)?);
        // what was compiled stays until the bake ends
        self.budget.keep(256 + unit.footprint())?;
        let mut defs = Vec::new();
        let body = link(name, &unit, |linked| defs.push(Rc::new(linked)))?;
        // the last one is the body
        defs.pop();
        let parsed = Rc::new(Parsed { name: name.into(), body: Rc::new(body), defs });
        self.texts.insert(text.clone(), Rc::clone(&parsed));
        Ok(parsed)
    }
}

fn location(f: &Frame<'_>, node: Id) -> (Location, String) {
    let pos = if node == NONE { 0 } else { f.unit.node(node).pos };
    let (line, column, source) = line_at(&f.unit.text, pos);
    let place = Location { file: f.linked.parse_name.to_string(), line, column: column + 1 };
    (place, source_line(source))
}

/// The error seen from a call further out; of an endless recursion only the innermost calls are kept.
fn through(f: &Frame<'_>, node: Id, error: Error) -> Error {
    if error.chain().len() < 200 { error.through(call_frame(f, node)) } else { error }
}

fn call_frame(f: &Frame<'_>, node: Id) -> CallFrame {
    let (location, _) = location(f, node);
    let call = f.unit.show(node, 1000);
    let call = call.strip_prefix("{{").and_then(|c| c.strip_suffix("}}")).map(str::to_owned).unwrap_or(call);
    CallFrame { location, call: shorten(call, 1000) }
}

fn unknown(name: &[u8]) -> Error {
    Error::new(ErrorKind::Execute, format!("template: no template {} associated with template \"gotpl\"", quote(name)))
}

/// A text cut in its middle to about `limit` bytes: both its beginning and its end tell something.
fn shorten(text: String, limit: usize) -> String {
    if text.len() <= limit.max(16) {
        return text;
    }
    let head = text.floor_char_boundary(limit / 2);
    let tail = text.ceil_char_boundary(text.len() - limit / 2);
    format!("{} ... {}", text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default())
}
