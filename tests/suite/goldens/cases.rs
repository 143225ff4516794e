//! Charts that show one behaviour each: `testdata/cases` against what the real Helm printed.

use std::fs;
use std::path::Path;

use crate::program::command;

#[test]
fn every_case_is_what_helm_prints() {
    let mut cases: Vec<_> = fs::read_dir("testdata/cases").unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 4);
    for folder in cases {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let args = fs::read_to_string(folder.join("args")).unwrap();
        let out = command().arg("template").args(args.lines()).current_dir(&folder).output().unwrap();
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
