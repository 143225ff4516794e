//! Fields that are unknown, missing, or of another type.

use crate::Mark;
use crate::check::facts::{Field, Fields, Type};
use crate::check::path::{Path, place};
use crate::check::rule::{
    LEFT_OVER_FIELD, MISSING_FIELD, RUNTIME_FIELD, UNKNOWN_ARTIFACT_TYPE, UNKNOWN_FIELD, UNKNOWN_NOTIFICATION_TYPE,
    UNKNOWN_STAGE_TYPE, UNKNOWN_TRIGGER_TYPE, UNKNOWN_VALUE, UNREAD_FIELD, WRONG_TYPE,
};
use crate::check::set::is_empty;
use crate::check::view::{has_expression, maps, text};
use crate::check::{Context, pattern};
use crate::json::{Json, Object};
use gotemplate::error::suggest::nearest;

use super::types::{Fault, fault};

/// Fields that the types of a family share, and who else has fields.
struct Known<'f> {
    /// What the owner is, as people say it: `a stage of type "wait"`.
    owner: String,
    own: &'f Fields,
    common: Option<&'f Fields>,
    /// Whether another type of the same family has a field.
    is_left_over: &'f dyn Fn(&str) -> bool,
    /// A field that nobody reads is worth a word.
    tells_unread: bool,
}

const NOBODY: &dyn Fn(&str) -> bool = &|_| false;

pub(super) fn check(c: &mut Context<'_, '_>) {
    let (facts, body) = (c.facts, c.view.body);
    // everybody may add a field to a pipeline, as this project does
    let known = Known {
        owner: "a pipeline".to_owned(),
        own: &facts.pipeline,
        common: None,
        is_left_over: &|name| name == Mark::KEY,
        tells_unread: false,
    };
    fields(c, &known, body, &Path::default());
    for (list, what) in [("stages", "a stage"), ("triggers", "a trigger"), ("parameterConfig", "a parameter")] {
        no_maps(c, body, list, what);
    }
    for (at, parameter) in maps(body, "parameterConfig") {
        let known = known_of("a parameter", &facts.parameter);
        fields(c, &known, parameter, &place!["parameterConfig", at]);
    }
    expected_artifacts(c);
    notifications(c, body, &Path::default());
    for (at, trigger) in c.view.triggers.iter().copied() {
        typed_trigger(c, trigger, &place!["triggers", at]);
    }
    for at in 0..c.view.stages.len() {
        if let Some(stage) = c.view.stages.get(at) {
            let (index, object) = (stage.at, stage.object);
            typed_stage(c, object, &place!["stages", index]);
            notifications(c, object, &place!["stages", index]);
        }
    }
}

fn known_of<'f>(owner: &str, own: &'f Fields) -> Known<'f> {
    Known { owner: owner.to_owned(), own, common: None, is_left_over: NOBODY, tells_unread: true }
}

/// The items of a list that are no maps.
fn no_maps(c: &mut Context<'_, '_>, body: &Object, list: &str, what: &str) {
    for (at, item) in body.get(list).map(Json::items).unwrap_or_default().iter().enumerate() {
        if item.as_object().is_none() {
            c.add(&WRONG_TYPE, place![list, at], format!("{what} is a map, not a {}", item.type_name()));
        }
    }
}

fn expected_artifacts(c: &mut Context<'_, '_>) {
    let facts = c.facts;
    for at in 0..c.view.expected.len() {
        let Some((object, place)) = c.view.expected.get(at).map(|item| (item.object, item.path.clone())) else {
            continue;
        };
        fields(c, &known_of("an expected artifact", &facts.expected), object, &place);
        for key in ["matchArtifact", "defaultArtifact"] {
            let Some(artifact) = object.get(key).and_then(Json::as_object) else { continue };
            let place = place.clone().join(key);
            fields(c, &known_of("an artifact", &facts.artifact), artifact, &place);
            artifact_type(c, artifact, &place);
        }
    }
}

