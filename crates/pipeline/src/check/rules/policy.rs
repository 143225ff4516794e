//! What a stack and a service may use.

use crate::check::Context;
use crate::check::path::{Path, place};
use crate::check::rule::{
    ACCOUNT_POLICY, APPLICATION_POLICY, LOCKED_POLICY, NAMESPACE_POLICY, OTHER_MONIKER, ROLES_POLICY,
};
use crate::check::set::is_empty;
use crate::check::view::{Stage, has_expression, maps, text};
use crate::json::{Json, Object};

/// Types of stages whose account is none of a cluster: builds and artifacts.
const OTHER_ACCOUNTS: &[&str] = &["awsCodeBuild", "googleCloudBuild", "webhook", "gremlin"];

pub(super) fn check(c: &mut Context<'_, '_>) {
    let (view, config) = (c.view, c.config);
    let policy = &config.policy;
    if let Some(locked) = policy.locked {
        let lock = view.body.get("locked").filter(|lock| !is_empty(lock));
        let is_locked = lock.is_some_and(|lock| lock.get("ui").and_then(Json::as_bool) == Some(true));
        if is_locked != locked {
            let message = if locked {
                "the pipeline is not locked, so an edit in the UI is possible and lost with the next sync"
            } else {
                "the pipeline is locked"
            };
            c.add(&LOCKED_POLICY, place!["locked"], message);
        }
    }
    let has: Vec<&str> =
        view.body.get("roles").map(Json::items).unwrap_or_default().iter().filter_map(Json::as_str).collect();
    for role in policy.roles.iter().filter(|role| !has.contains(&role.as_str())) {
        c.add(&ROLES_POLICY, place!["roles"], format!("the role {role} is missing"));
    }
    let subject = c.subject;
    let Some(mark) = &subject.mark else {
        monikers(c);
        return;
    };
    if let Some(refused) = policy.application(mark, subject.pipeline.application()) {
        c.add(&APPLICATION_POLICY, place!["application"], refused);
    }
    for stage in &view.stages {
        for (place, account) in accounts(stage) {
            if let Some(refused) = policy.account(mark, account) {
                c.add(&ACCOUNT_POLICY, place, refused);
            }
        }
        for (place, namespace) in namespaces(stage) {
            if let Some(refused) = policy.namespace(mark, namespace) {
                c.add(&NAMESPACE_POLICY, place, refused);
            }
        }
    }
    monikers(c);
}

/// A text that is known before the pipeline runs.
fn plain<'p>(object: &'p Object, key: &str) -> Option<&'p str> {
    text(object, key).filter(|text| !text.is_empty() && !has_expression(text))
}

/// The accounts of clusters that a stage names.
fn accounts<'p>(stage: &Stage<'p>) -> Vec<(Path, &'p str)> {
    let mut found = Vec::new();
    if OTHER_ACCOUNTS.contains(&stage.kind) {
        return found;
    }
    let place = place!["stages", stage.at];
    let mut add = |object: &'p Object, place: &Path| {
        for key in ["account", "credentials"] {
            if let Some(account) = plain(object, key) {
                found.push((place.clone().join(key), account));
            }
        }
    };
    add(stage.object, &place);
    for key in ["clusters", "clusterPairs"] {
        for (at, cluster) in maps(stage.object, key) {
            add(cluster, &place.clone().join(key).join(at));
        }
    }
    for (at, precondition) in maps(stage.object, "preconditions") {
        if let Some(context) = precondition.get("context").and_then(Json::as_object) {
            add(context, &place.clone().join("preconditions").join(at).join("context"));
        }
    }
    found
}

/// The namespaces that a stage names.
fn namespaces<'p>(stage: &Stage<'p>) -> Vec<(Path, &'p str)> {
    let mut found = Vec::new();
    let place = place!["stages", stage.at];
    for key in ["namespace", "namespaceOverride"] {
        if let Some(namespace) = plain(stage.object, key) {
            found.push((place.clone().join(key), namespace));
        }
    }
    // the location of another provider is a region
    if stage.kind.ends_with("Manifest") || stage.kind == "findArtifactsFromResource" {
        found.extend(plain(stage.object, "location").map(|namespace| (place.clone().join("location"), namespace)));
    }
    let options =
        stage.object.get("trafficManagement").and_then(|traffic| traffic.get("options")).and_then(Json::as_object);
    if let Some(namespace) = options.and_then(|options| plain(options, "namespace")) {
        found.push((place.clone().join("trafficManagement").join("options").join("namespace"), namespace));
    }
    let metadata = |manifest: &'p Object| manifest.get("metadata").and_then(Json::as_object);
    for (at, manifest) in maps(stage.object, "manifests") {
        if let Some(namespace) = metadata(manifest).and_then(|metadata| plain(metadata, "namespace")) {
            found.push((place.clone().join("manifests").join(at).join("metadata").join("namespace"), namespace));
        }
    }
    let single = stage.object.get("manifest").and_then(Json::as_object).and_then(metadata);
    if let Some(namespace) = single.and_then(|metadata| plain(metadata, "namespace")) {
        found.push((place.join("manifest").join("metadata").join("namespace"), namespace));
    }
    found
}

