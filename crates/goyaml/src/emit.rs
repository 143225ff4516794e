//! Writes scalars and indentation of block-style YAML like libyaml's emitter.
//!
//! go-yaml: `emitterc.go`. Version 2 folds lines at 80 columns; version 3, as `toYamlPretty` uses it, never folds and
//! allows tabs in literal text.

use super::scalar;
use go::utf8::decode_rune;

/// Where the next text goes.
pub(super) struct Emitter {
    pub(super) out: Vec<u8>,
    /// Characters since the last line break.
    column: usize,
    /// The last character was a space or a break that may stand before a scalar.
    whitespace: bool,
    /// Only indentation and indicators have been written on this line.
    pub(super) indention: bool,
    /// Version 3.
    pub(super) pretty: bool,
}

/// What may be done with a text that is a scalar.
#[allow(clippy::struct_excessive_bools)] // they are libyaml's
struct Scalar {
    multiline: bool,
    plain: bool,
    single: bool,
    literal: bool,
}

/// The last column after which a space is a place to fold.
const WIDTH: usize = 80;

/// Longest key that stands before its colon without a question mark, in bytes.
const SIMPLE_KEY: usize = 128;

impl Emitter {
    pub(super) fn new(pretty: bool) -> Self {
        Emitter { out: Vec::with_capacity(256), column: 0, whitespace: true, indention: true, pretty }
    }

    fn put(&mut self, b: u8) {
        self.out.push(b);
        self.column += 1;
    }

    fn line_break(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        if self.pretty {
            self.indention = true;
        }
    }

    /// Goes to the column `indent`, on a new line where this one holds something already.
    pub(super) fn indent(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        if self.column < indent {
            self.out.resize(self.out.len() + indent - self.column, b' ');
            self.column = indent;
        }
        self.whitespace = true;
        if !self.pretty {
            self.indention = true;
        }
    }

    /// Writes `-`, `?`, `:`, `[]` and the like.
    #[inline]
    pub(super) fn indicator(&mut self, text: &[u8], space_before: bool, is_indention: bool) {
        if space_before && !self.whitespace {
            self.put(b' ');
        }
        self.out.extend_from_slice(text);
        self.column += text.len();
        self.whitespace = false;
        self.indention = self.indention && is_indention;
    }

    /// Writes ASCII text that needs no quotes: numbers, booleans, null.
    #[inline]
    pub(super) fn raw(&mut self, text: &[u8]) {
        self.indicator(text, true, false);
    }

    /// Writes whatever `f` appends, as [`Emitter::raw`] would.
    #[inline]
    pub(super) fn raw_with(&mut self, f: impl FnOnce(&mut Vec<u8>)) {
        self.indicator(b"", true, false);
        let before = self.out.len();
        f(&mut self.out);
        self.column += self.out.len() - before;
    }

    /// Writes a key and its colon at `indent`; the value follows.
    pub(super) fn key(&mut self, key: &[u8], tag: &[u8], indent: usize) {
        self.indent(indent);
        if tag.is_empty() && is_simple(key) && key.len() <= SIMPLE_KEY && scalar::is_string(key, self.pretty) {
            self.indicator(key, true, false);
        } else {
            let scalar = analyze(key, self.pretty);
            if scalar.multiline || key.len() + tag.len() > SIMPLE_KEY {
                self.indicator(b"?", true, true);
                self.tag(tag);
                self.styled(key, &scalar, tag.is_empty(), indent + 2, false);
                self.indent(indent);
                self.indicator(b":", true, true);
                return;
            }
            self.tag(tag);
            self.styled(key, &scalar, tag.is_empty(), indent + 2, true);
        }
        self.indicator(b":", false, false);
    }

