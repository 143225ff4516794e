//! Keys, certificates, password hashes, AES.

use crate::template::Func;

pub(super) const FUNCS: &[Func] = &[];
