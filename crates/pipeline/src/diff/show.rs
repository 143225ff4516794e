//! Differences as text: unified YAML, one line per change, JSON, Markdown.

use std::fmt::Write as _;

use imara_diff::{Algorithm, Diff as Lines, InternedInput};

use super::{Change, ChangeKind, Group, Subject, groups, mask::masked, normal};
use crate::{Json, Object, Pipeline, yaml};

/// The length that a comment on GitHub or GitLab may have, in bytes. GitHub: 65,536 characters.
pub const MARKDOWN_LIMIT: usize = 65_000;

/// How many characters of a value a line shows.
const SHORT: usize = 120;

/// The format of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A unified diff of each pipeline as YAML.
    Text {
        /// The number of context lines around each change.
        context: usize,
        /// Whether to use colours.
        color: bool,
    },
    /// One line per change, the same change of many pipelines once.
    Structural {
        /// Whether to use colours.
        color: bool,
    },
    /// A list of pipelines with their changes.
    Json,
    /// For a comment on a pull request: groups with their changes, at most so many bytes. What does not fit is counted.
    Markdown {
        /// The most bytes: [`MARKDOWN_LIMIT`].
        limit: usize,
    },
}

/// A pipeline with its difference and both of its sides.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Its name, variables and difference.
    pub subject: Subject,
    /// What is live.
    pub old: Option<Pipeline>,
    /// What is wanted.
    pub new: Option<Pipeline>,
}

/// All differences as text, with a summary at the end.
pub fn show(all: &[Shown], format: Format) -> String {
    let subjects: Vec<Subject> = all.iter().map(|shown| shown.subject.clone()).collect();
    match format {
        Format::Json => json(&subjects),
        Format::Markdown { limit } => markdown(&subjects, limit),
        Format::Structural { color } => structural(&subjects, Paint(color)),
        Format::Text { context, color } => {
            let mut out = String::new();
            for shown in all.iter().filter(|shown| !shown.subject.diff.is_empty()) {
                unified(shown, context, Paint(color), &mut out);
            }
            out + &summary(&subjects)
        }
    }
}

/// A value on one line, cut where it is long.
pub(super) fn short(value: &Json) -> String {
    let text = match value {
        Json::String(text) if text.is_empty() => "\"\"".to_owned(),
        Json::String(text) => text.replace('\n', "\\n"),
        other => other.to_string(),
    };
    if text.chars().count() <= SHORT { text } else { text.chars().take(SHORT - 1).chain(['…']).collect() }
}

/// Escape codes, or none.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    const BOLD: &str = "1";
    const RED: &str = "31";
    const GREEN: &str = "32";
    const YELLOW: &str = "33";
    const CYAN: &str = "36";

    /// Writes a line. Control characters of a pipeline must not reach the terminal.
    fn line(self, code: &str, text: &str, out: &mut String) {
        let text: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        let _ = if self.0 { writeln!(out, "\x1b[{code}m{text}\x1b[0m") } else { writeln!(out, "{text}") };
    }
}

fn color(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => Paint::GREEN,
        ChangeKind::Removed => Paint::RED,
        _ => Paint::YELLOW,
    }
}

/// How many pipelines are new, gone and changed.
fn counts(subjects: &[Subject]) -> [usize; 3] {
    let whole = |subject: &Subject| match subject.diff.changes.as_slice() {
        [change] if change.path.is_empty() => Some(change.kind),
        _ => None,
    };
    let count = |kind| subjects.iter().filter(|subject| whole(subject) == Some(kind)).count();
    let differ = subjects.iter().filter(|subject| !subject.diff.is_empty()).count();
    let (added, removed) = (count(ChangeKind::Added), count(ChangeKind::Removed));
    [differ - added - removed, added, removed]
}

fn summary(subjects: &[Subject]) -> String {
    let [changed, added, removed] = counts(subjects);
    let same = subjects.len() - changed - added - removed;
    match changed + added + removed {
        0 => format!("no differences in {}\n", pipelines(subjects.len())),
        n => format!(
            "{} {}: {changed} changed, {added} added, {removed} removed; {same} unchanged\n",
            pipelines(n),
            if n == 1 { "differs" } else { "differ" }
        ),
    }
}