    /// Writes a string whose further lines go to `indent`.
    #[inline]
    pub(super) fn string(&mut self, text: &[u8], tag: &[u8], indent: usize) {
        // without a place to fold the text goes out as it is
        if tag.is_empty()
            && is_simple(text)
            && (self.pretty || self.column + text.len() < WIDTH)
            && scalar::is_string(text, self.pretty)
        {
            self.indicator(text, true, false);
            return;
        }
        let scalar = analyze(text, self.pretty);
        self.tag(tag);
        self.styled(text, &scalar, tag.is_empty(), indent, false);
    }

    fn tag(&mut self, tag: &[u8]) {
        if !tag.is_empty() {
            self.indicator(tag, true, false);
        }
    }

    /// Chooses the style as go-yaml's encoder and libyaml's emitter do together.
    fn styled(&mut self, text: &[u8], scalar: &Scalar, resolve: bool, indent: usize, simple_key: bool) {
        if text.contains(&b'\n') {
            if scalar.literal && !simple_key {
                self.literal(text, indent);
            } else {
                self.double_quoted(text, indent, !simple_key);
            }
        } else if resolve && !scalar::is_string(text, self.pretty) {
            self.double_quoted(text, indent, !simple_key);
        } else if scalar.plain && !scalar.multiline {
            self.plain(text, indent, !simple_key);
        } else if scalar.single {
            self.single_quoted(text, indent, !simple_key);
        } else {
            self.double_quoted(text, indent, !simple_key);
        }
    }

    fn folds(&self, allowed: bool) -> bool {
        allowed && !self.pretty && self.column > WIDTH
    }

    /// Plain text has no line breaks: only spaces to fold at.
    fn plain(&mut self, text: &[u8], indent: usize, fold: bool) {
        self.indicator(b"", true, false);
        let mut after_space = false;
        let mut rest = text;
        while let Some((&b, tail)) = rest.split_first() {
            if b == b' ' {
                if !after_space && self.folds(fold) && tail.first() != Some(&b' ') {
                    self.indent(indent);
                } else {
                    self.put(b' ');
                }
                after_space = true;
                rest = tail;
            } else {
                let word = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
                let (word, tail) = rest.split_at_checked(word).unwrap_or((rest, &[]));
                self.word(word);
                self.indention = false;
                after_space = false;
                rest = tail;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    /// Text without spaces.
    fn word(&mut self, word: &[u8]) {
        self.out.extend_from_slice(word);
        // bytes that continue a character take no column
        self.column += word.iter().filter(|b| **b & 0xC0 != 0x80).count();
    }

    fn single_quoted(&mut self, text: &[u8], indent: usize, fold: bool) {
        self.indicator(b"'", true, false);
        let (mut spaces, mut breaks) = (false, false);
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let width = width(rest);
            let (c, tail) = rest.split_at_checked(width).unwrap_or((rest, &[]));
            if c == b" " {
                if !spaces && self.folds(fold) && at > 0 && !tail.is_empty() && tail.first() != Some(&b' ') {
                    self.indent(indent);
                } else {
                    self.put(b' ');
                }
                spaces = true;
            } else if is_break(rest) {
                self.out.extend_from_slice(c);
                self.column = 0;
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.indent(indent);
                }
                if c == b"'" {
                    self.put(b'\'');
                }
                self.word(c);
                self.indention = false;
                spaces = false;
                breaks = false;
            }
            at += width;
        }
        self.indicator(b"'", false, false);
        self.indention = false;
    }

    fn double_quoted(&mut self, text: &[u8], indent: usize, fold: bool) {
        self.indicator(b"\"", true, false);
        // libyaml looks for a byte order mark at the start of the text whatever character it is at
        let escape_all = text.starts_with(b"\xEF\xBB\xBF");
        let mut spaces = false;
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let safe = run(rest, |b| matches!(b, b'!'..=b'~') && !matches!(b, b'"' | b'\\'));
            if safe > 0 && !escape_all {
                self.word(rest.get(..safe).unwrap_or_default());
                spaces = false;
                at += safe;
                continue;
            }
            let width = width(rest);
            let (c, tail) = rest.split_at_checked(width).unwrap_or((rest, &[]));
            if escape_all || !is_printable(rest) || is_break(rest) || matches!(c, b"\"" | b"\\") {
                self.escape(decode_rune(rest).0);
                spaces = false;
            } else if c == b" " {
                if !spaces && self.folds(fold) && at > 0 && !tail.is_empty() {
                    self.indent(indent);
                    if tail.first() == Some(&b' ') {
                        self.put(b'\\');
                    }
                } else {
                    self.put(b' ');
                }
                spaces = true;
            } else {
                self.word(c);
                spaces = false;
            }
            at += width;
        }
        self.indicator(b"\"", false, false);
        self.indention = false;
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => b'0',
            '\x07' => b'a',
            '\x08' => b'b',
            '\t' => b't',
            '\n' => b'n',
            '\x0B' => b'v',
            '\x0C' => b'f',
            '\r' => b'r',
            '\x1B' => b'e',
            '"' => b'"',
            '\\' => b'\\',
            '\u{85}' => b'N',
            '\u{A0}' => b'_',
            '\u{2028}' => b'L',
            '\u{2029}' => b'P',
            _ => {
                let code = u32::from(c);
                let text = match code {
                    0..=0xFF => format!("\\x{code:02X}"),
                    0x100..=0xFFFF => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.out.extend_from_slice(text.as_bytes());
                self.column += text.len();
                return;
            }
        };
        self.out.extend_from_slice(&[b'\\', short]);
        self.column += 2;
    }

