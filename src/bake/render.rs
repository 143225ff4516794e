//! Runs the templates. Helm: `pkg/engine/engine.go`.

use std::sync::Arc;

use memchr::memmem;

use super::compile::{self, functions, is_partial};
use super::named::named;
use super::scope::{Shared, scopes};
use super::{Prepared, advice};
use crate::chart::{DEFAULTS, template_map};
use crate::dns::is_dotted;
use crate::error::{Error, ErrorKind, Result};
use crate::funcs;
use crate::manifest::Rendered;
use crate::run::Run;
use crate::template::{Executor, FuncTable, MissingKey, Set, Unit};
use crate::value::{Str, Value, text_to_name};
use crate::values::{LayerNames, Layered};

/// The text that Go prints for a missing value. Helm removes it from all output.
const NO_VALUE: &[u8] = b"<no value>";
/// Marks around the message of `fail` and `required` in an error. Helm: `warnStartDelim`, `warnEndDelim`.
const WARN_START: &str = "HELM_ERR_START";
const WARN_END: &str = "HELM_ERR_END";
/// Maximum length of a release name. Helm: `maxReleaseNameLen`.
const MAX_RELEASE_NAME: usize = 53;

/// Renders every template that is not a partial.
pub(super) fn render(prepared: &Prepared<'_>, run: &Run) -> Result<Vec<Rendered>> {
    let bake = &prepared.bake;
    let sources = compile::sources(&prepared.enabled, &bake.chart.compiled);
    let set = compile::link(&sources, run)?;
    // templates have the whole budget, independent of the preparation of the values
    run.refill();
    let env = funcs::Env { host: Arc::clone(run.host()), outside: bake.outside };
    let mut executor = Executor::new(&set, functions(), &env, run, MissingKey::Zero);
    let shared = Shared { release: prepared.release_value(), capabilities: prepared.capabilities_value() };
    let scopes = scopes(&prepared.enabled, &prepared.values, &shared);
    // one buffer for all, so that each text is allocated with its exact size
    let mut text = Vec::new();
    let mut files = Vec::new();
    for source in &sources {
        if is_partial(&source.name) {
            continue;
        }
        let Some(scope) = scopes.get(source.scope) else { continue };
        scope.insert("Template", template_map(&*text_to_name(&source.name), &*source.base_path));
        text.clear();
        executor.execute(&source.name, &Value::Map(scope.clone()), &mut text).map_err(|e| {
            let error = of_named_value(with_origin_text(cleanup(e), &prepared.names), prepared);
            advice::of_builtin(advice::explain(error, prepared), prepared)
        })?;
        remove_no_value(&mut text);
        files.push(Rendered { name: source.name.clone(), text: text.clone() });
    }
    Ok(files)
}

/// Removes `<no value>` from a text.
fn remove_no_value(text: &mut Vec<u8>) {
    if memmem::find(text, NO_VALUE).is_none() {
        return;
    }
    let mut kept = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in memmem::find_iter(text, NO_VALUE) {
        kept.extend_from_slice(text.get(from..at).unwrap_or_default());
        from = at + NO_VALUE.len();
    }
    kept.extend_from_slice(text.get(from..).unwrap_or_default());
    *text = kept;
}

/// The message of `fail` and `required` with the place of the outermost template. Helm: `cleanupExecError`.
fn cleanup(error: Error) -> Error {
    let message = error.message();
    let mut parts = message.splitn(3, ": ");
    let (Some(_), Some(place), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return error };
    let Some((_, after)) = rest.split_once(WARN_START) else { return error };
    let Some((warning, _)) = after.rsplit_once(WARN_END) else { return error };
    let message = format!("execution error at ({place}): {warning}");
    error.with_message(message)
}

/// Adds the origin of the value that the message of the chart names, unless the failed call already has one. A value that
/// `required` misses is not set anywhere.
fn of_named_value(error: Error, prepared: &Prepared<'_>) -> Error {
    let of_user = prepared.names.name(error.origin().layer).is_some_and(|name| !name.starts_with(DEFAULTS));
    let is_required = error.source_line().is_some_and(|line| line.contains("required"));
    if error.kind() != ErrorKind::Fail || is_required || of_user {
        return error;
    }
    // templates may have changed `.Values`: what the user said is merged again
    let Ok(Layered { values, names }) = prepared.bake.layers.merge_in(&prepared.run) else { return error };
    let message = error.message().split_once("): ").map_or("", |(_, message)| message);
    match named(message, &values).and_then(|origin| names.describe(origin)) {
        Some(text) => error.with_origin_text(text),
        None => error,
    }
}

/// Adds the name of the layer that set the value at fault.
fn with_origin_text(error: Error, names: &LayerNames) -> Error {
    match names.describe(error.origin()) {
        Some(text) => error.with_origin_text(text),
        None => error,
    }
}

/// Adds what Helm says after every error of the render stage; a bake that was cancelled is not such an error.
pub(crate) fn with_advice(error: Error) -> Error {
    if error.kind() == ErrorKind::Cancelled {
        return error;
    }
    let text = format!("{}\n\nUse --debug flag to render out invalid YAML", error.message());
    error.with_message(text)
}

/// Validates a release name. Helm: `chartutil.ValidateReleaseName`.
pub(super) fn check_release_name(name: &str) -> Result<()> {
    const VALID: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    let why = if name.is_empty() {
        "no name provided".to_owned()
    } else if name.len() > MAX_RELEASE_NAME || !is_dotted(name) {
        format!("invalid release name, must match regex {VALID} and the length must not be longer than 53")
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Usage, format!("release name {name:?}: {why}")))
}

/// Renders a `--name-template`, which has Sprig's functions. Helm: `action.TemplateName`.
///
/// Errors: the template does not parse or fails.
pub fn release_name(template: &str) -> Result<String> {
    let run = Run::default();
    let functions = Arc::new(FuncTable::new(funcs::sprig()));
    let unit = Unit::compile_named("name-template", &Str::from(template), &functions, &run.limits)?;
    let mut set = Set::new(funcs::ROOT);
    set.add("name-template", &Arc::new(unit))?;
    let env = funcs::Env { host: Arc::clone(run.host()), outside: funcs::Outside::default() };
    let mut text = Vec::new();
    Executor::new(&set, &functions, &env, &run, MissingKey::Default).execute(
        "name-template",
        &Value::Nil,
        &mut text,
    )?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
