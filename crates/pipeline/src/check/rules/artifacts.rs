//! Expected artifacts and what refers to them.

use std::collections::HashSet;

use go::stack::with_stack;

use crate::check::Context;
use crate::check::path::{Part, Path, place};
use crate::check::rule::{
    BAKED_ARTIFACT, DUPLICATE_ARTIFACT_ID, ID_AND_ARTIFACT, LATER_ARTIFACT, MISSING_ARTIFACT_ID, MISSING_OUTPUT_NAME,
    NO_ARTIFACTS_MADE, Severity, UNKNOWN_ARTIFACT, UNSUPPLIED_ARTIFACT,
};
use crate::check::set::is_empty;
use crate::check::view::{Stage, has_expression, maps, text};
use crate::json::{Json, Object};

pub(super) fn check(c: &mut Context<'_, '_>) {
    ids(c);
    let view = c.view;
    for (at, trigger) in &view.triggers {
        let ids = trigger.get("expectedArtifactIds").map(Json::items).unwrap_or_default();
        for (index, id) in ids.iter().enumerate() {
            let place = place!["triggers", *at, "expectedArtifactIds", index];
            // Deck once wrote the whole artifact
            if let Some(id) = id.as_str() {
                resolve(c, id, &place, None);
            }
        }
    }
    let mut needed = HashSet::new();
    for (at, stage) in view.stages.iter().enumerate() {
        let before = std::cell::OnceCell::new();
        let mut references = Vec::new();
        for (key, value) in stage.object {
            if key != "expectedArtifacts" {
                find(value, &mut vec![Part::Key("stages"), Part::Index(stage.at), Part::Key(key)], &mut references);
            }
        }
        for (id, place) in references {
            needed.insert(id);
            let before = || before.get_or_init(|| view.before(at));
            resolve(c, id, &place, Some((at, &before)));
        }
        inputs(c, stage);
        if stage.kind == "bakeManifest" {
            bake(c, stage);
        }
    }
    no_artifacts_made(c);
    unsupplied(c, &needed);
}

/// Artifacts of the pipeline that nothing but a caller can bring.
fn unsupplied(c: &mut Context<'_, '_>, needed: &HashSet<&str>) {
    let view = c.view;
    let is_on = |artifact: &Object, key: &str| artifact.get(key).and_then(Json::as_bool) == Some(true);
    let brought: HashSet<&str> = view
        .triggers
        .iter()
        .flat_map(|(_, trigger)| trigger.get("expectedArtifactIds").map(Json::items).unwrap_or_default())
        .filter_map(Json::as_str)
        .collect();
    for artifact in view.expected.iter().filter(|artifact| artifact.stage.is_none()) {
        let Some(id) = artifact.id.filter(|id| needed.contains(id) && !brought.contains(id)) else { continue };
        if !is_on(artifact.object, "useDefaultArtifact") && !is_on(artifact.object, "usePriorArtifact") {
            let message = format!("a stage needs the artifact {id:?}, which no trigger brings, and it has no default");
            c.add(&UNSUPPLIED_ARTIFACT, artifact.path.clone(), message)
                .hint("who starts the pipeline has to give it, or set useDefaultArtifact");
        }
    }
}

fn ids(c: &mut Context<'_, '_>) {
    let view = c.view;
    let nameless = view.expected.iter().filter(|artifact| artifact.id.is_none()).count();
    for (at, artifact) in view.expected.iter().enumerate() {
        let Some(id) = artifact.id else {
            let message = "the expected artifact has no id, so nothing can refer to it";
            let details = c.add(&MISSING_ARTIFACT_ID, artifact.path.clone().join("id"), message);
            match nameless {
                1 => details.at_most(Severity::Warning),
                n => details.hint(format!("Spinnaker takes the {n} without id for one artifact")),
            };
            continue;
        };
        let first = view.by_artifact.get(id).and_then(|same| same.first()).filter(|first| **first != at);
        if let Some(first) = first.and_then(|first| view.expected.get(*first)) {
            // two branches may make the same artifact, and a stage sees that of its own
            let in_branches = first.stage.is_some() && artifact.stage.is_some() && first.stage != artifact.stage;
            let shown = first.path.written(view.body);
            let details = c.add(
                &DUPLICATE_ARTIFACT_ID,
                artifact.path.clone().join("id"),
                format!("{shown} has the id {id:?} as well"),
            );
            if in_branches {
                details.at_most(Severity::Warning);
            }
        }
    }
}

