//! A moment on a clock. Go: `time.Time`.

use std::any::Any;
use std::rc::Rc;

use super::duration::{self, Duration};
use crate::error::Result;
use crate::value::{Kind, Method, Object, Ty, Value};
use crate::yaml::TomlTime;
use go::time::DAYS;
use go::time::MONTHS;
use go::time::Zone;

/// The Go type's name.
pub(super) const TYPE: &str = "time.Time";

/// A moment, the zone that it is shown in, and the zone of the machine.
#[derive(Clone, Debug)]
pub(super) struct Time {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub(super) unix: i64,
    /// Nanoseconds beyond the second.
    pub(super) nanos: u32,
    pub(super) zone: Zone,
    pub(super) local: Zone,
    /// Nanoseconds on the clock that never jumps: only `now` reads it.
    pub(super) monotonic: Option<i64>,
}

/// Date and time of day as a clock in some zone shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: i64,
    pub(super) day: i64,
    /// 1 to 366.
    pub(super) year_day: i64,
    /// 0 is Sunday.
    pub(super) week_day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
}

const DAY: i64 = 86_400;

/// 0001-01-01T00:00:00Z, Go's zero time, in seconds since 1970.
const ZERO: i64 = -62_135_596_800;

impl Time {
    /// A moment in the zone of the machine. Go: `time.Unix`.
    pub(super) fn at(unix: i64, nanos: u32, local: Zone) -> Self {
        Time { unix, nanos, zone: local.clone(), local, monotonic: None }
    }

    /// Go's zero time: what a failed parse answers.
    pub(super) fn zero(local: Zone) -> Self {
        Time { unix: ZERO, nanos: 0, zone: Zone::Utc, local, monotonic: None }
    }

    /// The time that a value is, one of a TOML document included.
    pub(super) fn of(value: &Value, local: &Zone) -> Option<Self> {
        if let Some(time) = value.as_object::<Time>() {
            return Some(time.clone());
        }
        let toml = value.as_object::<TomlTime>()?;
        let time = Time::parse(b"2006-01-02T15:04:05Z07:00", toml.rfc3339().as_bytes(), local).ok()?;
        // a clock that names no zone shows that of UTC
        Some(match toml.local_zone() {
            Some(name) => time.in_zone(Zone::Fixed(name.to_owned(), 0)),
            None => time,
        })
    }

    /// The moment at which a clock in `zone` shows this date and time; parts may be out of their range.
    /// Go: `time.Date`.
    pub(super) fn date(civil: Civil, nanos: u32, zone: Zone, local: Zone) -> Self {
        let months = i128::from(civil.year) * 12 + i128::from(civil.month) - 1;
        let days = days_before(months.div_euclid(12), months.rem_euclid(12)) + i128::from(civil.day) - 1;
        let seconds = days * i128::from(DAY)
            + i128::from(civil.hour) * 3600
            + i128::from(civil.minute) * 60
            + i128::from(civil.second);
        let mut unix = i64::try_from(seconds).unwrap_or(if seconds < 0 { i64::MIN } else { i64::MAX });
        // the clock says `unix`; look up the offset there, then where that offset leads
        let offset = zone.offset(unix);
        if offset != 0 {
            unix = unix.saturating_sub(zone.offset(unix.saturating_sub(offset)));
        }
        Time { unix, nanos, zone, local, monotonic: None }
    }

    /// The same moment in another zone.
    pub(super) fn in_zone(&self, zone: Zone) -> Self {
        Time { zone, monotonic: None, ..self.clone() }
    }

    /// A moment later. Go: `Time.Add`.
    pub(super) fn add(&self, duration: Duration) -> Self {
        let nanos = i64::from(self.nanos) + duration.0 % duration::SECOND;
        Time {
            unix: self.unix.wrapping_add(duration.0 / duration::SECOND + nanos.div_euclid(duration::SECOND)),
            nanos: u32::try_from(nanos.rem_euclid(duration::SECOND)).unwrap_or_default(),
            monotonic: self.monotonic.and_then(|m| m.checked_add(duration.0)),
            ..self.clone()
        }
    }

    /// The time that has passed since another moment, as far as a duration goes. Go: `Time.Sub`.
    pub(super) fn since(&self, earlier: &Time) -> Duration {
        let nanos = self.total() - earlier.total();
        Duration(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// What a clock in the time's zone shows; and the zone's abbreviation and offset then.
    pub(super) fn civil(&self) -> (Civil, String, i64) {
        let (name, offset) = self.zone.at(self.unix);
        (civil_at(self.unix.saturating_add(offset)), name, offset)
    }

    /// As a template value.
    pub(super) fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }

    fn total(&self) -> i128 {
        i128::from(self.unix) * i128::from(duration::SECOND) + i128::from(self.nanos)
    }

    /// A multiple of `step` since the zero time: the one before, or the nearest.
    fn rounded(&self, step: i64, nearest: bool) -> Self {
        let mut time = Time { monotonic: None, ..self.clone() };
        if step > 0 {
            let since_zero = self.total() - i128::from(ZERO) * i128::from(duration::SECOND);
            let rest = i64::try_from(since_zero.rem_euclid(i128::from(step))).unwrap_or_default();
            let up = nearest && rest >= step - rest;
            time = time.add(Duration(if up { step - rest } else { -rest }));
        }
        time
    }

    fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let (civil, ..) = self.civil();
        let civil = Civil {
            year: civil.year.saturating_add(years),
            month: civil.month.saturating_add(months),
            day: civil.day.saturating_add(days),
            ..civil
        };
        Time::date(civil, self.nanos, self.zone.clone(), self.local.clone())
    }

