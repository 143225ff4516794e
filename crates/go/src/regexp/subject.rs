//! A text to search, as Go sees it.

use std::borrow::Cow;

use crate::utf8;

/// A text to search: valid UTF-8, with a way back to the places in the text as it was given.
#[derive(Debug)]
pub struct Subject<'t> {
    text: Cow<'t, str>,
    /// For each stray byte of the original: where it ended up in the text.
    stray: Vec<usize>,
}

impl<'t> Subject<'t> {
    /// The text of some bytes; Go reads each byte that is not UTF-8 as U+FFFD.
    pub fn new(bytes: &'t [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Subject { text: Cow::Borrowed(text), stray: Vec::new() };
        }
        let mut text = String::with_capacity(bytes.len() + 16);
        let mut stray = Vec::new();
        for (c, width) in utf8::runes(bytes) {
            if c == char::REPLACEMENT_CHARACTER && width == 1 {
                stray.push(text.len());
            }
            text.push(c);
        }
        Subject { text: Cow::Owned(text), stray }
    }

    /// The text that is searched.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place in the original text: each stray byte before it has grown by two.
    pub fn origin(&self, place: usize) -> usize {
        place - 2 * self.stray.partition_point(|&at| at < place)
    }

    /// The width of the character at a place.
    pub fn width(&self, place: usize) -> usize {
        self.text.get(place..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
    }
}