/// References to artifacts in a stage: keys like `manifestArtifactId` and `requiredArtifactIds`, and `id` of an input artifact.
fn find<'p>(value: &'p Json, parts: &mut Vec<Part<'p>>, found: &mut Vec<(&'p str, Path)>) {
    let key = parts.iter().rev().find_map(|part| match part {
        Part::Key(key) => Some(*key),
        Part::Index(_) => None,
    });
    match value {
        Json::String(id) => {
            let is_reference = key.is_some_and(|key| {
                let key = key.to_ascii_lowercase();
                key.ends_with("artifactid") || key.ends_with("artifactids") || key == "expectedartifactid"
            });
            let of_input = parts.iter().rev().nth(1).is_some_and(|part| is_input(*part))
                || parts.iter().rev().nth(2).is_some_and(|part| is_input(*part));
            if is_reference || (key == Some("id") && of_input) {
                found.push((id, Path::from(parts.as_slice())));
            }
        }
        Json::Array(items) => with_stack(|| {
            for (at, item) in items.iter().enumerate() {
                parts.push(Part::Index(at));
                find(item, parts, found);
                parts.pop();
            }
        }),
        Json::Object(object) => with_stack(|| {
            for (key, item) in object {
                // what an artifact says of itself is no reference
                if !matches!(key.as_str(), "artifact" | "matchArtifact" | "defaultArtifact" | "metadata") {
                    parts.push(Part::Key(key));
                    find(item, parts, found);
                    parts.pop();
                }
            }
        }),
        _ => {}
    }
}

/// Lists of inputs, whose items have an `id`.
const INPUTS: [&str; 4] = ["inputArtifacts", "inputArtifact", "stateValuesArtifacts", "configArtifacts"];

fn is_input(part: Part<'_>) -> bool {
    matches!(part, Part::Key(key) if INPUTS.contains(&key))
}

/// A stage with what ends before it.
type User<'a> = (usize, &'a dyn Fn() -> &'a HashSet<usize>);

fn resolve(c: &mut Context<'_, '_>, id: &str, place: &Path, user: Option<User<'_>>) {
    let view = c.view;
    if id.is_empty() || has_expression(id) {
        return;
    }
    let mut other = None;
    let with_id = view.by_artifact.get(id).map(Vec::as_slice).unwrap_or_default();
    for artifact in with_id.iter().filter_map(|at| view.expected.get(*at)) {
        match (artifact.stage, user) {
            (None, _) => return,
            (Some(stage), Some((_, before))) if before().contains(&stage) => return,
            (Some(stage), _) => other = Some(stage),
        }
    }
    if let Some(maker) = other.and_then(|at| Some((at, view.stages.get(at)?))) {
        let (at, stage) = maker;
        let message = match user {
            None => {
                format!("the artifact {id:?} is made by the stage {:?}, and a trigger comes before it", stage.ref_id)
            }
            Some((user, _)) if user == at => format!("the artifact {id:?} is made by this stage itself"),
            Some((user, _)) if view.before(at).contains(&user) => {
                format!("the artifact {id:?} is made by the stage {:?}, which comes later", stage.ref_id)
            }
            Some(_) => {
                format!("the artifact {id:?} is made by the stage {:?}, for which this one does not wait", stage.ref_id)
            }
        };
        c.add(&LATER_ARTIFACT, place.clone(), message);
        return;
    }
    if view.is_instance() {
        return;
    }
    let named = view.expected.iter().find(|artifact| artifact.display_name == Some(id));
    let hint = named.map(|artifact| match artifact.id {
        Some(id) => format!("that is a display name; the id is {id:?}"),
        None => "that is a display name; give the artifact an id".to_owned(),
    });
    let known = view.expected.iter().filter_map(|artifact| artifact.id);
    let details = c.add(&UNKNOWN_ARTIFACT, place.clone(), format!("no expected artifact has the id {id:?}"));
    match hint {
        Some(hint) => details.hint(hint),
        None => details.did_you_mean(id, known),
    };
}

