//! Parses pipelines: declarations, commands, operands. Go: `Tree.pipeline` and the functions that it calls.

use super::super::lex::{Item, Tok};
use super::super::literal;
use super::super::unit::{Chain, Decl, Id, Kind, NONE, Node, Path, Range, Setter, Span};
use super::Parser;
use crate::error::{Error, Result};
use go::stack::with_stack;
use go::strconv::quote;

impl Parser<'_, '_> {
    /// What an action or a control evaluates, to its end.
    #[allow(clippy::cast_possible_truncation)] // there are fewer pipelines than bytes of text
    pub(super) fn pipeline(&mut self, context: &str, end: Tok) -> Result<Id> {
        if end == Tok::RightDelim
            && let Some(pipe) = self.plain_pipeline()
        {
            return Ok(pipe);
        }
        let pos = self.peek_non_space().start;
        let pending = self.tree.pending.len();
        let mut names: [Option<Item>; 2] = [None; 2];
        let mut assign = false;
        loop {
            let variable = self.peek_non_space();
            if variable.tok != Tok::Variable {
                break;
            }
            self.next();
            let after = self.peek();
            let next = self.peek_non_space();
            let comma = next.tok == Tok::Char && self.text(next) == b",";
            if comma || matches!(next.tok, Tok::Assign | Tok::Declare) {
                self.next_non_space();
                assign = next.tok == Tok::Assign;
                let second = names[0].is_some();
                if second {
                    names[1] = Some(variable);
                } else {
                    names[0] = Some(variable);
                }
                self.tree.pending.push(self.lexer.text(variable));
                if comma {
                    if context == "range" && !second {
                        if matches!(self.peek_non_space().tok, Tok::Variable | Tok::RightDelim | Tok::RightParen) {
                            continue;
                        }
                        return Err(self.error("range can only initialize variables"));
                    }
                    return Err(self.error(&format!("too many declarations in {context}")));
                }
            } else if after.tok == Tok::Space {
                self.backup3(variable, after);
            } else {
                self.backup2(variable);
            }
            break;
        }
        let mark = self.scratch.len();
        loop {
            let item = self.next_non_space();
            match item.tok {
                tok if tok == end => break,
                Tok::Bool
                | Tok::CharConstant
                | Tok::Complex
                | Tok::Dot
                | Tok::Field
                | Tok::Identifier
                | Tok::Number
                | Tok::Nil
                | Tok::RawString
                | Tok::String
                | Tok::Variable
                | Tok::LeftParen => {
                    self.backup();
                    let command = self.command()?;
                    self.scratch.push(command);
                }
                _ => return Err(self.unexpected(item, context)),
            }
        }
        let commands = self.kids(mark);
        self.check_pipeline(commands, context)?;
        self.tree.pending.truncate(pending);
        let decls = self.declarations(names, assign);
        let kind = if decls.len > 0 {
            self.unit.setters.push(Setter { commands, decls, assign });
            Kind::Setter(self.unit.setters.len() as u32 - 1)
        } else {
            self.simple(commands).map_or(Kind::Pipe(commands), Kind::Simple)
        };
        Ok(self.node(pos, kind))
    }

    /// Puts the variables of a pipeline on the stack, or finds those that it assigns to.
    #[allow(clippy::cast_possible_truncation)] // there are fewer declarations than bytes of text
    pub(super) fn declarations(&mut self, names: [Option<Item>; 2], assign: bool) -> Span {
        let start = self.unit.decls.len() as u32;
        for item in names.into_iter().flatten() {
            let name = self.text(item);
            let slot = if assign { self.slot(name) } else { self.declare(name) };
            if slot == NONE {
                self.add_ghost(name);
            }
            self.unit.decls.push(Decl { slot, name: Range { start: item.start, end: item.end } });
        }
        Span { start, len: self.unit.decls.len() as u32 - start }
    }

    /// The field or variable that is all there is to these commands. They were made last: they are taken back.
    pub(super) fn simple(&mut self, commands: Span) -> Option<Id> {
        let [command] = *self.unit.kids(commands) else { return None };
        let Kind::Command(args) = self.unit.node(command).kind else { return None };
        let [only] = *self.unit.kids(args) else { return None };
        if !matches!(self.unit.node(only).kind, Kind::Field(_) | Kind::Variable(..) | Kind::Path(_)) {
            return None;
        }
        self.unit.nodes.truncate(command as usize);
        self.unit.kids.truncate(args.start as usize);
        Some(only)
    }

    fn check_pipeline(&self, commands: Span, context: &str) -> Result<()> {
        if commands.len == 0 {
            return Err(self.error(&format!("missing value for {context}")));
        }
        match self.misplaced_command(commands) {
            Some(stage) => Err(self.error(&format!("non executable command in pipeline stage {stage}"))),
            None => Ok(()),
        }
    }