    fn order(&self, other: &Time) -> std::cmp::Ordering {
        (self.unix, self.nanos).cmp(&(other.unix, other.nanos))
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn method(&self, name: &str) -> Option<Method> {
        const OTHER: &[Ty] = &[Ty::Object(TYPE)];
        const LENGTH: &[Ty] = &[Ty::Object(duration::TYPE)];
        let (params, ret): (&'static [Ty], Ty) = match name {
            "Year" | "Day" | "Hour" | "Minute" | "Second" | "Nanosecond" | "YearDay" => (&[], Ty::Int),
            "Month" => (&[], Ty::Object(MONTH)),
            "Weekday" => (&[], Ty::Object(WEEKDAY)),
            "Unix" | "UnixMilli" | "UnixMicro" | "UnixNano" => (&[], Ty::Int64),
            "IsZero" | "IsDST" => (&[], Ty::Bool),
            "After" | "Before" | "Equal" => (OTHER, Ty::Bool),
            "Compare" => (OTHER, Ty::Int),
            "Sub" => (OTHER, Ty::Object(duration::TYPE)),
            "Add" | "Round" | "Truncate" => (LENGTH, Ty::Object(TYPE)),
            "AddDate" => (&[Ty::Int, Ty::Int, Ty::Int], Ty::Object(TYPE)),
            "UTC" | "Local" => (&[], Ty::Object(TYPE)),
            "In" => (&[Ty::Object(LOCATION)], Ty::Object(TYPE)),
            "Location" => (&[], Ty::Object(LOCATION)),
            "Format" => (&[Ty::Str], Ty::Str),
            "String" => (&[], Ty::Str),
            "MarshalJSON" | "MarshalText" => (&[], Ty::Bytes),
            _ => return several_results(name).map(Method::refused),
        };
        Some(Method::new(params, ret))
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value> {
        let int = |i: usize| match args.get(i) {
            Some(Value::Int(n)) => *n,
            _ => 0,
        };
        let given = args.first().and_then(|value| Time::of(value, &self.local));
        let other = &given.unwrap_or_else(|| Time::zero(self.local.clone()));
        let length = args.first().and_then(Value::as_object::<Duration>).map_or(0, |d| d.0);
        let civil = || self.civil().0;
        let nanos = i64::from(self.nanos);
        Ok(match name {
            "Year" => Value::Int(civil().year),
            "Month" => Value::Object(Rc::new(Named { ty: MONTH, number: civil().month })),
            "Weekday" => Value::Object(Rc::new(Named { ty: WEEKDAY, number: civil().week_day })),
            "Day" => Value::Int(civil().day),
            "Hour" => Value::Int(civil().hour),
            "Minute" => Value::Int(civil().minute),
            "Second" => Value::Int(civil().second),
            "Nanosecond" => Value::Int(nanos),
            "YearDay" => Value::Int(civil().year_day),
            "Unix" => Value::Int64(self.unix),
            "UnixMilli" => Value::Int64(self.unix.wrapping_mul(1_000).wrapping_add(nanos / 1_000_000)),
            "UnixMicro" => Value::Int64(self.unix.wrapping_mul(1_000_000).wrapping_add(nanos / 1_000)),
            "UnixNano" => Value::Int64(self.unix.wrapping_mul(1_000_000_000).wrapping_add(nanos)),
            "IsZero" => Value::Bool(self.unix == ZERO && self.nanos == 0),
            "IsDST" => Value::Bool(self.zone.is_dst(self.unix)),
            "After" => Value::Bool(self.order(other).is_gt()),
            "Before" => Value::Bool(self.order(other).is_lt()),
            "Equal" => Value::Bool(self.order(other).is_eq()),
            "Compare" => Value::Int(self.order(other) as i64),
            "Sub" => self.since(other).value(),
            "Add" => self.add(Duration(length)).value(),
            "Round" => self.rounded(length, true).value(),
            "Truncate" => self.rounded(length, false).value(),
            "AddDate" => self.add_date(int(0), int(1), int(2)).value(),
            "UTC" => self.in_zone(Zone::Utc).value(),
            "Local" => self.in_zone(self.local.clone()).value(),
            "In" => {
                let zone = args.first().and_then(Value::as_object::<Location>).map_or(Zone::Utc, |l| l.0.clone());
                self.in_zone(zone).value()
            }
            "Location" => Value::Object(Rc::new(Location(self.zone.clone()))),
            "Format" => Value::str(self.format(args.first().and_then(Value::as_str).map_or(&[], |s| s.as_bytes()))),
            "String" => Value::str(self.to_string()),
            "MarshalText" => Value::Bytes(self.format(RFC3339_NANO).into()),
            "MarshalJSON" => Value::Bytes([b"\"", self.format(RFC3339_NANO).as_slice(), b"\""].concat().into()),
            _ => Value::Nil,
        })
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Time>();
        other.is_some_and(|other| self.order(other).is_eq() && self.zone.name() == other.zone.name())
    }

    fn to_json(&self) -> Value {
        Value::str(self.format(RFC3339_NANO))
    }
}

/// What Go says of the methods that have more than one result.
fn several_results(name: &str) -> Option<&'static str> {
    Some(match name {
        "Clock" => "function Clock has 3 return values; should be 1 or 2",
        "Date" => "function Date has 3 return values; should be 1 or 2",
        "ISOWeek" => "invalid function signature for ISOWeek: second return value should be error; is int",
        "Zone" => "invalid function signature for Zone: second return value should be error; is int",
        "ZoneBounds" => "invalid function signature for ZoneBounds: second return value should be error; is time.Time",
        _ => return None,
    })
}

/// Go: `time.RFC3339Nano`.
const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";

const LOCATION: &str = "*time.Location";
const MONTH: &str = "time.Month";
const WEEKDAY: &str = "time.Weekday";

/// Go: `time.Location`, as a pointer.
struct Location(Zone);

impl Object for Location {
    fn type_name(&self) -> &'static str {
        LOCATION
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn method(&self, name: &str) -> Option<Method> {
        (name == "String").then_some(Method::new(&[], Ty::Str))
    }

