//! Stages that send manifests to a cluster, and expressions in these.

use crate::check::Context;
use crate::check::path::place;
use crate::check::rule::{MANIFEST_EXPRESSION, MISSING_MANIFEST};
use crate::check::set::is_empty;
use crate::check::spel::{self, Uses};
use crate::check::view::{Stage, maps, text};
use crate::json::Json;

pub(super) fn check(c: &mut Context<'_, '_>) {
    let view = c.view;
    for stage in &view.stages {
        if let Some(keys) = manifest_keys(stage.kind) {
            missing(c, stage, keys);
        }
    }
    texts(c);
    baked(c);
}

/// The keys under which a stage of a type has the text of its manifest.
fn manifest_keys(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "deployManifest" => Some(&["manifests", "manifest"]),
        "runJobManifest" => Some(&["manifest", "manifests"]),
        "patchManifest" => Some(&["patchBody", "manifest", "manifests"]),
        _ => None,
    }
}

fn missing(c: &mut Context<'_, '_>, stage: &Stage<'_>, keys: &[&str]) {
    let has = |key: &str| stage.object.get(key).is_some_and(|value| !is_empty(value));
    let has_text = keys.iter().any(|key| has(key));
    let has_artifact = has("manifestArtifactId") || has("manifestArtifact");
    let (key, message) = match text(stage.object, "source") {
        Some("artifact") if !has_artifact => ("manifestArtifactId", "the source is an artifact, but there is none"),
        Some("text") if !has_text => (*keys.first().unwrap_or(&""), "the source is a text, but there is none"),
        None if !has_text && !has_artifact => ("source", "the stage has neither a manifest nor an artifact"),
        None if has_artifact => {
            ("source", "the stage has an artifact, but no source, and takes the text of a manifest")
        }
        _ => return,
    };
    c.add(&MISSING_MANIFEST, place!["stages", stage.at, key], message);
}

/// The words in which the manifests of a pipeline may speak to Orca.
struct Words<'p> {
    roots: &'static [&'static str],
    /// The variables of stages of type evaluateVariables.
    variables: Vec<&'p str>,
}

impl<'p> Words<'p> {
    fn new(c: &Context<'_, 'p>) -> Self {
        let stages = c.view.stages.iter().filter(|stage| stage.kind == "evaluateVariables");
        let variables =
            stages.flat_map(|stage| maps(stage.object, "variables")).filter_map(|(_, item)| text(item, "key"));
        Words { roots: &c.facts.roots, variables: variables.collect() }
    }

    /// Whether an expression is one of Orca's.
    fn is_orca(&self, uses: &Uses, stage: Option<&Stage<'_>>) -> bool {
        let is_known = |root: &String| {
            self.roots.contains(&root.as_str())
                || self.variables.contains(&root.as_str())
                || stage.is_some_and(|stage| stage.object.contains_key(root))
        };
        !uses.functions.is_empty() || !uses.classes.is_empty() || uses.roots.iter().any(is_known)
    }

    /// Whether an expression can be nothing but one of Orca's.
    fn is_surely_orca(&self, uses: &Uses) -> bool {
        uses.functions.iter().any(|(name, _)| !name.is_empty())
            || uses.roots.iter().any(|root| self.roots.contains(&root.as_str()))
    }
}

/// Manifests in the text of a stage.
fn texts(c: &mut Context<'_, '_>) {
    let words = Words::new(c);
    let view = c.view;
    for found in view.texts.iter().filter(|found| found.is_manifest) {
        let stage = found.stage.and_then(|at| view.stages.get(at));
        if found.is_evaluated {
            let strange = found.expressions.iter().zip(&found.uses).find(|(_, uses)| !words.is_orca(uses, stage));
            if let Some((expression, _)) = strange {
                c.add(&MANIFEST_EXPRESSION, found.path.clone(), format!("Orca evaluates ${{{}}}", cut(expression)))
                    .hint("if the text is for the application, set skipExpressionEvaluation");
            } else if found.fault.is_some() {
                c.add(
                    &MANIFEST_EXPRESSION,
                    found.path.clone(),
                    "Orca evaluates a \"${\" that is none of its expressions",
                )
                .hint("if the text is for the application, set skipExpressionEvaluation");
            }
        } else {
            let missed = found.expressions.iter().zip(&found.uses).find(|(_, uses)| words.is_surely_orca(uses));
            if let Some((expression, _)) = missed {
                let message = format!("${{{}}} stays as it is, because of skipExpressionEvaluation", cut(expression));
                c.add(&MANIFEST_EXPRESSION, found.path.clone(), message);
            }
        }
    }
}

