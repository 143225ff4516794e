//! The head of a template: what it is and which parameters it takes, as a YAML document of its own before the text.

use gotemplate::error::{Error, ErrorKind, Location, Result};
use goyaml::{Data, Node};
use indexmap::IndexMap;

use crate::catalog::Parameters;
use crate::{Json, Object, yaml};

/// A template: its head, and the text below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its file, as it is shown in errors.
    pub file: String,
    /// What it is for.
    pub description: String,
    /// The parameters it declares, in their order; none for a template without a head, which takes any.
    pub parameters: Option<IndexMap<String, Parameter>>,
    /// The text with the head as empty lines, so that the lines keep their numbers.
    pub(super) body: String,
}

/// A parameter that a template declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameter {
    /// What it is.
    pub description: String,
    /// Its type; none: any.
    pub kind: Option<Kind>,
    /// Its value if nobody sets one. Without a default, somebody must.
    pub default: Option<Json>,
    /// The values that it may have; none: any.
    pub choices: Vec<Json>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    List,
    /// A map.
    Map,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::String, Kind::Integer, Kind::Number, Kind::Boolean, Kind::List, Kind::Map];

    /// The type in a head.
    pub fn name(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::List => "list",
            Kind::Map => "map",
        }
    }

    /// The type in a JSON schema.
    fn schema_name(self) -> &'static str {
        match self {
            Kind::List => "array",
            Kind::Map => "object",
            other => other.name(),
        }
    }

    fn fits(self, value: &Json) -> bool {
        match (self, value) {
            (Kind::String, Json::String(_))
            | (Kind::Number, Json::Number(_))
            | (Kind::Boolean, Json::Bool(_))
            | (Kind::List, Json::Array(_))
            | (Kind::Map, Json::Object(_)) => true,
            (Kind::Integer, Json::Number(number)) => number.as_i64().is_some(),
            _ => false,
        }
    }
}

const KEYS: &[&str] = &["description", "parameters"];
const PARAMETER_KEYS: &[&str] = &["description", "type", "default", "enum"];

impl Template {
    /// Reads the head of a template. A head is everything above the first line `---`, if it is a map with the key `parameters`
    /// or `description` and nothing else.
    ///
    /// Errors: the head has another key, or a parameter is not described as it must be.
    pub fn read(name: &str, file: &str, text: &str) -> Result<Template> {
        let mut template = Template {
            name: name.to_owned(),
            file: file.to_owned(),
            description: String::new(),
            parameters: None,
            body: text.to_owned(),
        };
        let Some((head, lines)) = head_of(text) else { return Ok(template) };
        let Ok(node) = yaml::read(file, head) else { return Ok(template) };
        if node.get("parameters").is_none() && node.get("description").is_none() || node.get("stages").is_some() {
            return Ok(template);
        }
        let reader = Reader { file, text };
        reader.keys(&node, "the head of a template", KEYS)?;
        if let Some(text) = node.get("description") {
            template.description = reader.text(text, "description")?;
        }
        let mut parameters = IndexMap::new();
        if let Some(map) = node.get("parameters").and_then(Node::as_map) {
            for (key, value) in map {
                let key = key.to_string_lossy().into_owned();
                parameters.insert(key.clone(), reader.parameter(&key, value)?);
            }
        }
        template.parameters = Some(parameters);
        let rest = text.split_inclusive('\n').skip(lines).collect::<String>();
        template.body = "\n".repeat(lines) + &rest;
        Ok(template)
    }

    /// The defaults of the parameters.
    pub fn defaults(&self) -> Parameters {
        let parameters = self.parameters.iter().flatten();
        parameters.filter_map(|(name, parameter)| Some((name.clone(), parameter.default.clone()?))).collect()
    }

