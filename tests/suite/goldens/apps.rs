//! The sample application through the built-in charts: every stack, against the bytes that the real Helm printed.

use std::fs;
use std::path::Path;

use bake::Project;
use bake::project::BakeOptions;

const GOLDEN: &str = "testdata/golden/apps";

#[test]
fn every_stack_of_every_app_is_what_helm_prints() {
    let project = Project::open(Path::new("testdata/apps")).unwrap();
    let baker = project.baker(BakeOptions::default());
    let mut compared = 0;
    for service in project.services().unwrap().services {
        for stack in &service.stacks {
            for baked in baker.bake(&service, stack).unwrap() {
                let golden = Path::new(GOLDEN).join(&service.path).join(format!("{stack}.{}.yaml", baked.chart));
                let want = fs::read(&golden).unwrap_or_else(|e| panic!("{}: {e}", golden.display()));
                assert_eq!(baked.manifest.to_string(), String::from_utf8_lossy(&want), "{}", golden.display());
                compared += 1;
            }
        }
    }
    assert!(compared >= 12, "only {compared} bakes compared");
}
