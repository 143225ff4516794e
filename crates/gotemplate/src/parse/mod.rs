//! The parser: turns tokens directly into the compiled form. Go: `text/template/parse/parse.go`.
//!
//! Names of variables become slots here. Go decides twice whether a variable exists: while parsing (declarations in earlier
//! branches of the same block count) and while running (only variables on the stack count). Both decisions are kept: a variable
//! that only the parser knows has no slot, and using it is an error at run time.

mod fast;
mod pipeline;

use std::collections::HashMap;

use fast::Start;

use super::FuncTable;
use super::lex::{Item, Keywords, Lexer, Tok};
use super::literal;
use super::table::Callee;
use super::unit::{Def, Id, Kind, NONE, Node, Op, Range, Span, Unit, parse_error};
use crate::error::{Error, Result, UNEXPECTED_EOF, suggest};
use crate::limits::Limits;
use crate::value::Str;
use go::stack::with_stack;
use go::strconv::quote;

/// Compiles texts one after another. They share buffers while they grow, and each result is copied to its exact size, because a
/// chart has hundreds of texts that stay in memory.
pub struct Compiler<'f> {
    funcs: &'f FuncTable,
    limits: &'f Limits,
    keywords: Keywords,
    unit: Unit,
    ops: Vec<Op>,
    scratch: Vec<Id>,
    /// Parses every action through its tokens, so that tests can compare both ways.
    tokens_only: bool,
}

impl<'f> Compiler<'f> {
    /// A compiler for texts that may call these functions.
    pub fn new(funcs: &'f FuncTable, limits: &'f Limits) -> Self {
        let keywords =
            Keywords { break_ok: funcs.get(b"break").is_none(), continue_ok: funcs.get(b"continue").is_none() };
        Compiler {
            funcs,
            limits,
            keywords,
            unit: Unit::default(),
            ops: Vec::new(),
            scratch: Vec::new(),
            tokens_only: cfg!(full_way = "actions"),
        }
    }

    /// Parses a text. Errors are of kind [`crate::error::ErrorKind::Parse`] (or a limit) and read as Go's, for a text
    /// without a name.
    pub fn compile(&mut self, text: &Str) -> Result<Unit> {
        self.compile_named("", text)
    }

    /// Parses a text that errors call `name`. Go: `parse.Parse`.
    pub fn compile_named(&mut self, name: &str, text: &Str) -> Result<Unit> {
        if u32::try_from(text.len()).is_err() {
            return Err(Error::limit_reached("chart-file-bytes", "a template of 4 GiB or more"));
        }
        let start = Item { tok: Tok::Eof, start: 0, end: 0 };
        let mut parser = Parser {
            name,
            text,
            funcs: self.funcs,
            limits: self.limits,
            lexer: Lexer::new(text, self.keywords),
            token: [start; 3],
            peeked: 0,
            tree: Tree::default(),
            depth: 0,
            ops: &mut self.ops,
            scratch: &mut self.scratch,
            tokens_only: self.tokens_only,
            unit: &mut self.unit,
            defined: HashMap::default(),
        };
        parser.unit.text.clone_from(text);
        let parsed = parser.parse_text();
        self.ops.clear();
        self.scratch.clear();
        let unit = self.unit.take();
        parsed.map(|()| unit)
    }
}

type Names<'t, T> = HashMap<&'t [u8], T, foldhash::fast::RandomState>;

struct Parser<'p, 't> {
    name: &'p str,
    text: &'t [u8],
    funcs: &'p FuncTable,
    limits: &'p Limits,
    lexer: Lexer<'t>,
    token: [Item; 3],
    peeked: usize,
    tree: Tree<'t>,
    /// Blocks that are open.
    depth: usize,
    /// The ops of the definition that is parsed, behind those of the definitions around it.
    ops: &'p mut Vec<Op>,
    /// Nodes of commands and pipelines that are not complete.
    scratch: &'p mut Vec<Id>,
    tokens_only: bool,
    unit: &'p mut Unit,
    /// Definitions of this text by name.
    defined: HashMap<Str, usize, foldhash::fast::RandomState>,
}