/// Manifests of a bake, which a later stage deploys.
fn baked(c: &mut Context<'_, '_>) {
    let words = Words::new(c);
    let (view, subject) = (c.view, c.subject);
    for baked in &subject.baked {
        let made = view.by_ref.get(baked.ref_id).and_then(|at| view.stages.get(*at));
        let ids: Vec<&str> = made
            .into_iter()
            .flat_map(|stage| maps(stage.object, "expectedArtifacts"))
            .filter_map(|(_, artifact)| text(artifact, "id"))
            .collect();
        let (expressions, fault) = spel::expressions(baked.manifests);
        if expressions.is_empty() && fault.is_none() {
            continue;
        }
        let uses: Vec<Uses> = expressions.iter().map(|expression| spel::uses(expression)).collect();
        for stage in view.stages.iter().filter(|stage| manifest_keys(stage.kind).is_some()) {
            if !text(stage.object, "manifestArtifactId").is_some_and(|id| ids.contains(&id)) {
                continue;
            }
            let is_kept = stage.object.get("skipExpressionEvaluation").and_then(Json::as_bool) == Some(true);
            let place = place!["stages", stage.at, "skipExpressionEvaluation"];
            let pairs = || expressions.iter().zip(&uses);
            let strange = pairs().find(|(_, uses)| !words.is_orca(uses, Some(stage)));
            let missed = pairs().find(|(_, uses)| words.is_surely_orca(uses));
            match (is_kept, strange, missed) {
                (false, Some((expression, _)), _) => {
                    let message =
                        format!("Orca evaluates ${{{}}} in the manifests of {:?}", cut(expression), baked.ref_id);
                    c.add(&MANIFEST_EXPRESSION, place, message).hint("set skipExpressionEvaluation");
                }
                (false, None, _) if fault.is_some() => {
                    let message = format!("the manifests of {:?} have a \"${{\" that is no expression", baked.ref_id);
                    c.add(&MANIFEST_EXPRESSION, place, message).hint("set skipExpressionEvaluation");
                }
                (true, _, Some((expression, _))) => {
                    let message =
                        format!("${{{}}} in the manifests of {:?} stays as it is", cut(expression), baked.ref_id);
                    c.add(&MANIFEST_EXPRESSION, place, message).hint("skipExpressionEvaluation is set");
                }
                _ => {}
            }
        }
    }
}

/// The begin of an expression, for a message.
fn cut(expression: &str) -> String {
    const MOST: usize = 60;
    match expression.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", expression.get(..at).unwrap_or_default()),
        None => expression.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{line, pipeline, rows};
    use crate::check::{Baked, Checker, Config, Subject};

    #[test]
    fn stages_have_a_manifest() {
        rows(
            &Config::default(),
            &["P309"],
            &[
                (
                    r#""stages":[{"refId":"a","type":"deployManifest","source":"artifact"}]"#,
                    &["error P309 stages[a].manifestArtifactId: the source is an artifact, but there is none"],
                ),
                (
                    r#""stages":[{"refId":"a","type":"deployManifest","source":"text","manifests":[]}]"#,
                    &["error P309 stages[a].manifests: the source is a text, but there is none"],
                ),
                (
                    r#""stages":[{"refId":"a","type":"runJobManifest"}]"#,
                    &["error P309 stages[a].source: the stage has neither a manifest nor an artifact"],
                ),
                (r#""stages":[{"refId":"a","type":"runJobManifest","source":"text","manifest":{"kind":"Job"}}]"#, &[]),
            ],
        );
    }

    #[test]
    fn expressions_in_manifests() {
        rows(
            &Config::default(),
            &["P503", "P510"],
            &[
                (
                    r#""stages":[{"refId":"a","type":"deployManifest","source":"text","manifests":[{"data":{"run":"echo ${HOME}"}}]}]"#,
                    &[
                        "warning P510 stages[a].manifests[0].data.run: Orca evaluates ${HOME} (if the text is for the application, set skipExpressionEvaluation)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"deployManifest","source":"text","manifests":[{"image":"x:${parameters.tag}"}]}]"#,
                    &[],
                ),
                (
                    r#""stages":[{"refId":"a","type":"deployManifest","source":"text","skipExpressionEvaluation":true,"manifests":[{"image":"x:${parameters.tag}","run":"${HOME} ${x"}]}]"#,
                    &[
                        "warning P510 stages[a].manifests[0].image: ${parameters.tag} stays as it is, because of skipExpressionEvaluation",
                    ],
                ),
                (
                    r#""stages":[{"refId":"v","type":"evaluateVariables","variables":[{"key":"tag","value":"1"}]},{"refId":"a","type":"deployManifest","source":"text","manifests":[{"image":"x:${tag}"}]}]"#,
                    &[],
                ),
            ],
        );
    }

    #[test]
    fn expressions_in_baked_manifests() {
        let members = |skip: bool| {
            format!(
                r#""stages":[{{"refId":"bake","type":"bakeManifest","expectedArtifacts":[{{"id":"m"}}]}},
                {{"refId":"d","type":"deployManifest","source":"artifact","manifestArtifactId":"m","skipExpressionEvaluation":{skip}}}]"#
            )
        };
        for (manifests, skip, want) in [
            (
                "run: ${HOME}",
                false,
                Some("Orca evaluates ${HOME} in the manifests of \"bake\" (set skipExpressionEvaluation)"),
            ),
            (
                "run: ${HOME",
                false,
                Some("the manifests of \"bake\" have a \"${\" that is no expression (set skipExpressionEvaluation)"),
            ),
            ("run: ${HOME}", true, None),
            ("tag: ${trigger.tag}", false, None),
            (
                "tag: ${trigger.tag}",
                true,
                Some("${trigger.tag} in the manifests of \"bake\" stays as it is (skipExpressionEvaluation is set)"),
            ),
            ("plain", false, None),
        ] {
            let pipeline = pipeline(&members(skip));
            let subject = Subject { baked: vec![Baked { ref_id: "bake", manifests }], ..Subject::from(&pipeline) };
            let found = Checker::new(Config::default()).unwrap().check(&[subject]);
            let found: Vec<String> = found.iter().filter(|finding| finding.code() == "P510").map(line).collect();
            let want: Vec<String> =
                want.iter().map(|want| format!("warning P510 stages[d].skipExpressionEvaluation: {want}")).collect();
            assert_eq!(found, want, "{manifests} {skip}");
        }
    }
}
