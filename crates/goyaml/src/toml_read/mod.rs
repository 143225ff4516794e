//! Parses TOML like `BurntSushi/toml`, with its errors.

mod scalars;

use std::collections::HashMap;
use std::rc::Rc;

use super::toml_tree::{Item, Table, Tree, key_text};
use go::stack::with_stack;
use go::strconv::{quote, quote_char};
use go::utf8::decode_rune;
use gotemplate::error::{Error, ErrorKind, Result};
use gotemplate::limits::Budget;
use gotemplate::value::{Elem, List, Str, Value};

/// Depth of tables, and of arrays and inline tables: a document is dropped by recursion.
const MAX_DEPTH: usize = 1000;

/// Steps from table to table that one document may take.
const MAX_STEPS: u64 = 200_000_000;

/// Reads a TOML document into what `fromToml` answers: integers are `int64`, times are `time.Time`, arrays of tables
/// are `[]map[string]interface {}`. Errors have the library's text, which Helm's `fromToml` puts under `Error`.
pub fn toml_to_value(text: &[u8], budget: &Budget) -> Result<Value> {
    Ok(table_value(document(text, budget)?))
}

fn document(text: &[u8], budget: &Budget) -> Result<Table> {
    let text = [&b"\xff\xfe"[..], b"\xfe\xff", b"\xef\xbb\xbf"]
        .iter()
        .find_map(|mark| text.strip_prefix(*mark))
        .unwrap_or(text);
    let mut reader = Reader {
        text,
        at: 0,
        start: 0,
        line: 1,
        at_end: false,
        escaped: false,
        depth: 0,
        limit: budget.limits.json_depth.min(MAX_DEPTH),
        tree: Tree::new(),
        name: Str::default(),
        key_line: 0,
    };
    if text.iter().take(6).any(|b| *b == 0) {
        return Err(reader.fail(1, "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"));
    }
    reader.document()?;
    Ok(reader.tree.root)
}

/// Which entries of an inline table are tables.
#[derive(Default)]
struct Shape(HashMap<Str, Option<Shape>>);

impl Shape {
    /// Adds an entry; false where a part before the name is no table.
    fn add(&mut self, parents: Vec<Str>, name: Str, is_table: bool) -> bool {
        let mut shape = self;
        for part in parents {
            match shape.0.entry(part).or_insert_with(|| Some(Shape::default())) {
                Some(inner) => shape = inner,
                None => return false,
            }
        }
        shape.0.insert(name, is_table.then(Shape::default));
        true
    }
}