/// Types of artifacts are free, so only one that is like a known one is told.
fn artifact_type(c: &mut Context<'_, '_>, artifact: &Object, place: &Path) {
    let known = &c.facts.artifact_types;
    let Some(kind) = text(artifact, "type").filter(|kind| !has_expression(kind) && !known.contains(kind)) else {
        return;
    };
    // a type of another family is no slip: `maven/file` and `gcs/file`
    let near = nearest(kind, known.iter().copied()).filter(|near| {
        let differs = |at: usize| near.split('/').nth(at) != kind.split('/').nth(at);
        kind.contains('/') && (differs(0) != differs(1)) && !is_pattern(kind)
    });
    if let Some(near) = near {
        let message = format!("{kind:?} is no type of artifact");
        c.add(&UNKNOWN_ARTIFACT_TYPE, place.clone().join("type"), message).hint(format!("did you mean {near:?}?"));
    }
}

/// Fields of an expected artifact are matched as regular expressions.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '[', '(', '|', '\\', '+', '?'])
}

fn notifications(c: &mut Context<'_, '_>, owner: &Object, place: &Path) {
    let facts = c.facts;
    for (at, notification) in maps(owner, "notifications") {
        let place = place.clone().join("notifications").join(at);
        let kind = text(notification, "type").unwrap_or_default();
        match facts.notifications.types.get(kind) {
            Some(own) => {
                let known = Known {
                    owner: format!("a notification of type {kind:?}"),
                    own,
                    common: Some(&facts.notifications.common),
                    is_left_over: &|name| facts.notifications.all.contains(name),
                    tells_unread: true,
                };
                fields(c, &known, notification, &place);
            }
            None if kind.is_empty() => {
                c.add(&UNKNOWN_NOTIFICATION_TYPE, place.join("type"), "a notification without type is sent to nobody");
            }
            None => {
                let message = format!("Spinnaker has no notifications of type {kind:?}");
                c.add(&UNKNOWN_NOTIFICATION_TYPE, place.join("type"), message)
                    .did_you_mean(kind, facts.notifications.names.iter().copied());
            }
        }
    }
}

fn typed_trigger(c: &mut Context<'_, '_>, trigger: &Object, place: &Path) {
    let facts = c.facts;
    let kind = text(trigger, "type").unwrap_or_default();
    let Some(own) = facts.triggers.types.get(kind) else {
        let message = if kind.is_empty() {
            "a trigger without type starts nothing".to_owned()
        } else {
            format!("Spinnaker has no triggers of type {kind:?}")
        };
        c.add(&UNKNOWN_TRIGGER_TYPE, place.clone().join("type"), message)
            .did_you_mean(kind, facts.triggers.names.iter().copied());
        return;
    };
    let known = Known {
        owner: format!("a trigger of type {kind:?}"),
        own,
        common: Some(&facts.triggers.common),
        is_left_over: &|name| facts.triggers.all.contains(name),
        tells_unread: true,
    };
    fields(c, &known, trigger, place);
}

fn typed_stage(c: &mut Context<'_, '_>, stage: &Object, place: &Path) {
    let facts = c.facts;
    let kind = text(stage, "type").unwrap_or_default();
    let Some(own) = facts.stages.types.get(kind) else { return unknown_stage(c, kind, stage, place) };
    let known = Known {
        owner: format!("a stage of type {kind:?}"),
        own,
        common: Some(&facts.stages.common),
        is_left_over: &|name| facts.stages.all.contains(name),
        tells_unread: true,
    };
    fields(c, &known, stage, place);
    missing(c, kind, stage, own, place);
}

fn unknown_stage(c: &mut Context<'_, '_>, kind: &str, stage: &Object, place: &Path) {
    let facts = c.facts;
    if kind.is_empty() {
        c.add(&UNKNOWN_STAGE_TYPE, place.clone().join("type"), "a stage without type cannot run")
            .hint("give it a type");
        return;
    }
    // Deck marks preconfigured webhooks and jobs
    let is_preconfigured = text(stage, "alias").is_some_and(|alias| alias.starts_with("preconfigured"));
    if is_preconfigured || has_expression(kind) || pattern::any(&c.config.stage_types, kind) {
        return;
    }
    let hint = match (facts.legacy.get(kind), nearest(kind, facts.stages.names.iter().copied())) {
        (Some(note), _) => format!("known as: {note}"),
        (None, Some(near)) => format!("did you mean {near:?}?"),
        (None, None) => "if a plugin or a preconfigured webhook adds it, name it in the settings".to_owned(),
    };
    c.add(&UNKNOWN_STAGE_TYPE, place.clone().join("type"), format!("Spinnaker has no stages of type {kind:?}"))
        .hint(hint);
}

