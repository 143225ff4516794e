//! The one way from a project to manifests: what it reads and how often, and what a bake keeps.

use std::fs;

use bake::chart::File;
use bake::project::fleet::{Fleet, Options, Shard};
use bake::project::{BakeOptions, FileCounts};
use bake::{Bake, Chart, Layers, Limits, Project, WarningKind};
use testkit::Scratch;

/// A project with these services, each with two files of its own for the stack prod, and one file of all.
fn project(scratch: &Scratch, services: usize) -> Project {
    scratch.file("bake.yaml", "layers: [defaults.yaml]\n").file("defaults.yaml", "image: registry.example/all:1\n");
    for number in 0..services {
        let folder = format!("deploy-values/shop/web/s{number:02}");
        scratch.file(&format!("{folder}/values.yaml"), "ports: {http: 8080}\n");
        scratch.file(&format!("{folder}/prod-values.yaml"), "replicas: 3\n");
    }
    Project::open(scratch.dir()).unwrap()
}

/// What a run over a part of a fleet read and parsed, and the hash of its inputs.
fn run(project: &Project, shard: Option<&str>, layers: Layers) -> ([usize; 2], String) {
    let bake = BakeOptions { layers, ..BakeOptions::default() };
    let options = Options { shard: shard.map(|text| text.parse::<Shard>().unwrap()), bake, ..Options::default() };
    let fleet = Fleet::new(project, &options).unwrap();
    let outcome = fleet.bake(|_| Ok(()), &|_| {});
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    let FileCounts { read, parsed, .. } = fleet.baker().counts();
    ([read, parsed], outcome.inputs)
}

#[test]
fn a_file_is_read_and_parsed_once() {
    let scratch = Scratch::new("once");
    let project = project(&scratch, 2);
    let baker = project.baker(BakeOptions::default());
    let service = project.service_named("s01").unwrap();
    for _ in 0..2 {
        let baked = baker.bake(&service, "prod").unwrap();
        let charts: Vec<&str> = baked.iter().map(|baked| &*baked.chart).collect();
        assert_eq!(charts, ["workload", "service"]);
        assert!(baked[0].manifest.to_string().contains("replicas: 3"));
    }
    let FileCounts { read, parsed, .. } = baker.counts();
    assert_eq!([read, parsed], [3, 3]);
    // what was given up is counted still, and read again where somebody asks
    baker.forget(&service);
    baker.bake(&service, "prod").unwrap();
    let FileCounts { read, parsed, .. } = baker.counts();
    assert_eq!([read, parsed], [5, 5]);
}

#[test]
fn a_part_parses_the_files_of_its_own_services() {
    let scratch = Scratch::new("part");
    let project = project(&scratch, 12);
    let (whole, inputs) = run(&project, None, Layers::new());
    assert_eq!(whole, [25, 25]);
    for (shard, parsed) in [("1/2", 13), ("2/2", 13), ("5/12", 3), ("13/13", 0)] {
        let (counts, of_part) = run(&project, Some(shard), Layers::new());
        assert_eq!(counts, [25, parsed], "{shard}");
        // all parts are made from the same
        assert_eq!(of_part, inputs, "{shard}");
    }
}

#[test]
fn the_hash_of_the_inputs_knows_the_content_behind_flags() {
    let scratch = Scratch::new("inputs");
    let project = project(&scratch, 1);
    let layers = Layers::new().set_file(format!("annotations.note={}", scratch.written("note.txt", "one")));
    let hash = |text: &str| {
        fs::write(scratch.path("note.txt"), text).unwrap();
        run(&project, None, layers.clone()).1
    };
    let one = hash("one");
    assert_ne!(one, hash("two"));
    assert_eq!(one, hash("one"));
    assert_ne!(one, run(&project, None, Layers::new()).1);
}

#[test]
fn a_bake_keeps_its_warnings_and_does_not_mind_the_order_of_calls() {
    let scratch = Scratch::new("bake");
    let file = |name: &str, text: &str| File { name: name.to_owned(), data: text.into() };
    let chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndeprecated: true\n";
    let files = vec![file("Chart.yaml", chart), file("templates/a.yaml", "a: {{ .Values.a }}\n")];
    let chart = Chart::from_files(files, &Limits::helm()).unwrap();
    let values = scratch.written("values.yaml", "a: 12345\n");
    let manifest = Bake::new(&chart).set("b=1").values_file(&values).render().unwrap();
    let [warning] = manifest.warnings.as_slice() else { panic!("{:?}", manifest.warnings) };
    assert_eq!(warning.kind(), WarningKind::Chart);
    assert_eq!(warning.to_string(), "WARNING: This chart is deprecated");
    assert_eq!(manifest.to_string(), "---\n# Source: c/templates/a.yaml\na: 12345\n");
    let mut small = Limits::helm();
    small.values_file_bytes = 5;
    let before = Bake::new(&chart).limits(small.clone()).values_file(&values).render().unwrap_err();
    let after = Bake::new(&chart).values_file(&values).limits(small).render().unwrap_err();
    assert_eq!(before.limit(), Some("values-file-bytes"));
    assert_eq!(before.message(), after.message());
}
