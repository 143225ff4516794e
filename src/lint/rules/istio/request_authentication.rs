//! `RequestAuthentication`: the issuers of tokens, and their keys. Istio: `ValidateRequestAuthentication`.

use serde_json::Value as Json;

use super::SECURITY;
use super::fields::{self, Is, say, select};
use crate::lint::network::is_url;
use crate::lint::objects::{Object, Release};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B405",
    name: "request-authentication",
    severity: Severity::Error,
    about: "a RequestAuthentication without an issuer, with invalid keys, or with empty fields",
    check: Check::Objects(check),
};

const FIELDS: [(&str, Is); 12] = [
    ("spec.jwtRules[]", Is::Object),
    ("spec.jwtRules[].audiences[]", Is::Text),
    ("spec.jwtRules[].jwksUri", Is::Such(is_keys_url, "an http or https URL")),
    ("spec.jwtRules[].jwks_uri", Is::Such(is_keys_url, "an http or https URL")),
    ("spec.jwtRules[].fromHeaders[].name", Is::Text),
    ("spec.jwtRules[].fromParams[]", Is::Text),
    ("spec.jwtRules[].fromCookies[]", Is::Text),
    ("spec.jwtRules[].outputClaimToHeaders[]", Is::Object),
    ("spec.jwtRules[].outputClaimToHeaders[].claim", Is::Text),
    ("spec.jwtRules[].outputClaimToHeaders[].header", Is::Such(is_header, "the name of a header")),
    ("spec.jwtRules[].timeout", Is::Duration),
    ("spec.jwtRules[].spaceDelimitedClaims[]", Is::Text),
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(SECURITY, "RequestAuthentication") {
        fields::check(object, &FIELDS, found);
        for (place, rule) in select(&object.node, "spec.jwtRules[]") {
            let Some(rule) = rule else { continue };
            keys(object, &place, rule, found);
        }
    }
}

/// The keys themselves: a JSON Web Key Set. Without one, Istio fetches the keys from the issuer.
fn keys(object: &Object, place: &str, rule: &Node, found: &mut RuleFindings<'_>) {
    let text = |key| rule.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    if ["issuer", "jwksUri", "jwks_uri"].into_iter().all(|key| text(key).is_none()) {
        say(object, format!("{place}.issuer"), "a rule needs the issuer of its tokens, or jwksUri", found);
    }
    if let Some(keys) = text("jwks")
        && let Err(why) = key_set(keys)
    {
        say(object, format!("{place}.jwks"), format!("jwks must be a JSON Web Key Set, but {why}"), found);
    }
    if text("jwks").is_some() && (text("jwksUri").is_some() || text("jwks_uri").is_some()) {
        say(object, place, "a rule can have jwks or jwksUri, not both", found);
    }
}

fn key_set(text: &str) -> Result<(), &'static str> {
    let json: Json = serde_json::from_str(text).map_err(|_| "it is not valid JSON")?;
    let keys = json.get("keys").and_then(Json::as_array).ok_or("it has no list of keys")?;
    if keys.is_empty() {
        return Err("its list of keys is empty");
    }
    if !keys.iter().all(|key| key.get("kty").is_some_and(Json::is_string)) {
        return Err("one of its keys has no type (kty)");
    }
    Ok(())
}

fn is_keys_url(text: &str) -> bool {
    is_url(text, &["http", "https"])
}

/// Whether a text is the name of a header that may be set.
fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |rule: &str| {
            format!(
                "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{name: web}}\nspec: {{jwtRules: [{rule}]}}\n"
            )
        };
        let rows: [(&str, &str); 11] = [
            ("{issuer: a, jwksUri: 'https://id.example/keys'}", ""),
            (r#"{issuer: a, jwks: '{"keys": [{"kty": "RSA", "e": "AQAB"}]}', timeout: 5s}"#, ""),
            ("{jwksUri: 'https://id.example/keys'}", ""),
            ("{issuer: ''}", "issuer: a rule needs the issuer of its tokens, or jwksUri"),
            ("{issuer: a, jwksUri: id.example}", "jwksUri: jwksUri must be an http or https URL, not \"id.example\""),
            ("{issuer: a, jwks: '{'}", "jwks: jwks must be a JSON Web Key Set, but it is not valid JSON"),
            (
                "{issuer: a, jwks: '{\"keys\": {}}'}",
                "jwks: jwks must be a JSON Web Key Set, but it has no list of keys",
            ),
            (
                "{issuer: a, jwks: '{\"keys\": []}'}",
                "jwks: jwks must be a JSON Web Key Set, but its list of keys is empty",
            ),
            (
                "{issuer: a, jwks: '{\"keys\": [{}]}'}",
                "jwks: jwks must be a JSON Web Key Set, but one of its keys has no type (kty)",
            ),
            (
                "{issuer: a, outputClaimToHeaders: [{claim: c, header: ':h'}]}",
                "outputClaimToHeaders[0].header: header must be the name of a header, not \":h\"",
            ),
            ("{issuer: a, timeout: soon}", "timeout: timeout must be a duration such as 5s, not \"soon\""),
        ];
        for (rule, want) in rows {
            assert_says(&RULE, &bake(rule), "RequestAuthentication/web spec.jwtRules[0].", want);
        }
    }
}
