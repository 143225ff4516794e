//! An object whose `apiVersion` the cluster does not serve.

use crate::lint::field::{Field, Report};
use crate::lint::kubernetes::{Known, api_version, known};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B502",
    name: "api-version",
    severity: Severity::Error,
    about: "an apiVersion that the cluster's version of Kubernetes does not serve; --kube-version picks it",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in &release.objects {
        let written = api_version(&object.group, &object.version);
        let kind = &object.kind;
        let (message, serves) = match known(object, release.minor) {
            Known::Served | Known::Foreign => continue,
            Known::Otherwise { removed: Some(minor), serves } => {
                (format!("Kubernetes 1.{minor} removed {written} {kind}"), serves)
            }
            Known::Otherwise { removed: None, serves } | Known::Nowhere(serves) => {
                let who = if object.group.ends_with(".istio.io") { "Istio" } else { "Kubernetes" };
                (format!("{who} has no {written} {kind}"), serves)
            }
        };
        let fix = match serves.as_slice() {
            [] => "remove the object, or write a kind that the cluster serves".to_owned(),
            all => format!("write apiVersion: {}", all.join(" or ")),
        };
        Report::new(object, found).say(&Field::root(object), "apiVersion", message, fix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::objects;
    use crate::run::Run;

    #[test]
    fn rows() {
        for (version, kind, want) in [
            ("apps/v1", "Deployment", ""),
            ("example.com/v1", "Deployment", ""),
            ("snapshot.storage.k8s.io/v1", "VolumeSnapshot", ""),
            ("extensions/v1beta1", "Ingress", "Kubernetes 1.22 removed extensions/v1beta1 Ingress"),
            ("policy/v1beta1", "PodDisruptionBudget", "Kubernetes 1.25 removed policy/v1beta1 PodDisruptionBudget"),
            ("policy/v1beta1", "PodSecurityPolicy", "Kubernetes 1.25 removed policy/v1beta1 PodSecurityPolicy"),
            ("batch/v1beta1", "CronJob", "Kubernetes 1.25 removed batch/v1beta1 CronJob"),
            (
                "flowcontrol.apiserver.k8s.io/v1beta3",
                "FlowSchema",
                "Kubernetes 1.32 removed flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema",
            ),
            ("v1", "Deployment", "Kubernetes has no v1 Deployment"),
            ("apps/v1", "Service", "Kubernetes has no apps/v1 Service"),
            ("networking.k8s.io/v1", "Gateway", ""),
        ] {
            let found = objects(&RULE, &format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}"));
            let want = Some(format!("{kind}/a apiVersion: {want}")).filter(|text| !text.ends_with(": "));
            assert_eq!(found, Vec::from_iter(want), "{version} {kind}");
        }
    }

    #[test]
    fn the_version_of_the_cluster_decides() {
        for (minor, text, want) in [
            (20, "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget}", 0),
            (31, "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta3, kind: FlowSchema}", 0),
            (32, "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta3, kind: FlowSchema}", 1),
            (31, "{apiVersion: resource.k8s.io/v1, kind: DeviceClass}", 1),
            (37, "{apiVersion: resource.k8s.io/v1, kind: DeviceClass}", 0),
            (99, "{apiVersion: apps/v9, kind: Deployment}", 0),
            (99, "{apiVersion: apps/v1beta1, kind: Deployment}", 1),
        ] {
            let mut release = Release { minor: Some(minor), ..Release::default() };
            release.add(crate::yaml::read(text.as_bytes(), &Run::default()).unwrap());
            let mut raw = Vec::new();
            check(&release, &mut RuleFindings::new(&RULE, &mut raw));
            assert_eq!(raw.len(), want, "1.{minor}: {text}");
        }
    }
}