/// The fields of one object.
fn fields(c: &mut Context<'_, '_>, known: &Known<'_>, object: &Object, place: &Path) {
    for (name, value) in object {
        let own = known.own.get(name);
        match own.or_else(|| known.common.and_then(|common| common.get(name))) {
            Some(field) => {
                value_of(c, field, value, place);
                if field.is_runtime && !is_empty(value) {
                    runtime(c, name, known, place);
                }
            }
            None => unknown(c, known, name, place),
        }
        for fields in [Some(known.own), known.common].into_iter().flatten() {
            if fields.inner(name).is_some() {
                inner(c, fields, name, value, &place.clone().join(name.as_str()));
            }
        }
    }
}

fn unknown(c: &mut Context<'_, '_>, known: &Known<'_>, name: &str, place: &Path) {
    if pattern::any(&c.config.fields, name) || has_expression(name) || name == Mark::KEY {
        return;
    }
    let place = place.clone().join(name);
    if (known.is_left_over)(name) {
        let message = format!("{} does not read {name:?}; others of its kind do", known.owner);
        c.add(&LEFT_OVER_FIELD, place, message).hint("remove it, or see whether the type is right");
        return;
    }
    let names = known.own.names().chain(known.common.into_iter().flat_map(Fields::names));
    if let Some(near) = nearest(name, names).filter(|near| is_slip(name, near)) {
        let message = format!("{} has no field {name:?}, and nothing reads it", known.owner);
        c.add(&UNKNOWN_FIELD, place, message).hint(format!("did you mean {near:?}?"));
    } else if known.tells_unread {
        c.add(&UNREAD_FIELD, place, format!("{} has no field {name:?}, and nothing reads it", known.owner));
    }
}

/// Whether one name can be the other misspelt: a longer one with the same begin is a name of its own.
fn is_slip(name: &str, near: &str) -> bool {
    name.chars().count().abs_diff(near.chars().count()) <= 2
}

fn runtime(c: &mut Context<'_, '_>, name: &str, known: &Known<'_>, place: &Path) {
    let message = format!("{name:?} of {} is set by Orca while it runs", known.owner);
    c.add(&RUNTIME_FIELD, place.clone().join(name), message).hint("remove it: it is left from an execution");
}

/// The fields of a field. Their tables are not complete, so a name is told only if it is like a known one.
fn inner(c: &mut Context<'_, '_>, fields: &Fields, name: &str, value: &Json, place: &Path) {
    let Some(known) = fields.inner(name) else { return };
    match value {
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate().filter(|(_, item)| item.as_object().is_some()) {
                inner(c, fields, name, item, &place.clone().join(at));
            }
        }
        Json::Object(object) => {
            for (key, value) in object {
                let place = place.clone().join(key.as_str());
                if known.contains(&key.as_str()) {
                    inner(c, fields, &format!("{name}.{key}"), value, &place);
                } else if let Some(near) =
                    nearest(key, known.iter().copied()).filter(|near| !object.contains_key(*near) && is_slip(key, near))
                {
                    c.add(&UNKNOWN_FIELD, place, format!("{name} has no field {key:?}, and nothing reads it"))
                        .hint(format!("did you mean {near:?}?"));
                }
            }
        }
        _ => {}
    }
}

fn value_of(c: &mut Context<'_, '_>, field: &Field, value: &Json, place: &Path) {
    let at = || place.clone().join(field.name);
    match fault(&field.of, value) {
        Some(Fault::Type(wanted)) => {
            let shown = match value {
                Json::Array(_) | Json::Object(_) => value.type_name().to_owned(),
                other => other.to_string(),
            };
            c.add(&WRONG_TYPE, at(), format!("{} is a {wanted}, not {shown}", field.name));
        }
        Some(Fault::Value) => {
            let text = value.as_str().unwrap_or_default();
            let texts = if let Type::OneOf(texts) = &field.of { texts.as_slice() } else { &[] };
            let message = format!("{} is {text:?}, which is none of {}", field.name, texts.join(", "));
            c.add(&UNKNOWN_VALUE, at(), message).did_you_mean(text, texts.iter().copied());
        }
        None => {}
    }
}

