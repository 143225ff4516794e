//! Slash-separated and operating-system paths; the latter are those of a Unix system, as Helm's on Linux.

use super::args::{any, bytes};
use crate::error::Result;
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

/// The shortest path that means the same. Go: `path.Clean`.
pub(super) fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let root: usize = usize::from(rooted);
    let mut out = Vec::with_capacity(path.len().max(1));
    out.extend(rooted.then_some(b'/'));
    // what `..` may not remove
    let mut kept = root;
    for element in path.split(|&b| b == b'/') {
        match element {
            b"" | b"." => {}
            b".." if out.len() > kept => {
                let parent = out.iter().rposition(|&b| b == b'/').unwrap_or(0);
                out.truncate(parent.max(kept));
            }
            b".." if rooted => {}
            _ => {
                if out.len() > root {
                    out.push(b'/');
                }
                out.extend_from_slice(element);
                if element == b".." {
                    kept = out.len();
                }
            }
        }
    }
    if out.is_empty() {
        out.push(b'.');
    }
    out
}

/// Go: `path.Base`.
fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path.iter().rposition(|&b| b != b'/').map_or(0, |i| i + 1);
    match path.get(..end).and_then(|p| p.rsplit(|&b| b == b'/').next()) {
        None | Some([]) => b"/",
        Some(name) => name,
    }
}

/// Go: `path.Ext`.
fn ext(path: &[u8]) -> &[u8] {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or_default();
    name.iter().rposition(|&b| b == b'.').and_then(|dot| name.get(dot..)).unwrap_or_default()
}

fn made(cx: &mut dyn Context, args: &[Value], path: Vec<u8>) -> Result<Value> {
    if path == bytes(args, 0) {
        return Ok(any(args, 0));
    }
    cx.budget().charge(path.len() as u64)?;
    Ok(Value::str(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn cleans() {
        for (path, want) in [
            ("", "."),
            ("a//b/./c/..", "a/b"),
            ("../../a", "../../a"),
            ("a/../..", ".."),
            ("a/../../b", "../b"),
            ("/../a", "/a"),
            ("/", "/"),
            ("./", "."),
            ("a/..", "."),
            ("/a/..", "/"),
        ] {
            assert_eq!(text(&clean(path.as_bytes())), want, "{path}");
        }
    }

    #[test]
    fn names_and_extensions() {
        for (path, name, extension) in [
            ("", ".", ""),
            ("/", "/", ""),
            ("///", "/", ""),
            ("a/b.tar.gz", "b.tar.gz", ".gz"),
            ("a.d/b", "b", ""),
            ("a/b/", "b", ""),
            (".bashrc", ".bashrc", ".bashrc"),
        ] {
            assert_eq!((text(base(path.as_bytes())), text(ext(path.as_bytes()))), (name, extension), "{path}");
        }
    }
}
