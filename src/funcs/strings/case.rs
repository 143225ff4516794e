//! Letter case: titles, swapping, `snake_case`, `kebab-case`, `PascalCase`.

use go::utf8::{
    cut, decode_rune, is_digit, is_letter, is_lower, is_number, is_punct, is_space, is_title, is_upper, map, push,
    runes, to_lower, to_title, to_upper,
};

/// The first letter of every word in title case; an apostrophe ends a word. Go: `strings.Title`.
pub(super) fn title(text: &[u8]) -> Vec<u8> {
    let mut previous = ' ';
    map(text, |c| {
        let starts_word = separates_words(previous);
        previous = c;
        if starts_word { to_title(c) } else { c }
    })
}

/// The first letter of every word in lower case. goutils: `Uncapitalize`.
pub(super) fn untitle(text: &[u8]) -> Vec<u8> {
    let mut starts_word = true;
    map(text, |c| {
        if is_space(c) {
            starts_word = true;
            c
        } else if std::mem::take(&mut starts_word) {
            to_lower(c)
        } else {
            c
        }
    })
}

/// Swaps upper and lower case, with title case at the start of a word. goutils: `SwapCase`.
pub(super) fn swap(text: &[u8]) -> Vec<u8> {
    let mut starts_word = true;
    map(text, |c| {
        if is_upper(c) || is_title(c) {
            starts_word = false;
            to_lower(c)
        } else if is_lower(c) {
            if std::mem::take(&mut starts_word) { to_title(c) } else { to_upper(c) }
        } else {
            starts_word = is_space(c);
            c
        }
    })
}

/// Words joined in `PascalCase`. xstrings: `ToPascalCase`.
pub(super) fn pascal(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut chars = runes(text).map(|(c, _)| c);
    let mut in_upper_run = false;
    let mut current = chars.next()?;
    // connectors at the start are kept
    loop {
        if !is_connector(current) {
            in_upper_run = is_upper(current);
            current = to_upper(current);
            break;
        }
        push(&mut out, current);
        match chars.next() {
            Some(c) => current = c,
            None => break,
        }
    }
    for c in chars {
        let previous = std::mem::replace(&mut current, c);
        if is_connector(c) && is_connector(previous) {
            push(&mut out, previous);
        } else if is_connector(previous) {
            in_upper_run = is_upper(c);
            current = to_upper(c);
        } else {
            if in_upper_run {
                if is_upper(c) {
                    current = to_lower(c);
                } else {
                    in_upper_run = false;
                }
            }
            push(&mut out, previous);
        }
    }
    push(&mut out, current);
    Some(out)
}

/// Words in lower case with a connector between them. xstrings: `ToSnakeCase`, `ToKebabCase`.
pub(super) fn delimited(text: &[u8], connector: char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    let mut words = Words { rest: text };
    let mut current = words.take();
    while !words.rest.is_empty() {
        if current.kind != Kind::Connector {
            current.append(&mut out, connector);
        }
        let previous = std::mem::replace(&mut current, words.take());
        match previous.kind {
            Kind::Number => {
                words.append_run(&mut current, &mut out, connector);
                if !matches!(current.kind, Kind::Invalid | Kind::Punct | Kind::Connector) {
                    push(&mut out, connector);
                }
            }
            Kind::Connector => previous.append(&mut out, connector),
            Kind::Punct => {}
            _ if current.kind != Kind::Number => {
                if !matches!(current.kind, Kind::Connector | Kind::Punct) {
                    push(&mut out, connector);
                }
            }
            _ if words.rest.is_empty() => {}
            _ => {
                let number = std::mem::replace(&mut current, words.take());
                if current.kind == Kind::Alphabet {
                    // lower-case letters after a number belong to it: "HTTP2xx" is "http_2xx"
                    push(&mut out, connector);
                    number.append(&mut out, connector);
                    words.append_run(&mut current, &mut out, connector);
                    if !matches!(current.kind, Kind::Invalid | Kind::Connector | Kind::Punct) {
                        push(&mut out, connector);
                    }
                } else {
                    // the number belongs to the word before it: "Bld4Floor" is "bld4_floor"
                    number.append(&mut out, connector);
                    if !matches!(current.kind, Kind::Connector | Kind::Punct) {
                        push(&mut out, connector);
                    }
                }
            }
        }
    }
    current.append(&mut out, connector);
    out
}

fn separates_words(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_alphanumeric() && c != '_' } else { !is_letter(c) && !is_digit(c) && is_space(c) }
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || is_space(c)
}

/// Letters of scripts that are written with spaces between words.
fn is_alphabet(c: char) -> bool {
    is_letter(c) && !matches!(c, '\u{3400}'..='\u{4D85}' | '\u{4E00}'..='\u{9FCC}' | '\u{20000}'..='\u{2B81D}')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punct,
    Other,
}

struct Word<'a> {
    kind: Kind,
    text: &'a [u8],
}

