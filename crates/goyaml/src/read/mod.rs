//! Parses YAML as Helm does: `sigs.k8s.io/yaml` on go-yaml v2, followed by a conversion to JSON.
//!
//! `input` decodes bytes, `scanner` (with `scalars` and `properties`) makes tokens, `parser` a tree, `resolve` says what
//! a scalar is, `compose` makes the tree of JSON values. Every message is Go's, with Go's line number; the place beside
//! it is the true one.

mod advice;
mod chars;
mod compose;
mod finite;
mod gosyntax;
mod input;
mod keys;
mod parser;
mod pos;
mod problem;
mod properties;
mod resolve;
mod scalars;
mod scanner;
mod token;
mod tree;
mod written;

pub use self::finite::Finite;
use self::input::Input;
use self::pos::Pos;
use self::problem::{Problem, Read};
use self::scanner::Scanner;
pub use self::written::{Form, Key, Scalar, Written, WrittenText, read_written, read_written_text};
use crate::{Data, Node, NodeMap};
use gotemplate::error::Result;
use gotemplate::limits::Budget;

/// The first document of a text; null if it has none. Go: `yaml.Unmarshal` into an `interface{}`.
///
/// The error has Go's whole text as its message, and the true place. Later documents are not looked at.
pub fn read(text: &[u8], budget: &Budget) -> Result<Node> {
    read_as(text, budget, Ok)
}

/// The first document of a text for a reader that makes text of numbers where it wants text, as sigs.k8s.io/yaml does
/// for a struct: infinities and NaN stay, and [`Finite`] is the reader's to ask about what became no text.
pub fn read_for_struct(text: &[u8], budget: &Budget) -> Result<Node> {
    read_any(text, budget, None)
}

/// The first document as [`read_for_struct`] gives it, of which only some entries are wanted: those of its outermost
/// mapping with a name that `keep` answers to. All of the document has to be right; where it holds an infinity or NaN,
/// all entries come.
pub fn read_entries(text: &[u8], budget: &Budget, keep: &dyn Fn(&[u8]) -> bool) -> Result<Node> {
    read_any(text, budget, Some(keep))
}

/// The first document of a values file: a mapping; null is an empty one. Go: `yaml.Unmarshal` into a
/// `map[string]interface{}`; Helm: `chartutil.ReadValues`.
pub fn read_values(text: &[u8], budget: &Budget) -> Result<Node> {
    read_as(text, budget, |node| match node.data {
        Data::Map(_) => Ok(node),
        Data::Null => Ok(Node { data: Data::Map(NodeMap::default()), mark: node.mark }),
        _ => Err(mismatch(&node, "map[string]interface {}")),
    })
}

/// The first document as a sequence; null is an empty one. Go: `yaml.Unmarshal` into an `[]interface{}`.
pub fn read_array(text: &[u8], budget: &Budget) -> Result<Node> {
    read_as(text, budget, |node| match node.data {
        Data::List(_) => Ok(node),
        Data::Null => Ok(Node { data: Data::List(Vec::new()), mark: node.mark }),
        _ => Err(mismatch(&node, "[]interface {}")),
    })
}

fn read_as(text: &[u8], budget: &Budget, convert: impl FnOnce(Node) -> Read<Node>) -> Result<Node> {
    let input = Input::new(text);
    let finite = |(node, has_nonfinite): (Node, bool)| {
        if has_nonfinite {
            finite::check(&node)?;
        }
        Ok(node)
    };
    node(&input, budget, None).and_then(finite).and_then(convert).map_err(|problem| problem.into_error(&input.text))
}

fn read_any(text: &[u8], budget: &Budget, keep: Option<compose::Keep<'_>>) -> Result<Node> {
    let input = Input::new(text);
    node(&input, budget, keep).map(|(node, _)| node).map_err(|problem| problem.into_error(&input.text))
}

