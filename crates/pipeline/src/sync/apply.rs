//! A run of a plan. It reads the store again right before it writes, keeps a journal, and believes only what a list shows.

use std::collections::{BTreeMap, BTreeSet};

use super::journal::{Entry, Journal};
use super::plan::{Action, ActionKind, Plan};
use crate::diff::is_equal;
use crate::store::Store;
use crate::{Error, ErrorKind, Json, Pipeline, PipelineKey, Result};

/// How a plan is run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ApplyOptions {
    /// The title of the run in the journal: who and when.
    pub title: String,
    /// Whether to overwrite what somebody changed since the plan was made.
    pub force: bool,
}

/// Told after each step: how many pipelines are done, of how many.
pub type Progress<'p> = dyn FnMut(usize, usize) + Send + 'p;

/// What became of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is saved, and a list of the store shows it.
    Saved,
    /// It is removed.
    Removed,
    /// Somebody changed it after the plan was made; nothing was written.
    Conflict(String),
    /// The store refused it.
    Refused(String),
    /// The store took it, but its list does not show it.
    Unseen,
}

/// What became of the pipelines that a plan writes.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The id of each pipeline with what became of it, in the order of the plan.
    pub results: Vec<(String, Outcome)>,
}

impl Report {
    /// Whether every pipeline is as the plan wants it.
    pub fn is_complete(&self) -> bool {
        self.results.iter().all(|(_, outcome)| matches!(outcome, Outcome::Saved | Outcome::Removed))
    }
}

/// Runs a plan: saves what it changes, removes what it prunes, and says what became of each.
///
/// What somebody changed since the plan was made is not overwritten, unless `force`. What is already as the plan wants it is not
/// written again, so a run after one that was cut off goes on where that ended.
///
/// Errors: the plan has problems; the store or the journal fails. What was saved until then stands in the journal.
pub async fn apply(
    store: &dyn Store,
    plan: &Plan,
    mut journal: Option<&mut Journal>,
    options: &ApplyOptions,
    progress: &mut Progress<'_>,
) -> Result<Report> {
    if let Some(problem) = plan.problems.first() {
        return Err(Error::new(ErrorKind::Conflict, problem.message.clone()));
    }
    let applications = applications(plan);
    let mut run = Running::new(plan, store.list(&applications).await?.pipelines, options);
    let total = plan.writes().count();
    if let Some(journal) = journal.as_deref_mut() {
        journal.begin(&options.title, &run.entries())?;
    }
    progress(run.results.len(), total);
    while !run.is_done() {
        let round = run.round();
        for pipeline in &round.remove {
            store.delete(pipeline).await?;
        }
        if round.again && !store.pause().is_zero() {
            tokio::time::sleep(store.pause()).await;
        }
        let saved = if round.save.is_empty() { Vec::new() } else { store.save(&round.save).await? };
        // a list makes the server forget what it knew of names, too
        let mut live = store.list(&applications).await?.pipelines;
        let unseen = |live: &[Pipeline]| round.save.iter().any(|after| !shows(live, after));
        if unseen(&live) && saved.iter().any(|saved| saved.refused.is_none()) && !store.pause().is_zero() {
            tokio::time::sleep(store.pause()).await;
            live = store.list(&applications).await?.pipelines;
        }
        let refused = saved.into_iter().filter_map(|saved| Some((saved.id, saved.refused?))).collect();
        let confirmed = run.learn(&round, &refused, live);
        if let Some(journal) = journal.as_deref_mut() {
            confirmed.iter().try_for_each(|id| journal.done(id))?;
        }
        progress(run.results.len(), total);
    }
    if let Some(journal) = journal {
        journal.end()?;
    }
    let results = plan.writes().filter_map(|action| {
        let id = id_of(action);
        let outcome = run.results.get(&id)?.clone();
        Some((id, outcome))
    });
    Ok(Report { results: results.collect() })
}

/// A run on its way.
struct Running<'p> {
    /// What is not done yet.
    pending: Vec<&'p Action>,
    live: Vec<Pipeline>,
    /// The ids of all that the plan writes.
    planned: BTreeSet<String>,
    results: BTreeMap<String, Outcome>,
    /// The pipelines that have a name for the time of the run.
    moved: BTreeSet<String>,
}