    fn literal(&mut self, text: &[u8], indent: usize) {
        self.indicator(b"|", true, false);
        if text.first() == Some(&b' ') || is_break(text) {
            self.indicator(b"2", false, false);
        }
        let last = last_char(text);
        let before = text.get(..text.len() - last.len()).unwrap_or_default();
        if !is_break(last) {
            self.indicator(b"-", false, false);
        } else if before.is_empty() || is_break(last_char(before)) {
            self.indicator(b"+", false, false);
        }
        self.line_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        let mut rest = text;
        while !rest.is_empty() {
            if is_break(rest) {
                let (c, tail) = rest.split_at_checked(width(rest)).unwrap_or((rest, &[]));
                self.out.extend_from_slice(c);
                self.column = 0;
                self.indention = true;
                breaks = true;
                rest = tail;
            } else {
                if breaks {
                    self.indent(indent);
                }
                // up to what may be a break
                let stop = rest.iter().skip(1).position(|b| matches!(b, b'\n' | 0xE2)).map_or(rest.len(), |i| i + 1);
                let (line, tail) = rest.split_at_checked(stop).unwrap_or((rest, &[]));
                self.word(line);
                self.indention = false;
                breaks = false;
                rest = tail;
            }
        }
    }
}

/// Kinds of ASCII bytes for [`is_simple`].
const SAFE: u8 = 0;
const COLON: u8 = 1;
const HASH: u8 = 2;
const SPACE: u8 = 3;
const OTHER: u8 = 4;

#[allow(clippy::indexing_slicing)] // the compiler runs this
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut b = 0x21;
    while b < 0x7F {
        kinds[b] = SAFE;
        b += 1;
    }
    kinds[b':' as usize] = COLON;
    kinds[b'#' as usize] = HASH;
    kinds[b' ' as usize] = SPACE;
    kinds
};

/// Whether the text is printable ASCII that may stand plain in a block, whatever it would be read as. Refuses some that
/// may: [`analyze`] has the last word.
#[inline]
fn is_simple(text: &[u8]) -> bool {
    let Some(first) = text.first() else { return false };
    if matches!(
        first,
        b' ' | b'#'
            | b','
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'&'
            | b'*'
            | b'!'
            | b'|'
            | b'>'
            | b'\''
            | b'"'
            | b'%'
            | b'@'
            | b'`'
            | b'?'
            | b':'
    ) {
        return false;
    }
    if matches!(text, [b'-', b' ', ..] | [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..] | b"-") {
        return false;
    }
    let mut after = SAFE;
    for b in text {
        let kind = KINDS.get(usize::from(*b)).copied().unwrap_or(OTHER);
        match kind {
            SAFE | COLON => {}
            HASH if after != SPACE => {}
            SPACE if after != COLON => {}
            _ => return false,
        }
        after = kind;
    }
    after != SPACE && after != COLON
}

