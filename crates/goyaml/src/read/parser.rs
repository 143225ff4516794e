//! Turns tokens into a tree. go-yaml: `parserc.go`, and the parser in `decode.go`.
//!
//! The grammar is a state machine with its own stack, so nesting needs no native stack.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::pos::Pos;
use super::problem::{Problem, Read};
use super::scanner::Scanner;
use super::token::{Head, Kind, Token};
use super::tree::{Id, Item, Shape, Tag, Tree};
use gotemplate::limits::Budget;

type Names<'a, V> = IndexMap<Cow<'a, [u8]>, V, foldhash::fast::RandomState>;

/// What the parser expects next.
#[derive(Clone, Copy, Debug)]
enum State {
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceEntry,
    IndentlessEntry,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
}

/// The anchor and tag of a node.
#[derive(Default)]
struct Properties<'a> {
    anchor: Option<Cow<'a, [u8]>>,
    tag: Option<Vec<u8>>,
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    states: Vec<State>,
    /// Where the open collections start, for messages.
    marks: Vec<Pos>,
    /// The open collections.
    open: Vec<Id>,
    anchors: Names<'a, Id>,
    tag_directives: Names<'a, Box<[u8]>>,
    tree: Tree<'a>,
}

/// The first document of a text, `None` if there is none.
pub(super) fn parse<'a>(scanner: Scanner<'a>, budget: &Budget) -> Read<Option<Tree<'a>>> {
    let mut parser = Parser {
        scanner,
        states: Vec::new(),
        marks: Vec::new(),
        open: Vec::new(),
        anchors: Names::default(),
        tag_directives: Names::default(),
        tree: Tree::default(),
    };
    parser.scanner.peek()?;
    parser.scanner.take();
    let Some(mut state) = parser.document_start()? else {
        return Ok(None);
    };
    while let Some(next) = parser.step(state)? {
        if !budget.tick(1) {
            return Err(Problem::cancelled());
        }
        state = next;
    }
    Ok(Some(parser.tree))
}

impl<'a> Parser<'a> {
    fn document_start(&mut self) -> Read<Option<State>> {
        let first = self.scanner.peek()?;
        if first.kind == Kind::StreamEnd {
            return Ok(None);
        }
        self.states.push(State::DocumentEnd);
        if !matches!(first.kind, Kind::VersionDirective | Kind::TagDirective | Kind::DocumentStart) {
            return Ok(Some(State::BlockNode));
        }
        let token = self.directives()?;
        if token.kind != Kind::DocumentStart {
            return Err(Problem::parser("did not find expected <document start>", Pos::default(), token.start));
        }
        self.scanner.take();
        Ok(Some(State::DocumentContent))
    }

    fn directives(&mut self) -> Read<Head> {
        let mut has_version = false;
        loop {
            let head = self.scanner.peek()?;
            let fail = |problem| Err(Problem::parser(problem, Pos::default(), head.start));
            match head.kind {
                Kind::VersionDirective => {
                    if has_version {
                        return fail("found duplicate %YAML directive");
                    }
                    has_version = true;
                    let token = self.scanner.take();
                    let is_one = |digits: &[u8]| matches!(digits, b"1" | b"01");
                    if !is_one(&token.text) || !is_one(token.suffix.as_deref().unwrap_or_default()) {
                        return fail("found incompatible YAML document");
                    }
                }
                Kind::TagDirective => {
                    let token = self.scanner.take();
                    if self.tag_directives.insert(token.text, token.suffix.unwrap_or_default()).is_some() {
                        return fail("found duplicate %TAG directive");
                    }
                }
                _ => return Ok(head),
            }
        }
    }

