//! Times, durations, months and zones as template values: Go's types with their methods.

use std::any::Any;
use std::rc::Rc;

use go::strconv::quote;
use go::time::{DAYS, Duration, HOUR, MINUTE, MONTHS, SECOND, Time, Zone};

use crate::error::Result;
use crate::value::{Kind, Method, Object, Ty, Value};
use crate::yaml::TomlTime;

/// The names of the Go types.
pub(super) const TIME: &str = "time.Time";
const DURATION: &str = "time.Duration";
const LOCATION: &str = "*time.Location";
const MONTH: &str = "time.Month";
const WEEKDAY: &str = "time.Weekday";

/// Go: `time.RFC3339Nano`.
const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";

/// A time as a template value.
pub(super) fn moment(time: Time) -> Value {
    Value::Object(Rc::new(TimeValue(time)))
}

/// A duration as a template value.
fn duration(duration: Duration) -> Value {
    Value::Object(Rc::new(DurationValue(duration)))
}

/// The number of a month or of a day of the week.
pub(in crate::funcs) fn month_or_weekday(value: &Value) -> Option<i64> {
    value.as_object::<Named>().map(|named| named.number)
}

/// The time in a value, including the times of TOML documents.
pub(super) fn of(value: &Value, local: &Zone) -> Option<Time> {
    if let Some(time) = value.as_object::<TimeValue>() {
        return Some(time.0.clone());
    }
    let toml = value.as_object::<TomlTime>()?;
    let time = Time::parse(b"2006-01-02T15:04:05Z07:00", toml.rfc3339().as_bytes(), local).ok()?;
    // a clock without a zone uses UTC
    Some(match toml.local_zone() {
        Some(name) => time.in_zone(Zone::Fixed(name.to_owned(), 0)),
        None => time,
    })
}

/// Go: `time.Duration`.
struct DurationValue(Duration);