fn pipelines(n: usize) -> String {
    if n == 1 { "1 pipeline".to_owned() } else { format!("{n} pipelines") }
}

fn structural(subjects: &[Subject], paint: Paint) -> String {
    let mut out = String::new();
    for Group { changes, pipelines: names } in groups(subjects) {
        let head = match names.as_slice() {
            [one] => one.clone(),
            all => format!("{} have these changes: {}", pipelines(all.len()), all.join(", ")),
        };
        paint.line(Paint::BOLD, &head, &mut out);
        for change in &changes {
            paint.line(color(change.kind), &format!("  {}", whole(change)), &mut out);
        }
    }
    out + &summary(subjects)
}

/// A change on one line; a pipeline as a whole without its content.
fn whole(change: &Change) -> String {
    match (change.path.is_empty(), change.kind) {
        (true, ChangeKind::Added) => "the pipeline is new".to_owned(),
        (true, ChangeKind::Removed) => "the pipeline is removed".to_owned(),
        _ => change.to_string(),
    }
}

fn unified(shown: &Shown, context: usize, paint: Paint, out: &mut String) {
    let text = |pipeline: &Option<Pipeline>| pipeline.as_ref().map(in_order).unwrap_or_default();
    let (old, new) = (text(&shown.old), text(&shown.new));
    let head = |text: &str, side: &str| {
        if text.is_empty() { "/dev/null".to_owned() } else { format!("{side} {}", shown.subject.name) }
    };
    paint.line(Paint::BOLD, &format!("--- {}", head(&old, "live")), out);
    paint.line(Paint::BOLD, &format!("+++ {}", head(&new, "wanted")), out);
    let input = InternedInput::new(old.as_str(), new.as_str());
    let mut lines = Lines::compute(Algorithm::Histogram, &input);
    lines.postprocess_lines(&input);
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut hunks: Vec<Vec<imara_diff::Hunk>> = Vec::new();
    for hunk in lines.hunks() {
        let near = |last: &imara_diff::Hunk| (hunk.before.start as usize) <= last.before.end as usize + 2 * context;
        match hunks.last_mut() {
            Some(group) if group.last().is_some_and(near) => group.push(hunk),
            _ => hunks.push(vec![hunk]),
        }
    }
    for group in hunks {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let from = (first.before.start as usize).saturating_sub(context);
        let to = (last.before.end as usize + context).min(before.len());
        let lead = first.before.start as usize - from;
        let new_from = first.after.start as usize - lead;
        let new_to = last.after.end as usize + (to - last.before.end as usize);
        let range = |from: usize, to: usize| format!("{},{}", from + usize::from(to > from), to - from);
        paint.line(Paint::CYAN, &format!("@@ -{} +{} @@", range(from, to), range(new_from, new_to)), out);
        let mut at = from;
        let same = |from: usize, to: usize, out: &mut String| {
            for line in before.get(from..to).unwrap_or_default() {
                let _ = writeln!(out, " {line}");
            }
        };
        for hunk in &group {
            same(at, hunk.before.start as usize, out);
            for line in before.get(hunk.before.start as usize..hunk.before.end as usize).unwrap_or_default() {
                paint.line(Paint::RED, &format!("-{line}"), out);
            }
            for line in after.get(hunk.after.start as usize..hunk.after.end as usize).unwrap_or_default() {
                paint.line(Paint::GREEN, &format!("+{line}"), out);
            }
            at = hunk.before.end as usize;
        }
        same(at, to, out);
    }
}

/// The keys of a pipeline and of a stage that come first, as Deck orders them. The others follow by name.
const FIRST: [&str; 14] = [
    "application",
    "name",
    "id",
    "description",
    "schema",
    "parameterConfig",
    "triggers",
    "expectedArtifacts",
    "notifications",
    "refId",
    "requisiteStageRefIds",
    "type",
    "stages",
    "bake",
];

/// A pipeline as YAML that can be compared line by line: keys in one order, sets sorted, secrets masked.
fn in_order(pipeline: &Pipeline) -> String {
    let pipeline = masked("", &normal(pipeline).into_json());
    yaml::write(&sorted("", &pipeline))
}