    /// One step of the machine; `None` after the end of the document.
    fn step(&mut self, state: State) -> Read<Option<State>> {
        match state {
            State::DocumentContent => {
                let head = self.scanner.peek()?;
                match head.kind {
                    Kind::VersionDirective
                    | Kind::TagDirective
                    | Kind::DocumentStart
                    | Kind::DocumentEnd
                    | Kind::StreamEnd => {
                        self.empty(head.start);
                        Ok(self.states.pop())
                    }
                    _ => self.node(true, false),
                }
            }
            State::DocumentEnd => {
                let head = self.scanner.peek()?;
                let is_end = matches!(head.kind, Kind::StreamEnd | Kind::DocumentStart | Kind::DocumentEnd);
                self.tree.rest = (!is_end).then_some(head.start);
                Ok(None)
            }
            State::BlockNode => self.node(true, false),
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirst => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowPairKey => {
                let head = self.scanner.peek()?;
                if !matches!(head.kind, Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd) {
                    self.states.push(State::FlowPairValue);
                    return self.node(false, false);
                }
                // go-yaml takes the token that ends the pair: what follows is an error
                self.scanner.take();
                self.empty(head.end());
                Ok(Some(State::FlowPairValue))
            }
            State::FlowPairValue => self.flow_value(State::FlowPairEnd, Kind::FlowSequenceEnd),
            State::FlowPairEnd => {
                self.scanner.peek()?;
                self.close();
                Ok(Some(State::FlowSequenceEntry))
            }
            State::FlowMappingFirst => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_value(State::FlowMappingKey, Kind::FlowMappingEnd),
            State::FlowMappingEmptyValue => {
                let head = self.scanner.peek()?;
                self.empty(head.start);
                Ok(Some(State::FlowMappingKey))
            }
        }
    }

