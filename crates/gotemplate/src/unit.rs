//! The compiled form of one text: flat vectors, no pointers between nodes, text as slices of the source.
//!
//! A definition is a list of [`Op`]s with jumps, so blocks need no native recursion. Expressions are [`Node`]s in one vector.
//! Positions are byte offsets; lines, columns and printed expressions are computed when an error needs them.

use std::fmt::Write as _;

use super::literal::Number;
use super::table::Callee;
use crate::error::{Error, ErrorKind, Location};
use crate::value::Str;
use go::stack::with_stack;
use go::strconv::quote;

/// One compiled text. It does not contain its name, because the same text may occur in many charts.
#[derive(Default)]
pub struct Unit {
    pub(super) text: Str,
    pub(super) nodes: Vec<Node>,
    pub(super) kids: Vec<Id>,
    pub(super) names: Vec<Range>,
    pub(super) paths: Vec<Path>,
    pub(super) chains: Vec<Chain>,
    pub(super) setters: Vec<Setter>,
    pub(super) decls: Vec<Decl>,
    pub(super) callees: Vec<Callee>,
    pub(super) numbers: Vec<Number>,
    pub(super) strings: Vec<Str>,
    pub(super) ops: Vec<Op>,
    /// The body of the text, then what it defines.
    pub(super) defs: Vec<Def>,
}

/// A definition: the body of a text, or a `define` or `block` in it.
pub(super) struct Def {
    /// The name in the text; that of the body is known only where it is linked.
    pub(super) name: Str,
    /// Its part of the unit's ops; jumps count from its first one.
    pub(super) ops: Span,
    /// Variables alive at once, `$` among them.
    pub(super) slots: u32,
    /// Whether there is nothing but space and comments. Go: `parse.IsEmptyTree`.
    pub(super) empty: bool,
}

/// The number of a node.
pub(super) type Id = u32;

/// No node, no slot.
pub(super) const NONE: u32 = u32::MAX;

/// Bytes of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A part of one of the vectors of a [`Unit`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// A variable that a pipeline sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decl {
    /// Where it lives; [`NONE`] for an assignment to what is not there.
    pub(super) slot: u32,
    pub(super) name: Range,
}

/// A variable where it is read, and the fields behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    /// Where it lives; [`NONE`] where it is not on the stack.
    pub(super) slot: u32,
    pub(super) name: Range,
    pub(super) fields: Span,
}

/// Fields behind parentheses or a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub(super) node: Id,
    pub(super) fields: Span,
}

/// A pipeline that sets variables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setter {
    pub(super) commands: Span,
    pub(super) decls: Span,
    /// Whether the variables are there already.
    pub(super) assign: bool,
}

/// A part of an expression. There are very many: what few of them need stands in vectors of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Where Go says it is.
    pub(super) pos: u32,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Dot,
    Nil,
    Bool(bool),
    /// A number and the end of its text.
    Number(u32, u32),
    /// A string and the end of its text.
    String(u32, u32),
    Field(Span),
    /// A variable without fields: its slot and the end of its name.
    Variable(u32, u32),
    /// A variable with fields: the number of a [`Path`].
    Path(u32),
    /// The number of a [`Chain`].
    Chain(u32),
    /// The number of a function that the text calls.
    Function(u32),
    Command(Span),
    /// A pipeline that is one field or variable.
    Simple(Id),
    /// The commands of a pipeline.
    Pipe(Span),
    /// The number of a [`Setter`].
    Setter(u32),
    Template {
        name: u32,
        pipe: Id,
    },
}

/// One step of a definition. Targets are indexes of ops.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// Writes a part of the source.
    Text(Range),
    /// Writes the value of a pipeline.
    Print(Id),
    /// Evaluates a pipeline for its variables.
    Run(Id),
    /// Goes to `otherwise` where the pipeline is not true.
    If {
        pipe: Id,
        otherwise: u32,
    },
    /// Makes the pipeline dot, or goes to `otherwise` where it is not true.
    With {
        pipe: Id,
        otherwise: u32,
    },
    /// Ends this many `with`.
    EndWith(u32),
    Jump(u32),
    /// Starts a loop, or goes to `otherwise` where there is nothing to walk.
    Range {
        pipe: Id,
        otherwise: u32,
    },
    /// The next turn of the innermost loop from `body`; ends the loop after the last one.
    Next {
        body: u32,
    },
    /// Ends the innermost loop.
    EndLoop,
    /// Runs another definition.
    Template(Id),
}

