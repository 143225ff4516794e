//! The drafts of JSON Schema: their identifiers, the keywords that contain schemas, and the meta-schemas.

/// A draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

/// How schemas hang below a keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The keyword's value.
    Value,
    /// Each value of its object.
    Each,
    /// Each item of its array.
    Items,
}

const PLACES: &[(&str, Place, Draft)] = &[
    ("definitions", Place::Each, Draft::D4),
    ("not", Place::Value, Draft::D4),
    ("allOf", Place::Items, Draft::D4),
    ("anyOf", Place::Items, Draft::D4),
    ("oneOf", Place::Items, Draft::D4),
    ("properties", Place::Each, Draft::D4),
    ("additionalProperties", Place::Value, Draft::D4),
    ("patternProperties", Place::Each, Draft::D4),
    ("items", Place::Value, Draft::D4),
    ("items", Place::Items, Draft::D4),
    ("additionalItems", Place::Value, Draft::D4),
    ("dependencies", Place::Each, Draft::D4),
    ("propertyNames", Place::Value, Draft::D6),
    ("contains", Place::Value, Draft::D6),
    ("if", Place::Value, Draft::D7),
    ("then", Place::Value, Draft::D7),
    ("else", Place::Value, Draft::D7),
    ("$defs", Place::Each, Draft::D2019),
    ("dependentSchemas", Place::Each, Draft::D2019),
    ("unevaluatedProperties", Place::Value, Draft::D2019),
    ("unevaluatedItems", Place::Value, Draft::D2019),
    ("contentSchema", Place::Value, Draft::D2019),
    ("prefixItems", Place::Items, Draft::D2020),
];

impl Draft {
    /// The draft that `$schema` names.
    pub(super) fn from_url(url: &str) -> Option<Draft> {
        let url = url.strip_suffix('#').unwrap_or(url);
        let url = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or(url);
        Some(match url {
            "json-schema.org/schema" | "json-schema.org/draft/2020-12/schema" => Draft::D2020,
            "json-schema.org/draft/2019-09/schema" => Draft::D2019,
            "json-schema.org/draft-07/schema" => Draft::D7,
            "json-schema.org/draft-06/schema" => Draft::D6,
            "json-schema.org/draft-04/schema" => Draft::D4,
            _ => return None,
        })
    }

    /// The URL of its schema of schemas.
    pub(super) fn url(self) -> &'static str {
        match self {
            Draft::D4 => "http://json-schema.org/draft-04/schema",
            Draft::D6 => "http://json-schema.org/draft-06/schema",
            Draft::D7 => "http://json-schema.org/draft-07/schema",
            Draft::D2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft::D2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The keyword that names a schema.
    pub(super) fn id(self) -> &'static str {
        if self == Draft::D4 { "id" } else { "$id" }
    }

    /// Where schemas stand inside a schema.
    pub(super) fn places(self) -> impl Iterator<Item = (&'static str, Place)> {
        PLACES.iter().filter(move |(_, _, since)| *since <= self).map(|(keyword, place, _)| (*keyword, *place))
    }

    /// Whether a vocabulary applies by default.
    pub(super) fn has_vocab(self, name: &str) -> bool {
        match self {
            Draft::D2020 => matches!(name, "core" | "applicator" | "unevaluated" | "validation"),
            Draft::D2019 => matches!(name, "core" | "applicator" | "validation"),
            _ => true,
        }
    }

    /// The URL of the schema of schemas of one of its vocabularies.
    pub(super) fn vocab(self, name: &str) -> String {
        self.url().replace("/schema", &format!("/meta/{name}"))
    }

    /// What the names of its vocabularies start with.
    pub(super) fn vocab_prefix(self) -> &'static str {
        match self {
            Draft::D2020 => "https://json-schema.org/draft/2020-12/vocab/",
            Draft::D2019 => "https://json-schema.org/draft/2019-09/vocab/",
            _ => "",
        }
    }
}

/// The text of a schema that everybody has: the schemas of schemas and their parts.
pub(super) fn known(url: &str) -> Option<&'static str> {
    let path = url.strip_prefix("http://json-schema.org/").or_else(|| url.strip_prefix("https://json-schema.org/"))?;
    Some(match path {
        "schema" | "draft/2020-12/schema" => include_str!("metaschemas/2020-12.json"),
        "draft-04/schema" => include_str!("metaschemas/draft-04.json"),
        "draft-06/schema" => include_str!("metaschemas/draft-06.json"),
        "draft-07/schema" => include_str!("metaschemas/draft-07.json"),
        "draft/2019-09/schema" => include_str!("metaschemas/2019-09.json"),
        "draft/2019-09/meta/core" => include_str!("metaschemas/2019-09-core.json"),
        "draft/2019-09/meta/applicator" => include_str!("metaschemas/2019-09-applicator.json"),
        "draft/2019-09/meta/validation" => include_str!("metaschemas/2019-09-validation.json"),
        "draft/2019-09/meta/meta-data" => include_str!("metaschemas/2019-09-meta-data.json"),
        "draft/2019-09/meta/format" => include_str!("metaschemas/2019-09-format.json"),
        "draft/2019-09/meta/content" => include_str!("metaschemas/2019-09-content.json"),
        "draft/2020-12/meta/core" => include_str!("metaschemas/2020-12-core.json"),
        "draft/2020-12/meta/applicator" => include_str!("metaschemas/2020-12-applicator.json"),
        "draft/2020-12/meta/unevaluated" => include_str!("metaschemas/2020-12-unevaluated.json"),
        "draft/2020-12/meta/validation" => include_str!("metaschemas/2020-12-validation.json"),
        "draft/2020-12/meta/meta-data" => include_str!("metaschemas/2020-12-meta-data.json"),
        "draft/2020-12/meta/format-annotation" => include_str!("metaschemas/2020-12-format-annotation.json"),
        "draft/2020-12/meta/format-assertion" => include_str!("metaschemas/2020-12-format-assertion.json"),
        "draft/2020-12/meta/content" => include_str!("metaschemas/2020-12-content.json"),
        _ => return None,
    })
}