/// What Deck asks for.
fn missing(c: &mut Context<'_, '_>, kind: &str, stage: &Object, own: &Fields, place: &Path) {
    let provider =
        ["cloudProvider", "cloudProviderType", "provider", "providerType"].iter().find_map(|key| text(stage, key));
    for field in own.iter() {
        let is_asked = field.is_required || provider.is_some_and(|provider| field.required_for.contains(&provider));
        // a rule of its own says more
        let is_other_rule = kind == "bakeManifest" && field.name == "expectedArtifacts"
            || matches!((kind, field.name), ("deployManifest" | "patchManifest" | "runJobManifest", "source"));
        if !is_asked || is_other_rule || !is_missing(stage, field.name) {
            continue;
        }
        let at = field.name.split('.').fold(place.clone(), Path::join);
        let hint = without(kind, field.name);
        c.add(&MISSING_FIELD, at, format!("a stage of type {kind:?} needs {}", field.name))
            .hint_if(hint.map(str::to_owned));
    }
}

/// What happens without a field.
fn without(kind: &str, field: &str) -> Option<&'static str> {
    match (kind, field) {
        ("wait", "waitTime") => Some("without it the stage waits 0 seconds"),
        _ => None,
    }
}

fn is_missing(stage: &Object, name: &str) -> bool {
    let mut keys = name.split('.');
    let mut value = keys.next().and_then(|key| stage.get(key));
    for key in keys {
        // an expression or a list in place of the map: nothing is known
        if value.is_some_and(|value| value.as_object().is_none() && !is_empty(value)) {
            return false;
        }
        value = value.and_then(|value| value.get(key));
    }
    value.is_none_or(is_empty)
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::{lines, pipeline, rows};

    #[test]
    fn unknown_fields_name_the_nearest() {
        rows(
            &Config::default(),
            &["P101", "P102", "P103"],
            &[
                (
                    r#""stages":[{"refId":"a","type":"wait","name":"w","waitTIme":3}]"#,
                    &[
                        "warning P101 stages[a].waitTIme: a stage of type \"wait\" has no field \"waitTIme\", and nothing reads it (did you mean \"waitTime\"?)",
                    ],
                ),
                (
                    r#""trigger":[],"lastTeam":"x","templateRepository":"r","bake":{}"#,
                    &[
                        "warning P101 trigger: a pipeline has no field \"trigger\", and nothing reads it (did you mean \"triggers\"?)",
                    ],
                ),
                (
                    r#""triggers":[{"type":"pubsub","registry":"r","foo":1,"enabled":true}]"#,
                    &[
                        "note P102 triggers[0].foo: a trigger of type \"pubsub\" has no field \"foo\", and nothing reads it",
                        "note P103 triggers[0].registry: a trigger of type \"pubsub\" does not read \"registry\"; others of its kind do (remove it, or see whether the type is right)",
                    ],
                ),
                (
                    r#""parameterConfig":[{"name":"x","requred":true}]"#,
                    &[
                        "warning P101 parameterConfig[x].requred: a parameter has no field \"requred\", and nothing reads it (did you mean \"required\"?)",
                    ],
                ),
                (
                    r#""expectedArtifacts":[{"id":"a","matchArtifact":{"typ":"docker/image"}}]"#,
                    &[
                        "warning P101 expectedArtifacts[a].matchArtifact.typ: an artifact has no field \"typ\", and nothing reads it (did you mean \"type\"?)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"deployManifest","trafficManagement":{"options":{"service":["a"]}}}]"#,
                    &[
                        "warning P101 stages[a].trafficManagement.options.service: trafficManagement.options has no field \"service\", and nothing reads it (did you mean \"services\"?)",
                    ],
                ),
                (
                    r#""notifications":[{"type":"email","adress":"a@b"}]"#,
                    &[
                        "warning P101 notifications[0].adress: a notification of type \"email\" has no field \"adress\", and nothing reads it (did you mean \"address\"?)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"deployManifest","relationships":{},"isNew":true,"x-module-id":"m"}]"#,
                    &[],
                ),
            ],
        );
        let config = Config { fields: vec!["team*".to_owned()], ..Config::default() };
        let stage = pipeline(r#""stages":[{"refId":"a","type":"wait","teamName":"x","waitTime":1}]"#);
        assert!(lines(&config, &[stage], &["P101", "P102", "P103"]).is_empty());
    }

    #[test]
    fn types_of_stages_and_others() {
        let config = Config { stage_types: vec!["jira*".to_owned()], ..Config::default() };
        rows(
            &config,
            &["P105", "P106", "P107", "P108"],
            &[
                (
                    r#""stages":[{"refId":"a","type":"deployManifset"}]"#,
                    &[
                        "warning P105 stages[a].type: Spinnaker has no stages of type \"deployManifset\" (did you mean \"deployManifest\"?)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"jiraCreate"},{"refId":"b","type":"x","alias":"preconfiguredWebhook"}]"#,
                    &[],
                ),
                (
                    r#""stages":[{"refId":"a","type":"findAmi"}]"#,
                    &[
                        "warning P105 stages[a].type: Spinnaker has no stages of type \"findAmi\" (known as: old name of findImage (AWS); no builder in Orca main)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a"}]"#,
                    &["warning P105 stages[a].type: a stage without type cannot run (give it a type)"],
                ),
                (
                    r#""triggers":[{"type":"dockr"}]"#,
                    &[
                        "warning P106 triggers[0].type: Spinnaker has no triggers of type \"dockr\" (did you mean \"docker\"?)",
                    ],
                ),
                (
                    r#""notifications":[{"type":"slak"}]"#,
                    &[
                        "warning P107 notifications[0].type: Spinnaker has no notifications of type \"slak\" (did you mean \"slack\"?)",
                    ],
                ),
                (
                    r#""expectedArtifacts":[{"id":"a","matchArtifact":{"type":"docker/imgae"}},{"id":"b","matchArtifact":{"type":"deb/package"}}]"#,
                    &[
                        "warning P108 expectedArtifacts[a].matchArtifact.type: \"docker/imgae\" is no type of artifact (did you mean \"docker/image\"?)",
                    ],
                ),
            ],
        );
    }

    #[test]
    fn values_and_missing_fields() {
        rows(
            &Config::default(),
            &["P104", "P109", "P110", "P111"],
            &[
                (
                    r#""stages":[{"refId":"a","type":"wait"}]"#,
                    &[
                        "warning P110 stages[a].waitTime: a stage of type \"wait\" needs waitTime (without it the stage waits 0 seconds)",
                    ],
                ),
                (r#""stages":[{"refId":"a","type":"wait","waitTime":"${ parameters.x }"}]"#, &[]),
                (
                    r#""stages":[{"refId":"a","type":"wait","waitTime":"5m"}]"#,
                    &["error P109 stages[a].waitTime: waitTime is a number, not \"5m\""],
                ),
                (r#""stages":{}"#, &["error P109 stages: stages is a list, not map"]),
                (r#""stages":["x"]"#, &["error P109 stages[0]: a stage is a map, not a string"]),
                (
                    r#""stages":[{"refId":"a","type":"bakeManifest","templateRenderer":"HELM4"}]"#,
                    &[
                        "warning P111 stages[a].templateRenderer: templateRenderer is \"HELM4\", which is none of HELM2, HELM3, KUSTOMIZE, KUSTOMIZE4, HELMFILE (did you mean \"HELM2\"?)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"manualJudgment","judgmentStatus":"continue"}]"#,
                    &[
                        "note P104 stages[a].judgmentStatus: \"judgmentStatus\" of a stage of type \"manualJudgment\" is set by Orca while it runs (remove it: it is left from an execution)",
                    ],
                ),
                (
                    r#""stages":[{"refId":"a","type":"resizeServerGroup","cloudProvider":"aws","target":"t","credentials":"c","cluster":"c","regions":["r"]}]"#,
                    &["warning P110 stages[a].action: a stage of type \"resizeServerGroup\" needs action"],
                ),
            ],
        );
    }
}
