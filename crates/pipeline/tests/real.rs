//! Templates against recorded answers and public pipelines. They stand in the folder that `BAKE_SHARED` names.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods)] // a test may

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use pipeline::catalog::{Catalog, Group, Service, ServiceStack, TemplateRecord};
use pipeline::init::{propose, render};
use pipeline::template::{Deployment, Source, Target, Templates, builtin};
use pipeline::{Json, Pipeline};
use testkit::need::shared;

fn read(path: &Path) -> Json {
    Json::read(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn no_templates(name: &str, text: &str) -> Templates {
    let source = Source { file: format!("{name}.yaml"), text: text.to_owned() };
    Templates::new([(name.to_owned(), source)], Arc::new(|_| Ok(None))).unwrap()
}

/// Records of one service in one stack.
fn records(service: Service, stack: &str, template: &str) -> Catalog {
    let at = ServiceStack { templates: vec![template.to_owned()], ..ServiceStack::default() };
    let key = format!("{}/{}/{}", service.product, service.namespace, service.name);
    Catalog {
        project: "seed".to_owned(),
        stacks: [(stack.to_owned(), Group::default())].into(),
        templates: [(template.to_owned(), TemplateRecord::default())].into(),
        services: [(key, Service { stacks: [(stack.to_owned(), at)].into(), ..service })].into(),
        ..Catalog::default()
    }
}

fn rendered(templates: &Templates, catalog: Catalog, deployment: Deployment) -> Pipeline {
    let mark = catalog.marks().next().unwrap();
    let target = Target { catalog: Arc::new(catalog), mark, deployment: Arc::new(deployment) };
    templates.render(&target).unwrap().pipeline
}

#[test]
fn the_template_of_the_seed_gives_what_jinja2_and_pyyaml_give() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("pipelines/seed");
    let templates = no_templates("deploy", &fs::read_to_string(folder.join("template.yaml")).unwrap());
    let cases = read(&folder.join("vars.json"));
    let cases = cases.get("cases").unwrap().items();
    assert!(!cases.is_empty());
    for case in cases {
        let var = |name: &str| case.get("vars").unwrap().get(name).unwrap().as_str().unwrap().to_owned();
        let service = Service {
            name: var("app_name"),
            product: var("product"),
            namespace: var("namespace"),
            repository: var("git_repo"),
            ..Service::default()
        };
        let got = rendered(&templates, records(service, &var("stack"), "deploy"), Deployment::default());
        let want = read(&folder.join(case.get("expected").unwrap().as_str().unwrap()));
        // with the order of the keys
        assert_eq!(got.into_json().to_pretty(), want.to_pretty());
    }
}

/// What the canonical order of a lab's pipeline is compared by.
fn names(pipeline: &Json, key: &str) -> Vec<String> {
    pipeline
        .get(key)
        .unwrap()
        .items()
        .iter()
        .map(|item| item.get("name").unwrap().as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_template_of_the_lab_gives_the_stages_triggers_and_order_of_the_labs_pipeline() {
    let Some(shared) = shared() else { return };
    let want = read(&shared.join("pipelines/cd-gke-v2-deploy.json"));
    let templates = no_templates("deploy-image", builtin("deploy-image").unwrap().text);
    let service = Service { name: "sample".to_owned(), namespace: "default".to_owned(), ..Service::default() };
    let mut catalog = records(service, "prod", "deploy-image");
    // the lab's name of this stage has two blanks
    let components = br#"[{"name":"backend"},{"name":"frontend","canary":"Deploy Canary  Frontend"}]"#;
    catalog.parameters.insert("components".to_owned(), Json::read(components).unwrap());
    let deployment = Deployment { account: "app-cluster-acct".to_owned(), ..Deployment::default() };
    let got = rendered(&templates, catalog, deployment).into_json();
    assert_eq!(names(&got, "stages"), names(&want, "stages"));
    assert_eq!((got.get("name"), got.get("application")), (want.get("name"), want.get("application")));
    let trigger = |pipeline: &Json| {
        let mut trigger = pipeline.get("triggers").unwrap().items()[0].clone();
        trigger.as_object_mut().unwrap().shift_remove("expectedArtifactIds").unwrap();
        trigger
    };
    assert_eq!(trigger(&got), trigger(&want));
    // each stage comes after the same stages, by their names
    let after = |pipeline: &Json| -> IndexMap<String, Vec<String>> {
        let stages = pipeline.get("stages").unwrap().items();
        let text = |stage: &Json, key: &str| stage.get(key).unwrap().as_str().unwrap().to_owned();
        let named: IndexMap<String, String> = stages.iter().map(|s| (text(s, "refId"), text(s, "name"))).collect();
        let above = |stage: &Json| {
            let ids = stage.get("requisiteStageRefIds").unwrap().items().iter();
            let mut names: Vec<String> = ids.map(|id| named[id.as_str().unwrap()].clone()).collect();
            names.sort();
            names
        };
        stages.iter().map(|stage| (text(stage, "name"), above(stage))).collect()
    };
    assert_eq!(after(&got), after(&want));
}

/// The public pipelines.
fn corpus(shared: &Path) -> Vec<(PathBuf, Json)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(shared.join("pipelines")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.ends_with(".json") && !["stages.json", "spel.json"].contains(&&*name)
    });
    files.sort();
    files.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

#[test]
fn a_template_of_each_public_pipeline_makes_it_again() {
    let Some(shared) = shared() else { return };
    let all = corpus(&shared);
    assert!(all.len() >= 88, "{}", all.len());
    for (path, json) in all {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(Json::read(json.to_pretty().as_bytes()).unwrap(), json);
        assert_eq!(json.to_string(), Json::read(text.as_bytes()).unwrap().to_string());
        let live = Pipeline::from_json(json.clone()).unwrap();
        let proposal = propose("live", std::slice::from_ref(&live), false).unwrap();
        assert_eq!(proposal.uses[0].differences, [""; 0], "{}\n{}", path.display(), proposal.template);
        let again = render("live", &no_templates("live", &proposal.template), &proposal.uses[0]).unwrap();
        assert_eq!(again.into_json(), json, "{}", path.display());
    }
}

#[test]
fn one_template_of_many_pipelines_makes_all_of_them_again() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("pipelines/seed/expected");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let live: Vec<Pipeline> = files.iter().map(|path| Pipeline::from_json(read(path)).unwrap()).collect();
    let proposal = propose("deploy", &live, false).unwrap();
    assert_eq!(proposal.exact(), live.len(), "{:#?}", proposal.uses);
    // what pipelines of different kinds have in common is little, but nothing is lost
    let all: Vec<Pipeline> = corpus(&shared).into_iter().map(|(_, json)| Pipeline::from_json(json).unwrap()).collect();
    let proposal = propose("all", &all, false).unwrap();
    let wrong: Vec<_> = proposal.uses.iter().filter(|usage| !usage.differences.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
