//! Slash-separated paths and operating-system paths. The latter follow Unix rules, as in Helm on Linux.

use super::args::{any, bytes};
use crate::error::Result;
use crate::path::{base, clean, ext};
use crate::template::{Context, Func};
use crate::value::{Ty, Value};

pub(super) const FUNCS: &[Func] = &[
    BASE,
    BASE.named("osBase"),
    DIR,
    DIR.named("osDir"),
    CLEAN,
    CLEAN.named("osClean"),
    EXT,
    EXT.named("osExt"),
    IS_ABS,
    IS_ABS.named("osIsAbs"),
];

const BASE: Func = Func::new("base", &[Ty::Str], Ty::Str, |cx, a| made(cx, a, base(bytes(a, 0)).to_vec()));
const DIR: Func = Func::new("dir", &[Ty::Str], Ty::Str, |cx, a| {
    let path = bytes(a, 0);
    let end = path.iter().rposition(|&b| b == b'/').map_or(0, |i| i + 1);
    made(cx, a, clean(path.get(..end).unwrap_or_default()))
});
const CLEAN: Func = Func::new("clean", &[Ty::Str], Ty::Str, |cx, a| made(cx, a, clean(bytes(a, 0))));
const EXT: Func = Func::new("ext", &[Ty::Str], Ty::Str, |cx, a| made(cx, a, ext(bytes(a, 0)).to_vec()));
const IS_ABS: Func = Func::new("isAbs", &[Ty::Str], Ty::Bool, |_, a| Ok(bytes(a, 0).starts_with(b"/").into()));

fn made(cx: &mut dyn Context, args: &[Value], path: Vec<u8>) -> Result<Value> {
    if path == bytes(args, 0) {
        return Ok(any(args, 0));
    }
    cx.budget().charge(path.len() as u64)?;
    Ok(Value::str(path))
}