/// What belongs to one definition while it is parsed.
#[derive(Default)]
struct Tree<'t> {
    /// Where its ops begin.
    first_op: usize,
    /// Variables on the stack, without `$`; the slot of the first is 1.
    vars: Vec<Var<'t>>,
    /// The last variable of each name.
    latest: Names<'t, u32>,
    /// Names that the parser knows but that are not on the stack.
    ghosts: Vec<&'t [u8]>,
    ghost_counts: Names<'t, u32>,
    /// Names of declarations that are being parsed.
    pending: Vec<&'t [u8]>,
    slots: u32,
    filled: bool,
    /// Where the action began that is being parsed.
    action: Option<u32>,
    range_depth: u32,
    paren_depth: usize,
    /// Number of `with` open within the innermost loop.
    withs: u32,
    /// Jumps to the end of loops: those of inner loops stand behind those of outer ones.
    breaks: Vec<usize>,
    continues: Vec<usize>,
}

struct Var<'t> {
    name: &'t [u8],
    /// The variable of the same name that this one hides.
    hides: Option<u32>,
}

/// How a list of nodes ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    End,
    Else,
}

impl Stop {
    fn show(self) -> &'static str {
        match self {
            Stop::End => "{{end}}",
            Stop::Else => "{{else}}",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    If,
    With,
}

impl Control {
    fn name(self) -> &'static str {
        match self {
            Control::If => "if",
            Control::With => "with",
        }
    }

    fn keyword(self) -> Tok {
        match self {
            Control::If => Tok::If,
            Control::With => Tok::With,
        }
    }
}

