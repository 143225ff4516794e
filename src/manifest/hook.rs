//! Hooks: resources with a `helm.sh/hook` annotation. Helm: `pkg/release/hook.go`, `pkg/releaseutil/manifest_sorter.go`.

/// The events of hooks, as in the annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HookEvent {
    /// `pre-install`
    PreInstall,
    /// `post-install`
    PostInstall,
    /// `pre-delete`
    PreDelete,
    /// `post-delete`
    PostDelete,
    /// `pre-upgrade`
    PreUpgrade,
    /// `post-upgrade`
    PostUpgrade,
    /// `pre-rollback`
    PreRollback,
    /// `post-rollback`
    PostRollback,
    /// `test`
    Test,
}

/// The settings in the annotations of a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hook {
    /// Its events.
    pub events: Vec<HookEvent>,
    /// Its weight among the hooks of an event; 0 if the annotation is not a number.
    pub weight: i64,
    /// `helm.sh/hook-delete-policy`, in lower case, unchecked.
    pub delete_policies: Vec<String>,
    /// `helm.sh/hook-output-log-policy`, in lower case, unchecked.
    pub output_log_policies: Vec<String>,
}

/// The result of [`Hook::from_annotations`].
pub(super) enum HookKind {
    /// Not a hook.
    None,
    /// A hook.
    Hook(Hook),
    /// A hook with an unknown event: the text of the annotation.
    Unknown(String),
}

impl HookEvent {
    /// The name of the event in the annotation.
    pub fn name(self) -> &'static str {
        match self {
            HookEvent::PreInstall => "pre-install",
            HookEvent::PostInstall => "post-install",
            HookEvent::PreDelete => "pre-delete",
            HookEvent::PostDelete => "post-delete",
            HookEvent::PreUpgrade => "pre-upgrade",
            HookEvent::PostUpgrade => "post-upgrade",
            HookEvent::PreRollback => "pre-rollback",
            HookEvent::PostRollback => "post-rollback",
            HookEvent::Test => "test",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "pre-install" => HookEvent::PreInstall,
            "post-install" => HookEvent::PostInstall,
            "pre-delete" => HookEvent::PreDelete,
            "post-delete" => HookEvent::PostDelete,
            "pre-upgrade" => HookEvent::PreUpgrade,
            "post-upgrade" => HookEvent::PostUpgrade,
            "pre-rollback" => HookEvent::PreRollback,
            "post-rollback" => HookEvent::PostRollback,
            // the name of tests in Helm 2
            "test" | "test-success" => HookEvent::Test,
            _ => return None,
        })
    }
}

impl Hook {
    /// Whether it runs on `helm test`, so that `--skip-tests` leaves it out.
    pub fn is_test(&self) -> bool {
        self.events.contains(&HookEvent::Test)
    }

    pub(super) fn from_annotations(annotations: &[(String, String)]) -> HookKind {
        let get = |name: &str| annotations.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let Some(types) = get("helm.sh/hook") else { return HookKind::None };
        let mut events = Vec::new();
        for name in names(types) {
            match HookEvent::from_name(&name) {
                Some(event) => events.push(event),
                None => return HookKind::Unknown(types.to_owned()),
            }
        }
        HookKind::Hook(Hook {
            events,
            weight: get("helm.sh/hook-weight").and_then(|text| text.parse().ok()).unwrap_or(0),
            delete_policies: get("helm.sh/hook-delete-policy").map(|text| names(text).collect()).unwrap_or_default(),
            output_log_policies: get("helm.sh/hook-output-log-policy")
                .map(|text| names(text).collect())
                .unwrap_or_default(),
        })
    }
}

fn names(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(|name| name.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(pairs: &[(&str, &str)]) -> Option<Hook> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        match Hook::from_annotations(&pairs) {
            HookKind::Hook(hook) => Some(hook),
            _ => None,
        }
    }

    #[test]
    fn events_are_read_with_space_and_case() {
        let found = hook(&[("helm.sh/hook", " Pre-Install ,TEST"), ("helm.sh/hook-weight", "-5")]).unwrap();
        assert_eq!(found.events, [HookEvent::PreInstall, HookEvent::Test]);
        assert_eq!((found.weight, found.is_test()), (-5, true));
    }

    #[test]
    fn a_weight_that_is_no_number_is_zero() {
        for (text, weight) in [("+3", 3), ("1.5", 0), ("99999999999999999999", 0), (" 1", 0), ("", 0)] {
            assert_eq!(hook(&[("helm.sh/hook", "test"), ("helm.sh/hook-weight", text)]).unwrap().weight, weight);
        }
    }

    #[test]
    fn one_unknown_event_drops_the_hook() {
        for types in ["nope", "pre-install,", "", "crd-install"] {
            assert_eq!(hook(&[("helm.sh/hook", types)]), None, "{types}");
        }
    }
}
