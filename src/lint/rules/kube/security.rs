//! Security contexts that the API server refuses.

use std::collections::BTreeSet;

use super::{containers, in_range, pods};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B512",
    name: "security-context",
    severity: Severity::Error,
    about: "a security context whose fields exclude each other or are out of range, or a sysctl that cannot be",
    check: Check::Objects(check),
};

/// The largest number of a user or a group.
const MOST: i64 = i32::MAX as i64;

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    pods(release, found, |spec, report| {
        let Some(context) = spec.get("securityContext") else { return };
        shared(&context, report);
        in_range(&context, "fsGroup", 0, MOST, report);
        let mut names = BTreeSet::new();
        for sysctl in context.each("sysctls") {
            let Some(name) = sysctl.text("name") else { continue };
            if !is_sysctl(name) {
                let message = format!("{name:?} is not the name of a sysctl");
                report.say(&sysctl, "name", message, "write a name such as net.core.somaxconn");
            } else if !names.insert(name.to_owned()) {
                report.say(&sysctl, "name", format!("the sysctl {name} is set twice"), "keep one of them");
            }
            let network = name.starts_with("net.") || name.starts_with("net/");
            if network && spec.is_true("hostNetwork") {
                let message = format!("the sysctl {name} cannot be set in the network of the node");
                report.say(&sysctl, "name", message, "remove it, or remove hostNetwork");
            }
        }
    });
    containers(release, found, |container, _, spec, report| {
        let Some(context) = container.get("securityContext") else { return };
        shared(&context, report);
        let refused = |key: &str| context.switch(key) == Some(false);
        if refused("allowPrivilegeEscalation") && context.is_true("privileged") {
            let message = "a privileged container cannot have allowPrivilegeEscalation: false";
            report.say(&context, "allowPrivilegeEscalation", message, "remove privileged or allowPrivilegeEscalation");
        }
        let own_users = spec.switch("hostUsers") == Some(false);
        if context.text("procMount") == Some("Unmasked") && !own_users {
            let message = "procMount Unmasked needs hostUsers: false in the pod";
            report.say(&context, "procMount", message, "set hostUsers: false, or remove procMount");
        }
    });
}

/// What pods and containers have.
fn shared(context: &Field<'_>, report: &mut Report<'_, '_>) {
    in_range(context, "runAsUser", 0, MOST, report);
    in_range(context, "runAsGroup", 0, MOST, report);
    for profile in ["seccompProfile", "appArmorProfile"] {
        context.within(&[profile], &mut |profile| match profile.text("type") {
            Some("Localhost") if profile.text("localhostProfile").is_none() => {
                let message = "a profile of the type Localhost needs localhostProfile";
                report.say(profile, "localhostProfile", message, "add the name of the profile");
            }
            Some(kind) if kind != "Localhost" && profile.has("localhostProfile") => {
                let message = format!("a profile of the type {kind} cannot have localhostProfile");
                report.say(profile, "localhostProfile", message, "remove it, or write type: Localhost");
            }
            _ => {}
        });
    }
}

/// `net.core.somaxconn`: lower-case names with dots or slashes between them.
fn is_sysctl(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let part = |part: &str| {
        part.bytes().next().is_some_and(plain)
            && part.bytes().last().is_some_and(plain)
            && part.bytes().all(|b| plain(b) || b == b'-' || b == b'_')
    };
    let mut parts = text.split(['.', '/']);
    let last = parts.next_back().unwrap_or_default();
    // an interface in the path may have upper-case letters and dots
    text.len() <= 253 && part(last) && parts.all(|name| part(name) || text.contains('/') && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (spec, want) in [
            (
                "securityContext: {runAsUser: 0, seccompProfile: {type: RuntimeDefault}, sysctls: [{name: net.core.somaxconn, value: '1'}]}",
                "",
            ),
            (
                "securityContext: {runAsUser: -1}",
                "securityContext.runAsUser: runAsUser is -1, but must be from 0 to 2147483647",
            ),
            (
                "securityContext: {seccompProfile: {type: Localhost}}",
                "securityContext.seccompProfile.localhostProfile: a profile of the type Localhost needs localhostProfile",
            ),
            (
                "securityContext: {seccompProfile: {type: RuntimeDefault, localhostProfile: a}}",
                "securityContext.seccompProfile.localhostProfile: a profile of the type RuntimeDefault cannot have localhostProfile",
            ),
            (
                "securityContext: {sysctls: [{name: a}, {name: a}]}",
                "securityContext.sysctls[1].name: the sysctl a is set twice",
            ),
            (
                "securityContext: {sysctls: [{name: Net_}]}",
                "securityContext.sysctls[0].name: \"Net_\" is not the name of a sysctl",
            ),
            (
                "hostNetwork: true, securityContext: {sysctls: [{name: net.core.somaxconn}]}",
                "securityContext.sysctls[0].name: the sysctl net.core.somaxconn cannot be set in the network of the node",
            ),
            (
                "containers: [{securityContext: {privileged: true, allowPrivilegeEscalation: false}}]",
                "containers[0].securityContext.allowPrivilegeEscalation: a privileged container cannot have allowPrivilegeEscalation: false",
            ),
            (
                "containers: [{securityContext: {procMount: Unmasked}}]",
                "containers[0].securityContext.procMount: procMount Unmasked needs hostUsers: false in the pod",
            ),
        ] {
            let pod = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{{spec}}}}}");
            assert_says(&RULE, &pod, "Pod/p spec.", want);
        }
    }
}