/// The end of the text; the character itself is an error before it gets here.
const END: char = '\0';

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// Where the current item starts.
    start: usize,
    line: u32,
    at_end: bool,
    /// Whether the string has an escape.
    escaped: bool,
    depth: usize,
    limit: usize,
    tree: Tree,
    /// The last part of the key whose value is read.
    name: Str,
    /// The line of the key or table header that is read.
    key_line: u32,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<()> {
        loop {
            match self.next()? {
                c if is_blank(c) || is_newline(c) => {}
                '#' => self.comment()?,
                '[' => {
                    self.header()?;
                    self.line_end()?;
                }
                END => return Ok(()),
                _ => {
                    self.back();
                    let outer = self.tree.context.clone();
                    let (name, _) = self.key()?;
                    let line = self.key_line;
                    let value = self.value(false)?;
                    self.set(&name, value, line)?;
                    self.tree.context = outer;
                    self.name = Str::default();
                    self.line_end()?;
                }
            }
            self.start = self.at;
        }
    }

    /// What may follow a key and value, or a header, on its line.
    fn line_end(&mut self) -> Result<()> {
        loop {
            match self.next()? {
                '#' => return self.comment(),
                c if is_blank(c) => {}
                c if is_newline(c) || c == END => return Ok(()),
                c => {
                    let message = "expected a top-level item to end with a newline, comment, or EOF, but got";
                    return Err(self.error(&format!("{message} {} instead", quote_char(c, false))));
                }
            }
        }
    }

    fn comment(&mut self) -> Result<()> {
        loop {
            let c = self.next()?;
            if is_newline(c) || c == END {
                self.back();
                return Ok(());
            }
        }
    }

    /// `[a.b]` or `[[a.b]]`, from after its first bracket.
    fn header(&mut self) -> Result<()> {
        let array = self.accept('[')?;
        let mut key = Vec::new();
        loop {
            self.blanks()?;
            let part = match self.peek()? {
                ']' | END => return Err(self.error("unexpected end of table name (table names cannot be empty)")),
                '.' => return Err(self.error("unexpected table separator (table names cannot be empty)")),
                '"' | '\'' => self.quoted_name()?,
                _ => self.bare_name()?,
            };
            self.part(&mut key, part)?;
            self.blanks()?;
            match self.next()? {
                '.' => {}
                ']' => break,
                c => {
                    let c = quote_char(c, false);
                    return Err(self.error(&format!("expected '.' or ']' to end table name, but got {c} instead")));
                }
            }
        }
        if array {
            let c = self.next()?;
            if c != ']' {
                let c = quote_char(c, false);
                let message = format!("expected end of table array name delimiter ']', but got {c} instead");
                return Err(self.error(&message));
            }
        }
        let line = self.key_line;
        self.tree.add_context(&key, array).map_err(|message| self.fail(line, &message))?;
        self.tree.set_array(None, false);
        self.check_steps()
    }

    /// A key and its equals sign. Opens the tables of a dotted key; answers its last part and the parts before.
    fn key(&mut self) -> Result<(Str, Vec<Str>)> {
        self.blanks()?;
        match self.peek()? {
            '=' | END => return Err(self.error("unexpected '=': key name appears blank")),
            '.' => return Err(self.error("unexpected '.': keys cannot start with a '.'")),
            _ => {}
        }
        let mut key = Vec::new();
        loop {
            self.blanks()?;
            let part = match self.peek()? {
                '"' | '\'' => self.quoted_name()?,
                '=' | END => return Err(self.error("unexpected '='")),
                '.' => return Err(self.error("unexpected '.'")),
                _ => self.bare_name()?,
            };
            self.part(&mut key, part)?;
            self.blanks()?;
            match self.next()? {
                '.' => {}
                '=' => break,
                END => return Err(self.error("unexpected EOF; expected key separator '='")),
                c => {
                    let message = format!("expected '.' or '=', but got {} instead", quote_char(c, false));
                    return Err(if c == '\n' { self.fail(self.line - 1, &message) } else { self.error(&message) });
                }
            }
        }
        let name = key.pop().unwrap_or_default();
        self.name = name.clone();
        let line = self.key_line;
        for part in &key {
            let mut path = self.tree.context.clone();
            path.push(part.clone());
            self.tree.add_implicit_context(&path).map_err(|message| self.fail(line, &message))?;
            self.check_steps()?;
        }
        Ok((name, key))
    }

    fn part(&mut self, key: &mut Vec<Str>, part: Str) -> Result<()> {
        if key.is_empty() {
            self.key_line = self.line;
        }
        key.push(part);
        self.check_depth(self.tree.context.len() + key.len())
    }

    /// Whether nothing but brackets that open follows: the end of the text comes before any depth matters.
    fn only_opens(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.iter().all(|b| matches!(b, b'[' | b' ' | b'\t'))
    }

    fn check_depth(&self, depth: usize) -> Result<()> {
        if depth > self.limit {
            let message = format!("a TOML value is nested deeper than {}", self.limit);
            return Err(Error::limit_reached("json-depth", message));
        }
        Ok(())
    }

    fn set(&mut self, name: &Str, value: Item, line: u32) -> Result<()> {
        let array = matches!(value, Item::Array(_));
        self.tree.set_value(name, value).map_err(|message| self.fail(line, &message))?;
        self.tree.set_array(Some(name), array);
        self.check_steps()
    }

    fn check_steps(&self) -> Result<()> {
        if self.tree.steps > MAX_STEPS {
            return Err(Error::limit_reached("json-depth", "the TOML document has too many keys in deep tables"));
        }
        Ok(())
    }

    fn bare_name(&mut self) -> Result<Str> {
        self.start = self.at;
        loop {
            let c = self.next()?;
            if !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
                self.back();
                return Ok(Str::from(self.current()));
            }
        }
    }

    fn quoted_name(&mut self) -> Result<Str> {
        let quote = self.next()?;
        self.start = self.at;
        if quote == '"' { self.string() } else { self.raw_string() }
    }

    fn value(&mut self, in_array: bool) -> Result<Item> {
        loop {
            self.start = self.at;
            let c = self.next()?;
            match c {
                c if is_blank(c) => continue,
                '0'..='9' => {
                    self.back();
                    return self.number_or_date();
                }
                '[' => return self.nested(Self::array),
                '{' => return self.nested(|reader| reader.inline_table(in_array)),
                '"' | '\'' => {
                    let raw = c == '\'';
                    if self.accept(c)? {
                        if self.accept(c)? {
                            self.start = self.at;
                            return Ok(Item::Str(self.multiline(c)?));
                        }
                        self.back();
                    }
                    self.start = self.at;
                    return Ok(Item::Str(if raw { self.raw_string()? } else { self.string()? }));
                }
                '.' => return Err(self.error("floats must start with a digit, not '.'")),
                'i' | 'n' if (self.accept('n')? && self.accept('f')?) || (self.accept('a')? && self.accept('n')?) => {
                    return self.float();
                }
                '-' | '+' => return self.signed(),
                _ => {}
            }
            if c.is_alphabetic() {
                self.back();
                return self.boolean();
            }
            if c == END {
                return Err(self.error("unexpected EOF; expected value"));
            }
            let message = format!("expected value but found {} instead", quote_char(c, false));
            return Err(if c == '\n' { self.fail(self.line - 1, &message) } else { self.error(&message) });
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Item>) -> Result<Item> {
        self.depth += 1;
        if self.depth > self.limit && self.only_opens() {
            self.at = self.text.len();
        }
        if self.at < self.text.len() {
            self.check_depth(self.depth)?;
        }
        let item = with_stack(|| read(self));
        self.depth -= 1;
        item
    }

    fn array(&mut self) -> Result<Item> {
        let name = self.name.clone();
        self.tree.set_array(Some(&name), true);
        let mut items = Vec::new();
        loop {
            match self.next()? {
                c if is_blank(c) || is_newline(c) => continue,
                '#' => {
                    self.comment()?;
                    continue;
                }
                ',' => return Err(self.error("unexpected comma")),
                ']' => return Ok(Item::Array(items)),
                _ => self.back(),
            }
            items.push(self.value(true)?);
            loop {
                match self.next()? {
                    c if is_blank(c) || is_newline(c) => {}
                    '#' => self.comment()?,
                    ',' => break,
                    ']' => return Ok(Item::Array(items)),
                    c => {
                        let c = or_end(c);
                        let message = format!("expected a comma (',') or array terminator (']'), but got {c}");
                        return Err(self.error(&message));
                    }
                }
            }
        }
    }

    fn inline_table(&mut self, in_array: bool) -> Result<Item> {
        let (outer, outer_name) = (self.tree.context.clone(), std::mem::take(&mut self.name));
        let mut context = outer.clone();
        context.push(outer_name.clone());
        self.check_depth(context.len())?;
        let line = self.key_line;
        self.tree.add_implicit(&context);
        // while the table is opened the library has the path in scope already
        self.tree.context.clone_from(&context);
        if let Err(message) = self.tree.add_context(&context, in_array) {
            return Err(self.fail(line, &message));
        }
        self.check_steps()?;
        let mut shape = Shape::default();
        'entries: loop {
            match self.next()? {
                c if is_blank(c) || is_newline(c) => continue,
                '#' => {
                    self.comment()?;
                    continue;
                }
                ',' => return Err(self.error("unexpected comma")),
                '}' => break,
                _ => self.back(),
            }
            let (name, parents) = self.key()?;
            let line = self.key_line;
            let value = self.value(false)?;
            let is_table = matches!(value, Item::Table(_));
            self.set(&name, value, line)?;
            if !shape.add(parents, name, is_table) {
                let context = quote(key_text(&self.tree.context).as_bytes());
                return Err(self.fail(line, &format!("{context} is not a table")));
            }
            self.tree.context.clone_from(&context);
            loop {
                match self.next()? {
                    c if is_blank(c) || is_newline(c) => {}
                    '#' => self.comment()?,
                    ',' => {
                        self.blanks()?;
                        if self.peek()? != '}' {
                            break;
                        }
                    }
                    '}' => break 'entries,
                    c => {
                        let c = or_end(c);
                        let message =
                            format!("expected a comma or an inline table terminator '}}', but got {c} instead");
                        return Err(self.error(&message));
                    }
                }
            }
        }
        // the entries are in the tree: an item of an array is taken out again, any other table stays where it is
        let table = if in_array { self.tree.take_last(&context) } else { Table::default() };
        self.tree.context = outer;
        self.name = outer_name;
        Ok(Item::Table(table))
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> Result<()> {
        while wanted(self.next()?) {}
        self.back();
        Ok(())
    }

    fn blanks(&mut self) -> Result<()> {
        self.take(is_blank)?;
        self.start = self.at;
        Ok(())
    }

    fn current(&self) -> &'t [u8] {
        self.text.get(self.start..self.at).unwrap_or_default()
    }

    /// The next character; errors for bytes that are not UTF-8 and for control characters.
    fn next(&mut self) -> Result<char> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(first) = rest.first() else {
            self.at_end = true;
            return Ok(END);
        };
        if *first == b'\n' {
            self.line += 1;
        }
        let (c, width) = decode_rune(rest);
        if c == char::REPLACEMENT_CHARACTER && width == 1 {
            return Err(self.fail(self.line, &format!("invalid UTF-8 byte: 0x{first:02x}")));
        }
        let control = matches!(c, '\0'..='\x1F' | '\x7F') && !matches!(c, '\t' | '\r' | '\n');
        if control || (c == '\r' && rest.get(1) != Some(&b'\n')) {
            let code = u32::from(c);
            let message = format!("TOML files cannot contain control characters: '0x{code:02x}'");
            return Err(self.fail(self.line, &message));
        }
        self.at += width;
        Ok(c)
    }

    /// Unreads the last character.
    fn back(&mut self) {
        if std::mem::take(&mut self.at_end) {
            return;
        }
        let before = self.text.get(..self.at).unwrap_or_default();
        self.at = before.iter().rposition(|b| b & 0xC0 != 0x80).unwrap_or(0);
        if self.text.get(self.at) == Some(&b'\n') {
            self.line -= 1;
        }
    }

    fn accept(&mut self, c: char) -> Result<bool> {
        let found = self.next()? == c;
        if !found {
            self.back();
        }
        Ok(found)
    }

    fn peek(&mut self) -> Result<char> {
        let c = self.next()?;
        self.back();
        Ok(c)
    }

    /// An error here. At the end of the text it is told of the last line that holds anything.
    fn error(&self, message: &str) -> Error {
        let after_newline = self.at.checked_sub(1).and_then(|at| self.text.get(at)) == Some(&b'\n');
        let line = if self.at_end && after_newline { self.line - 1 } else { self.line };
        self.fail(line, message)
    }

    fn fail(&self, line: u32, message: &str) -> Error {
        let mut key = key_text(&self.tree.context);
        if !self.name.is_empty() {
            if !key.is_empty() {
                key.push('.');
            }
            key.push_str(&self.name.to_string_lossy());
        }
        let message = if key.is_empty() {
            format!("toml: line {line}: {message}")
        } else {
            format!("toml: line {line} (last key {}): {message}", quote(key.as_bytes()))
        };
        Error::new(ErrorKind::Syntax, message)
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | ' ')
}

fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn or_end(c: char) -> String {
    if c == END { "end of file".to_owned() } else { format!("'{c}'") }
}

fn table_value(table: Table) -> Value {
    Value::map(table.into_iter().map(|(key, item)| (key, item_value(item))))
}

fn item_value(item: Item) -> Value {
    match item {
        Item::Str(s) => Value::Str(s),
        Item::Int(n) => Value::Int64(n),
        Item::Float(f) => Value::Float(f),
        Item::Bool(b) => Value::Bool(b),
        Item::Time(time) => Value::Object(Rc::new(time)),
        Item::Array(items) => {
            with_stack(|| Value::List(List::appended(Elem::Any, items.into_iter().map(item_value).collect())))
        }
        Item::Table(table) => with_stack(|| table_value(table)),
        Item::Tables(tables) => {
            with_stack(|| Value::List(List::appended(Elem::Map, tables.into_iter().map(table_value).collect())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gotemplate::value::fmt::sprint;

    #[test]
    fn documents_become_what_go_makes_of_them() {
        let rows = [
            ("a = 1\nb = 'x'\n[t]\nc = 1.5\n[t.u]\nd = true\n", "map[a:1 b:x t:map[c:1.5 u:map[d:true]]]"),
            ("a.b = 1\na.c = [1, \"x\",\n]\n", "map[a:map[b:1 c:[1 x]]]"),
            ("[[l]]\na = 1\n[[l]]\na = 2\n[l.s]\nb = 3\n", "map[l:[map[a:1] map[a:2 s:map[b:3]]]]"),
            ("a = {b = 1, c.d = [{x = 2}]}\n", "map[a:map[b:1 c:map[d:[map[x:2]]]]]"),
            // an empty name marks the array around its table as no array, so that only the tables of the array stay
            ("c = [\"x\", {\"\" = 1}]\n", "map[c:[map[:1]]]"),
            ("c = [{a = 1}, 2, [{b = 2}], {\"\" = 3}]\n", "map[c:[map[a:1] map[b:2] map[:3]]]"),
            ("c = [\"x\", {\"\" = 1}, {\"\" = [2]}]\n", "map[c:[x map[:1] map[:[2]]]]"),
            ("\"\" = [1, {a = 2}]\n", "map[:[1 map[a:2]]]"),
            ("\"\" = [1, 2]\n", "map[:[1 2]]"),
            ("a = 0xff\nb = 1_000\nc = -inf\nd = 1e3\n", "map[a:255 b:1000 c:-Inf d:1000]"),
            ("a = \"\\u00e9\\t\"\nb = \"\"\"\nx\\\n  y\"\"\"\nc = 'c:\\x'\n", "map[a:\u{E9}\t b:xy c:c:\\x]"),
            ("a = 1979-05-27T07:32:00+09:00\n", "map[a:1979-05-27 07:32:00 +0900 +0900]"),
            ("a = 1979-05-27 07:32:00.5Z\n", "map[a:1979-05-27 07:32:00.5 +0000 UTC]"),
            ("a = 1979-05-27\n", "map[a:1979-05-27 00:00:00 +0000 date-local]"),
        ];
        for (text, expected) in rows {
            let value = toml_to_value(text.as_bytes(), &Budget::default()).unwrap();
            let printed = sprint(&[value], &Budget::default()).unwrap();
            assert_eq!(String::from_utf8(printed).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn errors_are_the_librarys() {
        let rows: &[(&str, &str)] = &[
            ("x", ": unexpected EOF; expected key separator '='"),
            ("bad toml", ": expected '.' or '=', but got 't' instead"),
            ("a =", " (last key \"a\"): unexpected EOF; expected value"),
            ("a = 9223372036854775808", " (last key \"a\"): 9223372036854775808 is out of range for int64"),
            ("a = \"\\q\"", " (last key \"a\"): invalid escape in string '\\q'"),
            ("[t", ": expected '.' or ']' to end table name, but got '\\x00' instead"),
            ("a=2020-13-01\n", " (last key \"a\"): invalid datetime: \"2020-13-01\""),
            ("a=01\n", " (last key \"a\"): Invalid integer \"01\": cannot have leading zeroes"),
            ("a='x\n'", " (last key \"a\"): strings cannot contain newlines"),
            ("t.a=[1 2]", " (last key \"t.a\"): expected a comma (',') or array terminator (']'), but got '2'"),
            ("a=1 b=2", ": expected a top-level item to end with a newline, comment, or EOF, but got 'b' instead"),
        ];
        for (text, expected) in rows {
            let error = toml_to_value(text.as_bytes(), &Budget::default()).unwrap_err();
            assert_eq!(error.to_string(), format!("toml: line 1{expected}"), "{text}");
        }
        for text in [format!("a={}1", "[".repeat(1001)), format!("[{}a]", "a.".repeat(1000)), "a={".repeat(1001)] {
            let error = toml_to_value(text.as_bytes(), &Budget::default()).unwrap_err();
            assert_eq!(error.limit(), Some("json-depth"));
        }
        let error = toml_to_value(format!("a={}", "[".repeat(20_000)).as_bytes(), &Budget::default()).unwrap_err();
        assert_eq!(error.to_string(), "toml: line 1 (last key \"a\"): unexpected EOF; expected value");
        let deep = format!("[{}a]\na={}{}", "a.".repeat(998), "[".repeat(999), "]".repeat(999));
        assert!(toml_to_value(deep.as_bytes(), &Budget::default()).is_ok());
        let error = toml_to_value(b"a=1\na=2\n", &Budget::default()).unwrap_err();
        assert_eq!(error.to_string(), "toml: line 2 (last key \"a\"): Key 'a' has already been defined.");
    }
}
