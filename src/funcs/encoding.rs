//! YAML, JSON, TOML, base64, base32 and checksums.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
