//! Names and ids of pipelines.

use crate::check::Context;
use crate::check::path::place;
use crate::check::rule::{BAD_NAME, DUPLICATE_ID, DUPLICATE_NAME, Severity};
use crate::check::view::{has_expression, text};

pub(super) fn check(c: &mut Context<'_, '_>) {
    let (set, at, body) = (c.set, c.at, c.view.body);
    if let Some(first) = set.same_id(at) {
        let message = format!("{} has this id as well; Front50 keeps one of them", set.title(first));
        c.add(&DUPLICATE_ID, place!["id"], message);
    }
    if c.view.is_template {
        return;
    }
    if let Some(first) = set.same_name(at) {
        let message =
            format!("{} has the same name; Front50 looks at neither case nor blanks around it", set.title(first));
        c.add(&DUPLICATE_NAME, place!["name"], message);
    }
    for (key, needed) in [("name", true), ("application", true), ("id", false)] {
        let value = text(body, key).unwrap_or_default();
        if value.trim().is_empty() {
            if needed {
                c.add(&BAD_NAME, place![key], format!("the pipeline has no {key}, and Front50 refuses it"));
            }
        } else if has_expression(value) {
            c.add(&BAD_NAME, place![key], format!("the {key} has an expression, which nobody evaluates"));
        } else if let Some(problem) = problem(value) {
            let message = format!("the {key} {problem}, so Front50 cannot read or delete the pipeline by it");
            c.add(&BAD_NAME, place![key], message);
        } else if value.trim() != value {
            c.add(&BAD_NAME, place![key], format!("the {key} has blanks around it, which Front50 removes"))
                .at_most(Severity::Warning);
        }
    }
}

/// What keeps a name out of a URL of Front50.
fn problem(name: &str) -> Option<String> {
    /// The columns of a SQL store.
    const LONGEST: usize = 255;
    match name.chars().find(|c| matches!(c, '/' | '\\' | ';' | '%') || c.is_control()) {
        Some(c) => Some(format!("has {c:?}")),
        None if name == "." || name == ".." => Some(format!("is {name:?}")),
        None if name.chars().count() > LONGEST => Some(format!("is longer than {LONGEST} characters")),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::{lines, pipeline, rows};

    #[test]
    fn names_that_front50_cannot_find() {
        let long = format!(r#""name":"{}""#, "n".repeat(256));
        let cannot = ", so Front50 cannot read or delete the pipeline by it";
        for (members, says) in [
            (r#""name":"Deploy to 한국 (prod)""#, None),
            (r#""name":"a/b""#, Some(format!("error P408 name: the name has '/'{cannot}"))),
            (r#""name":"50%""#, Some(format!("error P408 name: the name has '%'{cannot}"))),
            (r#""name":"a\nb""#, Some(format!("error P408 name: the name has '\\n'{cannot}"))),
            (r#""name":"..""#, Some(format!("error P408 name: the name is \"..\"{cannot}"))),
            (r#""application":"a;b""#, Some(format!("error P408 application: the application has ';'{cannot}"))),
            (&long, Some(format!("error P408 name: the name is longer than 255 characters{cannot}"))),
            (
                r#""name":" a""#,
                Some("warning P408 name: the name has blanks around it, which Front50 removes".to_owned()),
            ),
            (r#""name":" ""#, Some("error P408 name: the pipeline has no name, and Front50 refuses it".to_owned())),
        ] {
            let found = lines(&Config::default(), &[pipeline(members)], &["P408"]);
            assert_eq!(found, says.into_iter().collect::<Vec<_>>(), "{members}");
        }
        rows(&Config::default(), &["P408"], &[(r#""schema":"v2","pipeline":{"stages":[]},"name":"""#, &[])]);
    }

    #[test]
    fn names_and_ids_that_differ_in_case_or_blanks() {
        let set = [
            pipeline(r#""name":"Deploy","id":"A""#),
            pipeline(r#""name":"deploy ","id":"b""#),
            pipeline(r#""name":"deploy","application":"other","id":"a""#),
        ];
        assert_eq!(
            lines(&Config::default(), &set, &["P406", "P407"]),
            [
                "error P406 name: app/Deploy has the same name; Front50 looks at neither case nor blanks around it",
                "error P407 id: app/Deploy has this id as well; Front50 keeps one of them",
            ]
        );
    }
}
