//! The grammar of the `--set` flags. Helm: `pkg/strvals/parser.go`, `pkg/strvals/literal_parser.go`.
//!
//! A line such as `a.b=1,list[2].name=x,c={d,e}` is merged directly into a map. If Helm's parser panics (for a path through a
//! value of another kind), the error contains the text of the panic.

use super::json::Doc;
use crate::error::{Error, ErrorKind, Origin, Result};
use crate::limits::cancelled;
use crate::run::Run;
use crate::value::{Elem, Entry, List, Map, Str, Value};
use go::stack::with_stack;
use go::strconv::{quote, quote_char};

/// How to parse the right side of `=`.
pub enum Mode<'a> {
    /// `--set`: `true`, `false`, `null` and integers are typed, everything else is text.
    Typed,
    /// `--set-string`: text.
    Text,
    /// `--set-json`: JSON.
    Json,
    /// `--set-file`: the name of a file, whose content the reader returns.
    File(&'a mut dyn FnMut(&str) -> Result<Vec<u8>>),
    /// `--set-literal`: everything up to the end, unchanged.
    Literal,
}

/// Merges one line into `dest`; new entries get `origin`. `slots` is what is left of `Limits::set_slots`.
///
/// Errors have Helm's text, without the name of the flag.
pub fn parse_into(line: &str, dest: &Map, mode: Mode<'_>, origin: Origin, slots: &mut usize, run: &Run) -> Result<()> {
    let mut parser = Parser { rest: line, mode, origin, slots, run };
    loop {
        if !run.tick(4) {
            return Err(cancelled());
        }
        match parser.key(dest, 0, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(error)) => return Err(error),
        }
    }
}

struct Parser<'a, 'm> {
    rest: &'a str,
    mode: Mode<'m>,
    origin: Origin,
    slots: &'a mut usize,
    run: &'a Run,
}

/// The [`Error::reason`] of a key without a value.
pub(super) const NO_VALUE: &str = "no-value";

/// Why a step ended: the text is over (Go's `io.EOF`, often no mistake), or it is wrong.
enum Stop {
    End,
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}

type Step<T = ()> = Result<T, Stop>;

fn fail<T>(text: String) -> Step<T> {
    Err(Stop::Error(Error::new(ErrorKind::Values, text)))
}

/// The text ends where a value should be.
fn no_value<T>(what: &str, key: &str) -> Step<T> {
    let text = format!("{what} {} has no value", quote(key.as_bytes()));
    Err(Stop::Error(Error::new(ErrorKind::Values, text).with_reason(NO_VALUE)))
}

