//! Functions that Sprig has and Helm's templates have not, or have in another form. `--name-template` sees them.

use super::args;
use crate::error::{Error, ErrorKind, Result};
use crate::template::{Context, Func};
use crate::value::{Ty, Value};

pub(super) const FUNCS: &[Func] = &[
    Func::new("env", &[Ty::Str], Ty::Str, env),
    Func::new("expandenv", &[Ty::Str], Ty::Str, env),
    Func::new("fail", &[Ty::Str], Ty::Str, fail),
    Func::new("getHostByName", &[Ty::Str], Ty::Str, get_host_by_name),
];

/// The same inputs give the same output on every machine, so no template reads its variables.
fn env(_: &mut dyn Context, _: &[Value]) -> Result<Value> {
    Err(Error::func("bake reads no environment variables in templates: let the shell put the value into the text"))
}

/// The message as it is, without the marks that only the rendering of charts removes.
fn fail(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Err(Error::new(ErrorKind::Fail, String::from_utf8_lossy(args::bytes(args, 0))))
}

fn get_host_by_name(_: &mut dyn Context, _: &[Value]) -> Result<Value> {
    Err(Error::func(super::helm::NO_NAMES))
}
