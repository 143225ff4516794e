//! The sample application through the built-in charts: every stack, against the bytes that the real Helm printed.

use std::fs;
use std::path::Path;

use bake::project::Project;
use bake::{Chart, Layer, Limits};

use crate::manifests::printed;

const GOLDEN: &str = "testdata/golden/apps";

#[test]
fn every_stack_of_every_app_is_what_helm_prints() {
    let limits = Limits::helm();
    let charts = ["workload", "service"].map(|name| (name, Chart::builtin(name).unwrap()));
    let project = Project::open(Path::new("testdata/apps")).unwrap();
    let mut compared = 0;
    for service in project.services().unwrap().services {
        for stack in &service.stacks {
            let plan = project.plan(&service, stack).unwrap();
            for (name, chart) in &charts {
                let mut bake = plan.bake(chart, &limits).unwrap();
                for layer in &plan.layers {
                    bake = bake.layer(Layer::File(project.layer(&layer.path, &limits).unwrap()));
                }
                let got = printed(&bake.render().unwrap());
                let golden = Path::new(GOLDEN).join(&service.path).join(format!("{stack}.{name}.yaml"));
                let want = fs::read_to_string(&golden).unwrap_or_else(|e| panic!("{}: {e}", golden.display()));
                assert_eq!(got, want, "{}", golden.display());
                compared += 1;
            }
        }
    }
    assert!(compared >= 12, "only {compared} bakes compared");
}