impl Kind {
    /// Whether this is what stands in parentheses or in an action.
    #[inline]
    pub(super) fn is_pipeline(self) -> bool {
        matches!(self, Kind::Simple(_) | Kind::Pipe(_) | Kind::Setter(_))
    }
}

impl Unit {
    /// The source.
    pub fn text(&self) -> &Str {
        &self.text
    }

    #[inline]
    pub(super) fn node(&self, id: Id) -> Node {
        self.nodes.get(id as usize).copied().unwrap_or(Node { pos: 0, kind: Kind::Nil })
    }

    #[inline]
    pub(super) fn kids(&self, span: Span) -> &[Id] {
        part(&self.kids, span)
    }

    #[inline]
    pub(super) fn names(&self, span: Span) -> &[Range] {
        part(&self.names, span)
    }

    #[inline]
    pub(super) fn decls(&self, span: Span) -> &[Decl] {
        part(&self.decls, span)
    }

    /// The variable that a node reads.
    #[inline]
    pub(super) fn path(&self, node: Node) -> Option<Path> {
        match node.kind {
            Kind::Variable(slot, end) => {
                Some(Path { slot, name: Range { start: node.pos, end }, fields: Span::default() })
            }
            Kind::Path(number) => self.paths.get(number as usize).copied(),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn chain(&self, number: u32) -> Option<Chain> {
        self.chains.get(number as usize).copied()
    }

    #[inline]
    pub(super) fn setter(&self, number: u32) -> Option<Setter> {
        self.setters.get(number as usize).copied()
    }

    #[inline]
    pub(super) fn callee(&self, number: u32) -> Option<Callee> {
        self.callees.get(number as usize).copied()
    }

    #[inline]
    pub(super) fn ops(&self, def: &Def) -> &[Op] {
        part(&self.ops, def.ops)
    }

    /// A copy that takes no more room than it needs; what is copied is left empty, with its room.
    pub(super) fn take(&mut self) -> Unit {
        // `mem::take` would take the room along
        #[allow(clippy::drain_collect)]
        fn all<T>(items: &mut Vec<T>) -> Vec<T> {
            items.drain(..).collect()
        }
        Unit {
            text: std::mem::take(&mut self.text),
            nodes: all(&mut self.nodes),
            kids: all(&mut self.kids),
            names: all(&mut self.names),
            paths: all(&mut self.paths),
            chains: all(&mut self.chains),
            setters: all(&mut self.setters),
            decls: all(&mut self.decls),
            callees: all(&mut self.callees),
            numbers: all(&mut self.numbers),
            strings: all(&mut self.strings),
            ops: all(&mut self.ops),
            defs: all(&mut self.defs),
        }
    }

    #[inline]
    pub(super) fn slice(&self, range: Range) -> &[u8] {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    #[inline]
    pub(super) fn string(&self, id: u32) -> Str {
        self.strings.get(id as usize).cloned().unwrap_or_default()
    }

    /// The expression as Go prints it, cut when it is much longer than an error may be.
    pub(super) fn show(&self, id: Id, limit: usize) -> String {
        let mut out = String::new();
        self.write(&mut out, id, limit);
        out
    }

    fn write(&self, out: &mut String, id: Id, limit: usize) {
        if out.len() > limit {
            return;
        }
        let node = self.node(id);
        let source = |end: u32| String::from_utf8_lossy(self.slice(Range { start: node.pos, end }));
        match node.kind {
            Kind::Dot => out.push('.'),
            Kind::Nil => out.push_str("nil"),
            Kind::Bool(b) => out.push_str(if b { "true" } else { "false" }),
            Kind::Number(_, end) | Kind::String(_, end) => out.push_str(&source(end)),
            Kind::Field(fields) => self.write_fields(out, fields),
            Kind::Variable(..) | Kind::Path(_) => {
                let Some(path) = self.path(node) else { return };
                out.push_str(&String::from_utf8_lossy(self.slice(path.name)));
                self.write_fields(out, path.fields);
            }
            Kind::Chain(number) => {
                let Some(chain) = self.chain(number) else { return };
                self.write_operand(out, chain.node, limit);
                self.write_fields(out, chain.fields);
            }
            Kind::Function(number) => out.push_str(self.callee(number).map(Callee::name).unwrap_or_default()),
            Kind::Command(args) => {
                for (i, arg) in self.kids(args).iter().enumerate() {
                    if i > 0 {
                        out.push(' ');
                    }
                    self.write_operand(out, *arg, limit);
                }
            }
            Kind::Simple(operand) => self.write(out, operand, limit),
            Kind::Pipe(commands) => self.write_commands(out, commands, limit),
            Kind::Setter(number) => {
                let Some(setter) = self.setter(number) else { return };
                for (i, decl) in self.decls(setter.decls).iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(&String::from_utf8_lossy(self.slice(decl.name)));
                }
                out.push_str(if setter.assign { " = " } else { " := " });
                self.write_commands(out, setter.commands, limit);
            }
            Kind::Template { name, pipe } => {
                let _ = write!(out, "{{{{template {}", quote(&self.string(name)));
                if pipe != NONE {
                    out.push(' ');
                    self.write(out, pipe, limit);
                }
                out.push_str("}}");
            }
        }
    }

    fn write_commands(&self, out: &mut String, commands: Span, limit: usize) {
        for (i, command) in self.kids(commands).iter().enumerate() {
            if i > 0 {
                out.push_str(" | ");
            }
            self.write(out, *command, limit);
        }
    }

    fn write_operand(&self, out: &mut String, id: Id, limit: usize) {
        if self.node(id).kind.is_pipeline() {
            out.push('(');
            with_stack(|| self.write(out, id, limit));
            out.push(')');
        } else {
            self.write(out, id, limit);
        }
    }

    fn write_fields(&self, out: &mut String, fields: Span) {
        for name in self.names(fields) {
            out.push('.');
            out.push_str(&String::from_utf8_lossy(self.slice(*name)));
        }
    }

    /// Bytes that it takes beside its source.
    pub(super) fn footprint(&self) -> usize {
        let strings: usize = self.strings.iter().map(|s| size_of::<Str>() + s.len()).sum();
        let flat = size_of_val(self.nodes.as_slice())
            + size_of_val(self.kids.as_slice())
            + size_of_val(self.names.as_slice())
            + size_of_val(self.paths.as_slice())
            + size_of_val(self.chains.as_slice())
            + size_of_val(self.setters.as_slice())
            + size_of_val(self.decls.as_slice())
            + size_of_val(self.callees.as_slice())
            + size_of_val(self.numbers.as_slice())
            + size_of_val(self.ops.as_slice())
            + size_of_val(self.defs.as_slice());
        flat + strings
    }
}

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Unit({} bytes, {} definitions)", self.text.len(), self.defs.len())
    }
}

