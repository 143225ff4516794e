//! Stages and triggers that refer to other pipelines.

use crate::Pipeline;
use crate::check::Context;
use crate::check::path::{Path, place};
use crate::check::rule::{
    EXTRA_PARAMETER, MISSING_PARAMETER, PIPELINE_LOOP, Severity, UNKNOWN_PIPELINE, WRONG_APPLICATION,
};
use crate::check::set::{Target, is_empty, referred, title};
use crate::check::view::{has_expression, maps, text};
use crate::json::{Json, Object};

/// The pipelines of a loop that a message names.
const MOST_SHOWN: usize = 8;

pub(super) fn check(c: &mut Context<'_, '_>) {
    let view = c.view;
    for stage in &view.stages {
        let place = place!["stages", stage.at];
        if let Some(target) = refer(c, stage.object, "pipeline", &place) {
            parameters(c, stage.object, target, &place);
        }
    }
    for (at, trigger) in &view.triggers {
        refer(c, trigger, "pipeline", &place!["triggers", *at]);
    }
    for found in c.set.loops(c.at) {
        let shown = |at: &usize| c.set.title(*at);
        let mut names: Vec<String> = found.way.iter().take(MOST_SHOWN).map(shown).collect();
        if found.way.len() > MOST_SHOWN {
            names.push(format!("... ({} more)", found.way.len() - MOST_SHOWN));
        }
        names.extend(found.way.first().map(shown));
        let message = format!("these start each other: {}", names.join(" -> "));
        let details = c.add(&PIPELINE_LOOP, found.path.clone(), message);
        if !found.is_certain {
            details.at_most(Severity::Warning).hint("it has an end only if a stage on the way does not run");
        }
    }
}

/// Looks up what a stage or trigger refers to; the pipeline, if it is in the set.
fn refer<'p>(c: &mut Context<'_, 'p>, object: &Object, kind: &str, place: &Path) -> Option<&'p Pipeline> {
    let id = referred(object, kind)?;
    let application = text(object, "application").filter(|text| !text.is_empty() && !has_expression(text));
    let (target, of) = match c.set.target(id) {
        Target::Subject(pipeline) => (Some(pipeline), pipeline.application()),
        Target::Live(live) => (None, live.application.as_str()),
        Target::Unknown => {
            unknown(c, id, application, place);
            return None;
        }
    };
    if let Some(application) = application.filter(|application| !application.eq_ignore_ascii_case(of)) {
        let message = format!("the pipeline {id} is of the application {of}, not {application}");
        c.add(&WRONG_APPLICATION, place.clone().join("application"), message);
    }
    target
}

fn unknown(c: &mut Context<'_, '_>, id: &str, application: Option<&str>, place: &Path) {
    let set = c.set;
    let own = c.subject.pipeline.application();
    let named = set.named(application.unwrap_or(own), id);
    let hint = match (named, set.id_in_other_case(id)) {
        (Some(pipeline), _) => Some(match pipeline.id() {
            Some(id) => format!("that is a name; the id is {id}"),
            None => "that is a name; give the pipeline an id, and refer to that".to_owned(),
        }),
        (None, Some(other)) => Some(format!("there is {other}, in another case")),
        (None, None) => None,
    };
    let is_sure = set.knows_live() || hint.is_some();
    let message = if is_sure {
        format!("no pipeline has the id {id:?}")
    } else {
        format!("no pipeline of this set has the id {id:?}, and the live ones are not known")
    };
    let details = c.add(&UNKNOWN_PIPELINE, place.clone().join("pipeline"), message).hint_if(hint);
    if !is_sure {
        details.at_most(Severity::Note);
    }
}