impl<'t> Parser<'_, 't> {
    // ---- tokens: three of look-ahead, as in Go, so that error lines agree

    fn next(&mut self) -> Item {
        if self.peeked > 0 {
            self.peeked -= 1;
        } else {
            self.token[0] = self.lexer.next_item();
        }
        self.token.get(self.peeked).copied().unwrap_or(self.token[0])
    }

    fn backup(&mut self) {
        self.peeked += 1;
    }

    fn backup2(&mut self, first: Item) {
        self.token[1] = first;
        self.peeked = 2;
    }

    fn backup3(&mut self, first: Item, second: Item) {
        self.token[1] = second;
        self.token[2] = first;
        self.peeked = 3;
    }

    fn peek(&mut self) -> Item {
        if self.peeked == 0 {
            self.peeked = 1;
            self.token[0] = self.lexer.next_item();
        }
        self.token.get(self.peeked - 1).copied().unwrap_or(self.token[0])
    }

    fn next_non_space(&mut self) -> Item {
        loop {
            let item = self.next();
            if item.tok != Tok::Space {
                return item;
            }
        }
    }

    fn peek_non_space(&mut self) -> Item {
        let item = self.next_non_space();
        self.backup();
        item
    }

    fn text(&self, item: Item) -> &'t [u8] {
        self.lexer.text(item)
    }

    // ---- errors

    fn error(&self, message: &str) -> Error {
        parse_error(self.name, self.text, self.token[0].start, message)
    }

    #[cold]
    fn unknown_function(&self, name: &[u8]) -> Error {
        let error = self.error(&format!("function {} not defined", quote(name)));
        match suggest::nearest(&String::from_utf8_lossy(name), self.funcs.names()) {
            Some(nearest) => error.with_hint(format!("did you mean {nearest}?")),
            None => error,
        }
    }

    fn unexpected(&self, item: Item, context: &str) -> Error {
        let shown = self.lexer.show(item);
        if item.tok != Tok::Error {
            return self.error(&format!("unexpected {shown} in {context}"));
        }
        let line = |pos: u32| super::unit::line_at(self.text, pos).0;
        let error = match self.tree.action {
            Some(action) if line(action) != line(item.start) => {
                let action = line(action);
                let joint = if shown.ends_with(" action") { "" } else { " in action" };
                self.error(&format!("{shown}{joint} started at {}:{action}", self.name))
            }
            _ => self.error(&shown),
        };
        match by_index(self.text, item.start as usize) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    fn expect(&mut self, tok: Tok, context: &str) -> Result<Item> {
        let item = self.next_non_space();
        if item.tok == tok { Ok(item) } else { Err(self.unexpected(item, context)) }
    }

    // ---- building

    #[allow(clippy::cast_possible_truncation)] // there are fewer nodes than bytes of text
    fn node(&mut self, pos: u32, kind: Kind) -> Id {
        self.unit.nodes.push(Node { pos, kind });
        self.unit.nodes.len() as u32 - 1
    }

    #[allow(clippy::cast_possible_truncation)] // there are fewer nodes than bytes of text
    fn kids(&mut self, mark: usize) -> Span {
        let start = self.unit.kids.len() as u32;
        self.unit.kids.extend_from_slice(self.scratch.get(mark..).unwrap_or_default());
        self.scratch.truncate(mark);
        Span { start, len: self.unit.kids.len() as u32 - start }
    }

    /// The number of a function among those that the text calls: few different ones.
    #[allow(clippy::cast_possible_truncation)] // there are fewer functions than bytes of text
    fn callee(&mut self, callee: Callee) -> u32 {
        let known = self.unit.callees.iter().position(|known| known.is(callee));
        known.unwrap_or_else(|| {
            self.unit.callees.push(callee);
            self.unit.callees.len() - 1
        }) as u32
    }

    #[allow(clippy::cast_possible_truncation)] // there are fewer strings than bytes of text
    fn string(&mut self, text: impl Into<Str>) -> u32 {
        self.unit.strings.push(text.into());
        self.unit.strings.len() as u32 - 1
    }

    fn op(&mut self, op: Op) -> usize {
        self.tree.filled = true;
        self.ops.push(op);
        self.ops.len() - 1
    }

    #[allow(clippy::cast_possible_truncation)] // there are fewer ops than bytes of text
    fn here(&self) -> u32 {
        (self.ops.len() - self.tree.first_op) as u32
    }

    /// Makes the op at `at` go to the next op.
    fn land(&mut self, at: usize) {
        let here = self.here();
        match self.ops.get_mut(at) {
            Some(Op::Jump(target)) => *target = here,
            Some(Op::If { otherwise, .. } | Op::With { otherwise, .. } | Op::Range { otherwise, .. }) => {
                *otherwise = here;
            }
            _ => {}
        }
    }

    // ---- variables

    #[allow(clippy::cast_possible_truncation)] // there are fewer variables than bytes of text
    fn declare(&mut self, name: &'t [u8]) -> u32 {
        let index = self.tree.vars.len() as u32;
        let hides = self.tree.latest.insert(name, index);
        self.tree.vars.push(Var { name, hides });
        self.tree.slots = self.tree.slots.max(index + 2);
        index + 1
    }

    fn slot(&self, name: &[u8]) -> u32 {
        match self.tree.latest.get(name) {
            Some(index) => index + 1,
            None if name == b"$" => 0,
            None => NONE,
        }
    }

    fn is_known(&self, name: &[u8]) -> bool {
        self.slot(name) != NONE || self.tree.ghost_counts.contains_key(name) || self.tree.pending.contains(&name)
    }

    /// Takes variables off the stack; with `remember`, the parser still knows them.
    fn pop_vars(&mut self, mark: usize, remember: bool) {
        while self.tree.vars.len() > mark {
            let Some(var) = self.tree.vars.pop() else { return };
            match var.hides {
                Some(index) => self.tree.latest.insert(var.name, index),
                None => self.tree.latest.remove(var.name),
            };
            if remember {
                self.add_ghost(var.name);
            }
        }
    }

    fn add_ghost(&mut self, name: &'t [u8]) {
        self.tree.ghosts.push(name);
        *self.tree.ghost_counts.entry(name).or_default() += 1;
    }

    fn pop_ghosts(&mut self, mark: usize) {
        while self.tree.ghosts.len() > mark {
            let Some(name) = self.tree.ghosts.pop() else { return };
            if let Some(count) = self.tree.ghost_counts.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    self.tree.ghost_counts.remove(name);
                }
            }
        }
    }

    // ---- the grammar

    fn parse_text(&mut self) -> Result<()> {
        self.unit.defs.push(Def { name: Str::default(), ops: Span::default(), slots: 1, empty: true });
        loop {
            let item = self.peek();
            match item.tok {
                Tok::Eof => break,
                Tok::LeftDelim if self.lexer.at_define() => {
                    let delim = self.next();
                    if self.next_non_space().tok == Tok::Define {
                        self.define()?;
                        continue;
                    }
                    self.backup2(delim);
                }
                _ => {}
            }
            let item = self.next_non_space();
            if let Some(stop) = self.text_or_action(item)? {
                return Err(self.error(&format!("unexpected {}", stop.show())));
            }
        }
        let body = self.finish(Str::default());
        if let Some(slot) = self.unit.defs.first_mut() {
            *slot = body;
        }
        Ok(())
    }

    /// The definition that was parsed into the current tree.
    #[allow(clippy::cast_possible_truncation)] // there are fewer ops than bytes of text
    fn finish(&mut self, name: Str) -> Def {
        let start = self.unit.ops.len() as u32;
        self.unit.ops.extend(self.ops.drain(self.tree.first_op..));
        let ops = Span { start, len: self.unit.ops.len() as u32 - start };
        Def { name, ops, slots: self.tree.slots.max(1), empty: !self.tree.filled }
    }

    /// Parses a list of nodes as a definition of its own and adds it to the text's definitions.
    fn definition(&mut self, name: Vec<u8>, context: &str) -> Result<()> {
        let inner = Tree { first_op: self.ops.len(), ..Tree::default() };
        let outer = std::mem::replace(&mut self.tree, inner);
        let stop = self.nested(Self::item_list)?;
        if stop != Stop::End {
            return Err(self.error(&format!("unexpected {} in {context}", stop.show())));
        }
        let name = Str::from(name);
        let def = self.finish(name.clone());
        match self.defined.get(&name).and_then(|index| self.unit.defs.get_mut(*index)) {
            None => {
                self.defined.insert(name, self.unit.defs.len());
                self.unit.defs.push(def);
            }
            Some(old) if old.empty => *old = def,
            Some(_) if !def.empty => {
                let name = quote(&def.name);
                return Err(self.error(&format!("template: multiple definition of template {name}")));
            }
            Some(_) => {}
        }
        self.tree = outer;
        Ok(())
    }

    fn define(&mut self) -> Result<()> {
        const CONTEXT: &str = "define clause";
        // the parts of the clause belong to the new definition: no action is open
        self.tree.action = None;
        let item = self.next_non_space();
        let name = self.template_name(item, CONTEXT)?;
        self.expect(Tok::RightDelim, CONTEXT)?;
        self.definition(name, CONTEXT)
    }

    fn template_name(&mut self, item: Item, context: &str) -> Result<Vec<u8>> {
        match item.tok {
            Tok::String | Tok::RawString => {
                let name = literal::unquote(self.text(item)).ok_or_else(|| self.error("invalid syntax"))?;
                Ok(name.into_owned())
            }
            _ => Err(self.unexpected(item, context)),
        }
    }

    fn item_list(&mut self) -> Result<Stop> {
        loop {
            let item = self.next_non_space();
            if item.tok == Tok::Eof {
                return Err(self.error("unexpected EOF").with_reason(UNEXPECTED_EOF));
            }
            if let Some(stop) = self.text_or_action(item)? {
                return Ok(stop);
            }
        }
    }

    /// Runs `parse` one block deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= self.limits.block_depth {
            let limit = self.limits.block_depth;
            return Err(Error::limit_reached(
                "block-depth",
                self.error(&format!("blocks are nested more than {limit} deep")).message(),
            ));
        }
        self.depth += 1;
        let result = with_stack(|| parse(self));
        self.depth -= 1;
        result
    }

    /// Parses a text, or the action that a left delimiter begins.
    fn text_or_action(&mut self, item: Item) -> Result<Option<Stop>> {
        match item.tok {
            Tok::Text => {
                if !self.tree.filled {
                    self.tree.filled = !is_blank(self.text(item));
                }
                self.ops.push(Op::Text(Range { start: item.start, end: item.end }));
                Ok(None)
            }
            Tok::LeftDelim => {
                self.tree.action = Some(item.start);
                let stop = self.action()?;
                self.tree.action = None;
                Ok(stop)
            }
            _ => Err(self.unexpected(item, "input")),
        }
    }

    fn action(&mut self) -> Result<Option<Stop>> {
        match self.plain_start() {
            Some(Start::Control(control)) => return self.branch(control).map(|()| None),
            Some(Start::Range) => return self.range().map(|()| None),
            Some(Start::Stop(stop)) => return Ok(Some(stop)),
            None => {}
        }
        if let Some(pipe) = self.plain_pipeline() {
            self.print_or_run(pipe);
            return Ok(None);
        }
        let item = self.next_non_space();
        match item.tok {
            Tok::Block => self.block()?,
            Tok::Break | Tok::Continue => self.leave_turn(item.tok)?,
            Tok::Else => {
                // an `if` or `with` right behind stays for the caller
                if !matches!(self.peek_non_space().tok, Tok::If | Tok::With) {
                    self.expect(Tok::RightDelim, "else")?;
                }
                return Ok(Some(Stop::Else));
            }
            Tok::End => {
                self.expect(Tok::RightDelim, "end")?;
                return Ok(Some(Stop::End));
            }
            Tok::If => self.branch(Control::If)?,
            Tok::With => self.branch(Control::With)?,
            Tok::Range => self.range()?,
            Tok::Template => self.template()?,
            _ => {
                self.backup();
                let pipe = self.pipeline("command", Tok::RightDelim)?;
                self.print_or_run(pipe);
            }
        }
        Ok(None)
    }

    fn print_or_run(&mut self, pipe: Id) {
        let prints = !matches!(self.unit.node(pipe).kind, Kind::Setter(_));
        self.op(if prints { Op::Print(pipe) } else { Op::Run(pipe) });
    }

    fn leave_turn(&mut self, tok: Tok) -> Result<()> {
        let action = if tok == Tok::Break { "{{break}}" } else { "{{continue}}" };
        let item = self.next_non_space();
        if item.tok != Tok::RightDelim {
            return Err(self.unexpected(item, action));
        }
        if self.tree.range_depth == 0 {
            return Err(self.error(&format!("{action} outside {{{{range}}}}")));
        }
        if self.tree.withs > 0 {
            self.op(Op::EndWith(self.tree.withs));
        }
        if tok == Tok::Break {
            self.op(Op::EndLoop);
        }
        let jump = self.op(Op::Jump(NONE));
        let jumps = if tok == Tok::Break { &mut self.tree.breaks } else { &mut self.tree.continues };
        jumps.push(jump);
        Ok(())
    }

    /// `if` and `with`, with their chain of `else if` or `else with`; the keyword is past.
    fn branch(&mut self, control: Control) -> Result<()> {
        let vars = self.tree.vars.len();
        let ghosts = self.tree.ghosts.len();
        let mut ends = Vec::new();
        loop {
            let pipe = self.pipeline(control.name(), Tok::RightDelim)?;
            let inner = self.tree.vars.len();
            let is_with = control == Control::With;
            let test = if is_with { Op::With { pipe, otherwise: NONE } } else { Op::If { pipe, otherwise: NONE } };
            let test = self.op(test);
            self.tree.withs += u32::from(is_with);
            let stop = self.nested(Self::item_list)?;
            self.tree.withs -= u32::from(is_with);
            if is_with {
                self.op(Op::EndWith(1));
            }
            if stop == Stop::End {
                self.land(test);
                break;
            }
            ends.push(self.op(Op::Jump(NONE)));
            self.land(test);
            self.pop_vars(inner, true);
            if self.peek().tok == control.keyword() {
                self.next();
                continue;
            }
            let stop = self.nested(Self::item_list)?;
            if stop != Stop::End {
                return Err(self.error(&format!("expected end; found {}", stop.show())));
            }
            break;
        }
        for end in ends {
            self.land(end);
        }
        self.pop_vars(vars, false);
        self.pop_ghosts(ghosts);
        Ok(())
    }

    fn range(&mut self) -> Result<()> {
        let vars = self.tree.vars.len();
        let ghosts = self.tree.ghosts.len();
        let pipe = self.pipeline("range", Tok::RightDelim)?;
        let inner = self.tree.vars.len();
        let start = self.op(Op::Range { pipe, otherwise: NONE });
        let body = self.here();
        let withs = std::mem::take(&mut self.tree.withs);
        let breaks = self.tree.breaks.len();
        let continues = self.tree.continues.len();
        self.tree.range_depth += 1;
        let stop = self.nested(Self::item_list)?;
        self.tree.range_depth -= 1;
        self.tree.withs = withs;
        for jump in self.tree.continues.split_off(continues) {
            self.land(jump);
        }
        let breaks = self.tree.breaks.split_off(breaks);
        self.op(Op::Next { body });
        if stop == Stop::Else {
            let end = self.op(Op::Jump(NONE));
            self.land(start);
            self.pop_vars(inner, true);
            let stop = self.nested(Self::item_list)?;
            if stop != Stop::End {
                return Err(self.error(&format!("expected end; found {}", stop.show())));
            }
            self.land(end);
        } else {
            self.land(start);
        }
        for jump in breaks {
            self.land(jump);
        }
        self.pop_vars(vars, false);
        self.pop_ghosts(ghosts);
        Ok(())
    }

    fn block(&mut self) -> Result<()> {
        const CONTEXT: &str = "block clause";
        let item = self.next_non_space();
        let name = self.template_name(item, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Tok::RightDelim)?;
        let string = self.string(&*name);
        self.definition(name, CONTEXT)?;
        let node = self.node(item.start, Kind::Template { name: string, pipe });
        self.op(Op::Template(node));
        Ok(())
    }

    fn template(&mut self) -> Result<()> {
        const CONTEXT: &str = "template clause";
        let item = self.next_non_space();
        let name = self.template_name(item, CONTEXT)?;
        let mut pipe = NONE;
        if self.next_non_space().tok != Tok::RightDelim {
            self.backup();
            pipe = self.pipeline(CONTEXT, Tok::RightDelim)?;
        }
        let name = self.string(name);
        let node = self.node(item.start, Kind::Template { name, pipe });
        self.op(Op::Template(node));
        Ok(())
    }
}

