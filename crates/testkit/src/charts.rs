//! The built-in charts as folders that Helm reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::archive::files;

/// Lays out the charts of `charts/`, each with the schema that they share, as folders below `target`
/// (`CARGO_TARGET_TMPDIR`). Answers the folder that holds them; what is there already stays.
pub fn charts(target: impl AsRef<Path>) -> &'static Path {
    static LAID_OUT: OnceLock<PathBuf> = OnceLock::new();
    LAID_OUT.get_or_init(|| lay_out(&target.as_ref().join("charts")))
}

fn lay_out(folder: &Path) -> PathBuf {
    let schema = fs::read("charts/values.schema.json").unwrap();
    let mut wanted: BTreeMap<String, Vec<u8>> =
        files("charts").into_iter().filter(|(name, _)| name.contains('/')).collect();
    let names: Vec<String> =
        wanted.keys().filter_map(|name| name.strip_suffix("/Chart.yaml")).map(str::to_owned).collect();
    wanted.extend(names.into_iter().map(|name| (format!("{name}/values.schema.json"), schema.clone())));
    fs::create_dir_all(folder).unwrap();
    for (name, _) in files(folder).iter().filter(|(name, _)| !wanted.contains_key(name)) {
        let _ = fs::remove_file(folder.join(name));
    }
    for (name, text) in wanted {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|there| there == text) {
            continue;
        }
        // another program may be reading it
        let aside = path.with_extension(format!("{}.aside", std::process::id()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&aside, text).unwrap();
        fs::rename(aside, path).unwrap();
    }
    folder.to_owned()
}