    /// The JSON schema of the parameters, for editors and forms.
    pub fn schema(&self) -> Json {
        let mut properties = Object::new();
        let mut required = Vec::new();
        for (name, parameter) in self.parameters.iter().flatten() {
            let mut schema = Object::new();
            if !parameter.description.is_empty() {
                schema.insert("description".to_owned(), Json::from(parameter.description.as_str()));
            }
            if let Some(kind) = parameter.kind {
                schema.insert("type".to_owned(), Json::from(kind.schema_name()));
            }
            if let Some(default) = &parameter.default {
                schema.insert("default".to_owned(), default.clone());
            } else {
                required.push(Json::from(name.as_str()));
            }
            if !parameter.choices.is_empty() {
                schema.insert("enum".to_owned(), Json::Array(parameter.choices.clone()));
            }
            properties.insert(name.clone(), Json::Object(schema));
        }
        let entries = [
            ("$schema", Json::from("https://json-schema.org/draft/2020-12/schema")),
            ("title", Json::from(self.name.as_str())),
            ("description", Json::from(self.description.as_str())),
            ("type", Json::from("object")),
            ("additionalProperties", Json::Bool(self.parameters.is_none())),
            ("properties", Json::Object(properties)),
            ("required", Json::Array(required)),
        ];
        Json::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// Checks the values of the declared parameters, and leaves out what other templates declare.
    ///
    /// Errors: a parameter has no value, one of another type, or one that is not among its choices.
    pub(super) fn check<'v>(&self, values: impl Iterator<Item = (&'v String, &'v Json)>) -> Result<Parameters> {
        let values: Parameters = values.map(|(name, value)| (name.clone(), value.clone())).collect();
        let Some(parameters) = &self.parameters else { return Ok(values) };
        let mut kept = Parameters::new();
        for (name, parameter) in parameters {
            let wrong =
                |what: String| Error::new(ErrorKind::Values, format!("{}: parameter {name:?} {what}", self.file));
            let Some(value) = values.get(name) else {
                let error = wrong("has no value".to_owned());
                return Err(error.with_hint(match parameter.description.as_str() {
                    "" => "set it for the project, a product, a team, a service or a stack".to_owned(),
                    about => format!("it is: {about}"),
                }));
            };
            if let Some(kind) = parameter.kind.filter(|kind| !kind.fits(value)) {
                return Err(wrong(format!("must be of type {}, not {}", kind.name(), value.type_name())));
            }
            if !parameter.choices.is_empty() && !parameter.choices.contains(value) {
                let choices: Vec<String> = parameter.choices.iter().map(Json::to_string).collect();
                return Err(wrong(format!("is {value}, but must be one of {}", choices.join(", "))));
            }
            kept.insert(name.clone(), value.clone());
        }
        Ok(kept)
    }
}

/// The text above the first `---` that has some text above it, and the number of its lines with that one.
fn head_of(text: &str) -> Option<(&str, usize)> {
    let is_said = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let (mut at, mut said) = (0, false);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" {
            if said {
                return Some((text.get(..at)?, number + 1));
            }
        } else {
            said |= is_said(line);
        }
        at += line.len();
    }
    None
}

/// Reads a head; errors name the file and the line.
struct Reader<'t> {
    file: &'t str,
    text: &'t str,
}