/// Inputs have an id or an artifact. An id that is not `null` counts, even an empty one.
/// Orca: `ArtifactUtils.getBoundArtifactForStage`.
fn inputs(c: &mut Context<'_, '_>, stage: &Stage<'_>) {
    let is_set = |object: &Object, key: &str| object.get(key).is_some_and(|value| !is_empty(value));
    let mut one = |object: &Object, id: &str, artifact: &str, place: Path, must: bool| {
        let has_artifact = is_set(object, artifact);
        if has_artifact && is_set(object, id) {
            c.add(&ID_AND_ARTIFACT, place, format!("there are both {id} and {artifact}"))
                .hint("Spinnaker takes the id and ignores the artifact")
                .at_most(Severity::Warning);
        } else if has_artifact && text(object, id) == Some("") {
            c.add(&ID_AND_ARTIFACT, place, format!("{id} is empty, and Spinnaker takes it instead of {artifact}"))
                .hint(format!("remove {id}"));
        } else if must && !has_artifact && !is_set(object, id) {
            c.add(&ID_AND_ARTIFACT, place, format!("there is neither {id} nor {artifact}"));
        }
    };
    for key in ["inputArtifacts", "stateValuesArtifacts"] {
        for (at, input) in maps(stage.object, key) {
            one(input, "id", "artifact", place!["stages", stage.at, key, at], true);
        }
    }
    if let Some(input) = stage.object.get("inputArtifact").and_then(Json::as_object).filter(|input| !input.is_empty()) {
        one(input, "id", "artifact", place!["stages", stage.at, "inputArtifact"], true);
    }
    for (at, input) in maps(stage.object, "requiredArtifacts") {
        one(input, "expectedArtifactId", "artifact", place!["stages", stage.at, "requiredArtifacts", at], true);
    }
    one(
        stage.object,
        "manifestArtifactId",
        "manifestArtifact",
        place!["stages", stage.at, "manifestArtifactId"],
        false,
    );
}

fn bake(c: &mut Context<'_, '_>, stage: &Stage<'_>) {
    let made: Vec<&str> = maps(stage.object, "expectedArtifacts")
        .map(|(_, artifact)| {
            let kind = |key: &str| artifact.get(key).and_then(|artifact| artifact.get("type")).and_then(Json::as_str);
            kind("matchArtifact").or_else(|| kind("defaultArtifact")).unwrap_or_default()
        })
        .collect();
    let place = place!["stages", stage.at, "expectedArtifacts"];
    match made.as_slice() {
        ["embedded/base64"] => {}
        [] => {
            c.add(&BAKED_ARTIFACT, place, "the bake has no expected artifact")
                .hint("it needs exactly one, of type embedded/base64");
        }
        [other] => {
            c.add(&BAKED_ARTIFACT, place, format!("the bake's expected artifact is of type {other:?}"))
                .hint("it needs type embedded/base64");
        }
        many => {
            c.add(&BAKED_ARTIFACT, place, format!("the bake has {} expected artifacts", many.len()))
                .hint("it needs exactly one, of type embedded/base64");
        }
    }
    let renderer = text(stage.object, "templateRenderer").unwrap_or_default();
    let needs_name = matches!(renderer, "HELM2" | "HELM3" | "HELMFILE");
    if needs_name && text(stage.object, "outputName").is_none_or(|name| name.trim().is_empty()) {
        let place = place!["stages", stage.at, "outputName"];
        c.add(&MISSING_OUTPUT_NAME, place, format!("a bake with {renderer} needs outputName, the name of the release"));
    }
}

