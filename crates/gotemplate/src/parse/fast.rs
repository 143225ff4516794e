//! The short way for the actions that most templates are made of: from bytes to nodes, without tokens between.
//!
//! Measured: without this file a bake of kube-prometheus-stack takes 18 % more instructions (110.9 instead of 94.3
//! million) and one of the built-in `workload` 8 % more. docs/second-ways.md.
//!
//! It takes names, fields, variables, strings, decimal numbers and parentheses in their usual order, and one variable that
//! is set. Whatever else it meets, a mistake above all, it takes back what it made of the action, and the parser goes
//! through its tokens: nothing here makes an error, and every error is that of the tokens.

use super::super::lex::{Class, Item, Tok, is, word};
use super::super::literal;
use super::super::unit::{Chain, Id, Kind, NONE, Path, Range, Setter, Span};
use super::{Control, Parser, Stop};

/// Parentheses in parentheses, here: what is deeper needs the care that the long way takes.
const DEPTH: usize = 16;

/// What an action that is no pipeline begins with, or all of it.
pub(super) enum Start {
    Control(Control),
    Range,
    Stop(Stop),
}

/// A place in an action.
#[derive(Clone, Copy)]
struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

/// How much there was of everything that an action adds to.
struct Marks {
    nodes: usize,
    kids: usize,
    names: usize,
    paths: usize,
    chains: usize,
    callees: usize,
    numbers: usize,
    strings: usize,
    scratch: usize,
}

impl<'t> Cursor<'t> {
    #[inline]
    fn rest(self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn byte(self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Passes bytes of one class; answers how many.
    #[inline]
    fn pass(&mut self, class: Class) -> usize {
        let from = self.at;
        while self.byte().is_some_and(|b| is(b, class)) {
            self.at += 1;
        }
        self.at - from
    }

    /// Whether a name may end here.
    #[inline]
    fn at_terminator(self) -> bool {
        self.byte().is_some_and(|b| is(b, Class::TERMINATOR) || self.at_delim())
    }

    #[inline]
    fn at_delim(self) -> bool {
        self.rest().starts_with(b"}}")
    }

    /// The right delimiter that is next, and whether it has a trim marker, which needs a space before it.
    #[inline]
    fn delim(self) -> Option<(usize, bool)> {
        if self.at_delim() {
            return Some((self.at, false));
        }
        let before = self.text.get(self.at.checked_sub(1)?)?;
        (is(*before, Class::SPACE) && self.rest().starts_with(b"-}}")).then_some((self.at + 1, true))
    }

    /// Passes a name and answers it.
    #[inline]
    fn name(&mut self) -> Option<&'t [u8]> {
        let from = self.at;
        self.pass(Class::NAME);
        self.at_terminator().then(|| self.text.get(from..self.at).unwrap_or_default())
    }

    #[allow(clippy::cast_possible_truncation)] // the parser refuses texts of 4 GiB
    #[inline]
    fn pos(self) -> u32 {
        self.at as u32
    }
}

impl<'t> Parser<'_, 't> {
    /// Passes the keyword that the action begins with, and the whole of an action that is one.
    pub(super) fn plain_start(&mut self) -> Option<Start> {
        if self.peeked > 0 || self.tokens_only {
            return None;
        }
        let mut cursor = self.cursor();
        cursor.pass(Class::SPACE);
        if !matches!(cursor.byte(), Some(b'e' | b'i' | b'r' | b'w')) {
            return None;
        }
        let start = match cursor.name()? {
            b"if" => Start::Control(Control::If),
            b"with" => Start::Control(Control::With),
            b"range" => Start::Range,
            b"end" => Start::Stop(Stop::End),
            b"else" => Start::Stop(Stop::Else),
            _ => return None,
        };
        if let Start::Stop(_) = start {
            cursor.pass(Class::SPACE);
            let (delim, trims) = cursor.delim()?;
            self.close(delim, trims);
        } else {
            self.lexer.move_to(cursor.at);
        }
        Some(start)
    }

    /// Parses a pipeline up to the end of the action, and passes that end.
    pub(super) fn plain_pipeline(&mut self) -> Option<Id> {
        if self.peeked > 0 || self.tokens_only {
            return None;
        }
        let marks = self.marks();
        let pipe = self.try_pipeline();
        if pipe.is_none() {
            self.take_back(&marks);
        }
        pipe
    }