/// Whether a text is nothing but space. Go: `len(bytes.TrimSpace(text)) == 0`.
fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace) || std::str::from_utf8(text).is_ok_and(|text| text.trim().is_empty())
}

/// How to write a path that the scanner gave up at: a key with a hyphen and an item of a list are read by `index`.
fn by_index(text: &[u8], start: usize) -> Option<String> {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let (before, token) = text.split_at_checked(start)?;
    let after = token.strip_prefix(b".").or_else(|| token.strip_prefix(b"$"))?;
    let length = after.iter().take_while(|b| is_name(b)).count();
    let (name, rest) = after.split_at_checked(length)?;
    let above = before.iter().rev().take_while(|b| is_name(b) || matches!(b, b'.' | b'$')).count();
    let path = text.get(start - above..start + 1 + length)?;
    let shown = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    if rest.starts_with(b"-") && token.starts_with(b".") && !name.first()?.is_ascii_digit() {
        let head = path.strip_suffix(name)?.strip_suffix(b".")?;
        let key: Vec<u8> = after.iter().copied().take_while(|b| is_name(b) || *b == b'-').collect();
        let head = if head.is_empty() { ".".to_owned() } else { shown(head) };
        return Some(format!("a key with a hyphen is read by `index`: index {head} {}", quote(&key)));
    }
    let inner = rest.strip_prefix(b"[")?;
    let inner = inner.get(..inner.iter().position(|b| *b == b']')?).filter(|inner| (1..=64).contains(&inner.len()))?;
    Some(format!("an item of a list or map is read by `index`: index {} {}", shown(path), shown(inner)))
}
