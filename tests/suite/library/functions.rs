//! Helm's engine with all of its functions: the answers that the folder `BAKE_SHARED` has.
//!
//!     BAKE_SHARED=../shared cargo test --all-features --test suite library::functions -- --nocapture
//!
//! `testkit::answers` tells how they are judged, and what else can be asked for.

use std::sync::Arc;

use bake::chart::File;
use bake::host::{FixedHost, Host, SystemHost};
use bake::limits::Limits;
use bake::{Bake, Chart};
use serde_json::Value as Json;
use testkit::answers::{self, Outcome, difference, text};
use testkit::need;

const CHART_YAML: &str = "apiVersion: v2
name: fnoracle
description: function oracle
type: application
version: 0.1.0
appVersion: \"1.2.3\"
home: https://example.com/home
keywords:
- alpha
- beta
sources:
- https://example.com/src
maintainers:
- name: Ann
  email: ann@example.com
- name: Bo
annotations:
  team: core
";

/// The clock of the machine, and the same random bytes in each run: of twenty random letters and digits, all are letters in one
/// run of thirty, and a recorded answer says that they are not.
#[derive(Debug)]
struct SameRandomness {
    clock: SystemHost,
    random: FixedHost,
}

impl Host for SameRandomness {
    fn now(&self) -> (i64, u32) {
        self.clock.now()
    }

    fn time_zone(&self) -> String {
        self.clock.time_zone()
    }

    fn random(&self, bytes: &mut [u8]) -> bake::error::Result<()> {
        self.random.random(bytes)
    }
}

#[test]
fn functions_answer_as_in_helm() {
    let Some(shared) = need::shared() else { return };
    let cases = answers::cases(&shared.join("oracle/functions/functions.jsonl"));
    let outcomes = answers::run_all(&cases, |case| Outcome {
        id: case["id"].as_str().unwrap().to_owned(),
        about: case["fn"].as_str().unwrap().to_owned(),
        difference: compared(case),
    });
    let (errors, output): (Vec<_>, Vec<_>) = cases
        .iter()
        .zip(outcomes)
        .partition(|(case, _)| case.get("error").is_some() || case.get("error_b64").is_some());
    let outcomes = |pairs: Vec<(&Json, Outcome)>| pairs.into_iter().map(|(_, outcome)| outcome).collect();
    answers::judge(vec![("functions.output", outcomes(output)), ("functions.error", outcomes(errors))]);
}

/// How the answer to a case differs from what is recorded.
fn compared(case: &Json) -> Option<String> {
    let what = format!("{} {:?}", case["id"].as_str().unwrap(), case["template"].as_str().unwrap());
    let got = render(case);
    if let Some(want) = text(case, "error") {
        return match got {
            Err(got) => difference(&what, &want, got.as_bytes()),
            Ok(got) => difference(&what, &want, &got.first().map(|f| f.1.clone()).unwrap_or_default()),
        };
    }
    let files = match got {
        Ok(files) => files,
        Err(error) => return difference(&what, &text(case, "out").unwrap(), format!("ERROR {error}").as_bytes()),
    };
    let find = |name: &str| files.iter().find(|f| f.0 == format!("fnoracle/{name}")).map(|f| f.1.as_slice());
    let mut found = difference(&what, &text(case, "out").unwrap(), find("templates/t.yaml").unwrap_or(b"no such file"));
    for (name, want) in case.get("outs").and_then(Json::as_object).into_iter().flatten() {
        let got = find(name).unwrap_or(b"no such file");
        found = found.or_else(|| difference(&format!("{what} {name}"), want.as_str().unwrap().as_bytes(), got));
    }
    found
}

/// Names and texts of the rendered files, or the error's text.
fn render(case: &Json) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut files = vec![
        ("Chart.yaml".to_owned(), CHART_YAML.to_owned()),
        ("values.yaml".to_owned(), String::new()),
        ("templates/t.yaml".to_owned(), case["template"].as_str().unwrap().to_owned()),
    ];
    for (name, data) in case.get("files").and_then(Json::as_object).into_iter().flatten() {
        let data = data.as_str().unwrap().to_owned();
        match files.iter_mut().find(|f| f.0 == *name) {
            Some(file) => file.1 = data,
            None => files.push((name.clone(), data)),
        }
    }
    let files = files.into_iter().map(|(name, data)| File { name, data: data.into() }).collect();
    let chart = Chart::from_files(files, &Limits::helm()).map_err(|e| e.to_string())?;
    let time_zone = case.get("tz").and_then(Json::as_str).unwrap_or("UTC").to_owned();
    let mut bake = Bake::new(&chart)
        .release("rel")
        .namespace("ns")
        .kube_version("v1.34.0")
        .map_err(|e| e.to_string())?
        .host(Arc::new(SameRandomness { clock: SystemHost { time_zone }, random: FixedHost::new((0, 0), 1) }))
        .values_text("values", case.get("values").and_then(Json::as_str).unwrap_or("").as_bytes());
    for set in case.get("set").and_then(Json::as_array).into_iter().flatten() {
        bake = bake.set(set.as_str().unwrap());
    }
    let rendered = bake.prepare().and_then(|p| p.render_files()).map_err(|e| e.to_string())?;
    Ok(rendered.into_iter().map(|f| (f.name, f.text)).collect())
}