    #[allow(clippy::cast_possible_truncation)] // there are fewer setters than bytes of text
    fn try_pipeline(&mut self) -> Option<Id> {
        let mut cursor = self.cursor();
        cursor.pass(Class::SPACE);
        let pos = cursor.pos();
        let set = if cursor.byte()? == b'$' { variable_that_is_set(&mut cursor) } else { None };
        let commands = self.plain_commands(&mut cursor, 0)?;
        let (delim, trims) = cursor.delim()?;
        // from here on nothing is taken back
        let kind = match set {
            None => self.simple(commands).map_or(Kind::Pipe(commands), Kind::Simple),
            Some((variable, assign)) => {
                let decls = self.declarations([Some(variable), None], assign);
                self.unit.setters.push(Setter { commands, decls, assign });
                Kind::Setter(self.unit.setters.len() as u32 - 1)
            }
        };
        self.close(delim, trims);
        Some(self.node(pos, kind))
    }

    /// Parses commands up to what can only be the end of them.
    fn plain_commands(&mut self, cursor: &mut Cursor<'t>, depth: usize) -> Option<Span> {
        let mark = self.scratch.len();
        loop {
            let command = self.plain_command(cursor, depth)?;
            self.scratch.push(command);
            if cursor.byte() != Some(b'|') {
                break;
            }
            cursor.at += 1;
            cursor.pass(Class::SPACE);
        }
        let commands = self.kids(mark);
        self.misplaced_command(commands).is_none().then_some(commands)
    }

    fn plain_command(&mut self, cursor: &mut Cursor<'t>, depth: usize) -> Option<Id> {
        let pos = cursor.pos();
        let mark = self.scratch.len();
        loop {
            let operand = self.plain_operand(cursor, depth)?;
            self.scratch.push(operand);
            let apart = cursor.pass(Class::SPACE) > 0;
            match cursor.byte()? {
                b'|' | b')' | b'}' => break,
                b'-' if cursor.delim().is_some() => break,
                _ if apart => {}
                _ => return None,
            }
        }
        let args = self.kids(mark);
        Some(self.node(pos, Kind::Command(args)))
    }

