//! What users of the engine see: output, error texts, places, limits. Rows are Go 1.26's or Helm's own answers.

use std::sync::Arc;

use super::*;
use crate::error::{Error, ErrorKind, FLOAT_AND_INT, NOT_SET, Origin, Result, STRING_WANTED};
use crate::limits::{Budget, Limits};
use crate::value::{Entry, Map, MapType, Str, Ty, Value};

fn include(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::str(cx.execute(args[0].as_str().unwrap(), &args[1])?))
}

fn tpl(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::str(cx.execute_text("gotpl", args[0].as_str().unwrap(), &args[1])?))
}

#[allow(clippy::unnecessary_wraps)] // the signature of a function table
fn active(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int(i64::try_from(cx.active(args[0].as_str().unwrap())).unwrap()))
}

#[allow(clippy::unnecessary_wraps)]
fn list(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::list(args.to_vec()))
}

fn fail(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Err(Error::new(ErrorKind::Fail, args[0].as_str().unwrap().to_string()))
}

#[allow(clippy::unnecessary_wraps)]
fn echo(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::from(format!("{args:?}")))
}

static FUNCS: &[Func] = &[
    Func::new("include", &[Ty::Str, Ty::Any], Ty::Str, include),
    Func::new("tpl", &[Ty::Str, Ty::Any], Ty::Str, tpl),
    Func::new("active", &[Ty::Str], Ty::Int, active),
    Func::new("list", &[Ty::Any], Ty::ListAny, list).variadic(),
    Func::new("fail", &[Ty::Str], Ty::Str, fail),
    Func::new("ints", &[Ty::Int, Ty::Int64], Ty::Str, echo).variadic(),
    Func::new("float", &[Ty::Float64], Ty::Str, echo),
    Func::new("flag", &[Ty::Bool], Ty::Str, echo),
    Func::new("byte", &[Ty::Uint8, Ty::Uint64], Ty::Str, echo),
    Func::new("strs", &[Ty::Str, Ty::Str], Ty::Str, echo),
    Func::new("dict", &[Ty::MapAny], Ty::Str, echo),
    Func::new("lists", &[Ty::ListAny, Ty::ListStr], Ty::Str, echo),
    Func::new("anything", &[], Ty::Any, |_, _| Ok(Value::Nil)),
];

static METHODS: &[Func] = &[
    Func::new("AsMap", &[], Ty::MapAny, |_, args| Ok(Value::Map(args[0].as_map().unwrap().as_type(MapType::Any)))),
    Func::new("Table", &[Ty::Str], Ty::Any, echo),
];

fn data() -> Value {
    Value::map([
        ("i", Value::Int(3)),
        ("f", Value::Float(1.5)),
        ("big", Value::Float(1e6)),
        ("s", Value::from("text")),
        ("nil", Value::Nil),
        ("l", Value::list(vec![Value::from("x"), Value::from("y")])),
        ("strs", Value::strings(["a", "b"])),
        ("m", Value::map([("b", Value::Int(2)), ("a", Value::Int(1))])),
        ("values", Value::Map(Map::with_type(MapType::Values))),
        ("nest", Value::map([("list", Value::list(vec![Value::map([("name", Value::from("n"))]), Value::Nil]))])),
    ])
}

fn link(texts: &[(&str, &str)]) -> Result<(Arc<FuncTable>, Set)> {
    let funcs = Arc::new(FuncTable::new(FUNCS).with_methods(METHODS));
    let mut set = Set::new("gotpl");
    for (name, text) in texts {
        let unit = Unit::compile_named(name, &Str::from(*text), &funcs, &Limits::helm())?;
        set.add(name, &Arc::new(unit))?;
    }
    Ok((funcs, set))
}

