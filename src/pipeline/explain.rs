//! Which line of a template made each field of a pipeline, and which parameters it used.

use ::pipeline::catalog::Level;
use ::pipeline::template::RESERVED;
use ::pipeline::{Json, Location, Mark};
use indexmap::IndexMap;

use super::Pipelines;
use crate::error::Result;

/// A field of a pipeline, and what made it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explained {
    /// The path for people: `stages[deploy].account`.
    pub path: String,
    /// The value.
    pub value: Json,
    /// The line of the template.
    pub place: Option<Location>,
    /// The parameters that the line uses, with who set each; and the variables of the service.
    pub from: Vec<(String, String)>,
}

impl Pipelines<'_> {
    /// What made the fields of a pipeline whose path begins with `below` (empty: all).
    ///
    /// Errors: those of [`Pipelines::render`].
    pub fn explain(&self, mark: &Mark, below: &str) -> Result<Vec<Explained>> {
        let (wanted, parameters) = self.render(mark)?;
        let places = self.places(mark)?;
        let mut leaves = Vec::new();
        collect(&wanted.pipeline.into_json(), &mut String::new(), &mut String::new(), &mut leaves);
        let mut known: IndexMap<(String, u32), Vec<(String, String)>> = IndexMap::new();
        let explained =
            leaves.into_iter().filter(|(path, _, _)| is_below(path, below)).map(|(path, pointer, value)| {
                let place = places.of(&pointer);
                let from = place.as_ref().map(|place| {
                    let key = (place.file.clone(), place.line);
                    let made = || {
                        let names = places.names(place);
                        names.iter().filter_map(|name| self.origin(mark, name, &parameters)).collect::<Vec<_>>()
                    };
                    known.entry(key).or_insert_with(made).clone()
                });
                Explained { path, value, place, from: from.unwrap_or_default() }
            });
        Ok(explained.collect())
    }

    /// Who set what a name stands for.
    fn origin(
        &self,
        mark: &Mark,
        name: &str,
        parameters: &IndexMap<String, (Json, Level)>,
    ) -> Option<(String, String)> {
        let service = self.catalog().services.get(&mark.service)?;
        if let Some((_, level)) = parameters.get(name) {
            return Some((name.to_owned(), level.describe(service, &mark.service, &mark.stack)));
        }
        let is_known = RESERVED.contains(&name) && !name.starts_with('_');
        is_known.then(|| (name.to_owned(), "the service".to_owned()))
    }
}

/// Whether a path is another one or stands below it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| above.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The leaves of a value, each with its path for people and its JSON pointer.
fn collect(value: &Json, path: &mut String, pointer: &mut String, leaves: &mut Vec<(String, String, Json)>) {
    let (path_length, pointer_length) = (path.len(), pointer.len());
    match value {
        Json::Object(object) if !object.is_empty() => {
            for (key, item) in object {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                collect(item, path, pointer, leaves);
                path.truncate(path_length);
                pointer.truncate(pointer_length);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (number, item) in items.iter().enumerate() {
                let name = ["refId", "displayName", "name"].into_iter().find_map(|key| item.get(key)?.as_str());
                path.push('[');
                path.push_str(&name.map_or_else(|| number.to_string(), str::to_owned));
                path.push(']');
                pointer.push('/');
                pointer.push_str(&number.to_string());
                collect(item, path, pointer, leaves);
                path.truncate(path_length);
                pointer.truncate(pointer_length);
            }
        }
        leaf => leaves.push((path.clone(), pointer.clone(), leaf.clone())),
    }
}
