//! Parameters: declared and used.

use std::collections::HashSet;

use crate::check::Context;
use crate::check::path::place;
use crate::check::rule::{UNDECLARED_PARAMETER, UNUSED_PARAMETER};
use crate::check::view::text;
use crate::json::Json;

pub(super) fn check(c: &mut Context<'_, '_>) {
    let view = c.view;
    // a template of Spinnaker declares and uses what is not seen here
    if view.is_instance() {
        return;
    }
    let declared: HashSet<&str> = view.parameters.iter().map(|(name, ..)| *name).collect();
    let mut used: HashSet<&str> = HashSet::new();
    let mut told: HashSet<&str> = HashSet::new();
    for found in view.texts.iter().filter(|found| found.is_evaluated) {
        for name in found.uses.iter().flat_map(|uses| &uses.parameters) {
            used.insert(name);
            if !declared.contains(name.as_str()) && told.insert(name) {
                c.add(&UNDECLARED_PARAMETER, found.path.clone(), format!("the parameter {name} is not declared"))
                    .did_you_mean(name, view.parameters.iter().map(|(name, ..)| *name));
            }
        }
    }
    for (name, at, parameter) in &view.parameters {
        if let Some(other) = parameter.get("conditional").and_then(|on| on.get("parameter")).and_then(Json::as_str) {
            used.insert(other);
            if !declared.contains(other) {
                let place = place!["parameterConfig", *at, "conditional", "parameter"];
                let message = format!("{name} depends on the parameter {other}, which is not declared");
                c.add(&UNDECLARED_PARAMETER, place, message)
                    .did_you_mean(other, view.parameters.iter().map(|(name, ..)| *name));
            }
        }
    }
    if view.uses().any(|uses| uses.all_parameters)
        || view.is_template
        || text(view.body, "type") == Some("templatedPipeline")
    {
        return;
    }
    // a stage of another pipeline's kind may read them all, and so may a pipeline without stages that is not finished
    if view.stages.is_empty() {
        return;
    }
    for (name, at, _) in view.parameters.iter().filter(|(name, ..)| !used.contains(name)) {
        c.add(&UNUSED_PARAMETER, place!["parameterConfig", *at], format!("nothing uses the parameter {name}"));
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::rows;

    #[test]
    fn parameters_are_declared_and_used() {
        let config = Config::default();
        let undeclared = "warning P501 stages[a].comments: the parameter tga is not declared (did you mean \"tag\"?)";
        rows(
            &config,
            &["P501", "P502"],
            &[
                (
                    r#""parameterConfig":[{"name":"tag"}],"stages":[{"refId":"a","comments":"${parameters.tga}"}]"#,
                    &[undeclared, "note P502 parameterConfig[tag]: nothing uses the parameter tag"],
                ),
                (
                    r#""parameterConfig":[{"name":"tag"}],"expectedArtifacts":[{"id":"a","defaultArtifact":{"version":"${trigger['parameters']['tag']}"}}],"stages":[{"refId":"a"}]"#,
                    &[],
                ),
                (
                    r#""parameterConfig":[{"name":"tag"}],"stages":[{"refId":"a","comments":"${#toJson(parameters)}"}]"#,
                    &[],
                ),
                (
                    r#""parameterConfig":[{"name":"tag"}],"stages":[{"refId":"a","stageEnabled":{"type":"expression","expression":"parameters.tag == 'x'"}}]"#,
                    &[],
                ),
                (
                    r#""parameterConfig":[{"name":"how","conditional":{"parameter":"kidn"}},{"name":"kind"}],"stages":[{"refId":"a","comments":"${parameters.how} ${parameters.kind}"}]"#,
                    &[
                        "warning P501 parameterConfig[how].conditional.parameter: how depends on the parameter kidn, which is not declared (did you mean \"kind\"?)",
                    ],
                ),
                (r#""template":{"reference":"spinnaker://x"},"parameterConfig":[{"name":"tag"}],"stages":[]"#, &[]),
                // an execution of another pipeline has its own parameters
                (r#""stages":[{"refId":"a","comments":"${trigger.parentExecution.trigger.parameters.x}"}]"#, &[]),
            ],
        );
    }
}