fn run_with(texts: &[(&str, &str)], limits: Limits, missing: MissingKey, dot: &Value) -> Result<String> {
    let (funcs, set) = link(texts)?;
    let budget = Budget::new(limits);
    let mut out = Vec::new();
    Executor::new(&set, &funcs, &(), &budget, missing).execute(texts[0].0, dot, &mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn run(text: &str) -> Result<String> {
    run_with(&[("t", text)], Limits::helm(), MissingKey::Default, &data())
}

/// Every row renders to its text, or fails with it.
#[track_caller]
fn check(rows: &[(&str, &str)], good: bool) {
    let mut wrong = Vec::new();
    for (text, want) in rows {
        let result = run(text);
        let as_wanted = result.is_ok() == good;
        let got = result.unwrap_or_else(|error| error.to_string());
        if !as_wanted || got != *want {
            wrong.push(format!("{text}\n  want {want:?}\n  got  {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[track_caller]
fn renders(rows: &[(&str, &str)]) {
    check(rows, true);
}

#[track_caller]
fn fails(rows: &[(&str, &str)]) {
    check(rows, false);
}

#[test]
fn text_and_trimming() {
    renders(&[
        ("", ""),
        ("plain", "plain"),
        ("a {{- 1 -}} b", "a1b"),
        ("a\n\t{{- /* c */ -}}\n b", "ab"),
        ("a {{/* c */}} b", "a  b"),
        ("{{\"a\"}} {{`r\\n`}} {{'c'}}", "a r\\n 99"),
        ("{{ 3 -}}\n", "3"),
        ("{{- 3\n-}} x", "3x"),
        ("}} { {", "}} { {"),
        ("{{\"\\x41\\u00e9\\n\\101\"}}", "A\u{e9}\nA"),
    ]);
    // bytes that are not UTF-8 pass through
    let (funcs, mut set) = link(&[]).unwrap();
    let text = Str::from(&b"\xff{{ `\xfe` }}\xff"[..]);
    set.add("t", &Arc::new(Unit::compile(&text, &funcs, &Limits::helm()).unwrap())).unwrap();
    let budget = Budget::default();
    let mut out = Vec::new();
    Executor::new(&set, &funcs, &(), &budget, MissingKey::Default).execute("t", &Value::Nil, &mut out).unwrap();
    assert_eq!(out, b"\xff\xfe\xff");
}

#[test]
fn values_print_as_in_go() {
    renders(&[
        ("{{.i}} {{.f}} {{.big}} {{.s}} {{.nil}} {{.l}} {{.m}}", "3 1.5 1e+06 text <no value> [x y] map[a:1 b:2]"),
        ("{{.missing}} {{.missing.deeper}}", "<no value> <no value>"),
        ("{{print 1 2 \"a\" \"b\" 3}}", "1 2ab3"),
        ("{{print 1 2}}{{println .nil}}", "1 2<nil>\n"),
        (
            "{{1_000}} {{0x1F}} {{0b11}} {{0o17}} {{017}} {{1e3}} {{1.50}} {{.5}} {{-3}} {{+3}}",
            "1000 31 3 15 15 1000 1.5 0.5 -3 3",
        ),
        ("{{0x1p-2}} {{1_0.5}}", "0.25 10.5"),
        ("{{len .l}}{{len .m}}{{len .s}}", "224"),
        ("{{index .l 1}}{{index .m \"a\"}}{{index .s 0}}{{index .nest \"list\" 0 \"name\"}}", "y1116n"),
        ("{{slice .s 1 3}}{{slice .l 1}}", "ex[y]"),
        (
            "{{html \"<a&'\\\">\"}}{{js \"'<\\n\"}}{{urlquery \"a b/\u{e9}\"}}",
            "&lt;a&amp;&#39;&#34;&gt;\\'\\u003C\\u000Aa+b%2F%C3%A9",
        ),
        ("{{html .nil}}", "&lt;no value&gt;"),
        (
            "{{eq 1 2 1}}{{ne .s \"text\"}}{{lt 1 2}}{{le 2 2}}{{gt 1 2}}{{ge \"b\" \"a\"}}{{eq .nil .nil}}{{eq .nil 1}}",
            "truefalsetruetruefalsetruetruefalse",
        ),
        ("{{and 1 0 (fail \"never\")}}{{or 0 2 (fail \"never\")}}{{not .nil}}{{1 | and 2}}", "02true1"),
    ]);
}

#[test]
fn variables_live_as_long_as_in_go() {
    renders(&[
        ("{{$x := 1}}{{$x = 2}}{{$x}}", "2"),
        ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"),
        ("{{$x := 0}}{{if false}}{{$x := 1}}{{else}}{{$x}}{{end}}", "0"),
        ("{{$x := 1}}{{$x := $x | print \"a\"}}{{$x}}", "a1"),
        ("{{with $y := .m}}{{$y.a}}{{.b}}{{end}}", "12"),
        ("{{range $i, $v := .l}}{{$i}}{{$v}}{{$w := $v}}{{end}}", "0x1y"),
        ("{{range $k, $v := .m}}{{$k}}{{$v}}{{end}}", "a1b2"),
        ("{{$i := 9}}{{$v := 9}}{{range $i, $v = .l}}{{end}}{{$i}}{{$v}}", "1y"),
        ("{{range $v := .none}}{{else}}{{$v}}{{end}}", "<no value>"),
        ("{{$.i}}{{with .m}}{{$.i}}{{end}}", "33"),
        ("{{($y := 5) | print $y}}", "5 5"),
    ]);
    fails(&[
        ("{{$x = 1}}", "template: t:1:7: executing \"t\" at <1>: undefined variable: $x"),
        (
            "{{if false}}{{$x := 1}}{{else}}{{$x}}{{end}}",
            "template: t:1:33: executing \"t\" at <$x>: undefined variable: $x",
        ),
        ("{{$x}}", "template: t:1: undefined variable \"$x\""),
        ("{{if true}}{{$x := 1}}{{end}}{{$x}}", "template: t:1: undefined variable \"$x\""),
        ("{{$x := 1}}{{define \"d\"}}{{$x}}{{end}}", "template: t:1: undefined variable \"$x\""),
    ]);
}

#[test]
fn blocks_branch_and_loop() {
    renders(&[
        ("{{if .nil}}a{{else if .i}}b{{else}}c{{end}}", "b"),
        ("{{if .nil}}a{{else if .nil}}b{{else}}c{{end}}", "c"),
        ("{{with .nil}}a{{else with .m}}{{.a}}{{else}}c{{end}}{{.i}}", "13"),
        ("{{range .l}}{{.}}{{else}}none{{end}}{{range .none}}{{else}}none{{end}}", "xynone"),
        ("{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}{{range 0}}{{else}}z{{end}}", "01201z"),
        ("{{range 5}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}", "02"),
        ("{{range .l}}{{with 7}}{{with 8}}{{continue}}{{end}}{{end}}{{end}}{{.i}}", "3"),
        ("{{range .l}}{{range $.l}}{{with 7}}{{break}}{{end}}{{end}}{{.}}{{end}}{{.i}}", "xy3"),
        ("{{range .l}}{{with .}}{{break}}{{end}}{{else}}e{{end}}{{.i}}", "3"),
        ("{{range .nil}}{{else}}e{{end}}", "e"),
    ]);
    fails(&[
        ("{{range .s}}{{end}}", "template: t:1:8: executing \"t\" at <.s>: range can't iterate over text"),
        (
            "{{range $i, $j := 3}}{{end}}",
            "template: t:1:18: executing \"t\" at <3>: can't use 3 to iterate over more than one variable",
        ),
        ("{{break}}", "template: t:1: {{break}} outside {{range}}"),
        ("{{range .l}}{{else}}{{continue}}{{end}}", "template: t:1: {{continue}} outside {{range}}"),
    ]);
}

#[test]
fn arguments_are_checked_as_in_go() {
    renders(&[
        (
            "{{ints 1 2 3}}{{float 2}}{{float 'a'}}{{flag true}}{{byte 7 8}}",
            "[1, int64(2), int64(3)][float64(2)][float64(97)][true][uint8(7), uint64(8)]",
        ),
        (
            "{{dict nil}}{{dict .missing}}{{dict .m}}{{dict .values}}",
            "[map[string]interface {}(0 entries)][map[string]interface {}(0 entries)][map[string]interface {}(2 entries)][map[string]interface {}(0 entries)]",
        ),
        ("{{lists .l .strs}}", "[[\"x\", \"y\"], [\"a\", \"b\"]]"),
        ("{{\"b\" | strs \"a\"}}", "[\"a\", \"b\"]"),
        ("{{(index .l 0) | printf \"%s\"}}", "x"),
        ("{{.values.AsMap}}", "map[]"),
        (
            "{{.values.Table \"a\"}}{{\"b\" | .values.Table}}",
            "[chartutil.Values(0 entries), \"a\"][chartutil.Values(0 entries), \"b\"]",
        ),
    ]);
    fails(&[
        ("{{strs \"a\" nil}}", "template: t:1:11: executing \"t\" at <nil>: cannot assign nil to string"),
        ("{{strs \"a\" .missing}}", "template: t:1:11: executing \"t\" at <.missing>: invalid value; expected string"),
        (
            "{{strs \"a\" .nil}}",
            "template: t:1:11: executing \"t\" at <.nil>: wrong type for value; expected string; got interface {}",
        ),
        (
            "{{strs \"a\" .i}}",
            "template: t:1:11: executing \"t\" at <.i>: wrong type for value; expected string; got int",
        ),
        (
            "{{.i | strs \"a\"}}",
            "template: t:1:12: executing \"t\" at <\"a\">: wrong type for value; expected string; got int",
        ),
        ("{{strs 1 2}}", "template: t:1:7: executing \"t\" at <1>: expected string; found 1"),
        ("{{ints 1.5}}", "template: t:1:7: executing \"t\" at <1.5>: expected integer; found 1.5"),
        ("{{byte -1 1}}", "template: t:1:7: executing \"t\" at <-1>: expected unsigned integer; found -1"),
        ("{{float \"x\"}}", "template: t:1:8: executing \"t\" at <\"x\">: expected float; found \"x\""),
        ("{{flag 1}}", "template: t:1:7: executing \"t\" at <1>: expected bool; found 1"),
        (
            "{{dict 1}}",
            "template: t:1:7: executing \"t\" at <1>: can't handle 1 for arg of type map[string]interface {}",
        ),
        ("{{ints .f 1}}", "template: t:1:7: executing \"t\" at <.f>: wrong type for value; expected int; got float64"),
        ("{{strs \"a\"}}", "template: t:1:2: executing \"t\" at <strs>: wrong number of args for strs: want 2 got 1"),
        (
            "{{ints}}",
            "template: t:1:2: executing \"t\" at <ints>: wrong number of args for ints: want at least 1 got 0",
        ),
        (
            "{{len anything}}",
            "template: t:1:2: executing \"t\" at <len anything>: error calling len: len of nil pointer",
        ),
        (
            "{{len .missing}}",
            "template: t:1:2: executing \"t\" at <len .missing>: error calling len: reflect: call of reflect.Value.Type on zero Value",
        ),
        (
            "{{index .l 2}}",
            "template: t:1:2: executing \"t\" at <index .l 2>: error calling index: reflect: slice index out of range",
        ),
        (
            "{{.values.AsMap 1}}",
            "template: t:1:9: executing \"t\" at <.values.AsMap>: wrong number of args for AsMap: want 0 got 1",
        ),
        (
            "{{9223372036854775808}}",
            "template: t:1:2: executing \"t\" at <9223372036854775808>: 9223372036854775808 overflows int",
        ),
    ]);
}

#[test]
fn fields_know_static_types() {
    fails(&[
        ("{{.nil.x}}", "template: t:1:6: executing \"t\" at <.nil.x>: nil pointer evaluating interface {}.x"),
        ("{{.s.x}}", "template: t:1:4: executing \"t\" at <.s.x>: can't evaluate field x in type interface {}"),
        ("{{$x := .s}}{{$x.y}}", "template: t:1:16: executing \"t\" at <$x.y>: can't evaluate field y in type string"),
        (
            "{{range .strs}}{{.y}}{{end}}",
            "template: t:1:17: executing \"t\" at <.y>: can't evaluate field y in type string",
        ),
        (
            "{{(anything).x}}{{anything.x}}",
            "template: t:1:18: executing \"t\" at <anything>: nil pointer evaluating interface {}.x",
        ),
        ("{{.m 1}}", "template: t:1:2: executing \"t\" at <.m>: m is not a method but has arguments"),
        ("{{3 | .m.a}}", "template: t:1:8: executing \"t\" at <.m.a>: a is not a method but has arguments"),
        ("{{1 2}}", "template: t:1:2: executing \"t\" at <1>: can't give argument to non-function 1"),
        ("{{nil}}", "template: t:1:2: executing \"t\" at <nil>: nil is not a command"),
        (
            "{{template \"none\" .}}",
            "template: t:1:11: executing \"t\" at <{{template \"none\" .}}>: template \"none\" not defined",
        ),
    ]);
    for (missing, text, want) in [
        (
            MissingKey::Zero,
            "{{.a.b}}",
            "template: t:1:4: executing \"t\" at <.a.b>: nil pointer evaluating interface {}.b",
        ),
        (MissingKey::Error, "{{.a.b}}", "template: t:1:4: executing \"t\" at <.a.b>: map has no entry for key \"a\""),
        (
            MissingKey::Error,
            "{{(index .m \"z\").b}}",
            "template: t:1:12: executing \"t\" at <\"z\">: nil data; no entry for key \"b\"",
        ),
    ] {
        let error = run_with(&[("t", text)], Limits::helm(), missing, &data()).unwrap_err();
        assert_eq!(error.to_string(), want);
        assert_eq!(error.kind(), ErrorKind::Execute);
    }
    let zero = run_with(&[("t", "{{.a}}{{range .a}}{{end}}")], Limits::helm(), MissingKey::Zero, &data());
    assert_eq!(zero.unwrap(), "<no value>");
}

#[test]
fn parse_errors_read_as_in_go() {
    let rows = [
        ("{{", "template: t:1: unclosed action"),
        ("{{if .x}}", "template: t:1: unexpected EOF"),
        ("\n{{\n.x ?}}", "template: t:3: unexpected \"?\" in operand"),
        ("{{ if .a\n | \"x", "template: t:2: unterminated quoted string in action started at t:1"),
        ("{{ .a\n", "template: t:2: unclosed action started at t:1"),
        ("{{nope}}", "template: t:1: function \"nope\" not defined"),
        ("{{.a | 3}}", "template: t:1: non executable command in pipeline stage 2"),
        ("{{(.a}}", "template: t:1: unclosed left paren"),
        ("{{1a}}", "template: t:1: bad number syntax: \"1a\""),
        ("{{08}}", "template: t:1: integer overflow: \"08\""),
        ("{{'ab'}}", "template: t:1: malformed character constant: 'ab'"),
        ("{{\u{2603}}}", "template: t:1: unrecognized character in action: U+2603 '\u{2603}'"),
        ("{{/* a */ x}}", "template: t:1: comment ends before closing delimiter"),
        (
            "{{define \"a\"}}1{{end}}{{define \"a\"}}2{{end}}",
            "template: t:1: template: multiple definition of template \"a\"",
        ),
        ("x{{define \"t\"}}1{{end}}", "template: t:1: template: multiple definition of template \"t\""),
        ("{{if 1}}{{define \"a\"}}{{end}}{{end}}", "template: t:1: unexpected <define> in command"),
        ("{{ \"0123456789abc\" := 1}}", "template: t:1: unexpected \":=\" in operand"),
        ("{{template 0123456789123}}", "template: t:1: unexpected \"0123456789\"... in template clause"),
    ];
    for (text, want) in rows {
        let error = run(text).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Parse, want), "{text}");
        assert_eq!(error.location().map(|l| l.file.as_str()), Some("t"));
    }
}

#[test]
fn definitions_replace_as_in_go() {
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[("t", "{{template \"a\"}}{{define \"a\"}}1{{end}}"), ("u", "{{define \"a\"}}2{{end}}")], "2"),
        (&[("t", "{{template \"a\"}}{{define \"a\"}}1{{end}}"), ("u", "{{define \"a\"}} {{/* c */}}\n{{end}}")], "1"),
        (&[("t", "{{block \"b\" .i}}<{{.}}>{{end}}")], "<3>"),
        (&[("t", "{{define \"a\"}}{{end}}{{define \"a\"}}x{{end}}{{template \"a\"}}")], "x"),
        (&[("t", "{{define \"t\"}}body{{end}}\n")], "body"),
        (&[("t", "{{template \"u\" .m}}"), ("u", "{{.a}}{{$.b}}")], "12"),
        (&[("t", "old"), ("t", "new")], "new"),
        (&[("t", "old"), ("t", " ")], "old"),
    ];
    for (texts, want) in rows {
        let got = run_with(texts, Limits::helm(), MissingKey::Default, &data()).unwrap();
        assert_eq!(got, *want, "{texts:?}");
    }
}

#[test]
fn functions_run_templates() {
    renders(&[
        ("{{define \"d\"}}{{.}}{{end}}{{include \"d\" 1 | printf \"%s-%s\" \"a\"}}", "a-1"),
        ("{{tpl \"plain\" .}}{{tpl \"{{.i}}\" .}}{{tpl \"{{.i}}\" .}}", "plain33"),
        ("{{tpl \"{{define `z`}}Z{{end}}{{include `z` .}}{{tpl `{{include \\\"z\\\" .}}` .}}\" .}}", "ZZ"),
        (
            "{{define \"d\"}}old{{end}}{{tpl \"{{define `d`}}new{{end}}{{include `d` .}}\" .}}{{include \"d\" .}}",
            "newold",
        ),
        // what a text defines is seen by what it calls
        (
            "{{define \"c\"}}{{include \"d\" .}}{{end}}{{define \"d\"}}old{{end}}{{tpl \"{{define `d`}}new{{end}}{{include `c` .}}\" .}}",
            "new",
        ),
        (
            "{{define \"d\"}}{{active \"d\"}}{{if lt (active \"d\") 3}}{{include \"d\" .}}{{end}}{{end}}{{include \"d\" .}}{{active \"d\"}}",
            "1230",
        ),
    ]);
    fails(&[
        (
            "{{include \"none\" .}}",
            "template: t:1:2: executing \"t\" at <include \"none\" .>: error calling include: template: no template \"none\" associated with template \"gotpl\"",
        ),
        (
            "{{tpl \"{{define `z`}}Z{{end}}\" .}}{{include \"z\" .}}",
            "template: t:1:36: executing \"t\" at <include \"z\" .>: error calling include: template: no template \"z\" associated with template \"gotpl\"",
        ),
        (
            "a: {{ tpl \"{{ .s.x }}\" . }}",
            "template: t:1:6: executing \"t\" at <tpl \"{{ .s.x }}\" .>: error calling tpl: template: gotpl:1:5: executing \"gotpl\" at <.s.x>: can't evaluate field x in type interface {}",
        ),
        (
            "{{ tpl \"{{ .s\" . }}",
            "template: t:1:3: executing \"t\" at <tpl \"{{ .s\" .>: error calling tpl: template: gotpl:1: unclosed action",
        ),
        (
            "{{define \"one\"}}[{{ .s.b }}]{{end}}\n{{define \"two\"}}x{{ include \"one\" . }}{{end}}\na: {{ include \"two\" . }}",
            "template: t:3:6: executing \"t\" at <include \"two\" .>: error calling include: template: t:2:20: executing \"two\" at <include \"one\" .>: error calling include: template: t:1:22: executing \"one\" at <.s.b>: can't evaluate field b in type interface {}",
        ),
    ]);
}

#[test]
fn errors_say_where_and_through_which_calls() {
    let dot = Map::new();
    let inner = Map::new();
    inner.insert_entry("x", Entry { value: Value::Int(1), origin: Origin { layer: 2, line: 7 } });
    dot.insert("a", Value::Map(inner));
    let texts = [
        ("t", "\n  {{ include \"one\" . }}"),
        ("h", "{{define \"one\"}}{{template \"two\" .}}{{end}}\n{{define \"two\"}}v: {{ .a.x.y }}{{end}}"),
    ];
    let error = run_with(&texts, Limits::helm(), MissingKey::Zero, &Value::Map(dot)).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "template: t:2:5: executing \"t\" at <include \"one\" .>: error calling include: template: h:2:24: executing \"two\" at <.a.x.y>: can't evaluate field y in type interface {}
  at h:2:25
    |
  2 | {{define \"two\"}}v: {{ .a.x.y }}{{end}}
    |                         ^
  called from h:1:28: template \"two\" .
  called from t:2:6: include \"one\" .
  hint: .a.x is a number, not a map"
    );
    assert_eq!(error.origin(), Origin { layer: 2, line: 7 });

    let error = run("{{define \"d\"}}{{fail \"no\"}}{{end}}{{include \"d\" .}}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fail);
    assert_eq!(error.chain().len(), 1);
}

/// A hint, and whether the origin of the value is told: what is missing was set nowhere.
#[test]
fn hints_name_what_is_missing() {
    let entry = |value: Value| Entry { value, origin: Origin { layer: 1, line: 1 } };
    let dot = Map::new();
    dot.insert_entry("m", entry(Value::map([("other", Value::Int(1))])));
    dot.insert_entry("s", entry("text".into()));
    dot.insert_entry("none", entry(Value::Nil));
    dot.insert_entry("n", entry(Value::Float(3.0)));
    for (text, want, is_told) in [
        ("{{ .m.x.y }}", Some(".m.x is not set"), false),
        ("{{ .none.x }}", Some(".none is null"), true),
        ("{{ .s.x }}", Some(".s is a string, not a map"), true),
        (
            "{{ range list 1 }}{{ .s }}{{ end }}",
            Some("inside `range` and `with`, `.` is another value: write $.s"),
            false,
        ),
        (
            "{{ with .m }}{{ .m.x }}{{ end }}",
            Some("inside `range` and `with`, `.` is another value: write $.m.x"),
            false,
        ),
        (
            "{{ define \"d\" }}{{ .s.x }}{{ end }}{{ template \"d\" .m }}",
            Some("the caller of \"d\" passes a value without .s; `$` passes all that a template starts with"),
            false,
        ),
        ("{{ $x := .m }}{{ $x.y.z }}", Some("$x.y is not set"), false),
        ("{{ index .m.x 1 }}", Some(".m.x is not set"), false),
        ("{{ lt .m.x 1 }}", Some(".m.x is not set"), false),
        ("{{ tpl .m.x . }}", Some(".m.x is not set"), false),
        ("{{ gt .n 1 }}", None, true),
        ("{{ tpl .n . }}", None, true),
        ("{{ .m.a-b }}", Some("a key with a hyphen is read by `index`: index .m \"a-b\""), false),
        ("{{ .a-b }}", Some("a key with a hyphen is read by `index`: index . \"a-b\""), false),
        ("{{ $.m.a.b-c-d.e }}", Some("a key with a hyphen is read by `index`: index $.m.a \"b-c-d\""), false),
        ("{{ .m[0] }}", Some("an item of a list or map is read by `index`: index .m 0"), false),
        ("{{ $[\"a\"].b }}", Some("an item of a list or map is read by `index`: index $ \"a\""), false),
        ("{{ $x-1 }}", None, false),
        ("{{ 1-x }}", None, false),
        ("{{ .[ }}", None, false),
    ] {
        let error = run_with(&[("t", text)], Limits::helm(), MissingKey::Zero, &Value::Map(dot.clone())).unwrap_err();
        assert_eq!(error.hint(), want, "{text}: {error}");
        assert_eq!(error.origin().is_some(), is_told, "{text}: {error}");
    }
    let reason = |text: &str| {
        let error = run_with(&[("t", text)], Limits::helm(), MissingKey::Zero, &Value::Map(dot.clone())).unwrap_err();
        error.reason()
    };
    assert_eq!(reason("{{ gt .n 1 }}"), Some(FLOAT_AND_INT));
    assert_eq!(reason("{{ tpl .n . }}"), Some(STRING_WANTED));
    assert_eq!(reason("{{ tpl .m.x . }}"), Some(NOT_SET));
    assert_eq!(reason("{{ gt .s 1 }}"), None);
}

#[test]
fn limits_hold() {
    let limited = |text: &str, change: fn(&mut Limits)| {
        let mut limits = Limits::helm();
        change(&mut limits);
        let error = run_with(&[("t", text)], limits, MissingKey::Zero, &data()).unwrap_err();
        (error.kind(), error.limit(), error.to_string())
    };
    #[allow(clippy::type_complexity)] // a table
    let rows: &[(&str, fn(&mut Limits), &str)] = &[
        ("{{define \"d\"}}{{template \"d\" .}}{{end}}{{template \"d\" .}}", |_| (), "call-depth"),
        ("{{define \"d\"}}{{include \"d\" .}}{{end}}{{include \"d\" .}}", |_| (), "call-depth"),
        ("{{range 9000000000000000000}}{{end}}", |l| l.fuel = 1000, "fuel"),
        ("{{range 1000}}0123456789{{end}}", |l| l.output_bytes = 100, "output-bytes"),
        (
            "{{define \"d\"}}{{range 1000}}0123456789{{end}}{{end}}{{include \"d\" .}}",
            |l| l.value_bytes = 100,
            "value-bytes",
        ),
        (
            "{{define \"d\"}}{{range 1000}}0123456789{{end}}{{end}}{{include \"d\" .}}",
            |l| l.total_value_bytes = 100,
            "total-value-bytes",
        ),
    ];
    for (text, change, name) in rows {
        let (kind, limit, message) = limited(text, *change);
        assert_eq!((kind, limit), (ErrorKind::Limit, Some(*name)), "{text}");
        assert!(message.starts_with("template: t:"), "{message}");
        assert!(message.len() < 140_000, "{} bytes", message.len());
    }
}

#[test]
fn nesting_does_not_overflow_the_stack() {
    let deep = 20_000;
    let blocks = format!("{}x{}", "{{if 1}}".repeat(deep), "{{end}}".repeat(deep));
    assert_eq!(run(&blocks).unwrap(), "x");
    let chain = format!("{{{{if 0}}}}{}x{{{{end}}}}", "{{else if 0}}".repeat(deep - 1) + "{{else if 1}}");
    assert_eq!(run(&chain).unwrap(), "x");
    let parens = |n: usize| format!("{{{{{}1{}}}}}", "(".repeat(n), ")".repeat(n));
    assert_eq!(run(&parens(10_000)).unwrap(), "1");
    assert_eq!(run(&parens(10_001)).unwrap_err().to_string(), "template: t:1: max expression depth exceeded");
    let unclosed = run(&"{{if 1}}".repeat(200_000)).unwrap_err();
    assert_eq!(unclosed.limit(), Some("block-depth"));
    let (depth, expression) = (9_999, "len (");
    let nested = format!("{{{{{}1{}}}}}", expression.repeat(depth), ")".repeat(depth));
    assert!(run(&nested).unwrap_err().to_string().contains("len of type int"));
}

#[test]
fn units_and_sets_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Unit>();
    shared::<Set>();
    shared::<FuncTable>();
}

#[test]
fn a_text_that_does_not_parse_leaves_nothing_to_the_next() {
    let funcs = Arc::new(FuncTable::new(FUNCS));
    let limits = Limits::helm();
    let mut compiler = Compiler::new(&funcs, &limits);
    for bad in
        ["{{ define \"x\" }}a{{ .a.b }}{{ if (list $.x 1).y }}", "a{{ $v := 1 }}{{ list 1 (", "{{ .s.t }}{{ $x }}"]
    {
        assert!(compiler.compile(&Str::from(bad)).is_err(), "{bad}");
    }
    let text =
        "{{ define \"y\" }}{{ range $k, $v := .m }}{{ $k }}={{ $v }} {{ end }}{{ end }}{{ template \"y\" . }}{{ $.s }}";
    let unit = Arc::new(compiler.compile(&Str::from(text)).unwrap());
    let mut set = Set::new("gotpl");
    set.add("t", &unit).unwrap();
    assert_eq!(set.names().map(Str::to_string).collect::<Vec<_>>(), ["y", "t"]);
    let budget = Budget::new(limits.clone());
    let mut out = Vec::new();
    Executor::new(&set, &funcs, &(), &budget, MissingKey::Default).execute("t", &data(), &mut out).unwrap();
    assert_eq!(out, b"a=1 b=2 text");
}
