//! Syncs into a folder and into a stand-in for Front50: what is written, what is left alone, and what happens when it is cut off.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a test may

mod front50;

use std::time::Duration;

use front50::{Faults, Server};
use pipeline::store::{Auth, Folder, Front50, Gate, HttpOptions, Store};
use pipeline::sync::{ActionKind, ApplyOptions, Journal, Outcome, Plan, PlanOptions, Report, apply};
use pipeline::{Json, Mark, Pipeline, Wanted};
use testkit::Scratch;

fn wanted(service: &str, name: &str, wait: i64) -> Wanted {
    let text = format!(
        r#"{{"application":"{service}","name":"{name}","stages":[{{"refId":"1","type":"wait","waitTime":{wait}}}]}}"#
    );
    let mark =
        Mark { project: "shop".into(), template: "deploy".into(), service: service.into(), stack: "prod".into() };
    Wanted { pipeline: Pipeline::read(text.as_bytes()).unwrap(), mark }
}

fn all(count: usize, wait: i64) -> Vec<Wanted> {
    (0..count).map(|n| wanted(&format!("app{n:03}"), "deploy", wait)).collect()
}

fn front50(server: &Server) -> Front50 {
    let mut options = HttpOptions::default();
    options.pause = Duration::from_millis(1);
    options.retries = 1;
    Front50::new(&server.address, options).unwrap()
}

fn options() -> PlanOptions {
    let mut options = PlanOptions::default();
    "shop".clone_into(&mut options.project);
    options
}

async fn plan(store: &dyn Store, wanted: &[Wanted], options: &PlanOptions) -> Plan {
    let names: Vec<String> = wanted.iter().map(|one| one.pipeline.application().to_owned()).collect();
    let live = store.list(&names).await.unwrap();
    Plan::new(wanted, &live.pipelines, live.poison, options)
}

async fn run(store: &dyn Store, plan: &Plan) -> pipeline::Result<Report> {
    apply(store, plan, None, &ApplyOptions::default(), &mut |_, _| ()).await
}

async fn sync(store: &dyn Store, wanted: &[Wanted], options: &PlanOptions) -> pipeline::Result<Report> {
    run(store, &plan(store, wanted, options).await).await
}

fn kinds(plan: &Plan) -> Vec<&'static str> {
    plan.actions.iter().map(|action| action.kind.name()).collect()
}

#[tokio::test]
async fn the_second_sync_writes_nothing_and_a_change_writes_what_it_changes() {
    let server = Server::start(&[]).await;
    let store = front50(&server);
    let mut wanted = all(120, 30);
    assert!(sync(&store, &wanted, &options()).await.unwrap().is_complete());
    assert_eq!((server.writes(), server.stored().len()), (120, 120));
    assert!(sync(&store, &wanted, &options()).await.unwrap().results.is_empty());
    assert_eq!(server.writes(), 0);
    tokio::time::sleep(store.pause()).await;
    wanted[7] = self::wanted("app007", "deploy", 60);
    let report = sync(&store, &wanted, &options()).await.unwrap();
    assert_eq!((report.results.len(), server.writes()), (1, 1));
}

#[tokio::test]
async fn a_folder_takes_the_same() {
    let scratch = Scratch::new("pipelines");
    let store = Folder::new(scratch.dir().join("out"));
    let mut wanted = all(3, 30);
    assert!(sync(&store, &wanted, &options()).await.unwrap().is_complete());
    let file = scratch.dir().join("out/app001/deploy.json");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("{\n  \"id\": \"") && text.ends_with("}\n"), "{text}");
    assert!(sync(&store, &wanted, &options()).await.unwrap().results.is_empty());
    // another name moves the file
    wanted[1] = self::wanted("app001", "Deploy to prod", 30);
    let changed = plan(&store, &wanted, &options()).await;
    assert_eq!(kinds(&changed), ["keep", "rename", "keep"]);
    assert!(run(&store, &changed).await.unwrap().is_complete());
    assert!(!file.exists() && scratch.dir().join("out/app001/Deploy to prod.json").exists());
    let broken = scratch.dir().join("out/app002/broken.json");
    std::fs::write(&broken, "{").unwrap();
    let listing = store.list(&[]).await.unwrap();
    assert_eq!((listing.pipelines.len(), listing.poison.len()), (3, 1));
    assert!(listing.poison[0].key.ends_with("broken.json"));
}