impl Word<'_> {
    fn append(&self, out: &mut Vec<u8>, connector: char) {
        if !matches!(self.kind, Kind::Upper | Kind::Connector) {
            out.extend_from_slice(self.text);
            return;
        }
        for (c, _) in runes(self.text) {
            if is_connector(c) {
                push(out, connector);
            } else if is_upper(c) {
                push(out, to_lower(c));
            } else {
                push(out, c);
            }
        }
    }
}

struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    /// Appends lower-case words and numbers from `current` on, and sets it to the word after them.
    fn append_run(&mut self, current: &mut Word<'a>, out: &mut Vec<u8>, connector: char) {
        while matches!(current.kind, Kind::Alphabet | Kind::Number) {
            current.append(out, connector);
            *current = self.take();
        }
    }

    /// Takes the next word off the text; at the end, an empty invalid word.
    fn take(&mut self) -> Word<'a> {
        let (first, width) = next_valid(self.rest, char::REPLACEMENT_CHARACTER);
        let (kind, length) = if first == char::REPLACEMENT_CHARACTER {
            (Kind::Invalid, width)
        } else if is_connector(first) {
            (Kind::Connector, self.span(width, first, is_connector))
        } else if is_punct(first) {
            (Kind::Punct, self.span(width, first, is_punct))
        } else if is_upper(first) {
            (Kind::Upper, self.upper_word(width, first))
        } else if is_alphabet(first) {
            (Kind::Alphabet, self.span(width, first, |c| is_alphabet(c) && !is_upper(c)))
        } else if is_number(first) {
            (Kind::Number, self.span(width, first, is_number))
        } else {
            let other = |c| !(is_connector(c) || is_alphabet(c) || is_number(c) || is_punct(c));
            (Kind::Other, self.span(width, first, other))
        };
        let (text, rest) = cut(self.rest, length);
        self.rest = rest;
        Word { kind, text }
    }

    /// The length of the word that goes on from `length` while `belongs`.
    fn span(&self, mut length: usize, mut last: char, belongs: impl Fn(char) -> bool) -> usize {
        loop {
            let rest = cut(self.rest, length).1;
            let (c, width) = next_valid(rest, last);
            if width == 0 || !belongs(c) {
                return length;
            }
            last = c;
            length += width;
        }
    }

    /// The length of a word that starts with an upper-case letter: `HTTP` of `HTTPStatus`, `Status`.
    fn upper_word(&self, width: usize, first: char) -> usize {
        let (second, second_width) = next_valid(cut(self.rest, width).1, first);
        if second_width == 0 {
            return width;
        }
        if !is_upper(second) {
            let length = width + second_width;
            return if is_alphabet(second) {
                self.span(length, second, |c| is_alphabet(c) && !is_upper(c))
            } else {
                width
            };
        }
        let mut length = width + second_width;
        let mut last = second;
        let mut last_width = second_width;
        loop {
            let (c, w) = next_valid(cut(self.rest, length).1, last);
            if w == 0 {
                return length;
            }
            if !is_upper(c) {
                // the last upper-case letter starts the next word if lower-case letters follow
                return if is_alphabet(c) { length - last_width } else { length };
            }
            (last, last_width) = (c, w);
            length += w;
        }
    }
}

/// The next valid character, with the width of the skipped bytes; `previous` if there is none.
fn next_valid(text: &[u8], previous: char) -> (char, usize) {
    let mut skipped = 0;
    loop {
        let (c, width) = decode_rune(cut(text, skipped).1);
        skipped += width;
        if width == 0 {
            return (previous, skipped);
        }
        if c != char::REPLACEMENT_CHARACTER {
            return (c, skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Option<Vec<u8>>) -> String {
        String::from_utf8(bytes.unwrap_or_default()).unwrap()
    }

    #[test]
    fn snake_and_kebab() {
        for (input, want) in [
            ("FirstName", "first_name"),
            ("HTTPServer", "http_server"),
            ("NoHTTPS", "no_https"),
            ("GO PATH", "go_path"),
            ("GO-PATH", "go_path"),
            ("http2xx", "http_2xx"),
            ("HTTP20xOK", "http_20x_ok"),
            ("Duration2m3s", "duration_2m3s"),
            ("Bld4Floor3rd", "bld4_floor_3rd"),
            ("", ""),
            ("_a", "_a"),
        ] {
            assert_eq!(text(Some(delimited(input.as_bytes(), '_'))), want, "{input}");
        }
        assert_eq!(text(Some(delimited(b"FirstName", '-'))), "first-name");
    }

    #[test]
    fn pascal_titles_and_swaps() {
        for (input, want) in [
            ("some_words", "SomeWords"),
            ("http_server", "HttpServer"),
            ("_complex__case_", "_Complex_Case_"),
            ("GOLANG_IS_GREAT", "GolangIsGreat"),
            ("HTTPServer", "Httpserver"),
        ] {
            assert_eq!(text(pascal(input.as_bytes())), want, "{input}");
        }
        assert_eq!(text(Some(title("it's a snake_case élan".as_bytes()))), "It'S A Snake_case Élan");
        assert_eq!(text(Some(untitle(b"Hello Big World"))), "hello big world");
        assert_eq!(text(Some(swap(b"Hello big World"))), "hELLO BIG wORLD");
    }
}