fn part<T>(items: &[T], span: Span) -> &[T] {
    let start = span.start as usize;
    items.get(start..start + span.len as usize).unwrap_or_default()
}

/// 1-based line and 0-based column of a byte offset, as Go's error texts have them, and the line itself.
pub(super) fn line_at(text: &[u8], pos: u32) -> (u32, u32, &[u8]) {
    let pos = (pos as usize).min(text.len());
    let (before, after) = text.split_at_checked(pos).unwrap_or((text, &[]));
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', after).map_or(text.len(), |at| pos + at);
    #[allow(clippy::cast_possible_truncation)] // texts are smaller than 4 GiB
    (line as u32, (pos - start) as u32, text.get(start..end).unwrap_or_default())
}

/// A parse error at a place. Go: `Tree.errorf`.
pub(super) fn parse_error(name: &str, text: &[u8], pos: u32, message: &str) -> Error {
    let (line, _, source) = line_at(text, pos);
    Error::new(ErrorKind::Parse, format!("template: {name}:{line}: {message}"))
        .at(Location { file: name.to_owned(), line, column: 0 })
        .with_source_line(source_line(source))
}

/// A line as a diagnostic shows it: text, and not endless.
pub(super) fn source_line(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line.get(..400).unwrap_or(line)).into_owned()
}
