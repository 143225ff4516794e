//! The tokens of the scanner.

use std::borrow::Cow;

use super::pos::Pos;

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    StreamStart,
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    PlainScalar,
    QuotedScalar,
}

/// A token.
#[derive(Debug)]
pub(super) struct Token<'a> {
    /// What it is and where.
    pub(super) head: Head,
    /// The text of a scalar, the name of an anchor or alias, the handle of a tag.
    pub(super) text: Cow<'a, [u8]>,
    /// The suffix of a tag, the prefix of a tag directive. Few tokens have one, so it does not make the others larger.
    pub(super) suffix: Option<Box<[u8]>>,
}

/// What a token is and where: all that most decisions need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) start: Pos,
    /// Characters of an indicator; what follows it starts there.
    pub(super) width: u8,
}

impl Head {
    /// Where the token ends, for an indicator.
    pub(super) fn end(self) -> Pos {
        Pos { line: self.start.line, column: self.start.column.saturating_add(u32::from(self.width)) }
    }
}

impl<'a> Token<'a> {
    /// A token without text.
    #[inline]
    pub(super) fn indicator(kind: Kind, start: Pos, width: u8) -> Self {
        Token::text(kind, start, width, Cow::Borrowed(&[]))
    }

    /// A token with text.
    #[inline]
    pub(super) fn text(kind: Kind, start: Pos, width: u8, text: Cow<'a, [u8]>) -> Self {
        Token { head: Head { kind, start, width }, text, suffix: None }
    }
}
