//! Defaults, choices, `fail` and `required`. Sprig 3.3.0 `defaults.go`, Helm: `pkg/engine/engine.go`.

use super::args;
use crate::error::{Error, ErrorKind, Result};
use crate::template::{Context, Func};
use crate::value::{Ty, Value};

pub(super) const FUNCS: &[Func] = &[
    Func::new("default", &[Ty::Any, Ty::Any], Ty::Any, default).variadic(),
    Func::new("empty", &[Ty::Any], Ty::Bool, empty),
    Func::new("coalesce", &[Ty::Any], Ty::Any, coalesce).variadic(),
    Func::new("all", &[Ty::Any], Ty::Bool, all).variadic(),
    Func::new("any", &[Ty::Any], Ty::Bool, any).variadic(),
    Func::new("ternary", &[Ty::Any, Ty::Any, Ty::Bool], Ty::Any, ternary),
    Func::new("fail", &[Ty::Str], Ty::Str, fail),
    Func::new("required", &[Ty::Str, Ty::Any], Ty::Any, required),
];

fn default(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(match args.get(1) {
        Some(given) if given.is_true() => given.clone(),
        _ => args::any(args, 0),
    })
}

fn empty(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Bool(!args::any(args, 0).is_true()))
}

fn coalesce(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(args.iter().find(|v| v.is_true()).cloned().unwrap_or_default())
}

fn all(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Bool(args.iter().all(Value::is_true)))
}

fn any(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Bool(args.iter().any(Value::is_true)))
}

fn ternary(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(args::any(args, usize::from(!args::bool(args, 2))))
}

fn fail(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Err(refusal(args::bytes(args, 0)))
}

fn required(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    match args::any(args, 1) {
        Value::Nil => Err(refusal(args::bytes(args, 0))),
        Value::Str(s) if s.is_empty() => Err(refusal(args::bytes(args, 0))),
        value => Ok(value),
    }
}

/// The message of the chart, between the marks with which Helm finds it in the error of the whole template.
/// Helm: `warnWrap`, `cleanupExecError`.
fn refusal(message: &[u8]) -> Error {
    let message = String::from_utf8_lossy(message);
    Error::new(ErrorKind::Fail, format!("HELM_ERR_START{message}HELM_ERR_END"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funcs::testing::call;

    #[test]
    fn choices() {
        let (zero, one, none) = (Value::Int(0), Value::Int(1), Value::Nil);
        let empty_list = || Value::list(vec![]);
        for (name, args, expected) in [
            ("default", vec![one.clone()], "1"),
            ("default", vec![one.clone(), zero.clone()], "1"),
            ("default", vec![one.clone(), "x".into(), zero.clone()], r#""x""#),
            ("empty", vec![none.clone()], "true"),
            ("empty", vec![empty_list()], "true"),
            ("empty", vec!["0".into()], "false"),
            ("coalesce", vec![none, "".into(), zero.clone(), one.clone()], "1"),
            ("coalesce", vec![], "nil"),
            ("all", vec![], "true"),
            ("all", vec![one.clone(), zero.clone()], "false"),
            ("any", vec![], "false"),
            ("any", vec![zero.clone(), one], "true"),
            ("ternary", vec!["a".into(), "b".into(), Value::Bool(true)], r#""a""#),
            ("ternary", vec!["a".into(), "b".into(), Value::Bool(false)], r#""b""#),
            ("required", vec!["m".into(), zero], "0"),
            ("required", vec!["m".into(), empty_list()], "[]"),
        ] {
            assert_eq!(format!("{:?}", call(name, &args).unwrap()), expected, "{name} {args:?}");
        }
    }

    #[test]
    fn refusals() {
        for (name, args) in [
            ("fail", vec!["no: way".into()]),
            ("required", vec!["no: way".into(), Value::Nil]),
            ("required", vec!["no: way".into(), "".into()]),
        ] {
            let e = call(name, &args).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Fail);
            assert_eq!(e.message(), "HELM_ERR_STARTno: wayHELM_ERR_END");
        }
    }
}
