//! The rules, and what they find.

use std::fmt;

use super::path::Path;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably wrong.
    Warning,
    /// Wrong: Spinnaker refuses it, or it cannot work.
    Error,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule over pipelines.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The code, which never changes: `P101`.
    pub code: &'static str,
    /// The name: `unknown-field`.
    pub name: &'static str,
    /// The severity of its findings; a finding that is less certain has a lower one.
    pub severity: Severity,
    /// What it finds, in one line.
    pub about: &'static str,
}

impl Rule {
    /// Whether a text is its code or its name, in upper or lower case.
    pub fn is_called(&self, text: &str) -> bool {
        self.code.eq_ignore_ascii_case(text) || self.name.eq_ignore_ascii_case(text)
    }
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The severity: that of the rule, a lower one, or the one of the settings.
    pub severity: Severity,
    /// The index of the pipeline among the subjects.
    pub pipeline: usize,
    /// The application of the pipeline.
    pub application: String,
    /// The name of the pipeline.
    pub name: String,
    /// The place in the pipeline.
    pub path: Path,
    /// The place as people write it: `stages[bake].outputName`. Empty for the pipeline itself.
    pub written: String,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    /// The code of its rule.
    pub fn code(&self) -> &'static str {
        self.rule.code
    }
}

/// One line: severity, code, pipeline, place, message, and the hint in brackets.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}/{}", self.severity, self.code(), self.application, self.name)?;
        if !self.written.is_empty() {
            write!(f, " {}", self.written)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

macro_rules! rules {
    ($($id:ident $code:literal $name:literal $severity:ident $about:literal;)*) => {
        $(pub(super) static $id: Rule =
            Rule { code: $code, name: $name, severity: Severity::$severity, about: $about };)*

        /// All rules, in the order of their codes.
        pub static RULES: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    UNKNOWN_FIELD "P101" "unknown-field" Warning
        "a field that nothing reads and whose name is like that of a known one, as waitTIme";
    UNREAD_FIELD "P102" "unread-field" Note "a field that nothing in Spinnaker reads";
    LEFT_OVER_FIELD "P103" "left-over-field" Note "a field that only other types of stages or triggers have";
    RUNTIME_FIELD "P104" "runtime-field" Note "a field that Orca sets while the stage runs";
    UNKNOWN_STAGE_TYPE "P105" "unknown-stage-type" Warning "a type of stage that Spinnaker and the settings do not know";
    UNKNOWN_TRIGGER_TYPE "P106" "unknown-trigger-type" Warning "a type of trigger that Spinnaker does not know";
    UNKNOWN_NOTIFICATION_TYPE "P107" "unknown-notification-type" Warning
        "a type of notification that Spinnaker does not know";
    UNKNOWN_ARTIFACT_TYPE "P108" "unknown-artifact-type" Warning
        "a type of artifact that is like a known one, as docker/imgae";
    WRONG_TYPE "P109" "wrong-type" Error "a value that cannot be read: a list, map, number or text in place of another";
    MISSING_FIELD "P110" "missing-field" Warning "a field that Deck asks for";
    UNKNOWN_VALUE "P111" "unknown-value" Warning "a value that is none of those the field has";

    MISSING_REF_ID "P201" "missing-ref-id" Error "a stage without refId";
    DUPLICATE_REF_ID "P202" "duplicate-ref-id" Error "two stages with one refId";
    UNKNOWN_REQUISITE "P203" "unknown-requisite" Error "a stage that waits for one that does not exist";
    STAGE_CYCLE "P204" "stage-cycle" Error "stages that wait for each other";

    MISSING_ARTIFACT_ID "P301" "missing-artifact-id" Error "an expected artifact without id";
    DUPLICATE_ARTIFACT_ID "P302" "duplicate-artifact-id" Error "two expected artifacts with one id";
    UNKNOWN_ARTIFACT "P303" "unknown-artifact" Error "an artifact id that no expected artifact has";
    LATER_ARTIFACT "P304" "later-artifact" Error "an artifact that no earlier stage makes, but a later or parallel one";
    ID_AND_ARTIFACT "P305" "id-and-artifact" Error "an input with both an artifact id and an artifact, or with neither";
    BAKED_ARTIFACT "P306" "baked-artifact" Error "a bake without exactly one expected artifact of type embedded/base64";
    MISSING_OUTPUT_NAME "P307" "missing-output-name" Error "a bake with Helm that has no outputName";
    NO_ARTIFACTS_MADE "P308" "no-artifacts-made" Warning
        "an expected artifact of a stage whose type makes none";
    MISSING_MANIFEST "P309" "missing-manifest" Error "a stage that deploys no manifest, neither a text nor an artifact";
    UNSUPPLIED_ARTIFACT "P310" "unsupplied-artifact" Note
        "an artifact of the pipeline that a stage needs, without default and without a trigger that brings it";
    UNKNOWN_CHART "P311" "unknown-chart" Error "a version of a chart that the project does not have";

    UNKNOWN_PIPELINE "P401" "unknown-pipeline" Error "a stage or trigger that refers to a pipeline that does not exist";
    WRONG_APPLICATION "P402" "wrong-application" Warning
        "a reference to a pipeline that names another application than the pipeline has";
    MISSING_PARAMETER "P403" "missing-parameter" Warning
        "a pipeline stage that does not pass a required parameter without default";
    EXTRA_PARAMETER "P404" "extra-parameter" Warning "a pipeline stage that passes a parameter that is not declared";
    PIPELINE_LOOP "P405" "pipeline-loop" Error "pipelines that start each other without end";
    DUPLICATE_NAME "P406" "duplicate-name" Error
        "two pipelines of one application whose names differ in case or blanks at most";
    DUPLICATE_ID "P407" "duplicate-id" Error "two pipelines whose ids differ in case at most";
    BAD_NAME "P408" "bad-name" Error "a name, application or id that Front50 cannot read or delete by";

    UNDECLARED_PARAMETER "P501" "undeclared-parameter" Warning "an expression with a parameter that is not declared";
    UNUSED_PARAMETER "P502" "unused-parameter" Note "a parameter that nothing uses";
    UNBALANCED_EXPRESSION "P503" "unbalanced-expression" Error
        "an expression whose brackets or quotes are not closed";
    UNKNOWN_FUNCTION "P504" "unknown-function" Warning "a function that Spinnaker and the settings do not know";
    FORBIDDEN_CLASS "P505" "forbidden-class" Error "a class that expressions may not use in new or T(..)";
    OLD_EVALUATOR "P506" "old-evaluator" Note "expressions that are not evaluated by v4";
    LONG_EXPRESSION "P507" "long-expression" Error "an expression that is longer than Spinnaker takes";
    TEMPLATE_LEFT_OVER "P508" "template-left-over" Warning "a mark of Jinja that no template replaced";
    UNKNOWN_STAGE "P509" "unknown-stage" Warning "an expression or condition that names a stage that does not exist";
    MANIFEST_EXPRESSION "P510" "manifest-expression" Warning
        "a manifest with ${ that Orca evaluates though it is none of its expressions, or does not though it is";
    UNTESTED_JUDGMENT "P511" "untested-judgment" Note "options of a manual judgment that nothing tests";

    BAD_CRON "P601" "bad-cron" Error "a cron expression that Quartz refuses";
    SAME_TRIGGER "P602" "same-trigger" Warning "two equal triggers of one pipeline, which start it twice";
    SHARED_TRIGGER "P603" "shared-trigger" Warning
        "equal triggers of two pipelines of one application, which start both at once";
    CLEAR_SECRET "P604" "clear-secret" Warning "a secret in clear text";
    DISABLED_TRIGGER "P605" "disabled-trigger" Warning "a trigger that does not say whether it is enabled, and so is not";

    ACCOUNT_POLICY "P701" "account-policy" Error "an account that the stack may not use";
    NAMESPACE_POLICY "P702" "namespace-policy" Error "a namespace that the service may not use";
    APPLICATION_POLICY "P703" "application-policy" Error "an application that the service may not use";
    LOCKED_POLICY "P704" "locked-policy" Warning "a pipeline that is not locked, or is, against the policy";
    ROLES_POLICY "P705" "roles-policy" Warning "a pipeline whose roles are not those of the policy";
    OTHER_MONIKER "P706" "other-moniker" Note "a stage that deploys for another application than the pipeline's";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        let codes: Vec<_> = RULES.iter().map(|rule| rule.code).collect();
        assert!(codes.is_sorted(), "{codes:?}");
        for rule in RULES {
            let called = |text| RULES.iter().filter(|other| other.is_called(text)).count();
            assert_eq!((called(rule.code), called(rule.name)), (1, 1), "{}", rule.code);
            assert!(!rule.about.ends_with('.') && rule.about.len() < 120, "{}", rule.code);
        }
    }
}