/// What is written at once.
#[derive(Default)]
struct Round {
    save: Vec<Pipeline>,
    remove: Vec<Pipeline>,
    /// Whether one of them was written in this run before.
    again: bool,
}

impl<'p> Running<'p> {
    fn new(plan: &'p Plan, live: Vec<Pipeline>, options: &ApplyOptions) -> Running<'p> {
        let planned = plan.writes().map(id_of).collect();
        let mut run = Running { pending: Vec::new(), live, planned, results: BTreeMap::new(), moved: BTreeSet::new() };
        for action in plan.writes() {
            match run.state(action) {
                State::Done if action.after.is_some() => run.settle(action, Outcome::Saved),
                State::Done => run.settle(action, Outcome::Removed),
                State::Changed(why) if !options.force => run.settle(action, Outcome::Conflict(why)),
                State::AsPlanned | State::Changed(_) => run.pending.push(action),
            }
        }
        run
    }

    fn settle(&mut self, action: &Action, outcome: Outcome) {
        self.results.insert(id_of(action), outcome);
    }

    fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    fn entries(&self) -> Vec<Entry> {
        let entry = |action: &&Action| Entry {
            id: id_of(action),
            // what is there now: the same as planned, unless the run is forced
            before: find(&self.live, &id_of(action)).cloned(),
            after: action.after.clone(),
        };
        self.pending.iter().map(entry).collect()
    }

    /// Whether the store has what the plan was made for.
    fn state(&self, action: &Action) -> State {
        let now = find(&self.live, &id_of(action));
        match (now, &action.before, &action.after) {
            (None, _, None) => State::Done,
            (Some(now), _, Some(after)) if is_equal(now, after) => State::Done,
            (Some(now), Some(before), _) if is_equal(now, before) => State::AsPlanned,
            (Some(now), Some(_), _) => {
                State::Changed(format!("somebody changed it{} after the plan was made", by(now)))
            }
            (Some(now), None, _) => {
                State::Changed(format!("somebody made a pipeline with its id{} after the plan was made", by(now)))
            }
            (None, Some(_), Some(_)) => State::Changed("somebody removed it after the plan was made".to_owned()),
            (None, None, Some(after)) => {
                // one that the plan renames or removes makes room
                let other = self.live.iter().find(|other| other.key() == after.key());
                match other.filter(|other| !self.planned.contains(&other.id().unwrap_or_default().to_lowercase())) {
                    Some(other) => State::Changed(format!(
                        "somebody made a pipeline with its name{} after the plan was made",
                        by(other)
                    )),
                    _ => State::AsPlanned,
                }
            }
        }
    }

    /// What can be written now: pipelines whose name is free. In a ring of renames the first gets another name meanwhile.
    fn round(&mut self) -> Round {
        let owner: BTreeMap<PipelineKey, String> =
            self.live.iter().filter_map(|p| Some((p.key(), p.id()?.to_lowercase()))).collect();
        let free = |action: &Action| {
            let key = action.after.as_ref().map(Pipeline::key);
            key.is_none_or(|key| owner.get(&key).is_none_or(|other| *other == id_of(action)))
        };
        let mut round = Round::default();
        let ready: Vec<&Action> = self.pending.iter().copied().filter(|action| free(action)).collect();
        let saves: Vec<&Action> = ready.iter().copied().filter(|action| action.after.is_some()).collect();
        if !saves.is_empty() {
            round.again = saves.iter().any(|action| self.moved.contains(&id_of(action)));
            round.save = saves.iter().filter_map(|action| action.after.clone()).collect();
            return round;
        }
        // what is removed may have the name that another one waits for
        round.remove = ready.iter().filter_map(|action| action.before.clone()).collect();
        if round.remove.is_empty()
            && let Some(action) = self.pending.first()
            && let Some(now) = find(&self.live, &id_of(action))
        {
            let mut aside = now.clone();
            let name = format!("{} (being renamed {})", now.name(), id_of(action));
            aside.object_mut().insert("name".to_owned(), Json::from(name));
            self.moved.insert(id_of(action));
            round.save.push(aside);
        }
        round
    }

    /// Takes in what a round did. Returns the ids that are confirmed.
    fn learn(&mut self, round: &Round, refused: &BTreeMap<String, String>, live: Vec<Pipeline>) -> Vec<String> {
        self.live = live;
        let mut confirmed = Vec::new();
        let written: BTreeSet<String> =
            round.save.iter().chain(&round.remove).filter_map(|p| Some(p.id()?.to_lowercase())).collect();
        let nothing = written.is_empty();
        for action in std::mem::take(&mut self.pending) {
            let id = id_of(action);
            let refusal = refused.iter().find(|(other, _)| other.eq_ignore_ascii_case(&id)).map(|(_, why)| why.clone());
            let outcome = match &action.after {
                _ if !written.contains(&id) && !nothing => None,
                _ if refusal.is_some() => Some(Outcome::Refused(refusal.unwrap_or_default())),
                Some(after) if shows(&self.live, after) => Some(Outcome::Saved),
                None if find(&self.live, &id).is_none() => Some(Outcome::Removed),
                // the name for the time of the run
                Some(after) if round.save.iter().any(|p| p.id() == after.id() && p.name() != after.name()) => None,
                _ if nothing => Some(Outcome::Refused("another pipeline has its name".to_owned())),
                _ => Some(Outcome::Unseen),
            };
            match outcome {
                Some(outcome) => {
                    if matches!(outcome, Outcome::Saved | Outcome::Removed) {
                        confirmed.push(id.clone());
                    }
                    self.results.insert(id, outcome);
                }
                None => self.pending.push(action),
            }
        }
        confirmed
    }
}

/// How the store is, compared with the plan.
enum State {
    AsPlanned,
    /// Already as the plan wants it.
    Done,
    /// Changed by somebody, and how.
    Changed(String),
}

/// Who changed a pipeline, as the server says.
fn by(pipeline: &Pipeline) -> String {
    let who = pipeline.get("lastModifiedBy").and_then(Json::as_str);
    who.map(|who| format!(" ({who})")).unwrap_or_default()
}

fn find<'p>(live: &'p [Pipeline], id: &str) -> Option<&'p Pipeline> {
    live.iter().find(|pipeline| pipeline.id().is_some_and(|other| other.eq_ignore_ascii_case(id)))
}