#[tokio::test]
async fn what_somebody_changed_since_the_plan_is_not_overwritten() {
    let server = Server::start(&[]).await;
    let store = front50(&server);
    sync(&store, &all(3, 30), &options()).await.unwrap();
    tokio::time::sleep(store.pause()).await;
    let changed = plan(&store, &all(3, 60), &options()).await;
    server.edit("none");
    server.set(Faults { edit_before: Some(1), ..Faults::default() });
    server.writes();
    let report = run(&store, &changed).await.unwrap();
    let why = "somebody changed it (kim) after the plan was made".to_owned();
    assert!(report.results.iter().all(|(_, outcome)| *outcome == Outcome::Conflict(why.clone())), "{report:?}");
    assert_eq!(server.writes(), 3, "only the edits themselves");
    // told to, it overwrites
    tokio::time::sleep(store.pause() * 6).await;
    let mut force = ApplyOptions::default();
    force.force = true;
    let report = apply(&store, &changed, None, &force, &mut |_, _| ()).await.unwrap();
    assert!(report.is_complete(), "{report:?}");
}

#[tokio::test]
async fn pipelines_made_by_hand_are_adopted_with_their_ids_and_others_are_left_alone() {
    let by_hand = Pipeline::read(br#"{"id":"HAND-1","application":"App000","name":" Deploy","stages":[]}"#).unwrap();
    let foreign = Pipeline::read(br#"{"id":"f","application":"app000","name":"other"}"#).unwrap();
    let server = Server::start(&[by_hand, foreign.clone()]).await;
    let store = front50(&server);
    let mut prune = options();
    prune.prune = true;
    let first = plan(&store, &all(1, 30), &prune).await;
    assert_eq!(kinds(&first), ["adopt"]);
    assert!(run(&store, &first).await.unwrap().is_complete());
    let stored = server.stored();
    assert_eq!(stored.iter().map(|p| p.id().unwrap()).collect::<Vec<_>>(), ["HAND-1", "f"]);
    assert_eq!(stored[0].mark().unwrap().service, "app000");
    assert_eq!(stored[1].get("name"), foreign.get("name"));
}

#[tokio::test]
async fn pruning_takes_the_flag_and_only_the_own_pipelines() {
    let server = Server::start(&[Pipeline::read(br#"{"id":"f","application":"x","name":"y"}"#).unwrap()]).await;
    let store = front50(&server);
    sync(&store, &all(3, 30), &options()).await.unwrap();
    let without = plan(&store, &all(2, 30), &options()).await;
    assert_eq!((kinds(&without), without.count(ActionKind::Stray)), (vec!["keep", "keep", "stray"], 1));
    run(&store, &without).await.unwrap();
    assert_eq!(server.stored().len(), 4);
    let mut prune = options();
    prune.prune = true;
    let report = sync(&store, &all(2, 30), &prune).await.unwrap();
    assert_eq!(report.results.iter().map(|(_, o)| o.clone()).collect::<Vec<_>>(), [Outcome::Removed]);
    assert_eq!(server.stored().len(), 3);
}

#[tokio::test]
async fn names_that_are_swapped_go_over_another_one() {
    let server = Server::start(&[]).await;
    let store = front50(&server);
    let two = |one: &str, other: &str| {
        let mut second = wanted("app", other, 1);
        second.mark.template = "second".to_owned();
        vec![wanted("app", one, 1), second]
    };
    sync(&store, &two("a", "b"), &options()).await.unwrap();
    let ids = |server: &Server| server.stored().iter().map(|p| p.id().unwrap().to_owned()).collect::<Vec<_>>();
    let before = ids(&server);
    tokio::time::sleep(store.pause()).await;
    let report = sync(&store, &two("b", "a"), &options()).await.unwrap();
    assert!(report.is_complete(), "{report:?}");
    let after: Vec<String> = ids(&server).into_iter().rev().collect();
    assert_eq!(before, after);
    assert!(sync(&store, &two("b", "a"), &options()).await.unwrap().results.is_empty());
}

#[tokio::test]
async fn twins_stop_the_sync_before_anything_is_written() {
    let server = Server::start(&[]).await;
    let store = front50(&server);
    let mut twin = wanted("APP", "Deploy ", 1);
    twin.mark.stack = "qa".to_owned();
    let plan = plan(&store, &[wanted("app", "deploy", 1), twin], &options()).await;
    let message = "deploy (app, prod) and deploy (APP, qa) make one pipeline: names are unique in an application, without regard to case";
    assert_eq!(plan.problems[0].message, message);
    assert_eq!(run(&store, &plan).await.unwrap_err().to_string(), message);
    assert_eq!(server.writes(), 0);
}

#[tokio::test]
async fn after_a_failure_at_any_request_a_rerun_converges() {
    let wanted = all(60, 30);
    for at in 1..=5 {
        for fault in [
            Faults { gone_from: Some(at), ..Faults::default() },
            Faults { status_at: Some((at, 500)), ..Faults::default() },
            Faults { status_at: Some((at, 503)), ..Faults::default() },
            Faults { half_at: Some(at), ..Faults::default() },
        ] {
            let server = Server::start(&[]).await;
            let store = front50(&server);
            let first = plan(&store, &wanted, &options()).await;
            server.set(fault);
            // it may fail; what counts is that the next one ends well
            let _ = run(&store, &first).await;
            server.set(Faults::default());
            let report = sync(&store, &wanted, &options()).await.unwrap();
            assert!(report.is_complete(), "{at}: {report:?}");
            assert_eq!(server.stored().len(), 60, "{at}");
            assert!(sync(&store, &wanted, &options()).await.unwrap().results.is_empty(), "{at}");
        }
    }
}

#[tokio::test]
async fn a_run_is_taken_back_from_the_journal() {
    let scratch = Scratch::new("journal");
    let store = Folder::new(scratch.dir().join("out"));
    let mut journal = Journal::open(scratch.dir().join("journal")).unwrap();
    let other = Journal::open(scratch.dir().join("journal")).unwrap_err();
    assert!(other.to_string().starts_with("another sync is running"), "{other}");
    for wait in [30, 60] {
        let changed = plan(&store, &all(2, wait), &options()).await;
        let mut title = ApplyOptions::default();
        title.title = format!("wait {wait}");
        apply(&store, &changed, Some(&mut journal), &title, &mut |_, _| ()).await.unwrap();
    }
    let runs = journal.runs().unwrap();
    let shown: Vec<_> = runs.iter().map(|run| (run.number, run.title.as_str(), run.done.len(), run.finished)).collect();
    assert_eq!(shown, [(1, "wait 30", 2, true), (2, "wait 60", 2, true)]);
    let live = store.list(&[]).await.unwrap().pipelines;
    let back = Plan::back(&runs[1], &live);
    assert!(run(&store, &back).await.unwrap().is_complete());
    let live = store.list(&[]).await.unwrap().pipelines;
    let waits: Vec<_> = live.iter().map(|p| p.stages()[0].get("waitTime").map(Json::to_string).unwrap()).collect();
    assert_eq!(waits, ["30", "30"]);
    // the first run made them, so taking it back removes them; an edit since then stays
    let mut edited = live[0].clone();
    edited.object_mut().insert("description".to_owned(), Json::from("by hand"));
    store.save(&[edited]).await.unwrap();
    let live = store.list(&[]).await.unwrap().pipelines;
    let report = run(&store, &Plan::back(&runs[0], &live)).await.unwrap();
    let outcomes: Vec<_> = report.results.into_iter().map(|(_, outcome)| outcome).collect();
    let conflict = Outcome::Conflict("somebody changed it after the plan was made".to_owned());
    assert_eq!(outcomes, [Outcome::Removed, conflict]);
}

#[tokio::test]
async fn errors_say_what_to_do() {
    let server = Server::start(&[]).await;
    let store = front50(&server);
    server.set(Faults { login: true, ..Faults::default() });
    let error = store.list(&[]).await.unwrap_err();
    assert_eq!(
        error.message(),
        format!("GET {}/pipelines: 302 the server redirects, most likely to a login page", server.address)
    );
    assert_eq!(error.hint(), Some("give a token, or the address of the API itself"));
    server.set(Faults { status_at: Some((1, 401)), ..Faults::default() });
    assert!(store.list(&[]).await.unwrap_err().message().ends_with("401 the server does not know who asks"));
    // one failure on the way is tried again
    server.set(Faults { status_at: Some((1, 503)), ..Faults::default() });
    assert!(store.list(&[]).await.is_ok());
    assert_eq!(server.requests(), 2);
    server.poison("bad");
    let error = store.list(&[]).await.unwrap_err();
    assert_eq!(error.message(), "Front50 cannot read the object \"bad\", which stops every list");
    let none = Front50::new("http://127.0.0.1:1", {
        let mut o = HttpOptions::default();
        o.retries = 0;
        o
    })
    .unwrap();
    let error = none.list(&[]).await.unwrap_err().to_string();
    assert!(error.starts_with("GET http://127.0.0.1:1/pipelines: Connection refused"), "{error}");
    let slash = Pipeline::read(br#"{"id":"1","application":"a","name":"b/c"}"#).unwrap();
    assert!(store.delete(&slash).await.unwrap_err().message().contains("a/b/c cannot be deleted"));
}

#[tokio::test]
async fn gate_takes_the_same_with_a_token_that_is_read_again() {
    let scratch = Scratch::new("token");
    let token = scratch.written("token", "first\n");
    let server = Server::start(&[]).await;
    let mut options = HttpOptions::default();
    options.auth = Auth::BearerFile(token.clone().into());
    options.user = Some("kim".to_owned());
    let store = Gate::new(&server.address, options).unwrap();
    assert!(sync(&store, &all(3, 30), &self::options()).await.unwrap().is_complete());
    assert_eq!(server.stored().len(), 3);
    assert_eq!(server.headers(), [("Bearer first".to_owned(), "kim".to_owned())]);
    std::fs::write(&token, "second").unwrap();
    assert!(sync(&store, &all(3, 30), &self::options()).await.unwrap().results.is_empty());
    assert_eq!(server.headers(), [("Bearer second".to_owned(), "kim".to_owned())]);
}
