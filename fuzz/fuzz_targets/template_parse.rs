//! Any bytes as a template. It parses, or there is one error with a place, of bounded length.
#![no_main]

use std::sync::{Arc, LazyLock};

use bake::ErrorKind;
use bake::unstable_engine::template::{FuncTable, Set, Unit};
use bake::value::Str;
use libfuzzer_sys::fuzz_target;

static TABLE: LazyLock<FuncTable> = LazyLock::new(|| FuncTable::new(bake::unstable_engine::template_functions()));

fuzz_target!(|input: &[u8]| {
    let limits = bake_fuzz::limits();
    match Unit::compile_named("t", &Str::from(input), &TABLE, &limits) {
        Ok(unit) => {
            assert_eq!(unit.text().as_bytes(), input);
            let mut set = Set::new("");
            // a body and a definition of one name that both say something are refused
            let _ = set.add("t", &Arc::new(unit));
        }
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Parse | ErrorKind::Limit), "{error}");
            assert!(!error.message().is_empty());
            assert!(error.to_string().len() <= 4 * input.len() + limits.error_bytes + 256, "{error}");
        }
    }
});
