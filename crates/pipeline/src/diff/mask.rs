//! Secrets in pipelines: they are compared, and never shown.

use go::stack::with_stack;

use crate::Json;

/// What stands for a secret.
const MASK: &str = "<masked>";

/// Parts of the names of fields that hold secrets.
const SECRETS: [&str; 8] =
    ["secret", "password", "passphrase", "token", "apikey", "credential", "privatekey", "authorization"];

/// Whether a key names a secret. Names of accounts and of things that are only called after secrets do not count.
pub(super) fn is_secret(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let names = ["secretname", "tokenname", "credentialname", "credentials", "credentialsname", "credentialstype"];
    !names.contains(&plain.as_str()) && SECRETS.iter().any(|secret| plain.contains(secret))
}

/// A value that stands at a key, with its secrets masked. An expression is no secret: it says where one comes from.
pub(super) fn masked(key: &str, value: &Json) -> Json {
    match value {
        Json::String(text) if is_secret(key) && !text.is_empty() && !text.starts_with("${") => Json::from(MASK),
        Json::Array(items) => with_stack(|| Json::Array(items.iter().map(|item| masked(key, item)).collect())),
        Json::Object(object) => {
            with_stack(|| Json::Object(object.iter().map(|(key, value)| (key.clone(), masked(key, value))).collect()))
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, want) in [
            (r#"{"secret":"a","secretName":"b"}"#, r#"{"secret":"<masked>","secretName":"b"}"#),
            (
                r#"{"customHeaders":{"Authorization":["Bearer x"],"X-Api-Key":"k"}}"#,
                r#"{"customHeaders":{"Authorization":["<masked>"],"X-Api-Key":"<masked>"}}"#,
            ),
            (
                r#"{"password":"${#secret('x')}","credentials":"prod"}"#,
                r#"{"password":"${#secret('x')}","credentials":"prod"}"#,
            ),
        ] {
            assert_eq!(masked("", &Json::read(text.as_bytes()).unwrap()).to_string(), want);
        }
    }
}