/// A document, and whether it holds numbers that JSON has not.
fn node(input: &Input<'_>, budget: &Budget, keep: Option<compose::Keep<'_>>) -> Read<(Node, bool)> {
    match parser::parse(Scanner::new(input, budget.limits.yaml_depth), budget)? {
        Some(tree) => compose::compose(&tree, budget, keep),
        None => Ok((Node::default(), false)),
    }
}

/// Go: `json.UnmarshalTypeError`.
fn mismatch(node: &Node, wanted: &str) -> Problem {
    let kind = node.data.json_type();
    let message = format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {wanted}"
    );
    let place = Pos { line: node.mark.line.saturating_sub(1), column: node.mark.column.saturating_sub(1) };
    Problem::plain(message, Some(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gotemplate::Limits;
    use gotemplate::error::ErrorKind;

    /// The node as one line: integers as they are, floats in Rust's notation.
    fn show(node: &Node) -> String {
        match &node.data {
            Data::Null => "null".into(),
            Data::Bool(b) => b.to_string(),
            Data::Int(n) => n.to_string(),
            Data::Uint(n) => format!("{n}u"),
            Data::Float(f) => format!("{f:?}"),
            Data::Str(s) => format!("{s:?}"),
            Data::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
            Data::Map(map) => {
                format!("{{{}}}", map.iter().map(|(k, v)| format!("{k}:{}", show(v))).collect::<Vec<_>>().join(","))
            }
        }
    }

    fn answer(text: &[u8]) -> String {
        match read(text, &Budget::default()) {
            Ok(node) => show(&node),
            Err(error) => error.message().to_owned(),
        }
    }

    #[track_caller]
    fn check(rows: &[(&str, &str)]) {
        for (text, want) in rows {
            assert_eq!(answer(text.as_bytes()), *want, "{text:?}");
        }
    }

    #[test]
    fn scalars_are_those_of_yaml_1_1() {
        check(&[
            ("[yes, No, on, OFF, y, N, true, False, oN]", r#"[true,false,true,false,true,false,true,false,"oN"]"#),
            ("[~, null, NULL, nULL]", r#"[null,null,null,"nULL"]"#),
            ("[0777, 0o17, 0x1F, 0b11, 1_000, +12, -0x10, 08]", "[511,15,31,3,1000,12,-16,8.0]"),
            ("[0b-1, -0b11, 0_7, 1__0, _1, 1_]", r#"[-1,-3,7,10,"_1",1]"#),
            (
                "[1.5, 1., .5, 1e3, -.5e-2, .5_0, ._5, 1e400, 1e]",
                r#"[1.5,1.0,0.5,1000.0,-0.005,0.5,"._5","1e400","1e"]"#,
            ),
            (
                "[9223372036854775807, 18446744073709551615, 18446744073709551616, -9223372036854775809]",
                "[9223372036854775807,18446744073709551615u,1.8446744073709552e19,-9.223372036854776e18]",
            ),
            ("[1:30, 2001-12-14, 1.2.3, 0x, '1', \"yes\"]", r#"["1:30","2001-12-14","1.2.3","0x","1","yes"]"#),
            ("[=, <<, -, ., ..., +]", r#"["=","<<","-",".","...","+"]"#),
        ]);
    }

    #[test]
    fn entries_that_nobody_wants_fail_as_others_do() {
        let budget = Budget::default();
        for text in [
            "a: {b: [1, x, !!binary aGk=, &c {d: *e}]}",
            "a: {b: .nan}\nb: 1",
            "a: .inf\na: 1",
            "a: !!int x",
            "a: !!binary '*'",
            "a: {? [x] : 1}",
            "a: {~: 1, 1.5: 2, .nan: 3}",
            "a: *b",
            "a: &a [*a]",
            "a: {<<: 1}",
            "a: {<<: [{x: 1}, 2]}",
            "<<: {a: .nan, k: 1}\nb: !!float x",
            "x: &x {k: 1, a: !!int b}\n<<: *x",
            "x: &x {k: 1, a: [!!int 1]}\n<<: *x\nk2: *x",
            "[1, {a: .inf}]",
            "a: [",
            "a: 1\n b: 2",
        ] {
            let whole = read(text.as_bytes(), &budget);
            let some = read_entries(text.as_bytes(), &budget, &|key| key.starts_with(b"k")).and_then(|node| {
                let mut finite = Finite::new(text.as_bytes());
                finite.check(&node);
                finite.finish().map(|()| node)
            });
            match (whole, some) {
                (Ok(whole), Ok(some)) => {
                    let (Some(whole), some) = (whole.as_map(), some.as_map().unwrap()) else { continue };
                    let wanted = |map: &NodeMap| {
                        let kept = map.iter().filter(|(key, _)| key.starts_with(b"k"));
                        kept.map(|(key, node)| format!("{key}:{}", show(node))).collect::<Vec<_>>()
                    };
                    assert_eq!(wanted(some), wanted(whole), "{text}");
                }
                (whole, some) => {
                    let message = |r: Result<Node>| r.map(|node| show(&node)).map_err(|e| e.message().to_owned());
                    assert_eq!(message(some), message(whole), "{text}");
                }
            }
        }
        let bomb = format!("a: &a {:?}\nb: [{}]", vec!["x".repeat(1000); 100], "*a,".repeat(3000));
        let message = |r: Result<Node>| r.err().map(|e| e.message().to_owned());
        assert!(message(read(bomb.as_bytes(), &budget)).is_some());
        assert_eq!(
            message(read_entries(bomb.as_bytes(), &budget, &|_| false)),
            message(read(bomb.as_bytes(), &budget))
        );
    }

    #[test]
    fn tags_convert_or_fail() {
        let fails = |text: &str, problem: &str| {
            assert_eq!(answer(text.as_bytes()), format!("error converting YAML to JSON: yaml: {problem}"), "{text:?}");
        };
        check(&[
            ("!!str 12", r#""12""#),
            ("!!int '12'", "12"),
            ("!!float 3", "3.0"),
            ("!!binary aGk=", r#""hi""#),
            ("!!binary //8=", "\"\u{FFFD}\u{FFFD}\""),
            ("! 12", r#""12""#),
            ("!custom 12", r#""12""#),
            ("!!timestamp 2001-1-2T3:4:5.6+07:00", r#""2001-1-2T3:4:5.6+07:00""#),
            ("!!map {a: 1}", "{a:1}"),
            ("%TAG !y! tag:yaml.org,2002:\n--- !y!int '3'", "3"),
        ]);
        fails("!!int x", "cannot decode !!str `x` as a !!int");
        fails("!!bool 1", "cannot decode !!int `1` as a !!bool");
        fails("!!timestamp 2001-02-30", "cannot decode !!str `2001-02-30` as a !!timestamp");
        fails("!!binary '*'", "!!binary value contains invalid base64 data");
        fails("!x!y z", "found undefined tag handle");
    }

    #[test]
    fn text_is_folded_and_chomped() {
        check(&[
            ("a\n b\n\n c", r#""a b\nc""#),
            ("'a\n  b''c'", r#""a b'c""#),
            (r#""a\x41\u00e9\U0001F600\n\e""#, r#""aAé😀\n\u{1b}""#),
            ("\"a \\\n  b\"", r#""a b""#),
            ("|\n  a\n   b\n\n", "\"a\\n b\\n\""),
            ("|+\n  a\n\n", "\"a\\n\\n\""),
            (">-\n  a\n  b\n\n  c\n   d\n", "\"a b\\nc\\n d\""),
            ("|2\n   a\n", "\" a\\n\""),
            ("a\r\n b\r\n", r#""a b""#),
            ("- 'a\u{2028}  b'", r#"["a\u{2028}b"]"#),
        ]);
    }

    #[test]
    fn keys_become_strings() {
        check(&[
            ("{1: a, 0x10: b, 1e6: d, 3.14159265358979: e}", r#"{1:"a",16:"b",1e+06:"d",3.1415927:"e"}"#),
            ("{true: a, off: b, .inf: c}", r#"{true:"a",false:"b",.inf:"c"}"#),
            ("a: 1\nb: 2\na: 3", "{a:3,b:2}"),
            ("? x\n: t\n? z", "{x:\"t\",z:null}"),
            ("{[]: x}", "error converting YAML to JSON: yaml: invalid map key: []interface {}{}"),
            ("? [a, 1]\n: x", "error converting YAML to JSON: yaml: invalid map key: []interface {}{\"a\", 1}"),
            (
                "{a: {~: b}}",
                "error converting YAML to JSON: unsupported map key of type: %!s(<nil>), key: <nil>, value: \"b\"",
            ),
            (
                "18446744073709551615: {b: [1.5]}",
                "error converting YAML to JSON: unsupported map key of type: uint64, key: 0xffffffffffffffff, \
                 value: map[interface {}]interface {}{\"b\":[]interface {}{1.5}}",
            ),
        ]);
    }

    #[test]
    fn aliases_and_merges() {
        check(&[
            ("a: &x {b: 1}\nc: *x", "{a:{b:1},c:{b:1}}"),
            ("a: &x {b: 1, c: 2}\nd:\n  c: 3\n  <<: *x", "{a:{b:1,c:2},d:{c:2,b:1}}"),
            ("- &x {a: 1}\n- &y {a: 2, b: 2}\n- <<: [*x, *y]", "[{a:1},{a:2,b:2},{a:1,b:2}]"),
            ("'<<': 1", "{<<:1}"),
            ("a: *x", "error converting YAML to JSON: yaml: unknown anchor 'x' referenced"),
            ("&x [*x]", "error converting YAML to JSON: yaml: anchor 'x' value contains itself"),
            ("<<: 1", "error converting YAML to JSON: yaml: map merge requires map or sequence of maps as the value"),
        ]);
        let laughs = (1..9).fold(String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n"), |text, i| {
            format!("{text}a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(","))
        });
        check(&[(&laughs, "error converting YAML to JSON: yaml: document contains excessive aliasing")]);
    }

    #[test]
    fn aliases_are_bounded_in_bytes_and_share_text() {
        let text = format!("a: &x {}\nb: [{}]", "y".repeat(50_000), vec!["*x"; 4000].join(","));
        let node = read(text.as_bytes(), &Budget::default()).unwrap();
        let strings: Vec<_> = node.get("b").unwrap().as_list().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
        assert!(strings.iter().all(|s| s.as_ptr() == strings[0].as_ptr()));
        let error = read(text.as_bytes(), &Budget::new(Limits::server())).unwrap_err();
        assert_eq!((error.kind(), error.limit()), (ErrorKind::Limit, Some("yaml-alias-bytes")));
    }

    #[test]
    fn only_the_first_document_is_read() {
        check(&[
            ("", "null"),
            ("# nothing", "null"),
            ("---\n", "null"),
            ("a: 1\n---\n[", "{a:1}"),
            ("a: 1\n...\n}", "{a:1}"),
            ("%YAML 1.1\n---\na", r#""a""#),
            ("%YAML 1.2\n---\na", "error converting YAML to JSON: yaml: found incompatible YAML document"),
            ("{}: x", "{}"),
        ]);
    }

    #[test]
    fn encodings() {
        let rows: [(&[u8], &str); 8] = [
            (b"\xEF\xBB\xBFa: 1", "{a:1}"),
            (b"\xFF\xFEa\0:\0 \0\xE9\0", "{a:\"é\"}"),
            (b"\xFE\xFF\0a\0:\0 \xD8\x3D\xDE\0", "{a:\"😀\"}"),
            (
                b"\xEF\xBB\xBF\xEF\xBB\xBFa: 1\nb: 2",
                "error converting YAML to JSON: yaml: line 1: did not find expected key",
            ),
            (b"a: \xFF", "error converting YAML to JSON: yaml: invalid leading UTF-8 octet"),
            (b"a: \xC3", "error converting YAML to JSON: yaml: incomplete UTF-8 octet sequence"),
            (b"a: \x07", "error converting YAML to JSON: yaml: control characters are not allowed"),
            (b"\xFF\xFE\0\xDC", "error converting YAML to JSON: yaml: unexpected low surrogate area"),
        ];
        for (text, want) in rows {
            assert_eq!(answer(text), want, "{text:?}");
        }
        // a syntax error comes first where the broken byte is beyond what was read for it
        let late = format!("a: b: c\n{}\x07", "#".repeat(600));
        assert_eq!(
            answer(late.as_bytes()),
            "error converting YAML to JSON: yaml: mapping values are not allowed in this context"
        );
    }

    #[test]
    fn errors_have_gos_line_and_the_true_place() {
        let rows = [
            ("a: 1\nb: c: d\n", "line 2: mapping values are not allowed in this context", 2, 5),
            ("a: b: c", "mapping values are not allowed in this context", 1, 5),
            ("a:\n  b\n c: d\n", "line 3: mapping values are not allowed in this context", 3, 3),
            ("a: 1\nb\nc: 2\n", "line 3: could not find expected ':'", 2, 1),
            ("a: 1\n- b\n", "line 1: did not find expected key", 2, 1),
            ("a: 1\n\tb: 2\n", "line 2: found a tab character that violates indentation", 2, 1),
            ("a: [1, 2\nb: 3\n", "line 1: did not find expected ',' or ']'", 2, 2),
            ("x: 1\ny: \"a\nb", "line 3: found unexpected end of stream", 2, 4),
            ("a: %x", "found character that cannot start any token", 1, 4),
            ("é: é: x", "mapping values are not allowed in this context", 1, 5),
            ("x: |\n\ta\n", "line 2: found a tab character where an indentation space is expected", 2, 1),
        ];
        for (text, problem, line, column) in rows {
            let error = read(text.as_bytes(), &Budget::default()).unwrap_err();
            let place = error.location().unwrap();
            assert_eq!(
                (error.message(), place.line, place.column),
                (&*format!("error converting YAML to JSON: yaml: {problem}"), line, column),
                "{text:?}"
            );
        }
        let error = read(b"ok: 1\nbad: [\n", &Budget::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Syntax);
        let error = read(b"a: 1\nb: *x # gone\n", &Budget::default()).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "error converting YAML to JSON: yaml: unknown anchor 'x' referenced\n  at :2:4\n    |\n  2 | b: *x # gone\n    |    ^\n  hint: `*` and `&` are YAML's own at the start of a text; a text that starts with one needs quotes"
        );
    }

    #[test]
    fn marks_say_where_values_start() {
        let node = read("a: 1\né: {b: [x, 'y']}\nc:\n- d: |\n    t\n- &z q\n- *z\ne:\n".as_bytes(), &Budget::default())
            .unwrap();
        let at = |node: &Node| (node.mark.line, node.mark.column);
        let list = |node: &Node, i: usize| node.as_list().unwrap()[i].clone();
        assert_eq!(at(&node), (1, 1));
        assert_eq!(at(node.get("a").unwrap()), (1, 4));
        let b = node.get("é").unwrap().get("b").unwrap().clone();
        assert_eq!((at(node.get("é").unwrap()), at(&b), at(&list(&b, 1))), ((2, 4), (2, 8), (2, 12)));
        let c = node.get("c").unwrap();
        assert_eq!((at(c), at(&list(c, 0)), at(list(c, 0).get("d").unwrap())), ((4, 1), (4, 3), (4, 6)));
        assert_eq!((at(&list(c, 1)), at(&list(c, 2))), ((6, 3), (7, 3)));
        assert_eq!(at(node.get("e").unwrap()), (8, 3));
    }

    #[test]
    fn json_has_no_infinities() {
        check(&[
            ("{b: .inf, a: -.inf}", "error converting YAML to JSON: json: unsupported value: -Inf"),
            ("[{x: .nan}]", "error converting YAML to JSON: json: unsupported value: NaN"),
            ("a: .inf\na: 1", "{a:1}"),
        ]);
    }

    #[test]
    fn values_and_arrays() {
        let budget = Budget::default();
        assert_eq!(show(&read_values(b"a: 1", &budget).unwrap()), "{a:1}");
        assert_eq!(show(&read_values(b"", &budget).unwrap()), "{}");
        assert_eq!(show(&read_values(b"~", &budget).unwrap()), "{}");
        assert_eq!(show(&read_array(b"[1]", &budget).unwrap()), "[1]");
        assert_eq!(show(&read_array(b"", &budget).unwrap()), "[]");
        let prefix = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        for (text, kind) in [("x", "string"), ("- x", "array"), ("1.5", "number"), ("yes", "bool")] {
            let error = read_values(text.as_bytes(), &budget).unwrap_err();
            assert_eq!(error.message(), format!("{prefix} {kind} into Go value of type map[string]interface {{}}"));
        }
        let error = read_array(b"a: 1", &budget).unwrap_err();
        assert_eq!(error.message(), format!("{prefix} object into Go value of type []interface {{}}"));
    }

    #[test]
    fn depth_is_bounded_and_costs_no_stack() {
        let deep = |open: &str, close: &str, n: usize| format!("{}x{}", open.repeat(n), close.repeat(n));
        let budget = Budget::default();
        for text in [deep("[", "]", 9_990), deep("{a: ", "}", 9_990), deep("- ", "", 9_990)] {
            let outcome = std::thread::Builder::new()
                .stack_size(2 << 20)
                .spawn(move || read(text.as_bytes(), &Budget::default()).map(drop).is_ok())
                .unwrap()
                .join();
            assert!(outcome.unwrap());
        }
        let too_deep = |text: String, message: &str| {
            let error = read(text.as_bytes(), &budget).unwrap_err();
            assert_eq!((error.limit(), error.message()), (Some("yaml-depth"), message));
        };
        too_deep(deep("[", "]", 10_001), "error converting YAML to JSON: yaml: exceeded max depth of 10000");
        too_deep("{a: ".repeat(100_000), "error converting YAML to JSON: yaml: exceeded max depth of 10000");
        too_deep(
            format!("a: 1\nb:\n  {}x", "- ".repeat(20_000)),
            "error converting YAML to JSON: yaml: line 3: exceeded max depth of 10000",
        );
        let both = format!("{}{}", "- ".repeat(6_000), deep("[", "]", 6_000));
        assert_eq!(
            answer(both.as_bytes()),
            "error unmarshaling JSON: while decoding JSON: invalid character '[' exceeded max depth"
        );
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        let texts = [
            ":".repeat(300_000),
            "[".repeat(300_000),
            format!("\"{}", "a ".repeat(500_000)),
            "a".repeat(1_000_000),
            "? ".repeat(300_000),
            "[{".repeat(4_000),
            format!("{}: 1", "x".repeat(1_000_000)),
            "\n".repeat(1_000_000),
            "&a ".repeat(100_000),
            format!("a: |\n{}", " \n".repeat(300_000)),
            format!("{}[{}", "\u{FEFF}", "é, ".repeat(200_000)),
        ];
        for text in texts {
            // the assertion is that it ends: a quadratic reader would take minutes
            assert!(!answer(text.as_bytes()).is_empty());
        }
    }
}
