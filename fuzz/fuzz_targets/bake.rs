//! A whole bake: the parts of the input are the files of a chart, and `@values`, `@set`, `@set-json`, `@set-string`,
//! `@set-literal` and `@flags` what the user gives. Twice gives the same manifest or the same error, also when the
//! chart is loaded again.
#![no_main]

use bake::chart::File;
use bake::manifest::WriteOptions;
use bake::value::Str;
use bake::{Bake, Chart};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let parts = bake_fuzz::parts(input);
    let Some(chart) = load(&parts) else { return };
    let first = bake(&chart, &parts);
    assert_eq!(first, bake(&chart, &parts));
    assert_eq!(first, bake(&load(&parts).unwrap(), &parts));
});

fn load(parts: &[(String, Vec<u8>)]) -> Option<Chart> {
    let files = parts.iter().filter(|(name, _)| !name.is_empty() && !name.starts_with('@'));
    let files = files.map(|(name, text)| File { name: name.clone(), data: Str::from(text.as_slice()) }).collect();
    Chart::from_files(files, &bake_fuzz::limits()).ok()
}

fn bake(chart: &Chart, parts: &[(String, Vec<u8>)]) -> Result<Vec<u8>, String> {
    let mut bake = Bake::new(chart).limits(bake_fuzz::limits()).host(bake_fuzz::host());
    let mut options = WriteOptions::default();
    for (name, text) in parts {
        let line = || String::from_utf8_lossy(text.trim_ascii_end()).into_owned();
        bake = match name.as_str() {
            "@values" => bake.values_text("values", text),
            "@set" => bake.set(line()),
            "@set-json" => bake.set_json(line()),
            "@set-string" => bake.set_string(line()),
            "@set-literal" => bake.set_literal(line()),
            "@flags" => {
                let flags = line();
                options.include_crds = flags.contains("crds");
                options.no_hooks = flags.contains("hooks");
                options.skip_tests = flags.contains("tests");
                if flags.contains("upgrade") { bake.upgrade() } else { bake }
            }
            _ => bake,
        };
    }
    let manifest = bake.render().map_err(|error| format!("{error}\n{error:#}"))?;
    let mut out = Vec::new();
    manifest.write_to(&mut out, &options).map_err(|e| e.to_string())?;
    for document in manifest.objects() {
        // the head of every document was read, so the document is YAML
        let _ = document.object(&bake_fuzz::limits());
    }
    Ok(out)
}