fn parameters(c: &mut Context<'_, '_>, stage: &Object, target: &Pipeline, place: &Path) {
    let passed = stage.get("pipelineParameters").and_then(Json::as_object);
    // an expression may give all of them
    if stage.get("pipelineParameters").is_some_and(|value| value.as_object().is_none() && !is_empty(value)) {
        return;
    }
    let place = place.clone().join("pipelineParameters");
    let declared: Vec<(&str, &Object)> = maps(target.object(), "parameterConfig")
        .filter_map(|(_, parameter)| Some((text(parameter, "name")?, parameter)))
        .collect();
    for (name, parameter) in &declared {
        let is_required = parameter.get("required").and_then(Json::as_bool) == Some(true);
        let has_default = parameter.get("default").is_some_and(|value| !is_empty(value));
        let is_passed = passed.and_then(|passed| passed.get(*name)).is_some_and(|value| !is_empty(value));
        // one that depends on another may not be asked for
        let is_conditional = parameter.get("conditional").is_some_and(|value| !is_empty(value));
        if is_required && !has_default && !is_passed && !is_conditional {
            let message = format!("{} requires the parameter {name}, which has no default", title(target));
            c.add(&MISSING_PARAMETER, place.clone().join(*name), message);
        }
    }
    let is_generated = target.get("template").is_some_and(|template| !is_empty(template));
    for name in passed.into_iter().flat_map(Object::keys).filter(|name| !has_expression(name)) {
        if !is_generated && !declared.iter().any(|(declared, _)| declared == name) {
            let message = format!("{} declares no parameter {name}", title(target));
            c.add(&EXTRA_PARAMETER, place.clone().join(name.as_str()), message)
                .did_you_mean(name, declared.iter().map(|(name, _)| *name));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{lines, pipeline};
    use crate::check::{Config, Live};

    fn live() -> Config {
        let live = Live { id: "live-1".to_owned(), application: "other".to_owned(), name: "x".to_owned() };
        Config { live: Some(vec![live]), ..Config::default() }
    }

    #[test]
    fn pipelines_are_found_by_their_id() {
        let target = r#""id":"t1","name":"target""#;
        for (config, members, want) in [
            (
                Config::default(),
                r#""stages":[{"refId":"a","type":"pipeline","application":"app","pipeline":"t1"}]"#,
                &[][..],
            ),
            (live(), r#""stages":[{"refId":"a","type":"pipeline","application":"other","pipeline":"live-1"}]"#, &[]),
            (live(), r#""stages":[{"refId":"a","type":"pipeline","pipeline":"${ parameters.p }"}]"#, &[]),
            (
                live(),
                r#""triggers":[{"type":"pipeline","application":"app","pipeline":"live-1","enabled":true}]"#,
                &["warning P402 triggers[0].application: the pipeline live-1 is of the application other, not app"],
            ),
            (
                live(),
                r#""stages":[{"refId":"a","type":"pipeline","pipeline":"gone"}]"#,
                &["error P401 stages[a].pipeline: no pipeline has the id \"gone\""],
            ),
            (
                Config::default(),
                r#""stages":[{"refId":"a","type":"pipeline","pipeline":"gone"}]"#,
                &[
                    "note P401 stages[a].pipeline: no pipeline of this set has the id \"gone\", and the live ones are not known",
                ],
            ),
            (
                Config::default(),
                r#""stages":[{"refId":"a","type":"pipeline","pipeline":"Target"}]"#,
                &["error P401 stages[a].pipeline: no pipeline has the id \"Target\" (that is a name; the id is t1)"],
            ),
            (
                live(),
                r#""triggers":[{"type":"pipeline","pipeline":"T1","enabled":true}]"#,
                &["error P401 triggers[0].pipeline: no pipeline has the id \"T1\" (there is t1, in another case)"],
            ),
        ] {
            assert_eq!(lines(&config, &[pipeline(members), pipeline(target)], &["P401", "P402"]), want, "{members}");
        }
    }

    #[test]
    fn required_parameters_are_passed() {
        let target = pipeline(
            r#""id":"t","name":"t","parameterConfig":[{"name":"tag","required":true,"default":""},
            {"name":"branch","required":true,"default":"main"},{"name":"note"}]"#,
        );
        let user =
            pipeline(r#""stages":[{"refId":"a","type":"pipeline","pipeline":"t","pipelineParameters":{"tga":"1"}}]"#);
        let good = pipeline(
            r#""name":"g","stages":[{"refId":"a","type":"pipeline","pipeline":"t","pipelineParameters":{"tag":"1"}}]"#,
        );
        assert_eq!(
            lines(&Config::default(), &[target, user, good], &["P403", "P404"]),
            [
                "warning P403 stages[a].pipelineParameters.tag: app/t requires the parameter tag, which has no default",
                "warning P404 stages[a].pipelineParameters.tga: app/t declares no parameter tga (did you mean \"tag\"?)",
            ]
        );
    }

    #[test]
    fn pipelines_that_start_each_other() {
        let by_trigger = |id: &str, after: &str| {
            pipeline(&format!(
                r#""id":"{id}","name":"{id}","triggers":[{{"type":"pipeline","pipeline":"{after}","enabled":true}}]"#
            ))
        };
        assert_eq!(
            lines(&Config::default(), &[by_trigger("a", "b"), by_trigger("b", "a"), by_trigger("c", "a")], &["P405"]),
            ["error P405 triggers[0].pipeline: these start each other: app/a -> app/b -> app/a"]
        );
        let by_stage = pipeline(r#""id":"s","name":"s","stages":[{"refId":"x","type":"pipeline","pipeline":"s"}]"#);
        assert_eq!(
            lines(&Config::default(), &[by_stage], &["P405"]),
            [
                "warning P405 stages[x].pipeline: these start each other: app/s -> app/s (it has an end only if a stage on the way does not run)"
            ]
        );
        let off = pipeline(r#""id":"a","triggers":[{"type":"pipeline","pipeline":"a","enabled":false}]"#);
        assert!(lines(&Config::default(), &[off], &["P405"]).is_empty());
    }
}