/// The application that a stage deploys for.
fn monikers(c: &mut Context<'_, '_>) {
    let (view, own) = (c.view, c.subject.pipeline.application());
    if view.is_template || own.is_empty() {
        return;
    }
    for stage in view.stages.iter().filter(|stage| matches!(stage.kind, "deployManifest" | "deploy")) {
        let moniker = stage.object.get("moniker").and_then(Json::as_object).and_then(|moniker| plain(moniker, "app"));
        if let Some(app) = moniker.filter(|app| !app.eq_ignore_ascii_case(own)) {
            let message = format!("the stage deploys for the application {app}, and the pipeline is of {own}");
            c.add(&OTHER_MONIKER, place!["stages", stage.at, "moniker", "app"], message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::rows;
    use crate::check::{Allowed, Config, Policy};

    const MARK: &str = r#""bake":{"project":"p","service":"azar/azar-api/app","stack":"dev"}"#;

    #[test]
    fn a_pipeline_of_one_stack_leaves_the_others_alone() {
        let policy = Policy {
            accounts: vec![Allowed::new("*", ["k8s-*-{stack}"])],
            namespaces: vec![Allowed::new("*", ["{namespace}", "{namespace}-*"])],
            applications: vec![Allowed::new("*", ["{app}"])],
            stacks: ["dev", "prod"].map(str::to_owned).to_vec(),
            ..Policy::default()
        };
        let config = Config { policy, ..Config::default() };
        let of = |members: &str| format!("{MARK},{members}");
        let prod = "the account k8s-azar-prod belongs to the stack prod, and this is dev";
        let tables: Vec<(String, Vec<String>)> = vec![
            (of(r#""stages":[{"refId":"a","type":"deployManifest","account":"k8s-azar-dev","namespaceOverride":"azar-api"}]"#), vec![]),
            (
                of(r#""stages":[{"refId":"a","type":"deployManifest","account":"k8s-azar-prod"}]"#),
                vec![format!("error P701 stages[a].account: {prod}")],
            ),
            (
                of(r#""stages":[{"refId":"a","type":"deploy","clusters":[{"account":"k8s-azar-prod"}]}]"#),
                vec![format!("error P701 stages[a].clusters[0].account: {prod}")],
            ),
            (
                of(r#""stages":[{"refId":"a","type":"runJobManifest","credentials":"gke"}]"#),
                vec!["error P701 stages[a].credentials: the account gke is not one of dev: k8s-*-dev".to_owned()],
            ),
            (of(r#""stages":[{"refId":"a","type":"deployManifest","account":"${ parameters.account }"},{"refId":"b","type":"awsCodeBuild","account":"x"}]"#), vec![]),
            (
                of(r#""stages":[{"refId":"a","type":"deleteManifest","location":"azar-match"},{"refId":"b","type":"deployManifest","manifests":[{"metadata":{"namespace":"kube-system"}}],"trafficManagement":{"options":{"namespace":"x-prod"}}}]"#),
                vec![
                    "error P702 stages[a].location: the namespace azar-match is not one of azar/azar-api/app: azar-api, azar-api-*".to_owned(),
                    "error P702 stages[b].manifests[0].metadata.namespace: the namespace kube-system is not one of azar/azar-api/app: azar-api, azar-api-*".to_owned(),
                    "error P702 stages[b].trafficManagement.options.namespace: the namespace x-prod belongs to the stack prod, and this is dev".to_owned(),
                ],
            ),
            (
                of(r#""application":"web""#),
                vec!["error P703 application: the application web is not one of azar/azar-api/app: app".to_owned()],
            ),
            (r#""stages":[{"refId":"a","type":"deployManifest","account":"k8s-azar-prod"}]"#.to_owned(), vec![]),
        ];
        for (members, want) in &tables {
            let want: Vec<&str> = want.iter().map(String::as_str).collect();
            rows(&config, &["P701", "P702", "P703"], &[(members.as_str(), &want)]);
        }
    }

    #[test]
    fn locks_roles_and_monikers() {
        let policy = Policy { locked: Some(true), roles: vec!["ops".to_owned()], ..Policy::default() };
        rows(
            &Config { policy, ..Config::default() },
            &["P704", "P705", "P706"],
            &[
                (r#""locked":{"ui":true},"roles":["ops","dev"]"#, &[]),
                (
                    r#""locked":{"ui":false},"roles":["dev"],"stages":[{"refId":"a","type":"deployManifest","moniker":{"app":"other"}}]"#,
                    &[
                        "warning P704 locked: the pipeline is not locked, so an edit in the UI is possible and lost with the next sync",
                        "warning P705 roles: the role ops is missing",
                        "note P706 stages[a].moniker.app: the stage deploys for the application other, and the pipeline is of app",
                    ],
                ),
            ],
        );
    }
}
