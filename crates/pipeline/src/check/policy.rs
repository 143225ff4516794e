//! Which accounts, namespaces and applications a stack and a service may use.

use super::pattern;
use crate::Mark;

/// Which accounts, namespaces and applications a stack and a service may use. An empty policy allows everything.
///
/// Patterns have `*` and `?`. What is allowed may also name the subject: `{project}`, `{service}`, `{stack}`, and the parts of
/// a service that is written as `PRODUCT/NAMESPACE/APP`: `{product}`, `{namespace}`, `{app}`; `{app}` is the last part of any
/// service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The accounts of stacks: `Allowed { of: "*", patterns: ["k8s-*-{stack}"] }`.
    pub accounts: Vec<Allowed>,
    /// The namespaces of services.
    pub namespaces: Vec<Allowed>,
    /// The applications of services.
    pub applications: Vec<Allowed>,
    /// The names of all stacks. An account or namespace with the name of another stack as a word of it is refused: `k8s-prod`
    /// for the stack `dev`. What [`Self::accounts`] or [`Self::namespaces`] allow is not.
    pub stacks: Vec<String>,
    /// Whether the pipelines are locked against edits in the UI.
    pub locked: Option<bool>,
    /// The roles that every pipeline has; none of them is checked if it is empty.
    pub roles: Vec<String>,
}

/// What a stack or a service may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The stacks or services, as a pattern.
    pub of: String,
    /// What they may use, as patterns.
    pub patterns: Vec<String>,
}

impl Allowed {
    /// What a pattern of stacks or services may use.
    pub fn new<'a>(of: &str, patterns: impl IntoIterator<Item = &'a str>) -> Self {
        Allowed { of: of.to_owned(), patterns: patterns.into_iter().map(str::to_owned).collect() }
    }
}

impl Policy {
    /// Why an account is refused.
    pub(super) fn account(&self, mark: &Mark, account: &str) -> Option<String> {
        self.refused("account", &self.accounts, &mark.stack, mark, account, true)
    }

    /// Why a namespace is refused.
    pub(super) fn namespace(&self, mark: &Mark, namespace: &str) -> Option<String> {
        self.refused("namespace", &self.namespaces, &mark.service, mark, namespace, true)
    }

    /// Why an application is refused.
    pub(super) fn application(&self, mark: &Mark, application: &str) -> Option<String> {
        self.refused("application", &self.applications, &mark.service, mark, application, false)
    }

    fn refused(
        &self,
        what: &str,
        lists: &[Allowed],
        subject: &str,
        mark: &Mark,
        name: &str,
        by_stack: bool,
    ) -> Option<String> {
        let of: Vec<&Allowed> = lists.iter().filter(|list| pattern::matches(&list.of, subject)).collect();
        let mut patterns = of.iter().flat_map(|list| &list.patterns).map(|pattern| fill(pattern, mark));
        if patterns.any(|pattern| pattern::matches(&pattern, name)) {
            return None;
        }
        let other = self.other_stack(mark, name).filter(|_| by_stack);
        if let Some(other) = other {
            return Some(format!("the {what} {name} belongs to the stack {other}, and this is {}", mark.stack));
        }
        if of.is_empty() {
            return None;
        }
        let patterns: Vec<String> =
            of.iter().flat_map(|list| &list.patterns).map(|pattern| fill(pattern, mark)).collect();
        Some(format!("the {what} {name} is not one of {subject}: {}", patterns.join(", ")))
    }

    /// The other stack that a name has as a word.
    fn other_stack(&self, mark: &Mark, name: &str) -> Option<&str> {
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        let has = |stack: &str| words.iter().any(|word| word.eq_ignore_ascii_case(stack));
        if mark.stack.is_empty() || has(&mark.stack) {
            return None;
        }
        self.stacks.iter().map(String::as_str).find(|stack| !stack.eq_ignore_ascii_case(&mark.stack) && has(stack))
    }
}

/// A pattern with the names of a subject.
fn fill(pattern: &str, mark: &Mark) -> String {
    if !pattern.contains('{') {
        return pattern.to_owned();
    }
    let parts: Vec<&str> = mark.service.split('/').collect();
    let (product, namespace) = match parts.as_slice() {
        [product, namespace, _] => (*product, *namespace),
        _ => ("", ""),
    };
    pattern
        .replace("{project}", &mark.project)
        .replace("{service}", &mark.service)
        .replace("{stack}", &mark.stack)
        .replace("{product}", product)
        .replace("{namespace}", namespace)
        .replace("{app}", parts.last().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(service: &str, stack: &str) -> Mark {
        Mark { service: service.to_owned(), stack: stack.to_owned(), ..Mark::default() }
    }

    #[test]
    fn accounts_of_another_stack_are_refused() {
        let listed = Policy {
            accounts: vec![
                Allowed::new("prod*", ["k8s-prod", "k8s-{product}-{stack}"]),
                Allowed::new("dev", ["*-dev"]),
            ],
            ..Policy::default()
        };
        let by_word = Policy { stacks: ["dev", "qa", "prod"].map(str::to_owned).to_vec(), ..Policy::default() };
        let both = Policy { accounts: vec![Allowed::new("*", ["shared-prod-tools"])], ..by_word.clone() };
        for (policy, stack, account, says) in [
            (&listed, "dev", "k8s-azar-dev", None),
            (&listed, "dev", "k8s-prod", Some("the account k8s-prod is not one of dev: *-dev")),
            (&listed, "prod-eu", "k8s-azar-prod-eu", None),
            (&listed, "prod", "k8s-x-prod", Some("the account k8s-x-prod is not one of prod: k8s-prod, k8s-azar-prod")),
            (&listed, "qa", "anything", None),
            (
                &by_word,
                "dev",
                "k8s-azar-PROD",
                Some("the account k8s-azar-PROD belongs to the stack prod, and this is dev"),
            ),
            (&by_word, "dev", "k8s-production", None),
            (&by_word, "dev", "dev-to-prod", None),
            (&by_word, "", "k8s-prod", None),
            (&both, "dev", "shared-prod-tools", None),
            (&Policy::default(), "dev", "k8s-prod", None),
        ] {
            assert_eq!(
                policy.account(&mark("azar/azar-api/api", stack), account).as_deref(),
                says,
                "{stack} {account}"
            );
        }
    }

    #[test]
    fn namespaces_and_applications_of_a_service() {
        let policy = Policy {
            namespaces: vec![Allowed::new("azar/*", ["{namespace}", "{namespace}-canary"])],
            applications: vec![Allowed::new("*", ["{app}"])],
            ..Policy::default()
        };
        let api = mark("azar/azar-api/api", "dev");
        assert_eq!(policy.namespace(&api, "azar-api-canary"), None);
        assert!(policy.namespace(&api, "azar-match").is_some());
        assert_eq!(policy.namespace(&mark("hakuna/x/y", "dev"), "azar-match"), None);
        assert_eq!(policy.application(&api, "api"), None);
        assert!(policy.application(&api, "web").is_some());
    }
}
