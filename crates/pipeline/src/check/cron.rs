//! Cron expressions as Quartz reads them, and Echo before it: `H` among seconds, minutes and hours is a value that Echo picks.
//!
//! Source: `org.quartz.CronExpression`; Echo: `CronExpressionFuzzer`.

/// What a field of a cron expression takes.
struct Field {
    name: &'static str,
    from: u32,
    to: u32,
    /// Names of values; the first is `from`.
    names: &'static [&'static str],
}

const FIELDS: [Field; 7] = [
    Field { name: "second", from: 0, to: 59, names: &[] },
    Field { name: "minute", from: 0, to: 59, names: &[] },
    Field { name: "hour", from: 0, to: 23, names: &[] },
    Field { name: "day of month", from: 1, to: 31, names: &[] },
    Field {
        name: "month",
        from: 1,
        to: 12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    },
    Field { name: "day of week", from: 1, to: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] },
    Field { name: "year", from: 1970, to: 2199, names: &[] },
];

/// Why Quartz refuses a cron expression.
pub(super) fn problem(expression: &str) -> Option<String> {
    let upper = expression.to_ascii_uppercase();
    let fields: Vec<&str> = upper.split_ascii_whitespace().collect();
    match fields.len() {
        6 | 7 => {}
        5 => return Some("it has 5 fields, but Quartz begins with seconds".to_owned()),
        n => return Some(format!("it has {n} fields, but Quartz has 6 or 7")),
    }
    for (at, (field, text)) in FIELDS.iter().zip(&fields).enumerate() {
        let picked = expression.split_ascii_whitespace().nth(at).unwrap_or_default().replace('H', "0");
        let text = if at < 3 { &picked.to_ascii_uppercase() } else { *text };
        if let Some(problem) = text.split(',').find_map(|item| field.problem(item)) {
            return Some(format!("{}: {problem}", field.name));
        }
        let is_day = matches!(at, 3 | 5);
        if is_day
            && text.contains(',')
            && text.split(',').any(|item| item.ends_with('L') || item.starts_with("L-") || item.contains('#'))
        {
            return Some(format!("{}: \"L\" and \"#\" stand alone", field.name));
        }
    }
    let is_open = |at: usize| fields.get(at) == Some(&"?");
    match (is_open(3), is_open(5)) {
        (true, true) => Some("day of month and day of week are both \"?\"".to_owned()),
        (false, false) => Some("day of month or day of week must be \"?\"".to_owned()),
        _ => None,
    }
}

impl Field {
    fn problem(&self, item: &str) -> Option<String> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        if let Some(step) = step {
            match step.parse::<u32>() {
                Ok(step) if step >= 1 && step <= self.to.max(1) => {}
                Ok(step) => return Some(format!("a step of {step} is not in 1-{}", self.to)),
                Err(_) => return Some(format!("{step:?} is no step")),
            }
        }
        let is_month_day = self.name == "day of month";
        let is_week_day = self.name == "day of week";
        let is_step = step.is_some();
        let is_last = (range == "L" && (is_month_day || is_week_day)) || (range == "LW" && is_month_day);
        // Quartz reads "/5" as "*/5"
        let is_whole = matches!(range, "*" | "?") || (is_last && !is_step) || (range.is_empty() && is_step);
        match range {
            "?" if !(is_month_day || is_week_day) || is_step => {
                Some("\"?\" is for day of month and day of week alone".to_owned())
            }
            _ if is_whole => None,
            _ => self.range(range, is_month_day, is_week_day),
        }
    }

    fn range(&self, range: &str, is_month_day: bool, is_week_day: bool) -> Option<String> {
        if is_month_day {
            if let Some(offset) = range.strip_prefix("L-") {
                let offset = offset.strip_suffix('W').unwrap_or(offset);
                let is_day = offset.parse::<u32>().is_ok_and(|offset| offset <= 30);
                return (!is_day).then(|| format!("{offset:?} is no number of days from 0 to 30"));
            }
            if let Some(day) = range.strip_suffix('W') {
                return self.value(day);
            }
        }
        if is_week_day {
            if let Some(day) = range.strip_suffix('L') {
                return self.value(day);
            }
            if let Some((day, nth)) = range.split_once('#') {
                let is_nth = nth.parse::<u32>().is_ok_and(|nth| (1..=5).contains(&nth));
                return self.value(day).or_else(|| (!is_nth).then(|| format!("{nth:?} is not in 1-5")));
            }
        }
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        self.value(from).or_else(|| self.value(to))
    }

    fn value(&self, text: &str) -> Option<String> {
        if self.names.contains(&text) {
            return None;
        }
        match text.parse::<u32>() {
            Ok(n) if (self.from..=self.to).contains(&n) => None,
            Ok(n) => Some(format!("{n} is not in {}-{}", self.from, self.to)),
            Err(_) => Some(format!("{text:?} is no value")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartz_takes_these() {
        for text in [
            "0 0/12 * * * ?",
            "0 0 12 ? * MON-FRI",
            "0 15 10 L * ?",
            "0 15 10 L-3 * ?",
            "0 15 10 LW * ?",
            "0 15 10 15W * ?",
            "0 15 10 ? * 6L",
            "0 15 10 ? * 6#3",
            "0 15 10 ? jan,jul fri 2026-2030",
            "0 0 22-2 * * ?",
            "0 H H/6 * * ?",
            "  0  */5 * ? * *  ",
            "0 /5 * ? * *",
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }

    #[test]
    fn quartz_refuses_these() {
        for (text, says) in [
            ("*/5 * * * *", "it has 5 fields, but Quartz begins with seconds"),
            ("", "it has 0 fields, but Quartz has 6 or 7"),
            ("0 0 * * * *", "day of month or day of week must be \"?\""),
            ("0 0 * ? * ?", "day of month and day of week are both \"?\""),
            ("0 60 * * * ?", "minute: 60 is not in 0-59"),
            ("0 0 24 * * ?", "hour: 24 is not in 0-23"),
            ("0 0 0 0 * ?", "day of month: 0 is not in 1-31"),
            ("0 0 0 ? * 0", "day of week: 0 is not in 1-7"),
            ("0 0 0 ? * MO", "day of week: \"MO\" is no value"),
            ("0 0 ? * * ?", "hour: \"?\" is for day of month and day of week alone"),
            ("0 */0 * * * ?", "minute: a step of 0 is not in 1-59"),
            ("0 5,x * * * ?", "minute: \"X\" is no value"),
            ("0 H(2-5) 0 * * ?", "minute: \"0(2\" is no value"),
            ("0 0 0 H * ?", "day of month: \"H\" is no value"),
            ("0 0 0 ? * 2#1,6#3", "day of week: \"L\" and \"#\" stand alone"),
            ("0 0 0 L,15 * ?", "day of month: \"L\" and \"#\" stand alone"),
            ("0 0 0 ? * 6#6", "day of week: \"6\" is not in 1-5"),
        ] {
            assert_eq!(problem(text).as_deref(), Some(says), "{text}");
        }
    }
}
