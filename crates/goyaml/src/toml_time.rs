//! Times in TOML documents.

use std::any::Any;
use std::rc::Rc;

use go::time::{MONTHS, days_in};
use gotemplate::value::{Kind, Object, Value};

/// A date and time, of which a TOML document may leave out parts. Prints as Go's `time.Time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    zone: Zone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    Utc,
    /// Minutes east.
    Offset(i32),
    LocalDateTime,
    LocalDate,
    LocalTime,
}

impl Time {
    /// Reads the text of a time, with `T` between date and time and `Z` in capitals.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let nothing =
            Time { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0, zone: Zone::LocalTime };
        if text.as_bytes().get(2) == Some(&b':') {
            let (time, rest) = clock(text, nothing)?;
            return rest.is_empty().then_some(time);
        }
        let (date, rest) = text.split_at_checked(10)?;
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let mut time = nothing;
        (time.year, time.month, time.day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        let days = 1..=days_in(time.year.into(), time.month.into());
        if parts.next().is_some() || !days.contains(&time.day.into()) {
            return None;
        }
        if rest.is_empty() {
            time.zone = Zone::LocalDate;
            return Some(time);
        }
        let (mut time, zone) = clock(rest.strip_prefix('T')?, time)?;
        time.zone = match zone {
            "" => Zone::LocalDateTime,
            "Z" => Zone::Utc,
            _ => {
                let (hours, minutes) = zone.get(1..)?.split_once(':')?;
                let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
                if hours > 24 || minutes > 60 {
                    return None;
                }
                let offset = i32::try_from(hours * 60 + minutes).ok()?;
                match zone.chars().next()? {
                    _ if offset == 0 => Zone::Utc,
                    '+' => Zone::Offset(offset),
                    '-' => Zone::Offset(-offset),
                    _ => return None,
                }
            }
        };
        Some(time)
    }

    /// The name of the zone where the document names none, by what it leaves out. BurntSushi/toml: `internal/tz.go`.
    pub fn local_zone(self) -> Option<&'static str> {
        match self.zone {
            Zone::Utc | Zone::Offset(_) => None,
            Zone::LocalDateTime => Some("datetime-local"),
            Zone::LocalDate => Some("date-local"),
            Zone::LocalTime => Some("time-local"),
        }
    }

    /// RFC 3339, as JSON has it.
    pub fn rfc3339(self) -> String {
        let zone = match self.zone {
            Zone::Offset(minutes) => offset(minutes, ":"),
            _ => "Z".to_owned(),
        };
        format!("{}T{}{zone}", self.date(), self.time())
    }

    /// As a TOML document has it.
    pub(super) fn toml(self) -> String {
        match self.zone {
            Zone::LocalDate => self.date(),
            Zone::LocalTime => self.time(),
            Zone::LocalDateTime => format!("{}T{}", self.date(), self.time()),
            _ => self.rfc3339(),
        }
    }

    /// Seconds since the year 1, as Go keeps them.
    fn seconds(self) -> i64 {
        let before = i64::from(self.year) - 1;
        let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
        let of_year: i64 = (1..self.month.into()).map(|month| days_in(self.year.into(), month)).sum();
        let days = before * 365 + leap_days + of_year + i64::from(self.day) - 1;
        let east = if let Zone::Offset(minutes) = self.zone { i64::from(minutes) } else { 0 };
        days * 86_400 + i64::from(self.hour) * 3_600 + (i64::from(self.minute) - east) * 60 + i64::from(self.second)
    }

    fn date(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn time(self) -> String {
        let mut text = format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second);
        if self.nanosecond > 0 {
            let decimals = format!(".{:09}", self.nanosecond);
            text.push_str(decimals.trim_end_matches('0'));
        }
        text
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Option<String> {
        let zone = match self.zone {
            Zone::Offset(minutes) => format!("{0} {0}", offset(minutes, "")),
            _ => format!("+0000 {}", self.local_zone().unwrap_or("UTC")),
        };
        Some(format!("{} {} {zone}", self.date(), self.time()))
    }

    fn go_text(&self) -> Option<String> {
        let month = MONTHS.get((self.month as usize).checked_sub(1)?)?;
        let zone = match self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            _ => format!("time.Location({:?})", self.local_zone().unwrap_or_default()),
        };
        let Time { year, day, hour, minute, second, nanosecond, .. } = self;
        Some(format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {nanosecond}, {zone})"))
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let zone = Value::Object(Rc::new(Location { is_utc: self.zone == Zone::Utc }));
        vec![("wall", Value::Uint64(u64::from(self.nanosecond))), ("ext", Value::Int64(self.seconds())), ("loc", zone)]
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }

    fn to_json(&self) -> Value {
        Value::from(self.rfc3339())
    }
}

/// Go: `*time.Location`, which is nil for UTC. What is behind the pointer nobody sees.
struct Location {
    is_utc: bool,
}

impl Object for Location {
    fn type_name(&self) -> &'static str {
        "*time.Location"
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_nil(&self) -> bool {
        self.is_utc
    }
}

fn offset(minutes: i32, between: &str) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
}

/// `15:04:05.999` or `15:04`, and what follows.
fn clock(text: &str, mut time: Time) -> Option<(Time, &str)> {
    let (hour, rest) = text.split_at_checked(2)?;
    let (minute, mut rest) = rest.strip_prefix(':')?.split_at_checked(2)?;
    (time.hour, time.minute) = (digits(hour, 2)?, digits(minute, 2)?);
    if let Some(seconds) = rest.strip_prefix(':') {
        let (second, after) = seconds.split_at_checked(2)?;
        time.second = digits(second, 2)?;
        rest = after;
        if let Some(decimals) = rest.strip_prefix('.') {
            let count = decimals.bytes().take_while(u8::is_ascii_digit).count();
            let (decimals, after) = decimals.split_at_checked(count)?;
            let nanoseconds: String = decimals.chars().chain("000000000".chars()).take(9).collect();
            time.nanosecond = if count == 0 { return None } else { nanoseconds.parse().ok()? };
            rest = after;
        }
    }
    (time.hour < 24 && time.minute < 60 && time.second < 60).then_some((time, rest))
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}