    fn node(&mut self, block: bool, indentless: bool) -> Read<Option<State>> {
        let mut head = self.scanner.peek()?;
        if head.kind == Kind::Alias {
            let token = self.scanner.take();
            self.alias(token)?;
            return Ok(self.states.pop());
        }
        if matches!(head.kind, Kind::PlainScalar | Kind::QuotedScalar) {
            let token = self.scanner.take();
            self.push(Shape::Scalar, head.start, head.kind == Kind::PlainScalar, token.text);
            return Ok(self.states.pop());
        }
        let start = head.start;
        let mut properties = Properties::default();
        if matches!(head.kind, Kind::Anchor | Kind::Tag) {
            head = self.properties(head, &mut properties)?;
        }
        let (shape, state) = match head.kind {
            Kind::BlockEntry if indentless => (Shape::Sequence, State::IndentlessEntry),
            Kind::PlainScalar | Kind::QuotedScalar => {
                let token = self.scanner.take();
                let implicit = match properties.tag.as_deref() {
                    None => head.kind == Kind::PlainScalar,
                    Some(tag) => tag == b"!",
                };
                self.add(Shape::Scalar, start, implicit, token.text, properties);
                return Ok(self.states.pop());
            }
            Kind::FlowSequenceStart => (Shape::Sequence, State::FlowSequenceFirst),
            Kind::FlowMappingStart => (Shape::Mapping, State::FlowMappingFirst),
            Kind::BlockSequenceStart if block => (Shape::Sequence, State::BlockSequenceEntry),
            Kind::BlockMappingStart if block => (Shape::Mapping, State::BlockMappingKey),
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                let implicit = properties.tag.is_none();
                self.add(Shape::Scalar, start, implicit, Cow::Borrowed(&[]), properties);
                return Ok(self.states.pop());
            }
            _ => return Err(Problem::parser("did not find expected node content", start, head.start)),
        };
        if head.kind != Kind::BlockEntry {
            self.marks.push(head.start);
            self.scanner.take();
        }
        self.open(shape, start, properties);
        Ok(Some(state))
    }

    fn properties(&mut self, first: Head, properties: &mut Properties<'a>) -> Read<Head> {
        let mut tag: Option<Token<'a>> = None;
        let mut head = first;
        if head.kind == Kind::Anchor {
            properties.anchor = Some(self.scanner.take().text);
            head = self.scanner.peek()?;
            if head.kind == Kind::Tag {
                tag = Some(self.scanner.take());
                head = self.scanner.peek()?;
            }
        } else {
            tag = Some(self.scanner.take());
            head = self.scanner.peek()?;
            if head.kind == Kind::Anchor {
                properties.anchor = Some(self.scanner.take().text);
                head = self.scanner.peek()?;
            }
        }
        if let Some(token) = tag {
            let at = token.head.start;
            let Some(name) = self.resolve_tag(&token) else {
                return Err(Problem::parser("found undefined tag handle", first.start, at));
            };
            properties.tag = Some(name);
        }
        Ok(head)
    }

    /// The whole name of a tag.
    fn resolve_tag(&self, token: &Token<'a>) -> Option<Vec<u8>> {
        let prefix: &[u8] = match self.tag_directives.get(&token.text) {
            Some(prefix) => prefix,
            None => match &*token.text {
                b"" => b"",
                b"!" => b"!",
                b"!!" => b"tag:yaml.org,2002:",
                _ => return None,
            },
        };
        Some([prefix, token.suffix.as_deref().unwrap_or_default()].concat())
    }

    fn block_sequence_entry(&mut self) -> Read<Option<State>> {
        let head = self.scanner.peek()?;
        match head.kind {
            Kind::BlockEntry => {
                self.scanner.take();
                if matches!(self.scanner.peek()?.kind, Kind::BlockEntry | Kind::BlockEnd) {
                    self.empty(head.end());
                    return Ok(Some(State::BlockSequenceEntry));
                }
                self.states.push(State::BlockSequenceEntry);
                self.node(true, false)
            }
            Kind::BlockEnd => Ok(self.end_collection()),
            _ => Err(self.unexpected("did not find expected '-' indicator", head)),
        }
    }

    fn indentless_entry(&mut self) -> Read<Option<State>> {
        let head = self.scanner.peek()?;
        if head.kind != Kind::BlockEntry {
            self.close();
            return Ok(self.states.pop());
        }
        self.scanner.take();
        if matches!(self.scanner.peek()?.kind, Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd) {
            self.empty(head.end());
            return Ok(Some(State::IndentlessEntry));
        }
        self.states.push(State::IndentlessEntry);
        self.node(true, false)
    }

    fn block_mapping_key(&mut self) -> Read<Option<State>> {
        let head = self.scanner.peek()?;
        match head.kind {
            Kind::Key => {
                self.scanner.take();
                self.block_mapping_part(head, State::BlockMappingValue)
            }
            Kind::BlockEnd => Ok(self.end_collection()),
            _ => Err(self.unexpected("did not find expected key", head)),
        }
    }

    fn block_mapping_value(&mut self) -> Read<Option<State>> {
        let head = self.scanner.peek()?;
        if head.kind == Kind::Value {
            self.scanner.take();
            return self.block_mapping_part(head, State::BlockMappingKey);
        }
        self.empty(head.start);
        Ok(Some(State::BlockMappingKey))
    }

    fn block_mapping_part(&mut self, indicator: Head, then: State) -> Read<Option<State>> {
        if matches!(self.scanner.peek()?.kind, Kind::Key | Kind::Value | Kind::BlockEnd) {
            self.empty(indicator.end());
            return Ok(Some(then));
        }
        self.states.push(then);
        self.node(true, true)
    }

    fn flow_sequence_entry(&mut self, first: bool) -> Read<Option<State>> {
        let mut head = self.scanner.peek()?;
        if head.kind != Kind::FlowSequenceEnd && !first {
            if head.kind != Kind::FlowEntry {
                return Err(self.unexpected("did not find expected ',' or ']'", head));
            }
            self.scanner.take();
            head = self.scanner.peek()?;
        }
        match head.kind {
            Kind::FlowSequenceEnd => Ok(self.end_collection()),
            Kind::Key => {
                self.scanner.take();
                self.open(Shape::Mapping, head.start, Properties::default());
                Ok(Some(State::FlowPairKey))
            }
            _ => {
                self.states.push(State::FlowSequenceEntry);
                self.node(false, false)
            }
        }
    }

    fn flow_mapping_key(&mut self, first: bool) -> Read<Option<State>> {
        let mut head = self.scanner.peek()?;
        if head.kind != Kind::FlowMappingEnd && !first {
            if head.kind != Kind::FlowEntry {
                return Err(self.unexpected("did not find expected ',' or '}'", head));
            }
            self.scanner.take();
            head = self.scanner.peek()?;
        }
        match head.kind {
            Kind::FlowMappingEnd => Ok(self.end_collection()),
            Kind::Key => {
                self.scanner.take();
                let head = self.scanner.peek()?;
                if matches!(head.kind, Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd) {
                    self.empty(head.start);
                    return Ok(Some(State::FlowMappingValue));
                }
                self.states.push(State::FlowMappingValue);
                self.node(false, false)
            }
            _ => {
                self.states.push(State::FlowMappingEmptyValue);
                self.node(false, false)
            }
        }
    }

    fn flow_value(&mut self, then: State, end: Kind) -> Read<Option<State>> {
        let mut head = self.scanner.peek()?;
        if head.kind == Kind::Value {
            self.scanner.take();
            let next = self.scanner.peek()?;
            if next.kind != Kind::FlowEntry && next.kind != end {
                self.states.push(then);
                return self.node(false, false);
            }
            head = next;
        }
        self.empty(head.start);
        Ok(Some(then))
    }

    fn end_collection(&mut self) -> Option<State> {
        self.scanner.take();
        self.marks.pop();
        self.close();
        self.states.pop()
    }

    fn unexpected(&self, problem: &str, head: Head) -> Problem {
        Problem::parser(problem, self.marks.last().copied().unwrap_or_default(), head.start)
    }

    // ---- the tree ----

    /// Adds a node without properties.
    fn push(&mut self, shape: Shape, start: Pos, implicit: bool, text: Cow<'a, [u8]>) {
        let id = self.tree.next_id();
        if let Some(&parent) = self.open.last()
            && let Some(parent) = self.tree.get_mut(parent)
        {
            parent.link = parent.link.saturating_add(1);
        }
        let next = id.saturating_add(1);
        self.tree.push(Item { shape, tag: Tag::None, implicit, anchored: false, start, next, link: 0, text });
    }

    fn add(&mut self, shape: Shape, start: Pos, implicit: bool, text: Cow<'a, [u8]>, properties: Properties<'a>) {
        let id = self.tree.next_id();
        self.push(shape, start, implicit, text);
        if let Some(item) = self.tree.get_mut(id) {
            item.anchored = properties.anchor.is_some();
            item.tag = properties.tag.map_or(Tag::None, |name| Tag::of(&name));
        }
        if let Some(name) = properties.anchor {
            self.anchors.insert(name, id);
        }
    }

    fn empty(&mut self, start: Pos) {
        self.push(Shape::Scalar, start, true, Cow::Borrowed(&[]));
    }

    fn open(&mut self, shape: Shape, start: Pos, properties: Properties<'a>) {
        let id = self.tree.next_id();
        self.add(shape, start, false, Cow::Borrowed(&[]), properties);
        self.open.push(id);
    }

    fn close(&mut self) {
        let next = self.tree.next_id();
        if let Some(id) = self.open.pop()
            && let Some(item) = self.tree.get_mut(id)
        {
            item.next = next;
        }
    }

    fn alias(&mut self, token: Token<'a>) -> Read<()> {
        let start = token.head.start;
        let Some(&target) = self.anchors.get(&token.text) else {
            let name = String::from_utf8_lossy(&token.text);
            return Err(Problem::yaml(&format!("unknown anchor '{name}' referenced"), Some(start)));
        };
        let id = self.tree.next_id();
        self.push(Shape::Alias, start, false, token.text);
        if let Some(item) = self.tree.get_mut(id) {
            item.link = target;
        }
        Ok(())
    }
}