/// Expected artifacts of a stage that makes none.
fn no_artifacts_made(c: &mut Context<'_, '_>) {
    let view = c.view;
    for artifact in &view.expected {
        let Some(stage) = artifact.stage.and_then(|at| view.stages.get(at)) else { continue };
        let Some(fields) = c.facts.stages.types.get(stage.kind) else { continue };
        let may_make = fields.makes_artifacts || fields.is_orca_only || fields.get("expectedArtifacts").is_some();
        if !may_make {
            let message = format!("a stage of type {:?} makes no artifacts", stage.kind);
            c.add(&NO_ARTIFACTS_MADE, artifact.path.clone(), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::rows;

    const BAKE: &str = r#"{"refId":"bake","type":"bakeManifest","templateRenderer":"HELM3","outputName":"o",
        "expectedArtifacts":[{"id":"m","displayName":"manifest","matchArtifact":{"type":"embedded/base64"}}],"inputArtifacts":[{"id":"chart"}]}"#;
    const CHART: &str = r#""expectedArtifacts":[{"id":"chart","displayName":"my chart"}]"#;

    #[test]
    fn ids_are_there_and_unique() {
        rows(
            &Config::default(),
            &["P301", "P302"],
            &[
                (CHART, &[]),
                (
                    r#""expectedArtifacts":[{"displayName":"a"}]"#,
                    &[
                        "warning P301 expectedArtifacts[a].id: the expected artifact has no id, so nothing can refer to it",
                    ],
                ),
                (
                    r#""expectedArtifacts":[{"displayName":"a"},{"id":""}]"#,
                    &[
                        "error P301 expectedArtifacts[a].id: the expected artifact has no id, so nothing can refer to it (Spinnaker takes the 2 without id for one artifact)",
                        "error P301 expectedArtifacts[1].id: the expected artifact has no id, so nothing can refer to it (Spinnaker takes the 2 without id for one artifact)",
                    ],
                ),
                (
                    r#""expectedArtifacts":[{"id":"a"},{"id":"a","displayName":"b"}]"#,
                    &["error P302 expectedArtifacts[b].id: expectedArtifacts[a] has the id \"a\" as well"],
                ),
                (
                    r#""stages":[{"refId":"x","expectedArtifacts":[{"id":"a"}]},{"refId":"y","expectedArtifacts":[{"id":"a"}]}]"#,
                    &[
                        "warning P302 stages[y].expectedArtifacts[a].id: stages[x].expectedArtifacts[a] has the id \"a\" as well",
                    ],
                ),
            ],
        );
    }

    #[test]
    fn references_lead_to_an_artifact_that_is_there_in_time() {
        let after = |stage: &str| {
            format!(r#"{CHART},"stages":[{BAKE},{{"refId":"d","type":"deployManifest","source":"artifact",{stage}}}]"#)
        };
        let rows_of = [
            (after(r#""requisiteStageRefIds":["bake"],"manifestArtifactId":"m""#), &[][..]),
            (after(r#""requisiteStageRefIds":["bake"],"manifestArtifactId":"${ trigger.id }""#), &[]),
            (
                after(r#""manifestArtifactId":"m""#),
                &["error P304 stages[d].manifestArtifactId: the artifact \"m\" is made by the stage \"bake\", for which this one does not wait"],
            ),
            (
                after(r#""requisiteStageRefIds":["bake"],"manifestArtifactId":"manifest""#),
                &["error P303 stages[d].manifestArtifactId: no expected artifact has the id \"manifest\" (that is a display name; the id is \"m\")"],
            ),
            (
                after(r#""requisiteStageRefIds":["bake"],"manifestArtifactId":"m","requiredArtifactIds":["chrat"]"#),
                &["error P303 stages[d].requiredArtifactIds[0]: no expected artifact has the id \"chrat\" (did you mean \"chart\"?)"],
            ),
            (
                format!(r#"{CHART},"triggers":[{{"type":"git","expectedArtifactIds":["chart","m"]}}],"stages":[{BAKE}]"#),
                &["error P304 triggers[0].expectedArtifactIds[1]: the artifact \"m\" is made by the stage \"bake\", and a trigger comes before it"],
            ),
            (
                r#""stages":[{"refId":"a","requiredArtifacts":[{"expectedArtifactId":"m"}]},{"refId":"b","requisiteStageRefIds":["a"],"expectedArtifacts":[{"id":"m"}]}]"#.to_owned(),
                &["error P304 stages[a].requiredArtifacts[0].expectedArtifactId: the artifact \"m\" is made by the stage \"b\", which comes later"],
            ),
            (
                r#""stages":[{"refId":"a","manifestArtifactId":"m","expectedArtifacts":[{"id":"m"}]}]"#.to_owned(),
                &["error P304 stages[a].manifestArtifactId: the artifact \"m\" is made by this stage itself"],
            ),
        ];
        let rows_of: Vec<(&str, &[&str])> = rows_of.iter().map(|(members, want)| (members.as_str(), *want)).collect();
        rows(&Config::default(), &["P303", "P304"], &rows_of);
    }

    #[test]
    fn artifacts_are_brought_by_somebody() {
        let needs = |artifact: &str, trigger: &str| {
            format!(
                r#""expectedArtifacts":[{{"id":"chart"{artifact}}}],"triggers":[{{"type":"docker"{trigger}}}],"stages":[{BAKE}]"#
            )
        };
        for (members, want) in [
            (needs("", r#","expectedArtifactIds":["chart"]"#), None),
            (needs(r#","useDefaultArtifact":true"#, ""), None),
            (needs(r#","usePriorArtifact":true"#, ""), None),
            (
                needs("", ""),
                Some(
                    "note P310 expectedArtifacts[chart]: a stage needs the artifact \"chart\", which no trigger brings, and it has no default (who starts the pipeline has to give it, or set useDefaultArtifact)",
                ),
            ),
        ] {
            let want: Vec<&str> = want.into_iter().collect();
            rows(&Config::default(), &["P310"], &[(members.as_str(), &want)]);
        }
    }

    #[test]
    fn inputs_and_bakes() {
        rows(
            &Config::default(),
            &["P305", "P306", "P307", "P308"],
            &[
                (
                    r#""stages":[{"refId":"a","inputArtifacts":[{"account":"x"},{"id":"a","artifact":null},{"id":"a","artifact":{"type":"b"}},{"id":"","artifact":{"type":"b"}}]}]"#,
                    &[
                        "error P305 stages[a].inputArtifacts[0]: there is neither id nor artifact",
                        "warning P305 stages[a].inputArtifacts[2]: there are both id and artifact (Spinnaker takes the id and ignores the artifact)",
                        "error P305 stages[a].inputArtifacts[3]: id is empty, and Spinnaker takes it instead of artifact (remove id)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"bakeManifest","templateRenderer":"HELM3"}]"#,
                    &[
                        "error P306 stages[a].expectedArtifacts: the bake has no expected artifact (it needs exactly one, of type embedded/base64)",
                        "error P307 stages[a].outputName: a bake with HELM3 needs outputName, the name of the release",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"bakeManifest","templateRenderer":"KUSTOMIZE","expectedArtifacts":[{"id":"a","matchArtifact":{"type":"embedded/base64"}},{"id":"b","matchArtifact":{"type":"embedded/base64"}}]}]"#,
                    &[
                        "error P306 stages[a].expectedArtifacts: the bake has 2 expected artifacts (it needs exactly one, of type embedded/base64)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"wait","expectedArtifacts":[{"id":"a"}]}]"#,
                    &["warning P308 stages[a].expectedArtifacts[a]: a stage of type \"wait\" makes no artifacts"],
                ),
            ],
        );
    }
}
