//! Errors of Jinja in the form of this project, with the line of the template, and the other way round.

use gotemplate::error::{Error, ErrorKind, Frame, Location};
use indexmap::IndexMap;
use minijinja::{Error as JinjaError, ErrorKind as JinjaKind};

use super::Source;

/// An error of this project on its way through Jinja.
pub(super) fn into_jinja(error: Error) -> JinjaError {
    JinjaError::new(JinjaKind::InvalidOperation, error.message().to_owned()).with_source(error)
}

/// The error at its line. `sources` are the texts by their names, `known` the variables of the template.
pub(super) fn of(error: &JinjaError, sources: &IndexMap<String, Source>, known: &[String]) -> Error {
    // the outermost error stands at an include, the innermost at the fault
    let mut chain = vec![error];
    let mut own: Option<&Error> = None;
    let mut next = std::error::Error::source(error);
    while let Some(below) = next {
        match (below.downcast_ref::<JinjaError>(), below.downcast_ref::<Error>()) {
            (Some(jinja), _) => chain.push(jinja),
            (_, Some(ours)) => own = Some(ours),
            _ => {}
        }
        next = below.source();
    }
    let fault = chain.iter().rev().find(|error| error.line().is_some()).copied().unwrap_or(error);
    let place = place(fault, sources);
    let kind = match fault.kind() {
        JinjaKind::SyntaxError | JinjaKind::BadEscape => ErrorKind::Parse,
        JinjaKind::OutOfFuel => ErrorKind::Limit,
        JinjaKind::TemplateNotFound => ErrorKind::Usage,
        _ => ErrorKind::Execute,
    };
    let (text, hint) = match own {
        Some(ours) => (ours.message().to_owned(), ours.hint().map(str::to_owned)),
        None => words(fault, known),
    };
    let text = match &place {
        Some(place) => format!("{}:{}: {text}", place.file, place.line),
        None => text,
    };
    let mut result = Error::new(kind, text);
    if let Some(hint) = hint {
        result = result.with_hint(hint);
    }
    if let Some(place) = place {
        let source = sources.values().find(|source| source.file == place.file);
        if let Some(line) = source.and_then(|source| source.text.lines().nth((place.line as usize).saturating_sub(1))) {
            result = result.with_source_line(line);
        }
        result = result.at(place);
    }
    for outer in chain.iter().rev().filter(|error| !std::ptr::eq(**error, fault)) {
        if let Some(location) = self::place(outer, sources) {
            result = result.through(Frame::new(location, expression(outer).unwrap_or_else(|| "include".to_owned())));
        }
    }
    result
}

fn place(error: &JinjaError, sources: &IndexMap<String, Source>) -> Option<Location> {
    let line = u32::try_from(error.line()?).ok()?;
    let name = error.name()?;
    let file = sources.get(name).map_or(name, |source| source.file.as_str());
    Some(Location::new(file, line, 0))
}

/// The expression at fault, as it is written.
fn expression(error: &JinjaError) -> Option<String> {
    let text = error.template_source()?.get(error.range()?)?.trim();
    let fits = !text.is_empty() && text.len() < 80 && !text.contains('\n');
    fits.then(|| text.replace(super::BRACE, "{"))
}

fn words(error: &JinjaError, known: &[String]) -> (String, Option<String>) {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        JinjaKind::UndefinedError => {
            let expression = expression(error);
            let text = match &expression {
                Some(expression) => format!("`{expression}` is not defined"),
                None if detail.is_empty() => "a value is not defined".to_owned(),
                None => detail.to_owned(),
            };
            let name = expression.unwrap_or_default();
            let known = known.iter().map(String::as_str).filter(|name| !name.starts_with('_'));
            let near = gotemplate::error::suggest::nearest(&name, known);
            (text, near.map(|near| format!("did you mean {near:?}?")))
        }
        JinjaKind::OutOfFuel => {
            ("the template takes too many steps".to_owned(), Some("look for a loop in a loop".to_owned()))
        }
        JinjaKind::TemplateNotFound => {
            (detail.to_owned(), Some("templates are named by their path below the folder of templates".to_owned()))
        }
        _ => {
            let kind = error.kind().to_string();
            (if detail.is_empty() { kind } else { format!("{kind}: {detail}") }, None)
        }
    }
}
