//! Functions that parse and join URLs.

use go::url::{Url, User};

use super::args::{self, bytes};
use crate::error::{Error, Result};
use crate::template::{Context, Func};
use crate::value::{Map, Ty, Value};

pub(super) const FUNCS: &[Func] =
    &[Func::new("urlParse", &[Ty::Str], Ty::MapAny, url_parse), Func::new("urlJoin", &[Ty::MapAny], Ty::Str, url_join)];

/// Sprig: `urlParse`.
fn url_parse(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let text = bytes(args, 0);
    cx.budget().charge(2 * text.len() as u64)?;
    let url = Url::parse(text).map_err(|e| Error::func(format!("unable to parse url: {e}")))?;
    Ok(Value::map([
        ("hostname", Value::str(url.hostname())),
        ("userinfo", Value::str(url.user.as_ref().map(User::encoded).unwrap_or_default())),
        ("scheme", Value::str(url.scheme)),
        ("host", Value::str(url.host)),
        ("path", Value::str(url.path)),
        ("query", Value::str(url.query)),
        ("opaque", Value::str(url.opaque)),
        ("fragment", Value::str(url.fragment)),
    ]))
}

/// Sprig: `urlJoin`.
fn url_join(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let dict = args::map(args, 0);
    let mut url = Url {
        scheme: text_of(&dict, "scheme")?,
        host: text_of(&dict, "host")?,
        path: text_of(&dict, "path")?,
        query: text_of(&dict, "query")?,
        opaque: text_of(&dict, "opaque")?,
        fragment: text_of(&dict, "fragment")?,
        ..Url::default()
    };
    let userinfo = text_of(&dict, "userinfo")?;
    if !userinfo.is_empty() {
        let wrapped = [b"proto://", userinfo.as_slice(), b"@host"].concat();
        let parsed = Url::parse(&wrapped).map_err(|e| Error::func(format!("unable to parse userinfo in dict: {e}")))?;
        url.user = parsed.user;
    }
    let joined = url.joined();
    cx.budget().charge(joined.len() as u64)?;
    Ok(Value::str(joined))
}

/// Sprig: `dictGetOrEmpty`.
fn text_of(dict: &Map, key: &str) -> Result<Vec<u8>> {
    match dict.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Str(text)) => Ok(text.to_vec()),
        Some(Value::Nil) => Err(Error::func("runtime error: invalid memory address or nil pointer dereference")),
        Some(other) => {
            let kind = other.kind().name();
            Err(Error::func(format!("unable to parse {key} key, must be of type string, but {kind} found")))
        }
    }
}
