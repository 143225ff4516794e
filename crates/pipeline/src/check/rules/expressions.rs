//! Expressions: their form and what they use.

use crate::check::path::{Path, place};
use crate::check::rule::{
    FORBIDDEN_CLASS, LONG_EXPRESSION, OLD_EVALUATOR, TEMPLATE_LEFT_OVER, UNBALANCED_EXPRESSION, UNKNOWN_FUNCTION,
    UNKNOWN_STAGE,
};
use crate::check::spel::Uses;
use crate::check::view::{has_expression, maps, text};
use crate::check::{Context, pattern};
use crate::json::Json;

/// Types of stages that make others while they run, whose names are not known before.
const MAKERS: &[&str] =
    &["deploy", "cloneServerGroup", "canary", "kayentaCanary", "rollingPush", "runMultiplePipelines"];

pub(super) fn check(c: &mut Context<'_, '_>) {
    let view = c.view;
    let longest = c.config.longest_expression.unwrap_or(c.facts.limit);
    for found in view.texts.iter().filter(|found| found.is_evaluated) {
        // a manifest has a rule of its own
        if let Some(fault) = found.fault.as_ref().filter(|_| !found.is_manifest) {
            let mut message = fault.clone();
            if let Some(at) = found.whole.find("${").and_then(|at| found.whole.get(at..)) {
                let shown: String = at.chars().take(40).collect();
                message = format!("{message}: {shown}");
            }
            c.add(&UNBALANCED_EXPRESSION, found.path.clone(), message);
        }
        if let Some(long) = found.expressions.iter().find(|expression| expression.chars().count() > longest) {
            let message =
                format!("the expression has {} characters, and Spinnaker takes {longest}", long.chars().count());
            c.add(&LONG_EXPRESSION, found.path.clone(), message);
        }
        for uses in &found.uses {
            names(c, uses, &found.path);
        }
    }
    for (place, text) in &view.jinja {
        let mark = ["{{", "{%", "{#"].into_iter().find(|mark| text.contains(mark)).unwrap_or_default();
        // "${{" begins a map within an expression, and "${#" a function
        let is_left = text.match_indices(mark).any(|(at, _)| {
            let before = text.get(..at).unwrap_or_default();
            !before.ends_with('$') && !before.contains("${")
        });
        // the first kind of templates of Spinnaker has the same marks
        if is_left && !(view.is_instance() && self::text(view.body, "schema") == Some("1")) {
            c.add(&TEMPLATE_LEFT_OVER, place.clone(), format!("the text has {mark:?}, a mark of Jinja"))
                .hint("a template of a template, or a block of raw text that was not closed?");
        }
    }
    evaluator(c);
    conditions(c);
}

fn names(c: &mut Context<'_, '_>, uses: &Uses, place: &Path) {
    let (known, allowed) = (&c.facts.functions, &c.facts.classes);
    for (name, first) in &uses.functions {
        let is_known = known.contains(&name.as_str()) || pattern::any(&c.config.functions, name);
        if !is_known {
            c.add(&UNKNOWN_FUNCTION, place.clone(), format!("Spinnaker has no function #{name}"))
                .did_you_mean(name, known.iter().copied());
        }
        if let Some(stage) = first {
            match name.as_str() {
                "stage" | "judgment" | "judgement" | "manifestLabelValue" => stage_exists(c, stage, place),
                "stageByRefId" if !c.view.by_ref.contains_key(stage.as_str()) => {
                    let known = c.view.stages.iter().map(|stage| stage.ref_id.as_ref());
                    if !c.view.is_instance() {
                        c.add(&UNKNOWN_STAGE, place.clone(), format!("there is no stage with the refId {stage:?}"))
                            .did_you_mean(stage, known);
                    }
                }
                _ => {}
            }
        }
    }
    for name in uses.bare_calls.iter().filter(|name| known.contains(&name.as_str())) {
        c.add(&UNKNOWN_FUNCTION, place.clone(), format!("{name}(..) is not a function"))
            .hint(format!("did you mean \"#{name}(..)\"?"));
    }
    for class in &uses.classes {
        let short = class.rsplit('.').next().unwrap_or(class);
        if !allowed.contains(&short) {
            c.add(&FORBIDDEN_CLASS, place.clone(), format!("expressions may not use the class {class}"))
                .hint(format!("allowed are {}", allowed.join(", ")));
        }
    }
}

/// Whether a stage with this name or id may exist.
fn stage_exists(c: &mut Context<'_, '_>, name: &str, place: &Path) {
    let stages = &c.view.stages;
    let is_open =
        c.view.is_instance() || stages.iter().any(|stage| MAKERS.contains(&stage.kind) || has_expression(stage.name));
    if is_open || stages.iter().any(|stage| stage.name == name || stage.ref_id == name) {
        return;
    }
    c.add(&UNKNOWN_STAGE, place.clone(), format!("there is no stage with the name {name:?}"))
        .did_you_mean(name, stages.iter().map(|stage| stage.name));
}

/// The names of stages in preconditions.
fn conditions(c: &mut Context<'_, '_>) {
    let view = c.view;
    for stage in view.stages.iter().filter(|stage| stage.kind == "checkPreconditions") {
        for (at, precondition) in maps(stage.object, "preconditions") {
            let context = precondition.get("context");
            let name = context.and_then(|context| context.get("stageName")).and_then(Json::as_str);
            let is_status = text(precondition, "type") == Some("stageStatus");
            if let Some(name) = name.filter(|name| is_status && !name.is_empty() && !has_expression(name)) {
                stage_exists(c, name, &place!["stages", stage.at, "preconditions", at, "context", "stageName"]);
            }
        }
    }
}

