//! Execution of templates: one bake over a set of definitions. Go: `text/template/exec.go`.
//!
//! The ops of a definition run in a loop. Only calls of other definitions, arguments and parentheses recurse. Variables, saved
//! dots and loops of running definitions are on stacks of the [`Executor`].

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::FuncTable;
use super::func::Context;
use super::set::{Linked, Set, link};
use super::unit::{Def, Id, Kind, NONE, Op, Unit};
use super::val::Val;
use crate::error::{Error, ErrorKind, Origin, Result, suggest};
use crate::limits::Budget;
use crate::value::fmt::append_value;
use crate::value::{List, Str, Value};
use go::stack::with_stack;
use go::strconv::quote;

/// The result of a missing map key. Go: `Template.Option("missingkey=...")`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value, which prints as `<no value>`; so do its fields.
    #[default]
    Default,
    /// The zero value of the entry type: nil for most maps.
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
    pub(super) loops: Vec<Loop>,
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
    pub(super) heads: RefCell<Heads>,
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

/// A `range` that runs.
pub(super) struct Loop {
    /// The dot around it.
    pub(super) dot: Val,
    pub(super) walk: Walk,
    /// The slots of the two variables; [`NONE`] if there is none.
    pub(super) index: u32,
    pub(super) item: u32,
}

/// What a loop walks over, and how far it is.
pub(super) enum Walk {
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
    /// A bake over these definitions and functions. The functions see `env` and use `budget`.
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

    /// Runs the definition with this name and appends its output. After an error, the output so far remains in `out`. Go:
    /// `Template.ExecuteTemplate`.
    pub fn execute(&mut self, name: &str, dot: &Value, out: &mut Vec<u8>) -> Result<()> {
        let Some(found) = self.find(name.as_bytes()) else { return Err(self.no_template(name.as_bytes())) };
        self.run(&found, Val::of(dot.clone()), out, false)
    }

    /// The error for an undefined name, with the nearest known name as a hint.
    #[cold]
    fn unknown(&self, name: &[u8]) -> Error {
        let names = self.set.names().filter_map(Str::to_str);
        match std::str::from_utf8(name).ok().and_then(|name| suggest::nearest(name, names)) {
            Some(meant) => self.no_template(name).with_hint(format!("did you mean {meant:?}?")),
            None => self.no_template(name),
        }
    }

    #[cold]
    fn no_template(&self, name: &[u8]) -> Error {
        let (name, root) = (quote(name), quote(self.set.root()));
        Error::new(ErrorKind::Execute, format!("template: no template {name} associated with template {root}"))
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
        result.map_err(|error| f.through(node, error))
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

    #[inline]
    pub(super) fn set_var(&mut self, f: &Frame<'_>, slot: u32, value: Val) {
        if let Some(var) = self.vars.get_mut(f.base + slot as usize) {
            *var = value;
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
        let result = self.printed(&found, dot);
        if let Some(count) = self.running.get_mut(name) {
            *count -= 1;
        }
        result
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
        let result = self.printed(&parsed.body, dot);
        self.layers.pop();
        result
    }
}

impl Executor<'_> {
    /// What a definition prints, for a function.
    fn printed(&mut self, linked: &Linked, dot: &Value) -> Result<Vec<u8>> {
        let origin = self.origin;
        let mut out = Vec::with_capacity(256);
        self.depth += NESTED;
        let result = self.run(linked, Val::of(dot.clone()), &mut out, true);
        self.depth -= NESTED;
        self.budget.release(out.len());
        self.origin = origin;
        result.map(|()| out)
    }

    /// A text given to `tpl`, compiled unless it was before.
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