impl Parser<'_, '_> {
    /// Reads a key and what follows it.
    fn key(&mut self, data: &Map, names: usize, indexes: usize) -> Step {
        let (stops, literal): (&[char], _) = match self.mode {
            Mode::Literal => (&['=', '[', '.'], true),
            _ => (&['=', '[', ',', '.'], false),
        };
        let (key, last) = self.until(stops);
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => no_value("key", &key),
            Some('[') => self.list(data, &key, names, indexes),
            Some('.') => self.inner(data, &key, names, indexes),
            Some(',') => fail(format!("key {} has no value (cannot end with ,)", quote(key.as_bytes()))),
            Some(_) if literal => {
                let value = Value::str(std::mem::take(&mut self.rest));
                self.set(data, &key, value);
                Ok(())
            }
            Some(_) => {
                if matches!(self.mode, Mode::Json) {
                    let value = self.json()?;
                    let some = value.is_some();
                    self.set(data, &key, value.unwrap_or_default());
                    if some {
                        self.empty_value();
                    }
                    return Ok(());
                }
                let (value, ended) = self.value()?;
                self.set(data, &key, value);
                if ended { Err(Stop::End) } else { Ok(()) }
            }
        }
    }

    /// `key.rest`: into the map below the key.
    fn inner(&mut self, data: &Map, key: &str, names: usize, indexes: usize) -> Step {
        let names = names + 1;
        let max = self.run.limits.set_depth;
        if names > max {
            let text = format!("value name nested level is greater than maximum supported nested level of {max}");
            return Err(Stop::Error(Error::helm_limit("set-depth", text)));
        }
        let old = data.get(key.as_bytes());
        let inner = match &old {
            None => Map::new(),
            Some(Value::Map(map)) => map.clone(),
            Some(other) => return Err(mismatch(key, other, "map[string]interface {}").into()),
        };
        let end = self.key(&inner, names, indexes);
        if end.is_ok() && inner.is_empty() {
            return no_value("key map", key);
        }
        if old.is_none() && !inner.is_empty() {
            self.set(data, key, Value::Map(inner));
        }
        end
    }

    /// `key[index]rest`: into the list below the key.
    fn list(&mut self, data: &Map, key: &str, names: usize, indexes: usize) -> Step {
        let index = self.index()?;
        let old = data.entry(key.as_bytes());
        let (mut list, room) = match old {
            None => (Vec::new(), (0, 0)),
            Some(Entry { value: Value::List(list), origin }) => {
                let room = (list.len(), list.capacity());
                if !key.is_empty() {
                    // so that nobody else holds the items and they need not be copied
                    data.insert_entry(key, Entry { value: Value::Nil, origin });
                }
                (list.into_items(), room)
            }
            Some(Entry { value: other, .. }) => return Err(mismatch(key, &other, "[]interface {}").into()),
        };
        let end = self.item(&mut list, index, names, indexes);
        self.set(data, key, changed(list, room));
        end
    }

    /// What follows `[index]`.
    fn item(&mut self, list: &mut Vec<Value>, index: i64, names: usize, indexes: usize) -> Step {
        if index < 0 {
            return fail(format!("negative {index} index not allowed"));
        }
        if indexes >= self.run.limits.set_index_depth {
            return Err(Stop::Error(Error::limit_reached(
                "set-index-depth",
                format!("more than {} indexes are nested", self.run.limits.set_index_depth),
            )));
        }
        let (key, last) = self.until(&['[', '.', '=']);
        if !key.is_empty() {
            let runes: Vec<_> = key.chars().map(|c| quote_char(c, false)).collect();
            return fail(format!("unexpected data at end of array index: [{}]", runes.join(" ")));
        }
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        match last {
            None => Err(Stop::End),
            Some('[') => {
                let next = self.index()?;
                let (mut inner, room) = match list.get_mut(at).map(std::mem::take) {
                    None | Some(Value::Nil) => (Vec::new(), (0, 0)),
                    Some(Value::List(inner)) => {
                        let room = (inner.len(), inner.capacity());
                        (inner.into_items(), room)
                    }
                    Some(other) => return Err(mismatch(&format!("[{index}]"), &other, "[]interface {}").into()),
                };
                let end = with_stack(|| self.item(&mut inner, next, names, indexes + 1));
                if end.is_err() {
                    // Helm leaves the outer list as it is; the inner one was changed in place
                    if let Some(slot) = list.get_mut(at) {
                        *slot = changed(inner, room);
                    }
                    return end;
                }
                self.set_index(list, index, changed(inner, room))
            }
            Some('.') => {
                let inner = match list.get_mut(at) {
                    Some(Value::Map(map)) => map.clone(),
                    Some(slot) => {
                        let map = Map::new();
                        *slot = Value::Map(map.clone());
                        map
                    }
                    None => Map::new(),
                };
                with_stack(|| self.key(&inner, names, indexes + 1))?;
                self.set_index(list, index, Value::Map(inner))
            }
            Some(_) => {
                let value = match self.mode {
                    Mode::Literal => Value::str(std::mem::take(&mut self.rest)),
                    Mode::Json => {
                        let value = self.json()?;
                        let some = value.is_some();
                        self.set_index(list, index, value.unwrap_or_default())?;
                        if some {
                            self.empty_value();
                        }
                        return Ok(());
                    }
                    _ => self.value()?.0,
                };
                self.set_index(list, index, value)
            }
        }
    }

    /// The value after `=`, and whether Helm sees the end of the text here.
    fn value(&mut self) -> Step<(Value, bool)> {
        if self.rest.is_empty() {
            return Ok((Value::str(""), true));
        }
        if let Some(rest) = self.rest.strip_prefix('{') {
            self.rest = rest;
            return Ok((self.braces()?, false));
        }
        let (text, _) = self.until(&[',']);
        Ok((self.read(text)?, false))
    }

    /// `a,b}`: a list.
    fn braces(&mut self) -> Step<Value> {
        let mut items = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            let Some(last) = last else { return fail("list must terminate with '}'".to_owned()) };
            items.push(self.read(text)?);
            self.charge(1)?;
            if last == '}' {
                self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
                return Ok(Value::List(List::appended(Elem::Any, items)));
            }
        }
    }

    fn read(&mut self, text: String) -> Step<Value> {
        Ok(match &mut self.mode {
            Mode::Typed => typed(text),
            Mode::File(reader) => Value::str(reader(&text)?),
            _ => Value::str(text),
        })
    }

    /// A JSON value; `None` if there is none before the comma or the end (Helm reads it as null).
    fn json(&mut self) -> Step<Option<Value>> {
        if self.empty_value() {
            return Ok(None);
        }
        let (doc, end) = Doc::read_prefix(self.rest.as_bytes(), self.run)?;
        let value = doc.value(0, self.origin)?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        Ok(Some(value))
    }

    /// Skips spaces and a comma; true where a comma or the end was met.
    fn empty_value(&mut self) -> bool {
        self.rest = self.rest.trim_start_matches(char::is_whitespace);
        match self.rest.strip_prefix(',') {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => self.rest.is_empty(),
        }
    }

    /// The number in `[...]`.
    fn index(&mut self) -> Step<i64> {
        let (text, last) = self.until(&[']']);
        if last.is_none() {
            return fail("error parsing index: EOF".to_owned());
        }
        text.parse::<i64>().or_else(|e| {
            use std::num::IntErrorKind::{NegOverflow, PosOverflow};
            let why = match e.kind() {
                PosOverflow | NegOverflow => "value out of range",
                _ => "invalid syntax",
            };
            fail(format!("error parsing index: strconv.Atoi: parsing {}: {why}", quote(text.as_bytes())))
        })
    }

    /// The text up to one of `stops`, which is taken too, or up to the end. A backslash keeps the next character.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let escapes = !matches!(self.mode, Mode::Literal);
        let mut text = String::new();
        let mut chars = self.rest.chars();
        let last = loop {
            match chars.next() {
                None => break None,
                Some(c) if stops.contains(&c) => break Some(c),
                Some('\\') if escapes => match chars.next() {
                    None => break None,
                    Some(c) => text.push(c),
                },
                Some(c) => text.push(c),
            }
        };
        self.rest = chars.as_str();
        (text, last)
    }

    /// Sets a key; an empty one is ignored.
    fn set(&self, data: &Map, key: &str, value: Value) {
        if !key.is_empty() {
            data.insert_entry(Str::from(key), Entry { value, origin: self.origin });
        }
    }

    fn set_index(&mut self, list: &mut Vec<Value>, index: i64, value: Value) -> Step {
        let max = self.run.limits.set_index;
        let Some(at) = usize::try_from(index).ok().filter(|at| *at <= max) else {
            let text = format!("index of {index} is greater than maximum supported index of {max}");
            return Err(Stop::Error(Error::helm_limit("set-index", text)));
        };
        if list.len() <= at {
            self.charge(at + 1 - list.len())?;
            list.resize(at + 1, Value::Nil);
        }
        if let Some(slot) = list.get_mut(at) {
            *slot = value;
        }
        Ok(())
    }

    fn charge(&mut self, slots: usize) -> Step {
        match self.slots.checked_sub(slots) {
            Some(left) => {
                *self.slots = left;
                Ok(())
            }
            None => Err(Stop::Error(Error::limit_reached(
                "set-slots",
                format!("the expressions make more than {} list items", self.run.limits.set_slots),
            ))),
        }
    }
}