/// Whether a list shows a pipeline as it was saved.
fn shows(live: &[Pipeline], after: &Pipeline) -> bool {
    after.id().and_then(|id| find(live, id)).is_some_and(|now| is_equal(now, after))
}

/// The id of the pipeline of an action, in lower case.
fn id_of(action: &Action) -> String {
    let pipeline = action.after.as_ref().or(action.before.as_ref());
    pipeline.and_then(Pipeline::id).unwrap_or_default().to_lowercase()
}

/// The applications of a plan.
fn applications(plan: &Plan) -> Vec<String> {
    let sides = plan.actions.iter().flat_map(|action| action.before.iter().chain(&action.after));
    sides.map(|pipeline| pipeline.application().to_owned()).collect::<BTreeSet<_>>().into_iter().collect()
}

impl Plan {
    /// The plan that takes a run back: each pipeline becomes what it was before. Whatever was changed since then is a conflict.
    pub fn back(run: &super::Run, live: &[Pipeline]) -> Plan {
        let mut plan = Plan::default();
        for Entry { id, before, after } in run.entries.iter().rev() {
            let now = find(live, id);
            let kind = match (now, before) {
                (None, None) => continue,
                (Some(now), Some(before)) if is_equal(now, before) => continue,
                (None, Some(_)) => ActionKind::Create,
                (Some(_), Some(_)) => ActionKind::Update,
                (Some(_), None) => ActionKind::Prune,
            };
            let mark = after.as_ref().or(before.as_ref()).and_then(Pipeline::mark).unwrap_or_default();
            let diff = crate::diff::Diff::of(now, before.as_ref());
            // the plan is for what the run left, so that later edits are conflicts
            plan.actions.push(Action { kind, mark, before: after.clone(), after: before.clone(), diff });
        }
        plan
    }
}
