//! Charts of our own that show one behaviour each, against what the real Helm printed.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)] // a test may

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn every_case_is_what_helm_prints() {
    let mut cases: Vec<_> = fs::read_dir("testdata/cases").unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 4);
    for folder in cases {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let args = fs::read_to_string(folder.join("args")).unwrap();
        let out = Command::new(env!("CARGO_BIN_EXE_bake"))
            .arg("template")
            .args(args.lines())
            .current_dir(&folder)
            .env_remove("HELM_NAMESPACE")
            .output()
            .unwrap();
        let golden = Path::new("testdata/golden/cases");
        let want = fs::read(golden.join(format!("{name}.yaml"))).unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&want), "{name}");
        let error = fs::read(golden.join(format!("{name}.err"))).ok();
        assert_eq!(out.status.success(), error.is_none(), "{name}");
        if let Some(error) = error {
            assert_eq!(String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&error), "{name}");
        }
    }
}
