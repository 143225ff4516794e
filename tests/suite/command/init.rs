//! `bake init`: what it writes bakes, and lint finds nothing in it.

use std::fs;
use std::path::Path;

use testkit::Scratch;

use crate::program::{bake, run};

#[test]
fn what_init_writes_bakes_at_once_and_is_clean() {
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"] {
        let scratch = Scratch::new(&format!("init-{kind}"));
        let dir = scratch.path("shop/web/thing");
        for image in [
            &[][..],
            &["--image", "host:5000/a/b:1.10"],
            &["--image", "a/b@sha256:0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd", "--force"],
        ] {
            let args: Vec<&str> =
                ["init", &dir, "--kind", kind, "--port", "9000"].iter().chain(image).copied().collect();
            let out = bake(&args);
            if image.len() == 2 {
                assert_eq!(out.status.code(), Some(1), "the second may not overwrite the first");
                continue;
            }
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            let (text, code) = run(&[&dir, "--stack", "prod"]);
            assert_eq!(code, Some(0), "{kind}");
            assert!(text.contains(&format!("kind: {kind}\n")), "{text}");
            assert!(
                image.is_empty()
                    || text.contains(
                        "image: a/b@sha256:0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd\n"
                    ),
                "{text}"
            );
            let (text, _) = run(&["lint", &dir]);
            assert_eq!(text, "nothing found in 1 service with 1 stack\n");
        }
        let left: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}

#[test]
fn services_share_the_schema_above_them() {
    let scratch = Scratch::new("init-schema");
    let root = scratch.path("values.schema.json");
    let first = |file: &str| fs::read_to_string(scratch.path(file)).unwrap().lines().next().unwrap().to_owned();
    assert!(bake(["init", &scratch.path("shop/web/a"), "--schema", &root]).status.success());
    assert!(bake(["init", &scratch.path("shop/web/b")]).status.success());
    for service in ["a", "b"] {
        for file in ["values.yaml", "prod-values.yaml"] {
            let line = first(&format!("shop/web/{service}/{file}"));
            assert_eq!(line, "# yaml-language-server: $schema=../../../values.schema.json");
        }
    }
    assert!(!scratch.dir().join("shop/web/b/values.schema.json").exists());
    let started = |file: &str| fs::read_to_string(scratch.path(&format!("shop/web/a/{file}"))).unwrap();
    insta::assert_snapshot!("init_values", started("values.yaml"));
    insta::assert_snapshot!("init_prod", started("prod-values.yaml"));
}

#[test]
fn init_refuses_what_cannot_be() {
    let scratch = Scratch::new("init-bad");
    let dir = scratch.path("a");
    for args in [
        &["init", &dir, "--kind", "Pod"][..],
        &["init", &dir, "--port", "0"],
        &["init", &dir, "--image", "a b"],
        &["init", &dir, "--image", "a\"\nx: y"],
    ] {
        assert!(matches!(bake(args).status.code(), Some(1 | 2)), "{args:?}");
    }
    assert!(!Path::new(&dir).exists());
}