    #[allow(clippy::cast_possible_truncation)] // there are fewer paths, chains and constants than bytes of text
    fn plain_operand(&mut self, cursor: &mut Cursor<'t>, depth: usize) -> Option<Id> {
        let start = cursor.at;
        let pos = cursor.pos();
        let kind = match cursor.byte()? {
            b'.' => {
                cursor.at += 1;
                if cursor.byte() != Some(b'.') && cursor.at_terminator() {
                    return Some(self.node(pos, Kind::Dot));
                }
                cursor.at = start;
                let mut fields = self.plain_field(cursor)?;
                // Go puts the error position at the second name
                let second = cursor.pos();
                fields.len += self.plain_fields(cursor)?.len;
                return Some(self.node(if fields.len > 1 { second } else { pos }, Kind::Field(fields)));
            }
            b'$' => {
                cursor.at += 1;
                let slot = cursor.name().and_then(|_| cursor.text.get(start..cursor.at)).map(|name| self.slot(name))?;
                if slot == NONE {
                    return None;
                }
                let end = cursor.pos();
                let fields = self.plain_fields(cursor)?;
                if fields.len == 0 {
                    Kind::Variable(slot, end)
                } else {
                    self.unit.paths.push(Path { slot, name: Range { start: pos, end }, fields });
                    return Some(self.node(end, Kind::Path(self.unit.paths.len() as u32 - 1)));
                }
            }
            b'"' | b'`' => {
                cursor.at += string_length(cursor.rest())?;
                let string = literal::unquote(cursor.text.get(start..cursor.at)?)?;
                Kind::String(self.string(&*string), cursor.pos())
            }
            b'0'..=b'9' => {
                cursor.pass(Class::DIGIT);
                if !matches!(cursor.byte()?, b' ' | b')' | b'|' | b'}') {
                    return None;
                }
                let number = literal::number(cursor.text.get(start..cursor.at)?).ok()?;
                self.unit.numbers.push(number);
                Kind::Number(self.unit.numbers.len() as u32 - 1, cursor.pos())
            }
            b'(' => {
                if depth >= DEPTH.min(self.limits.paren_depth) {
                    return None;
                }
                cursor.at += 1;
                cursor.pass(Class::SPACE);
                let pos = cursor.pos();
                let commands = self.plain_commands(cursor, depth + 1)?;
                if cursor.byte() != Some(b')') {
                    return None;
                }
                cursor.at += 1;
                let kind = self.simple(commands).map_or(Kind::Pipe(commands), Kind::Simple);
                let pipe = self.node(pos, kind);
                return self.plain_chain(pipe, cursor);
            }
            first if is(first, Class::NAME) => {
                let name = cursor.name()?;
                match word(name) {
                    Tok::Identifier => {
                        let callee = self.funcs.get(name)?;
                        let number = self.callee(callee);
                        let function = self.node(pos, Kind::Function(number));
                        return self.plain_chain(function, cursor);
                    }
                    Tok::Bool => Kind::Bool(name == b"true"),
                    Tok::Nil => Kind::Nil,
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(self.node(pos, kind))
    }

    /// The fields behind a node that has none, or the node alone.
    #[allow(clippy::cast_possible_truncation)] // there are fewer chains than bytes of text
    fn plain_chain(&mut self, node: Id, cursor: &mut Cursor<'t>) -> Option<Id> {
        let first = cursor.pos();
        let fields = self.plain_fields(cursor)?;
        if fields.len == 0 {
            return Some(node);
        }
        self.unit.chains.push(Chain { node, fields });
        Some(self.node(first, Kind::Chain(self.unit.chains.len() as u32 - 1)))
    }

    /// As many fields as there are.
    #[allow(clippy::cast_possible_truncation)] // there are fewer names than bytes of text
    fn plain_fields(&mut self, cursor: &mut Cursor<'t>) -> Option<Span> {
        let start = self.unit.names.len() as u32;
        while cursor.byte() == Some(b'.') {
            self.plain_field(cursor)?;
        }
        Some(Span { start, len: self.unit.names.len() as u32 - start })
    }

    /// One field, at its dot.
    #[allow(clippy::cast_possible_truncation)] // there are fewer names than bytes of text
    fn plain_field(&mut self, cursor: &mut Cursor<'t>) -> Option<Span> {
        cursor.at += 1;
        let start = cursor.pos();
        // a digit would make a number of it
        if cursor.byte()?.is_ascii_digit() || cursor.name()?.is_empty() {
            return None;
        }
        self.unit.names.push(Range { start, end: cursor.pos() });
        Some(Span { start: self.unit.names.len() as u32 - 1, len: 1 })
    }

    fn cursor(&self) -> Cursor<'t> {
        Cursor { text: self.text, at: self.lexer.place() }
    }

    /// Passes the right delimiter; errors point at it until there is another token.
    fn close(&mut self, delim: usize, trims: bool) {
        self.token[0] = self.lexer.close_action(delim, trims);
    }

    fn marks(&self) -> Marks {
        Marks {
            nodes: self.unit.nodes.len(),
            kids: self.unit.kids.len(),
            names: self.unit.names.len(),
            paths: self.unit.paths.len(),
            chains: self.unit.chains.len(),
            callees: self.unit.callees.len(),
            numbers: self.unit.numbers.len(),
            strings: self.unit.strings.len(),
            scratch: self.scratch.len(),
        }
    }

    #[cold]
    fn take_back(&mut self, marks: &Marks) {
        self.unit.nodes.truncate(marks.nodes);
        self.unit.kids.truncate(marks.kids);
        self.unit.names.truncate(marks.names);
        self.unit.paths.truncate(marks.paths);
        self.unit.chains.truncate(marks.chains);
        self.unit.callees.truncate(marks.callees);
        self.unit.numbers.truncate(marks.numbers);
        self.unit.strings.truncate(marks.strings);
        self.scratch.truncate(marks.scratch);
    }
}

/// Passes a variable and the `:=` or `=` behind it; answers the variable and whether it is there already. Nothing is
/// passed where it is only read.
fn variable_that_is_set(cursor: &mut Cursor<'_>) -> Option<(Item, bool)> {
    let mut ahead = *cursor;
    let start = ahead.pos();
    ahead.at += 1;
    ahead.name()?;
    let variable = Item { tok: Tok::Variable, start, end: ahead.pos() };
    ahead.pass(Class::SPACE);
    let assign = match ahead.rest() {
        [b':', b'=', ..] => false,
        [b'=', ..] => true,
        _ => return None,
    };
    ahead.at += if assign { 1 } else { 2 };
    ahead.pass(Class::SPACE);
    *cursor = ahead;
    Some((variable, assign))
}

/// The length of the string that a text begins with, its quotes among it.
fn string_length(text: &[u8]) -> Option<usize> {
    let (quote, body) = text.split_first()?;
    if *quote == b'`' {
        return memchr::memchr(b'`', body).map(|end| end + 2);
    }
    let mut at = 0;
    loop {
        at += body.get(at..)?.iter().position(|b| matches!(b, b'"' | b'\\' | b'\n'))?;
        match body.get(at)? {
            b'"' => return Some(at + 2),
            b'\\' if *body.get(at + 1)? != b'\n' => at += 2,
            _ => return None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // templates of charts
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use crate::limits::Limits;
    use crate::value::{Str, Ty, Value};
    use crate::{Compiler, Func, FuncTable};

    /// All that a text is compiled into, or its error.
    fn compiled(compiler: &mut Compiler<'_>, text: &[u8]) -> String {
        match compiler.compile(&Str::from(text)) {
            Ok(unit) => {
                let callees: Vec<_> = unit.callees.iter().map(|callee| callee.name()).collect();
                let defs: Vec<_> = unit.defs.iter().map(|def| (&def.name, def.ops, def.slots, def.empty)).collect();
                let nodes = (&unit.nodes, &unit.kids, &unit.names, &unit.paths, &unit.chains);
                format!(
                    "{nodes:#?} {:#?} {:#?} {callees:?} {:#?} {:#?} {:#?} {defs:#?}",
                    unit.setters, unit.decls, unit.numbers, unit.strings, unit.ops
                )
            }
            Err(error) => format!("{error:#}"),
        }
    }

    /// What both ways say of a text in which every one of `names` may be called.
    fn both(text: &[u8], names: impl IntoIterator<Item = &'static str>) -> (String, String) {
        let func = |name| &*Box::leak(Box::new(Func::new(name, &[], Ty::Any, |_, _| Ok(Value::Nil))));
        let funcs = FuncTable::new(names.into_iter().map(func));
        let limits = Limits::helm();
        let mut short = Compiler::new(&funcs, &limits);
        let mut long = Compiler::new(&funcs, &limits);
        long.tokens_only = true;
        (compiled(&mut short, text), compiled(&mut long, text))
    }

    fn templates(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                templates(&path, found);
            } else if path.iter().any(|part| part == "templates") {
                found.push(path);
            }
        }
    }

    #[test]
    fn charts_are_compiled_into_the_same_by_both_ways() {
        let mut found = Vec::new();
        templates(Path::new("../../charts"), &mut found);
        if let Some(shared) = testkit::need::shared() {
            templates(&shared.join("corpus/charts"), &mut found);
        }
        let (all, mut parsed) = (found.len(), 0);
        for path in found {
            let text = std::fs::read(&path).unwrap();
            let words = String::from_utf8_lossy(&text).into_owned().leak();
            let words = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            let words: std::collections::BTreeSet<_> = words.collect();
            let (short, long) = both(&text, words);
            parsed += usize::from(!short.starts_with("template: "));
            assert_eq!(short, long, "{}", path.display());
        }
        assert!(all > 20 && parsed > all * 9 / 10, "{parsed} of {all}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_compiled_into_the_same_by_both_ways(
            text in "(a|\\{\\{|\\{\\{|\\}\\}|\\}\\}|\\{\\{- | -\\}\\}|-\\}\\}|/\\*|\"a\"|\"\\\\n|`x`|\\(|\\)|\\.|\\.x|\\.y |\\$|\\$v|\\$w := |:=| = |,| | |\n|1|07|-2|'c'|\\||if |else|with |range |end|define \"t\"|template \"t\"|print |len |nil|true|é){0,24}"
        ) {
            let (short, long) = both(text.as_bytes(), []);
            prop_assert_eq!(short, long);
        }

        #[test]
        fn any_action_is_compiled_into_the_same_by_both_ways(
            parts in proptest::collection::vec(
                "(\\{\\{(- )?)(if |else|else if |with |range |end|\\$v := |\\$v = |range \\$i, \\$v := )?((print|len|and|eq|\\.|\\.x|\\.x\\.y|\\.x\\.y\\.z|\\$|\\$v|\\$\\.a|\\$v\\.a\\.b|\"s\"|`r`|1|-1|0x1|1\\.5|true|nil|\\(print \\.x\\)|\\(\\.x\\)|\\( len \\(\\$v\\.y\\) \\)\\.z|print\\.x)( |\n| \\| |\\||)){0,5}( -)?\\}\\}( text)?",
                0..8,
            )
        ) {
            let (short, long) = both(parts.concat().as_bytes(), []);
            prop_assert_eq!(short, long);
        }
    }
}