fn sorted(key: &str, value: &Json) -> Json {
    match value {
        Json::Object(object) => {
            let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
            let mut pairs: Vec<(&String, &Json)> = object.iter().collect();
            pairs.sort_by_key(|(key, _)| (place(key), key.as_str()));
            Json::Object(pairs.into_iter().map(|(key, value)| (key.clone(), sorted(key, value))).collect::<Object>())
        }
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(|item| sorted("", item)).collect();
            match key {
                "stages" => items.sort_by_key(|item| item.get("refId").map(ToString::to_string)),
                "expectedArtifacts" => items.sort_by_key(|item| item.get("displayName").map(ToString::to_string)),
                "requisiteStageRefIds" | "triggers" | "notifications" => items.sort_by_key(ToString::to_string),
                _ => {}
            }
            Json::Array(items)
        }
        other => other.clone(),
    }
}

/// `{"pipelines": [{"name", "changes": [{"kind", "path", "old", "new"}], "notes"}], "changed", "added", "removed"}`. Pipelines
/// without changes are left out.
fn json(subjects: &[Subject]) -> String {
    let object = |pairs: Vec<(&str, Json)>| Json::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
    let change = |change: &Change| {
        let mut pairs = vec![("kind", Json::from(change.kind.name())), ("path", Json::from(change.path.as_str()))];
        pairs.extend(change.old.clone().map(|old| ("old", old)));
        pairs.extend(change.new.clone().map(|new| ("new", new)));
        object(pairs)
    };
    let differ = subjects.iter().filter(|subject| !subject.diff.is_empty());
    let all: Json = differ
        .map(|subject| {
            object(vec![
                ("name", Json::from(subject.name.as_str())),
                ("changes", subject.diff.changes.iter().map(change).collect()),
                ("notes", subject.diff.notes.iter().map(|note| Json::from(note.as_str())).collect()),
            ])
        })
        .collect();
    let count = |n: usize| Json::from(i64::try_from(n).unwrap_or(i64::MAX));
    let [changed, added, removed] = counts(subjects);
    let whole =
        vec![("pipelines", all), ("changed", count(changed)), ("added", count(added)), ("removed", count(removed))];
    object(whole).to_pretty() + "\n"
}

fn markdown(subjects: &[Subject], limit: usize) -> String {
    let mut out = format!("**{}**\n", summary(subjects).trim_end());
    // room for the last line
    let limit = limit.saturating_sub(100);
    let all = groups(subjects);
    for (at, group) in all.iter().enumerate() {
        let part = markdown_group(group);
        if out.len() + part.len() > limit {
            let left = all.get(at..).unwrap_or_default();
            let count = left.iter().map(|group| group.pipelines.len()).sum();
            let _ = write!(out, "\n… and {} with other changes: too long for a comment.\n", pipelines(count));
            break;
        }
        out.push_str(&part);
    }
    out
}

fn markdown_group(group: &Group) -> String {
    let code = |text: &str| {
        let ticks = if text.contains('`') { "``" } else { "`" };
        format!("{ticks}{}{ticks}", text.replace('\n', "\\n"))
    };
    let head = match group.pipelines.as_slice() {
        [one] => code(one),
        all => pipelines(all.len()),
    };
    let mut out = format!("\n<details><summary>{}</summary>\n\n", head.replace('`', ""));
    if group.pipelines.len() > 1 {
        let names: Vec<String> = group.pipelines.iter().map(|name| code(name)).collect();
        let _ = writeln!(out, "{}\n", names.join(", "));
    }
    for change in &group.changes {
        let value = |value: &Option<Json>| value.as_ref().map(|value| code(&short(value))).unwrap_or_default();
        let text = match (change.path.is_empty(), change.kind) {
            (true, _) => whole(change),
            (_, ChangeKind::Added) => format!("{}: added {}", code(&change.path), value(&change.new)),
            (_, ChangeKind::Removed) => format!("{}: removed {}", code(&change.path), value(&change.old)),
            (_, kind) => {
                format!("{}: {} {} → {}", code(&change.path), kind.name(), value(&change.old), value(&change.new))
            }
        };
        let _ = writeln!(out, "- {text}");
    }
    out.push_str("\n</details>\n");
    out
}
