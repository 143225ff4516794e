//! Stages and what they wait for.

use std::collections::HashMap;

use crate::check::Context;
use crate::check::path::place;
use crate::check::rule::{DUPLICATE_REF_ID, MISSING_REF_ID, STAGE_CYCLE, UNKNOWN_REQUISITE};
use crate::check::view::{cycles, scalar};
use crate::json::Json;

pub(super) fn check(c: &mut Context<'_, '_>) {
    let view = c.view;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for stage in &view.stages {
        let ref_id = stage.ref_id.as_ref();
        if ref_id.is_empty() {
            c.add(&MISSING_REF_ID, place!["stages", stage.at, "refId"], "the stage has no refId");
        } else if let Some(first) = seen.insert(ref_id, stage.at) {
            let message = format!("the stages {first} and {} have the refId {ref_id:?}", stage.at);
            c.add(&DUPLICATE_REF_ID, place!["stages", stage.at, "refId"], message)
                .hint("stages that wait for it would wait for one of them");
        }
        let requisites = stage.object.get("requisiteStageRefIds").map(Json::items).unwrap_or_default();
        for (at, requisite) in requisites.iter().enumerate() {
            let wanted = scalar(requisite);
            if !view.by_ref.contains_key(&wanted) {
                let place = place!["stages", stage.at, "requisiteStageRefIds", at];
                let known = view.stages.iter().map(|stage| stage.ref_id.as_ref()).filter(|id| !id.is_empty());
                // a template of Spinnaker may have the stage
                if !view.is_instance() {
                    c.add(&UNKNOWN_REQUISITE, place, format!("there is no stage {wanted:?} to wait for"))
                        .did_you_mean(&wanted, known);
                }
            }
        }
    }
    let next: Vec<Vec<usize>> = view.stages.iter().map(|stage| stage.requisites.clone()).collect();
    for cycle in cycles(&next) {
        let stages: Vec<_> = cycle.iter().filter_map(|at| view.stages.get(*at)).collect();
        let Some(first) = stages.first() else { continue };
        let mut names: Vec<&str> = stages.iter().map(|stage| stage.ref_id.as_ref()).collect();
        names.push(first.ref_id.as_ref());
        let message = if stages.len() == 1 {
            "the stage waits for itself".to_owned()
        } else {
            format!("the stages wait for each other: {}", names.join(" -> "))
        };
        c.add(&STAGE_CYCLE, place!["stages", first.at, "requisiteStageRefIds"], message);
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::rows;

    #[test]
    fn ref_ids_requisites_and_cycles() {
        rows(
            &Config::default(),
            &["P201", "P202", "P203", "P204"],
            &[
                (
                    r#""stages":[{"refId":"a"},{"refId":2,"requisiteStageRefIds":["a"]},{"refId":"c","requisiteStageRefIds":["2"]}]"#,
                    &[],
                ),
                (r#""stages":[{"name":"x"}]"#, &["error P201 stages[0].refId: the stage has no refId"]),
                (
                    r#""stages":[{"refId":"a"},{"refId":"a"}]"#,
                    &[
                        "error P202 stages[a].refId: the stages 0 and 1 have the refId \"a\" (stages that wait for it would wait for one of them)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"bake"},{"refId":"b","requisiteStageRefIds":["bkae"]}]"#,
                    &[
                        "error P203 stages[b].requisiteStageRefIds[0]: there is no stage \"bkae\" to wait for (did you mean \"bake\"?)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","requisiteStageRefIds":["a"]}]"#,
                    &["error P204 stages[a].requisiteStageRefIds: the stage waits for itself"],
                ),
                (
                    r#""stages":[{"refId":"a","requisiteStageRefIds":["c"]},{"refId":"b","requisiteStageRefIds":["a"]},{"refId":"c","requisiteStageRefIds":["b"]}]"#,
                    &["error P204 stages[a].requisiteStageRefIds: the stages wait for each other: a -> c -> b -> a"],
                ),
            ],
        );
    }
}