/// v4 evaluates a stage when it starts, so that it sees what the stages before it gave.
fn evaluator(c: &mut Context<'_, '_>) {
    let view = c.view;
    let has_any = view.texts.iter().any(|found| found.stage.is_some() && found.is_evaluated && !found.uses.is_empty());
    let message = match text(view.body, "spelEvaluator") {
        Some("v4") => return,
        _ if !has_any || view.is_template => return,
        None | Some("") => "the expressions are evaluated by v3, because spelEvaluator is not set".to_owned(),
        Some(other) => format!("the expressions are evaluated by {other}"),
    };
    c.add(&OLD_EVALUATOR, place!["spelEvaluator"], message)
        .hint("v4 evaluates each stage when it starts; new pipelines of Deck have it");
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::{lines, pipeline, rows};

    #[test]
    fn brackets_functions_classes_and_stages() {
        let stage = |text: &str| {
            format!(r#""stages":[{{"refId":"a","name":"Bake It","comments":"{text}"}},{{"refId":"b","name":"Ask"}}]"#)
        };
        let classes = "(allowed are Boolean, Byte, ChronoUnit, Date, DayOfWeek, Double, Instant, Integer, LocalDate, LocalDateTime, Long, Math, Random, SimpleDateFormat, String, TemporalAdjusters, URLEncoder, UUID)";
        for (text, want) in [
            ("${ #toInt('1') + T(java.lang.Math).random() }", None),
            ("${ new java.text.SimpleDateFormat('yyyy').format(new java.util.Date()) }", None),
            ("${ #stage('Bake It').status } ${ #judgment('Ask') } ${ #stageByRefId('a') }", None),
            ("${ x", Some("error P503 stages[a].comments: \"${\" has no closing '}': ${ x")),
            ("v: ${ a['b }", Some("error P503 stages[a].comments: the quote \"'\" is not closed: ${ a['b }")),
            ("${ #toInteger('1') }", Some("warning P504 stages[a].comments: Spinnaker has no function #toInteger")),
            (
                "${ #toJsn(trigger) }",
                Some("warning P504 stages[a].comments: Spinnaker has no function #toJsn (did you mean \"toJson\"?)"),
            ),
            (
                "${ toInt('1') }",
                Some("warning P504 stages[a].comments: toInt(..) is not a function (did you mean \"#toInt(..)\"?)"),
            ),
            (
                "${ T(java.lang.Runtime).getRuntime() }",
                Some(&*format!(
                    "error P505 stages[a].comments: expressions may not use the class java.lang.Runtime {classes}"
                )),
            ),
            (
                "${ new java.io.File('x') }",
                Some(&*format!(
                    "error P505 stages[a].comments: expressions may not use the class java.io.File {classes}"
                )),
            ),
            (
                "${ #stage('Bake it').status }",
                Some(
                    "warning P509 stages[a].comments: there is no stage with the name \"Bake it\" (did you mean \"Bake It\"?)",
                ),
            ),
            (
                "${ #stageByRefId('c') }",
                Some("warning P509 stages[a].comments: there is no stage with the refId \"c\" (did you mean \"a\"?)"),
            ),
            (
                "{{ app }}",
                Some(
                    "warning P508 stages[a].comments: the text has \"{{\", a mark of Jinja (a template of a template, or a block of raw text that was not closed?)",
                ),
            ),
            (
                "{% if x %}",
                Some(
                    "warning P508 stages[a].comments: the text has \"{%\", a mark of Jinja (a template of a template, or a block of raw text that was not closed?)",
                ),
            ),
            ("${{a: 1}} ${#toInt('1')}", None),
        ] {
            let found = lines(&Config::default(), &[pipeline(&stage(text))], &["P503", "P504", "P505", "P508", "P509"]);
            assert_eq!(found, want.into_iter().collect::<Vec<_>>(), "{text}");
        }
        assert_eq!(
            lines(
                &Config::default(),
                &[pipeline(r#""name":"{{ app }}","triggers":[{"type":"git","slug":"{{ x }}"}],"description":"{{","disabled":true"#)],
                &["P508"]
            )
            .len(),
            2
        );
        let config = Config { functions: vec!["jira_*".to_owned()], longest_expression: Some(20), ..Config::default() };
        assert_eq!(
            lines(&config, &[pipeline(&stage("${ #jira_get(1) } ${ 1 + 1 + 1 + 1 + 1 + 1 + 1 }"))], &["P504", "P507"]),
            ["error P507 stages[a].comments: the expression has 27 characters, and Spinnaker takes 20"]
        );
    }

    #[test]
    fn evaluators_and_preconditions() {
        rows(
            &Config::default(),
            &["P506", "P509"],
            &[
                (
                    r#""stages":[{"refId":"a","comments":"${1}"}]"#,
                    &[
                        "note P506 spelEvaluator: the expressions are evaluated by v3, because spelEvaluator is not set (v4 evaluates each stage when it starts; new pipelines of Deck have it)",
                    ],
                ),
                (r#""spelEvaluator":"v4","stages":[{"refId":"a","comments":"${1}"}]"#, &[]),
                (r#""stages":[{"refId":"a","comments":"none"}]"#, &[]),
                (
                    r#""spelEvaluator":"v4","stages":[{"refId":"a","name":"Deploy","type":"checkPreconditions","preconditions":[{"type":"stageStatus","context":{"stageName":"Depoly","stageStatus":"FAILED_CONTINUE"}}]}]"#,
                    &[
                        "warning P509 stages[a].preconditions[0].context.stageName: there is no stage with the name \"Depoly\" (did you mean \"Deploy\"?)",
                    ],
                ),
            ],
        );
    }
}
