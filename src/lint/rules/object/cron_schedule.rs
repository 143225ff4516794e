//! The schedule and the time zone of a `CronJob`. Kubernetes: `robfig/cron` v3, `ParseStandard`.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use go::time::Duration;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B308",
    name: "cron-schedule",
    severity: Severity::Error,
    about: "a CronJob whose schedule or time zone Kubernetes cannot read, or that never runs",
    check: Check::Objects(check),
};

/// A field of a schedule: its name, minimum and maximum, and the names for its numbers.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of the week", least: 0, most: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const WORDS: [&str; 8] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@every"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for job in release.of("batch", "CronJob") {
        let problem = match job.text(&["spec", "schedule"]) {
            None | Some("") => Some("the CronJob has no schedule".to_owned()),
            Some(schedule) => problem(schedule).map(|why| format!("the schedule {schedule:?} {why}")),
        };
        if let Some(message) = problem {
            found
                .on(job, "spec.schedule", message)
                .values(&["cron", "schedule"])
                .values(&["cron"])
                .fix("write minute, hour, day of the month, month and day of the week: \"0 3 * * *\"");
        }
        if let Some(zone) = job.text(&["spec", "timeZone"])
            && (zone.is_empty() || zone.eq_ignore_ascii_case("local") || jiff::tz::TimeZone::get(zone).is_err())
        {
            found
                .on(job, "spec.timeZone", format!("the time zone {zone:?} does not exist"))
                .values(&["cron", "timeZone"])
                .fix("use a name from the time zone database: Etc/UTC, Asia/Seoul");
        }
    }
}

/// What is wrong with a schedule.
fn problem(text: &str) -> Option<String> {
    if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
        return Some("contains a time zone, which belongs in timeZone".to_owned());
    }
    if text.starts_with('@') {
        let word = text.split_whitespace().next().unwrap_or_default();
        return match (WORDS.contains(&word), word) {
            (true, "@every") => every(text.strip_prefix("@every ").unwrap_or_default()),
            (true, _) if text == word => None,
            _ => Some(format!("is not one of {}", WORDS.join(", "))),
        };
    }
    let parts: Vec<&str> = text.split_whitespace().collect();
    if parts.len() != FIELDS.len() {
        return Some(format!("has {} fields instead of five", parts.len()));
    }
    let mut sets = [0_u64; 5];
    for ((part, field), set) in parts.iter().zip(&FIELDS).zip(&mut sets) {
        match values(part, field) {
            Ok(values) => *set = values,
            Err(why) => return Some(why),
        }
    }
    let [_, _, days, months, _] = sets;
    let week_counts = parts.last().is_some_and(|part| !is_any(part));
    (!week_counts && !has_day(days, months)).then(|| "has a day that no month has, so the job never runs".to_owned())
}

/// `@every 1h30m`
fn every(text: &str) -> Option<String> {
    let is_duration = Duration::parse(text.as_bytes()).is_ok();
    (!is_duration).then(|| "needs a duration after @every, such as 1h30m".to_owned())
}

/// Whether a field allows every day. robfig: a star with a step restricts the days.
fn is_any(part: &str) -> bool {
    matches!(part, "*" | "?" | "*/1" | "?/1")
}

/// Whether some month has one of the days.
fn has_day(days: u64, months: u64) -> bool {
    let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    longest.iter().zip(1..).any(|(most, month)| months >> month & 1 == 1 && (1..=*most).any(|day| days >> day & 1 == 1))
}

/// The numbers that a field matches, as bits.
fn values(part: &str, field: &Field) -> Result<u64, String> {
    let mut set = 0;
    for item in part.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (field.least, field.most),
            (_, Some((from, to))) => (number(from, field)?, number(to, field)?),
            (one, None) => {
                let one = number(one, field)?;
                // robfig: `5/10` continues to the maximum
                (one, if step.is_some() { field.most } else { one })
            }
        };
        let name = field.name;
        if from < field.least || to > field.most {
            return Err(format!("has {item:?} as {name}, which must be from {} to {}", field.least, field.most));
        }
        if from > to {
            return Err(format!("has {item:?} as {name}, which ends before it starts"));
        }
        let step = match step {
            None => 1,
            Some(step) => step
                .parse()
                .ok()
                .filter(|n| *n > 0)
                .ok_or(format!("has {item:?} as {name}, whose step is not a positive number"))?,
        };
        set = (from..=to).step_by(step).fold(set, |set, n| set | 1 << n);
    }
    Ok(set)
}

fn number(text: &str, field: &Field) -> Result<u32, String> {
    let named = field.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    if let Some(at) = named.and_then(|at| u32::try_from(at).ok()) {
        return Ok(at + field.least);
    }
    let digits = !text.is_empty() && text.len() < 4 && text.bytes().all(|b| b.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| format!("has {text:?} as {}, which is not a number", field.name))
}

#[cfg(test)]
mod tests {
    use super::{RULE, problem};
    use crate::lint::testing::objects;

    #[test]
    fn schedules() {
        for (text, want) in [
            ("0 3 * * *", None),
            ("*/5 0-12/2 1,15 jan-MAR mon-fri", None),
            ("5/10 * ? * ?", None),
            ("@hourly", None),
            ("@every 1h30m", None),
            ("0 0 29 2 *", None),
            ("0 0 31 2 1", None),
            ("0 0 31 2 */2", None),
            ("0 3 * *", Some("has 4 fields instead of five")),
            ("0 3 * * * *", Some("has 6 fields instead of five")),
            ("60 * * * *", Some("has \"60\" as minute, which must be from 0 to 59")),
            ("* * * * 7", Some("has \"7\" as day of the week, which must be from 0 to 6")),
            ("* * 0 * *", Some("has \"0\" as day of the month, which must be from 1 to 31")),
            ("* 9-5 * * *", Some("has \"9-5\" as hour, which ends before it starts")),
            ("*/0 * * * *", Some("has \"*/0\" as minute, whose step is not a positive number")),
            ("a * * * *", Some("has \"a\" as minute, which is not a number")),
            ("0 0 31 2,4 *", Some("has a day that no month has, so the job never runs")),
            ("TZ=UTC 0 3 * * *", Some("contains a time zone, which belongs in timeZone")),
            ("@every day", Some("needs a duration after @every, such as 1h30m")),
            ("@often", Some("is not one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @every")),
        ] {
            assert_eq!(problem(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn rows() {
        let job =
            |spec: &str| format!("apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: j}}\nspec: {{{spec}}}\n");
        let rows: [(&str, &[&str]); 4] = [
            ("schedule: 0 3 * * *, timeZone: Asia/Seoul", &[]),
            ("suspend: true", &["CronJob/j spec.schedule: the CronJob has no schedule"]),
            (
                "schedule: 0 25 * * *",
                &[
                    "CronJob/j spec.schedule: the schedule \"0 25 * * *\" has \"25\" as hour, which must be from 0 to 23",
                ],
            ),
            (
                "schedule: '@daily', timeZone: Asia/Soul",
                &["CronJob/j spec.timeZone: the time zone \"Asia/Soul\" does not exist"],
            ),
        ];
        for (spec, want) in rows {
            assert_eq!(objects(&RULE, &job(spec)), want, "{spec}");
        }
    }
}