    /// The number of the first command that cannot take the result of the one before it.
    pub(super) fn misplaced_command(&self, commands: Span) -> Option<usize> {
        let first_of = |command: &Id| match self.unit.node(*command).kind {
            Kind::Command(args) => self.unit.kids(args).first().map(|id| self.unit.node(*id).kind),
            _ => None,
        };
        let constant = |command: &Id| {
            matches!(
                first_of(command),
                Some(Kind::Bool(_) | Kind::Dot | Kind::Nil | Kind::Number(..) | Kind::String(..))
            )
        };
        self.unit.kids(commands).iter().skip(1).position(constant).map(|at| at + 2)
    }

    fn command(&mut self) -> Result<Id> {
        let pos = self.peek_non_space().start;
        let mark = self.scratch.len();
        loop {
            if let Some(operand) = self.operand()? {
                self.scratch.push(operand);
            }
            let item = self.next();
            match item.tok {
                Tok::Space => continue,
                Tok::RightDelim | Tok::RightParen => self.backup(),
                Tok::Pipe => {}
                _ => return Err(self.unexpected(item, "operand")),
            }
            break;
        }
        if self.scratch.len() == mark {
            return Err(self.error("empty command"));
        }
        let args = self.kids(mark);
        Ok(self.node(pos, Kind::Command(args)))
    }

    #[allow(clippy::cast_possible_truncation)] // there are fewer names than bytes of text
    fn operand(&mut self) -> Result<Option<Id>> {
        let Some(id) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.tok != Tok::Field {
            return Ok(Some(id));
        }
        let start = self.unit.names.len() as u32;
        while self.peek().tok == Tok::Field {
            let item = self.next();
            self.unit.names.push(Range { start: item.start + 1, end: item.end });
        }
        let len = self.unit.names.len() as u32 - start;
        let kind = match self.unit.node(id).kind {
            // the names of the term stand right before
            Kind::Field(fields) => Kind::Field(Span { start: fields.start, len: fields.len + len }),
            Kind::Variable(slot, end) => {
                let name = Range { start: self.unit.node(id).pos, end };
                self.unit.paths.push(Path { slot, name, fields: Span { start, len } });
                Kind::Path(self.unit.paths.len() as u32 - 1)
            }
            Kind::Bool(_) | Kind::String(..) | Kind::Number(..) | Kind::Nil | Kind::Dot => {
                let term = self.unit.show(id, self.limits.error_bytes);
                return Err(self.error(&format!("unexpected . after term {}", quote(term.as_bytes()))));
            }
            _ => {
                self.unit.chains.push(Chain { node: id, fields: Span { start, len } });
                let kind = Kind::Chain(self.unit.chains.len() as u32 - 1);
                return Ok(Some(self.node(first.start, kind)));
            }
        };
        if let Some(node) = self.unit.nodes.get_mut(id as usize) {
            // Go puts the error position at the second name
            *node = Node { pos: first.start, kind };
        }
        Ok(Some(id))
    }

    #[allow(clippy::cast_possible_truncation)] // there are fewer constants than bytes of text
    fn term(&mut self) -> Result<Option<Id>> {
        let item = self.next_non_space();
        let text = self.text(item);
        let kind = match item.tok {
            Tok::Identifier => match self.funcs.get(text) {
                Some(callee) => Kind::Function(self.callee(callee)),
                None => return Err(self.unknown_function(text)),
            },
            Tok::Dot => Kind::Dot,
            Tok::Nil => Kind::Nil,
            Tok::Variable => {
                let slot = self.slot(text);
                if slot == NONE && !self.is_known(text) {
                    return Err(self.error(&format!("undefined variable {}", quote(text))));
                }
                Kind::Variable(slot, item.end)
            }
            Tok::Field => {
                let start = self.unit.names.len() as u32;
                self.unit.names.push(Range { start: item.start + 1, end: item.end });
                Kind::Field(Span { start, len: 1 })
            }
            Tok::Bool => Kind::Bool(text == b"true"),
            Tok::CharConstant | Tok::Number | Tok::Complex => {
                let number = if item.tok == Tok::CharConstant { literal::character } else { literal::number };
                let number = number(text).map_err(|message| self.error(&message))?;
                self.unit.numbers.push(number);
                Kind::Number(self.unit.numbers.len() as u32 - 1, item.end)
            }
            Tok::String | Tok::RawString => {
                let Some(string) = literal::unquote(text) else { return Err(self.error("invalid syntax")) };
                Kind::String(self.string(&*string), item.end)
            }
            Tok::LeftParen => {
                if self.tree.paren_depth >= self.limits.paren_depth {
                    let error = self.error("max expression depth exceeded");
                    return Err(Error::helm_limit("paren-depth", error.message()));
                }
                self.tree.paren_depth += 1;
                let pipe = with_stack(|| self.pipeline("parenthesized pipeline", Tok::RightParen))?;
                self.tree.paren_depth -= 1;
                return Ok(Some(pipe));
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(self.node(item.start, kind)))
    }
}
