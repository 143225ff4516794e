//! Functions of Helm: `include`, `tpl`, `lookup`. Helm: `pkg/engine/engine.go`.

use memchr::memmem;

use super::args;
use crate::error::{Error, ErrorKind, Result};
use crate::template::{Context, Func};
use crate::value::{Map, Str, Ty, Value};
use go::strconv::quote;

pub(super) const FUNCS: &[Func] = &[
    Func::new("include", &[Ty::Str, Ty::Any], Ty::Str, include).weight(6),
    Func::new("tpl", &[Ty::Str, Ty::Any], Ty::Str, tpl).weight(6),
    Func::new("lookup", &[Ty::Str, Ty::Str, Ty::Str, Ty::Str], Ty::MapAny, lookup),
    Func::new("getHostByName", &[Ty::Str], Ty::Str, get_host_by_name),
];

/// The functions that Helm adds to Sprig's.
pub(super) const ONLY_HELM: &[&str] = &[
    "fromJsonArray",
    "fromToml",
    "fromYaml",
    "fromYamlArray",
    "include",
    "lookup",
    "required",
    "toToml",
    "toYaml",
    "toYamlPretty",
    "tpl",
];

/// Why no name is resolved.
pub(super) const NO_NAMES: &str = "bake opens no connections, so it looks up no names";

/// The name of every `tpl` text, which is the name of the template that all others are associated with.
pub(crate) const ROOT: &str = "gotpl";

/// The text that Go prints for a nil. Helm deletes it from all output.
const NO_VALUE: &[u8] = b"<no value>";

/// The output of a named template. The depth of recursive includes is limited.
fn include(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let name = args::bytes(args, 0);
    if cx.active(name) > cx.budget().limits.include_depth {
        let name = String::from_utf8_lossy(name);
        let text = format!("rendering template has a nested reference name: {name}: unable to execute template");
        return Err(Error::helm_limit("include-depth", text));
    }
    let output = cx.execute(name, &args::any(args, 1))?;
    Ok(Value::Str(output.into()))
}

/// The output of a text that is a template.
fn tpl(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let Some(Value::Str(text)) = args.first() else { return Ok("".into()) };
    match cx.execute_text(ROOT, text, &args::any(args, 1)) {
        Ok(output) => Ok(Value::Str(without_no_value(output))),
        Err(e) => Err(wrapped(e, text)),
    }
}

/// Adds the template text to an error that it caused.
fn wrapped(error: Error, text: &Str) -> Error {
    match error.kind() {
        ErrorKind::Cancelled => error,
        ErrorKind::Limit if error.limit() != Some("include-depth") => error,
        // a parse error in a nested `tpl` is an execution error here
        ErrorKind::Parse => {
            error.with_prefix(&format!("cannot parse template {}: ", quote(text))).with_kind(ErrorKind::Execute)
        }
        _ => error.with_prefix(&format!("error during tpl function execution for {}: ", quote(text))),
    }
}

fn without_no_value(output: Vec<u8>) -> Str {
    let mut found = memmem::find_iter(&output, NO_VALUE).peekable();
    if found.peek().is_none() {
        return output.into();
    }
    let mut clean = Vec::with_capacity(output.len());
    let mut from = 0;
    for at in found {
        clean.extend_from_slice(output.get(from..at).unwrap_or_default());
        from = at + NO_VALUE.len();
    }
    clean.extend_from_slice(output.get(from..).unwrap_or_default());
    clean.into()
}

/// There is no cluster: an empty map, or an error where the caller wants the answer of a cluster.
fn lookup(cx: &mut dyn Context, _: &[Value]) -> Result<Value> {
    if args::env(cx)?.outside.refuse_lookup {
        return Err(Error::func(
            "bake connects to no cluster, so --dry-run=server cannot answer lookup; without the flag, lookup finds nothing",
        ));
    }
    Ok(Value::Map(Map::new()))
}

/// Names are not resolved: an empty string, or an error where the caller wants the answer of the network.
fn get_host_by_name(cx: &mut dyn Context, _: &[Value]) -> Result<Value> {
    if args::env(cx)?.outside.refuse_names {
        return Err(Error::func(NO_NAMES));
    }
    Ok("".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funcs::testing::{FakeContext, call, call_in};

    #[test]
    fn include_runs_a_template() {
        let mut cx = FakeContext::default();
        cx.templates.insert("a".to_owned(), "x <no value>".to_owned());
        assert_eq!(call_in(&mut cx, "include", &["a".into(), Value::Nil]).unwrap().as_str().unwrap(), &"x <no value>");
        cx.active = 1000;
        assert!(call_in(&mut cx, "include", &["a".into(), Value::Nil]).is_ok());
        cx.active = 1001;
        let e = call_in(&mut cx, "include", &["a".into(), Value::Nil]).unwrap_err();
        assert_eq!(e.message(), "rendering template has a nested reference name: a: unable to execute template");
    }

    #[test]
    fn tpl_runs_a_text() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("<no value>x<no value>", "x"),
            ("<no value>", ""),
            ("<no <no value>value>", "<no value>"),
            ("a<no value", "a<no value"),
        ] {
            assert_eq!(call("tpl", &[text.into(), Value::Nil]).unwrap().as_str().unwrap(), &expected);
        }
        for (kind, expected, kept) in [
            (ErrorKind::Parse, r#"cannot parse template "{{ \"x": boom"#, ErrorKind::Execute),
            (ErrorKind::Execute, r#"error during tpl function execution for "{{ \"x": boom"#, ErrorKind::Execute),
            (ErrorKind::Fail, r#"error during tpl function execution for "{{ \"x": boom"#, ErrorKind::Fail),
            (ErrorKind::Cancelled, "boom", ErrorKind::Cancelled),
        ] {
            let mut cx = FakeContext { tpl_error: Some(Error::new(kind, "boom")), ..FakeContext::default() };
            let e = call_in(&mut cx, "tpl", &["{{ \"x".into(), Value::Nil]).unwrap_err();
            assert_eq!((e.message(), e.kind()), (expected, kept));
        }
    }

    #[test]
    fn nothing_is_asked_outside() {
        assert!(
            call("lookup", &["v1".into(), "Pod".into(), "".into(), "".into()]).unwrap().as_map().unwrap().is_empty()
        );
        assert_eq!(call("getHostByName", &["localhost".into()]).unwrap().as_str().unwrap(), &"");
    }
}