    fn call(&self, _name: &str, _args: &[Value]) -> Result<Value> {
        Ok(Value::str(self.0.name()))
    }

    fn text(&self) -> Option<String> {
        Some(self.0.name())
    }

    fn to_json(&self) -> Value {
        Value::map(std::iter::empty::<(&str, Value)>())
    }
}

/// Go: `time.Month` and `time.Weekday`: numbers that print as names.
struct Named {
    ty: &'static str,
    number: i64,
}

impl Named {
    fn name(&self) -> &'static str {
        let (names, from): (&[&'static str], i64) = if self.ty == MONTH { (&MONTHS, 1) } else { (&DAYS, 0) };
        usize::try_from(self.number - from).ok().and_then(|i| names.get(i)).copied().unwrap_or_default()
    }
}

impl Object for Named {
    fn type_name(&self) -> &'static str {
        self.ty
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        self.number != 0
    }

    fn method(&self, name: &str) -> Option<Method> {
        (name == "String").then_some(Method::new(&[], Ty::Str))
    }

    fn call(&self, _name: &str, _args: &[Value]) -> Result<Value> {
        Ok(Value::str(self.name()))
    }

    fn text(&self) -> Option<String> {
        Some(self.name().to_owned())
    }

    fn to_json(&self) -> Value {
        Value::Int(self.number)
    }
}

/// Days from 1970-01-01 to the first of a month, counted from 0.
fn days_before(year: i128, month: i128) -> i128 {
    // years that start in March end with the leap day
    let shifted = if month < 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 10) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Date and time of a clock that shows UTC.
fn civil_at(clock: i64) -> Civil {
    let (days, seconds) = (clock.div_euclid(DAY), clock.rem_euclid(DAY));
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let first = i64::try_from(days_before(i128::from(year), 0)).unwrap_or(days);
    Civil {
        year,
        month,
        day: of_year - (153 * shifted_month + 2) / 5 + 1,
        year_day: days - first + 1,
        week_day: (days + 4).rem_euclid(7),
        hour: seconds / 3600,
        minute: seconds / 60 % 60,
        second: seconds % 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days() {
        for (unix, want) in [
            (0, (1970, 1, 1, 1, 4)),
            (-1, (1969, 12, 31, 365, 3)),
            (1_582_934_400, (2020, 2, 29, 60, 6)),
            (951_782_400, (2000, 2, 29, 60, 2)),
            (ZERO, (1, 1, 1, 1, 1)),
            (253_402_300_800, (10_000, 1, 1, 1, 6)),
        ] {
            let c = civil_at(unix);
            assert_eq!((c.year, c.month, c.day, c.year_day, c.week_day), want, "{unix}");
            assert_eq!(Time::date(c, 0, Zone::Utc, Zone::Utc).unix, unix);
        }
        civil_at(i64::MIN);
        civil_at(i64::MAX);
    }

    #[test]
    fn adds_months_over_the_end() {
        let time = Time::at(1_580_428_800, 0, Zone::Utc);
        assert_eq!(time.add_date(0, 1, 0).to_string(), "2020-03-02 00:00:00 +0000 UTC");
        assert_eq!(time.add_date(i64::MAX, i64::MAX, i64::MAX).unix, i64::MAX);
        assert_eq!(time.add(Duration(-1)).to_string(), "2020-01-30 23:59:59.999999999 +0000 UTC");
    }
}