/// libyaml: `yaml_emitter_analyze_scalar`, for block context.
fn analyze(text: &[u8], pretty: bool) -> Scalar {
    let mut scalar = Scalar { multiline: false, plain: true, single: true, literal: true };
    if text.is_empty() {
        scalar.literal = false;
        return scalar;
    }
    let mut indicators = matches!(text, [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..]);
    let (mut special, mut tabs) = (false, false);
    let (mut leading, mut trailing_space, mut trailing_break) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut previous_space, mut previous_break) = (false, false);
    let mut after_blank = true;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let safe = if at == 0 { 0 } else { run(rest, |b| KINDS.get(usize::from(b)) == Some(&SAFE)) };
        if safe > 0 {
            previous_space = false;
            previous_break = false;
            after_blank = false;
            at += safe;
            continue;
        }
        let width = width(rest);
        let (c, tail) = rest.split_at_checked(width).unwrap_or((rest, &[]));
        let before_blank = matches!(tail.first(), None | Some(b' ' | b'\t'));
        let first = c.first().copied().unwrap_or_default();
        match first {
            b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`'
                if at == 0 =>
            {
                indicators = true;
            }
            b'?' | b'-' if at == 0 && before_blank => indicators = true,
            b':' if before_blank => indicators = true,
            b'#' if after_blank => indicators = true,
            _ => {}
        }
        let is_break = is_break(rest);
        if first == b'\t' && pretty {
            tabs = true;
        } else if !is_printable(rest) {
            special = true;
        }
        if first == b' ' {
            leading |= at == 0;
            trailing_space |= tail.is_empty();
            break_space |= previous_break;
        } else if is_break {
            scalar.multiline = true;
            leading |= at == 0;
            trailing_break |= tail.is_empty();
            space_break |= previous_space;
        }
        previous_space = first == b' ';
        previous_break = is_break;
        after_blank = matches!(first, b' ' | b'\t' | 0) || is_break;
        at += width;
    }
    if leading || trailing_space || trailing_break || break_space || scalar.multiline || indicators {
        scalar.plain = false;
    }
    if space_break || tabs || special {
        scalar.plain = false;
        scalar.single = false;
    }
    if break_space {
        scalar.single = false;
    }
    if trailing_space || space_break || special {
        scalar.literal = false;
    }
    scalar
}

/// Number of bytes at the start that are `wanted`.
#[inline]
fn run(text: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|b| wanted(**b)).count()
}

/// Bytes of the first character of text that is UTF-8.
fn width(text: &[u8]) -> usize {
    match text.first() {
        Some(0xC0..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..) => 4,
        _ => 1,
    }
}

fn last_char(text: &[u8]) -> &[u8] {
    let start = text.iter().rposition(|b| b & 0xC0 != 0x80).unwrap_or(0);
    text.get(start..).unwrap_or_default()
}

/// Whether the text starts with a line break of YAML 1.1.
fn is_break(text: &[u8]) -> bool {
    matches!(text, [b'\r' | b'\n', ..] | [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..])
}

/// Whether the first character is one that YAML 1.1 calls printable, as far as libyaml's emitter knows them: nothing
/// beyond U+FFFD.
fn is_printable(text: &[u8]) -> bool {
    match text {
        [b'\n' | 0x20..=0x7E | 0xC3..=0xEC | 0xEE, ..] | [0xC2, 0xA0..=0xFF, ..] | [0xED, 0..=0x9F, ..] => true,
        [0xEF, rest @ ..] => !matches!(rest, [0xBB, 0xBF, ..] | [0xBF, 0xBE | 0xBF, ..]),
        _ => false,
    }
}