impl Reader<'_> {
    fn error(&self, node: &Node, message: impl std::fmt::Display) -> Error {
        let line = node.mark.line;
        let source = (line as usize).checked_sub(1).and_then(|n| self.text.lines().nth(n)).unwrap_or_default();
        let error = Error::new(ErrorKind::Syntax, format!("{}:{line}: {message}", self.file));
        error.at(Location::new(self.file, line, node.mark.column)).with_source_line(source)
    }

    fn keys(&self, node: &Node, what: &str, known: &[&str]) -> Result<()> {
        let Some(map) = node.as_map() else { return Err(self.error(node, format!("{what} must be a map"))) };
        for (key, value) in map {
            let key = key.to_string_lossy();
            if !known.contains(&&*key) {
                let error = self.error(value, format!("{what} has no key {key:?}"));
                let error = error.with_hint(format!("the keys are: {}", known.join(", ")));
                return Err(error.did_you_mean(&key, known.iter().copied()));
            }
        }
        Ok(())
    }

    fn text(&self, node: &Node, what: &str) -> Result<String> {
        match node.as_str() {
            Some(text) => Ok(text.trim_end().to_owned()),
            None => Err(self.error(node, format!("{what} must be a text"))),
        }
    }

    /// A parameter: null for any value, a text that describes it, or a map.
    fn parameter(&self, name: &str, node: &Node) -> Result<Parameter> {
        let mut parameter = Parameter::default();
        if matches!(node.data, Data::Null) {
            return Ok(parameter);
        }
        if let Some(text) = node.as_str() {
            text.clone_into(&mut parameter.description);
            return Ok(parameter);
        }
        let what = format!("parameter {name:?}");
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(
                self.error(node, format!("{what}: a name has letters, digits and `_`, so that templates can use it"))
            );
        }
        if super::RESERVED.contains(&name) {
            return Err(self.error(node, format!("{what}: every template has a variable of this name")));
        }
        self.keys(node, &what, PARAMETER_KEYS)?;
        if let Some(text) = node.get("description") {
            parameter.description = self.text(text, "description")?;
        }
        if let Some(kind) = node.get("type") {
            let text = self.text(kind, "type")?;
            let Some(known) = Kind::ALL.iter().find(|known| known.name() == text) else {
                let names = Kind::ALL.map(Kind::name);
                let error = self.error(kind, format!("{what}: there is no type {text:?}"));
                return Err(error.with_hint(format!("the types are: {}", names.join(", "))).did_you_mean(&text, names));
            };
            parameter.kind = Some(*known);
        }
        if let Some(choices) = node.get("enum") {
            let Some(items) = choices.as_list() else {
                return Err(self.error(choices, format!("{what}: enum must be a list")));
            };
            parameter.choices = items.iter().map(Json::from).collect();
        }
        if let Some(default) = node.get("default") {
            let value = Json::from(default);
            if let Some(kind) = parameter.kind.filter(|kind| !kind.fits(&value)) {
                let text = format!("{what}: the default must be of type {}, not {}", kind.name(), value.type_name());
                return Err(self.error(default, text));
            }
            parameter.default = Some(value);
        }
        Ok(parameter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# how it is deployed
description: Deploys.
parameters:
  weights: {description: Percent., type: list, default: [1, 5]}
  kind: {type: string, enum: [a, b], default: a}
  wait: {type: integer}
---
name: x
";

    #[test]
    fn a_head_declares_parameters_and_the_lines_stay() {
        let template = Template::read("t", "t.yaml", TEXT).unwrap();
        assert_eq!(template.description, "Deploys.");
        assert_eq!(template.body, "\n\n\n\n\n\n\nname: x\n");
        let schema = template.schema();
        assert_eq!(schema.get("required").unwrap().to_string(), r#"["wait"]"#);
        assert_eq!(
            schema.get("properties").unwrap().get("weights").unwrap().to_string(),
            r#"{"description":"Percent.","type":"array","default":[1,5]}"#
        );
        for (values, want) in [
            (r#"{"wait":3,"other":1}"#, Ok(r#"{"weights":[1,5],"kind":"a","wait":3}"#)),
            (r"{}", Err("t.yaml: parameter \"wait\" has no value")),
            (r#"{"wait":"3"}"#, Err("t.yaml: parameter \"wait\" must be of type integer, not string")),
            (r#"{"wait":3,"kind":"c"}"#, Err("t.yaml: parameter \"kind\" is \"c\", but must be one of \"a\", \"b\"")),
        ] {
            let mut all = template.defaults();
            all.extend(Json::read(values.as_bytes()).unwrap().as_object().unwrap().clone());
            let got = template.check(all.iter()).map(|kept| Json::Object(kept).to_string());
            assert_eq!(got.map_err(|e| e.to_string()), want.map(str::to_owned).map_err(str::to_owned));
        }
    }

    #[test]
    fn what_is_no_head_is_part_of_the_text() {
        for text in [
            "name: x\n",
            "---\nname: x\n",
            "name: x\n---\nname: y\n",
            "{% if a %}\n---\n{% endif %}\n",
            "description: x\nstages: []\n---\n",
        ] {
            let template = Template::read("t", "t.yaml", text).unwrap();
            assert_eq!((template.body.as_str(), &template.parameters), (text, &None), "{text}");
        }
    }

    #[test]
    fn a_head_is_read_strictly() {
        for (old, new, want) in [
            ("type: list", "typ: list", "t.yaml:4: parameter \"weights\" has no key \"typ\""),
            ("type: integer", "type: int", "t.yaml:6: parameter \"wait\": there is no type \"int\""),
            ("wait:", "stack:", "t.yaml:6: parameter \"stack\": every template has a variable of this name"),
            (
                "wait:",
                "a-b:",
                "t.yaml:6: parameter \"a-b\": a name has letters, digits and `_`, so that templates can use it",
            ),
            (
                "default: a",
                "default: 1",
                "t.yaml:5: parameter \"kind\": the default must be of type string, not number",
            ),
            ("description: Deploys.", "version: 1", "t.yaml:2: the head of a template has no key \"version\""),
        ] {
            let error = Template::read("t", "t.yaml", &TEXT.replacen(old, new, 1)).unwrap_err();
            assert_eq!(error.to_string(), want);
        }
    }
}