impl Object for DurationValue {
    fn type_name(&self) -> &'static str {
        DURATION
    }

    fn kind(&self) -> Kind {
        Kind::Int64
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        self.0.0 != 0
    }

    fn method(&self, name: &str) -> Option<Method> {
        let (params, ret): (&'static [Ty], Ty) = match name {
            "Hours" | "Minutes" | "Seconds" => (&[], Ty::Float64),
            "Milliseconds" | "Microseconds" | "Nanoseconds" => (&[], Ty::Int64),
            "Round" | "Truncate" => (&[Ty::Object(DURATION)], Ty::Object(DURATION)),
            "Abs" => (&[], Ty::Object(DURATION)),
            "String" => (&[], Ty::Str),
            _ => return None,
        };
        Some(Method::new(params, ret))
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value> {
        let nanos = self.0.0;
        let to = || args.first().and_then(Value::as_object::<DurationValue>).map_or(0, |d| d.0.0);
        #[allow(clippy::cast_precision_loss)] // as Go converts
        let parts = |unit: i64| Value::Float((nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64);
        Ok(match name {
            "Hours" => parts(HOUR),
            "Minutes" => parts(MINUTE),
            "Seconds" => parts(SECOND),
            "Milliseconds" => Value::Int64(nanos / 1_000_000),
            "Microseconds" => Value::Int64(nanos / 1_000),
            "Nanoseconds" => Value::Int64(nanos),
            "Round" => duration(self.0.round(to())),
            "Truncate" => duration(self.0.truncate(to())),
            "Abs" => duration(self.0.abs()),
            "String" => Value::str(self.0.to_string()),
            _ => Value::Nil,
        })
    }

    fn text(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn to_json(&self) -> Value {
        Value::Int64(self.0.0)
    }
}

/// Go: `time.Time`.
struct TimeValue(Time);

impl Object for TimeValue {
    fn type_name(&self) -> &'static str {
        TIME
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn method(&self, name: &str) -> Option<Method> {
        const OTHER: &[Ty] = &[Ty::Object(TIME)];
        const LENGTH: &[Ty] = &[Ty::Object(DURATION)];
        let (params, ret): (&'static [Ty], Ty) = match name {
            "Year" | "Day" | "Hour" | "Minute" | "Second" | "Nanosecond" | "YearDay" => (&[], Ty::Int),
            "Month" => (&[], Ty::Object(MONTH)),
            "Weekday" => (&[], Ty::Object(WEEKDAY)),
            "Unix" | "UnixMilli" | "UnixMicro" | "UnixNano" => (&[], Ty::Int64),
            "IsZero" | "IsDST" => (&[], Ty::Bool),
            "After" | "Before" | "Equal" => (OTHER, Ty::Bool),
            "Compare" => (OTHER, Ty::Int),
            "Sub" => (OTHER, Ty::Object(DURATION)),
            "Add" | "Round" | "Truncate" => (LENGTH, Ty::Object(TIME)),
            "AddDate" => (&[Ty::Int, Ty::Int, Ty::Int], Ty::Object(TIME)),
            "UTC" | "Local" => (&[], Ty::Object(TIME)),
            "In" => (&[Ty::Object(LOCATION)], Ty::Object(TIME)),
            "Location" => (&[], Ty::Object(LOCATION)),
            "Format" => (&[Ty::Str], Ty::Str),
            "String" => (&[], Ty::Str),
            "MarshalJSON" | "MarshalText" => (&[], Ty::Bytes),
            _ => return several_results(name).map(Method::refused),
        };
        Some(Method::new(params, ret))
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value> {
        let time = &self.0;
        let int = |i: usize| match args.get(i) {
            Some(Value::Int(n)) => *n,
            _ => 0,
        };
        let given = args.first().and_then(|value| of(value, &time.local));
        let other = &given.unwrap_or_else(|| Time::zero(time.local.clone()));
        let length = args.first().and_then(Value::as_object::<DurationValue>).map_or(0, |d| d.0.0);
        let civil = || time.civil().0;
        let nanos = i64::from(time.nanos);
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
            "Unix" => Value::Int64(time.unix),
            "UnixMilli" => Value::Int64(time.unix.wrapping_mul(1_000).wrapping_add(nanos / 1_000_000)),
            "UnixMicro" => Value::Int64(time.unix.wrapping_mul(1_000_000).wrapping_add(nanos / 1_000)),
            "UnixNano" => Value::Int64(time.unix.wrapping_mul(1_000_000_000).wrapping_add(nanos)),
            "IsZero" => Value::Bool(time.is_zero()),
            "IsDST" => Value::Bool(time.zone.is_dst(time.unix)),
            "After" => Value::Bool(time.order(other).is_gt()),
            "Before" => Value::Bool(time.order(other).is_lt()),
            "Equal" => Value::Bool(time.order(other).is_eq()),
            "Compare" => Value::Int(time.order(other) as i64),
            "Sub" => duration(time.since(other)),
            "Add" => moment(time.add(Duration(length))),
            "Round" => moment(time.rounded(length, true)),
            "Truncate" => moment(time.rounded(length, false)),
            "AddDate" => moment(time.add_date(int(0), int(1), int(2))),
            "UTC" => moment(time.in_zone(Zone::Utc)),
            "Local" => moment(time.in_zone(time.local.clone())),
            "In" => {
                let zone = args.first().and_then(Value::as_object::<Location>).map_or(Zone::Utc, |l| l.0.clone());
                moment(time.in_zone(zone))
            }
            "Location" => Value::Object(Rc::new(Location(time.zone.clone()))),
            "Format" => Value::str(time.format(args.first().and_then(Value::as_str).map_or(&[], |s| s.as_bytes()))),
            "String" => Value::str(time.to_string()),
            "MarshalText" => Value::Bytes(time.format(RFC3339_NANO).into()),
            "MarshalJSON" => Value::Bytes([b"\"", time.format(RFC3339_NANO).as_slice(), b"\""].concat().into()),
            _ => Value::Nil,
        })
    }

    fn text(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    /// Go: `time.Time.GoString`.
    fn go_text(&self) -> Option<String> {
        let civil = self.0.civil().0;
        let zone = match &self.0.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Local(_) => "time.Local".to_owned(),
            zone => format!("time.Location({})", quote(zone.name().as_bytes())),
        };
        let month = Named { ty: MONTH, number: civil.month }.name();
        Some(format!(
            "time.Date({}, time.{month}, {}, {}, {}, {}, {}, {zone})",
            civil.year, civil.day, civil.hour, civil.minute, civil.second, self.0.nanos
        ))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<TimeValue>();
        other.is_some_and(|other| self.0.order(&other.0).is_eq() && self.0.zone.name() == other.0.zone.name())
    }

    fn to_json(&self) -> Value {
        Value::str(self.0.format(RFC3339_NANO))
    }
}

/// Go's error for methods with more than one result.
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