/// What a text means without quotes. Helm: `typedVal`.
fn typed(text: String) -> Value {
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    // Go folds the long s too
    if text.eq_ignore_ascii_case("false") || text.replace('\u{17F}', "s").eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::Nil;
    }
    if text == "0" {
        return Value::Int64(0);
    }
    if !text.starts_with('0')
        && let Ok(number) = text.parse::<i64>()
    {
        return Value::Int64(number);
    }
    Value::str(text)
}

/// The error for a path through a value of another kind. Helm's parser panics here and reports the text of the panic.
fn mismatch(key: &str, found: &Value, want: &str) -> Error {
    let (go_type, plain) = match found {
        Value::Nil => ("nil", "null"),
        Value::Bool(_) => ("bool", "a boolean"),
        Value::Str(_) => ("string", "a string"),
        Value::List(_) => ("[]interface {}", "a list"),
        Value::Map(_) => ("map[string]interface {}", "a map"),
        other => (other.type_name(), "a number"),
    };
    let text = format!("unable to parse key: interface conversion: interface {{}} is {go_type}, not {want}");
    let want = if want.starts_with("map") { "map" } else { "list" };
    Error::new(ErrorKind::Values, text).with_hint(format!("{key:?} is {plain} already, not a {want}"))
}

/// A list of which a slot was set; it had this length and capacity before. Where it grew, it has no room left.
fn changed(items: Vec<Value>, (len, cap): (usize, usize)) -> Value {
    let cap = if items.len() == len { cap } else { 0 };
    Value::List(List::with_capacity(Elem::Any, items, cap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::testing::show;

    fn set(base: &Map, line: &str, mode: Mode<'_>) -> Result<()> {
        let run = Run::default();
        let mut slots = run.limits.set_slots;
        parse_into(line, base, mode, Origin { layer: 1, line: 0 }, &mut slots, &run)
    }

    fn answer(line: &str, mode: Mode<'_>) -> String {
        let base = Map::new();
        match set(&base, line, mode) {
            Ok(()) => show(&Value::Map(base)),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn set_reads_what_helm_reads() {
        for (line, want) in [
            ("", "{}"),
            ("a=1", r#"{"a":i1}"#),
            ("a=1,b=x", r#"{"a":i1,"b":"x"}"#),
            ("a=", r#"{"a":""}"#),
            ("a==b", r#"{"a":"=b"}"#),
            ("=1", "{}"),
            ("a=b\\", r#"{"a":"b"}"#),
            ("a\\.b=1", r#"{"a.b":i1}"#),
            ("a\\=b=c", r#"{"a=b":"c"}"#),
            ("a=b\\,c", r#"{"a":"b,c"}"#),
            (
                "a=0,b=01,c=-0,d=+1,e=99999999999999999999,f=0x1F",
                r#"{"a":i0,"b":"01","c":i0,"d":i1,"e":"99999999999999999999","f":"0x1F"}"#,
            ),
            ("a=TRUE,b=False,c=yes,d=null,e=~", r#"{"a":true,"b":false,"c":"yes","d":null,"e":"~"}"#),
            ("a.b.c=1,a.d=2", r#"{"a":{"b":{"c":i1},"d":i2}}"#),
            ("a={}", r#"{"a":[""]}"#),
            ("a={,,,}", r#"{"a":["","","",""]}"#),
            ("a={null,~,true},b=1", r#"{"a":[null,"~",true],"b":i1}"#),
            ("a[0]=1", r#"{"a":[i1]}"#),
            ("a[2]=1", r#"{"a":[null,null,i1]}"#),
            ("a[1].b=1,a[0].b=2", r#"{"a":[{"b":i2},{"b":i1}]}"#),
            ("a[0]=1,a[0].b=2", r#"{"a":[{"b":i2}]}"#),
            ("a[0][1]=x", r#"{"a":[[null,"x"]]}"#),
            ("a[0]={x,y},a[1]=z", r#"{"a":[["x","y"],"z"]}"#),
            ("[0]=1", "{}"),
            ("a[0]", r#"{"a":[]}"#),
            ("a[0]=", r#"{"a":[""]}"#),
            ("a[1_0]=x", r#"error: error parsing index: strconv.Atoi: parsing "1_0": invalid syntax"#),
            (
                "a[9223372036854775808]=1",
                r#"error: error parsing index: strconv.Atoi: parsing "9223372036854775808": value out of range"#,
            ),
            ("a[]=1", r#"error: error parsing index: strconv.Atoi: parsing "": invalid syntax"#),
            ("a[", "error: error parsing index: EOF"),
            ("a[-1]=1", "error: negative -1 index not allowed"),
            ("a[65537]=1", "error: index of 65537 is greater than maximum supported index of 65536"),
            ("a[0]x=1", "error: unexpected data at end of array index: ['x']"),
            ("a", r#"error: key "a" has no value"#),
            ("a,b=1", r#"error: key "a" has no value (cannot end with ,)"#),
            (",", r#"error: key "" has no value (cannot end with ,)"#),
            ("a.=1", r#"error: key map "a" has no value"#),
            ("a={b}c", r#"error: key "c" has no value"#),
            ("a={b", "error: list must terminate with '}'"),
            (r#"a="b,c""#, r#"error: key "c\"" has no value"#),
            (
                "a=1,a.b=2",
                "error: unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}",
            ),
            (
                "a=1,a[0]=2",
                "error: unable to parse key: interface conversion: interface {} is int64, not []interface {}",
            ),
            (
                "a[0]=1,a[0][0]=2",
                "error: unable to parse key: interface conversion: interface {} is int64, not []interface {}",
            ),
        ] {
            assert_eq!(answer(line, Mode::Typed), want, "{line}");
        }
    }

    #[test]
    fn the_other_kinds() {
        assert_eq!(answer("a=1,b=null", Mode::Text), r#"{"a":"1","b":"null"}"#);
        assert_eq!(answer("a.b=x,y={z}\\", Mode::Literal), r#"{"a":{"b":"x,y={z}\\"}}"#);
        assert_eq!(answer("a[1]=x", Mode::Literal), r#"{"a":[null,"x"]}"#);
        for (line, want) in [
            (r#"a={"b":1,"b":2},c=[1,"x"] , d=null"#, r#"{" d":null,"a":{"b":f2},"c":[f1,"x"]}"#),
            ("a=,b= , c=1", r#"{" c":f1,"a":null,"b":null}"#),
            (r#"a[0]={"x":1},a[1]=2"#, r#"{"a":[{"x":f1},f2]}"#),
            (r#"a="\ud800""#, "{\"a\":\"\u{FFFD}\"}"),
            ("[1]", "{}"),
        ] {
            assert_eq!(answer(line, Mode::Json), want, "{line}");
        }
        for line in ["a={", "a=1 2", r#"{"a":1}"#, "a=1e999"] {
            assert!(answer(line, Mode::Json).starts_with("error: "), "{line}");
        }
        let mut reader = |name: &str| match name {
            "x.txt" => Ok(b"content\n".to_vec()),
            _ => Err(Error::new(ErrorKind::Io, format!("open {name}: no such file or directory"))),
        };
        assert_eq!(answer("a=x.txt,b={x.txt}", Mode::File(&mut reader)), r#"{"a":"content\n","b":["content\n"]}"#);
        assert_eq!(answer("a=y", Mode::File(&mut reader)), "error: open y: no such file or directory");
    }

    #[test]
    fn limits_hold() {
        let deep = |n| format!("a{}=1", ".a".repeat(n));
        assert!(!answer(&deep(30), Mode::Typed).starts_with("error"));
        assert_eq!(
            answer(&deep(31), Mode::Typed),
            "error: value name nested level is greater than maximum supported nested level of 30"
        );
        let nested = |n| format!("a{}=1", "[0]".repeat(n));
        assert!(!answer(&nested(1000), Mode::Typed).starts_with("error"));
        let error = set(&Map::new(), &nested(1001), Mode::Typed).unwrap_err();
        assert_eq!(error.limit(), Some("set-index-depth"));
        let wide: Vec<_> = (0..160).map(|i| format!("a{i}[65536]=1")).collect();
        let error = set(&Map::new(), &wide.join(","), Mode::Typed).unwrap_err();
        assert_eq!(error.limit(), Some("set-slots"));
    }

    #[test]
    fn values_below_are_changed_in_place() {
        let base = Map::new();
        set(&base, r#"a={"b":{"c":1,"d":2}},l=[{"x":1},2]"#, Mode::Json).unwrap();
        set(&base, "a.b.c=null,l[0].y=3,l[3]=x", Mode::Typed).unwrap();
        assert_eq!(show(&Value::Map(base)), r#"{"a":{"b":{"c":null,"d":f2}},"l":[{"x":f1,"y":i3},f2,null,"x"]}"#);
    }
}
