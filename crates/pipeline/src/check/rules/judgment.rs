//! Manual judgments with options.

use crate::check::Context;
use crate::check::path::place;
use crate::check::rule::UNTESTED_JUDGMENT;
use crate::check::view::{maps, text};

pub(super) fn check(c: &mut Context<'_, '_>) {
    let view = c.view;
    if view.is_instance() {
        return;
    }
    for stage in view.stages.iter().filter(|stage| stage.kind == "manualJudgment") {
        let options: Vec<&str> = maps(stage.object, "judgmentInputs")
            .filter_map(|(_, option)| text(option, "value"))
            .filter(|value| !value.is_empty())
            .collect();
        if options.len() < 2 {
            continue;
        }
        // the choice is read by a function, or as `judgmentInput` of the stage's context
        let is_tested = view.uses().any(|uses| {
            uses.functions.iter().any(|(name, first)| {
                let of_this = first.as_ref().is_none_or(|name| name == stage.name || *name == stage.ref_id);
                matches!(name.as_str(), "judgment" | "judgement") && of_this
            }) || uses.roots.iter().chain(&uses.texts).any(|word| word == "judgmentInput")
                || uses.texts.iter().any(|text| options.contains(&text.as_str()))
        }) || view.texts.iter().any(|found| found.whole.contains("judgmentInput"));
        if !is_tested {
            let message = format!("nothing tests which of {} was chosen", options.join(", "));
            let hint = format!(
                "test it in a stage: ${{ #judgment({:?}) == {:?} }}",
                stage.name,
                options.first().unwrap_or(&"")
            );
            c.add(&UNTESTED_JUDGMENT, place!["stages", stage.at, "judgmentInputs"], message).hint(hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::rows;

    #[test]
    fn options_are_tested() {
        const ASK: &str = r#"{"refId":"ask","type":"manualJudgment","name":"Ask","judgmentInputs":[{"value":"go"},{"value":"back"}]}"#;
        let with = |expression: &str| {
            format!(
                r#""stages":[{ASK},{{"refId":"b","stageEnabled":{{"type":"expression","expression":"{expression}"}}}}]"#
            )
        };
        let untested = "note P511 stages[ask].judgmentInputs: nothing tests which of go, back was chosen (test it in a stage: ${ #judgment(\"Ask\") == \"go\" })";
        for (members, want) in [
            (with("${ #judgment('Ask') == 'go' }"), None),
            (with("${ #stage('Ask').context.judgmentInput == parameters.x }"), None),
            (with("#judgment('Other')"), Some(untested)),
            (with("${ true }"), Some(untested)),
        ] {
            let want: Vec<&str> = want.into_iter().collect();
            rows(&Config::default(), &["P511"], &[(members.as_str(), &want)]);
        }
    }
}
