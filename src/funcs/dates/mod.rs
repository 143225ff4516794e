//! Times, dates and durations.

mod objects;

use go::time::{Duration, SECOND, Time, Zone};

use super::args::{self, bytes};
use crate::error::{Error, Result};
use crate::template::{Context, Func};
use crate::value::{Ty, Value};
use objects::moment;
pub(super) use objects::month_or_weekday;

const TIME: Ty = Ty::Object(objects::TIME);

pub(super) const FUNCS: &[Func] = &[
    Func::new("now", &[], TIME, |cx, _| now(cx).map(moment)),
    Func::new("date", &[Ty::Str, Ty::Any], Ty::Str, |cx, a| show(cx, bytes(a, 0), a.get(1), b"Local")),
    DATE_IN_ZONE,
    DATE_IN_ZONE.named("date_in_zone"),
    Func::new("htmlDate", &[Ty::Any], Ty::Str, |cx, a| show(cx, HTML, a.first(), b"Local")),
    Func::new("htmlDateInZone", &[Ty::Any, Ty::Str], Ty::Str, |cx, a| show(cx, HTML, a.first(), bytes(a, 1))),
    DATE_MODIFY,
    DATE_MODIFY.named("date_modify"),
    MUST_DATE_MODIFY,
    MUST_DATE_MODIFY.named("must_date_modify"),
    Func::new("toDate", &[Ty::Str, Ty::Str], TIME, |cx, a| {
        let local = local(cx)?;
        let time = Time::parse(bytes(a, 0), bytes(a, 1), &local);
        Ok(moment(time.unwrap_or_else(|_| Time::zero(local))))
    }),
    Func::new("mustToDate", &[Ty::Str, Ty::Str], TIME, |cx, a| {
        Time::parse(bytes(a, 0), bytes(a, 1), &local(cx)?).map(moment).map_err(Error::from)
    }),
    Func::new("ago", &[Ty::Any], Ty::Str, |cx, a| {
        let since = now(cx)?.since(&time_of(cx, a.first())?);
        Ok(Value::str(since.round(SECOND).to_string()))
    }),
    Func::new("duration", &[Ty::Any], Ty::Str, |_, a| {
        let seconds = match a.first() {
            Some(Value::Str(text)) => whole_number(text),
            Some(Value::Int64(n)) => *n,
            _ => 0,
        };
        Ok(Value::str(Duration(seconds.wrapping_mul(SECOND)).to_string()))
    }),
    Func::new("durationRound", &[Ty::Any], Ty::Str, |cx, a| {
        let duration = match a.first() {
            Some(Value::Str(text)) => Duration::parse(text).unwrap_or(Duration(0)),
            Some(Value::Int64(n)) => Duration(*n),
            Some(value) => match objects::of(value, &local(cx)?) {
                Some(time) => now(cx)?.since(&time),
                None => Duration(0),
            },
            None => Duration(0),
        };
        Ok(Value::str(coarse(duration)))
    }),
    Func::new("unixEpoch", &[TIME], Ty::Str, |cx, a| Ok(Value::str(given(cx, a, 0)?.unix.to_string()))),
];

const HTML: &[u8] = b"2006-01-02";

const DATE_IN_ZONE: Func = Func::new("dateInZone", &[Ty::Str, Ty::Any, Ty::Str], Ty::Str, |cx, a| {
    show(cx, bytes(a, 0), a.get(1), bytes(a, 2))
});

const DATE_MODIFY: Func = Func::new("dateModify", &[Ty::Str, TIME], TIME, |cx, a| {
    let time = given(cx, a, 1)?;
    Ok(match Duration::parse(bytes(a, 0)) {
        Ok(duration) => moment(time.add(duration)),
        Err(_) => args::any(a, 1),
    })
});

const MUST_DATE_MODIFY: Func = Func::new("mustDateModify", &[Ty::Str, TIME], TIME, |cx, a| {
    let duration = Duration::parse(bytes(a, 0))?;
    Ok(moment(given(cx, a, 1)?.add(duration)))
});

fn local(cx: &dyn Context) -> Result<Zone> {
    Ok(Zone::local(&args::env(cx)?.host.time_zone()))
}

fn now(cx: &dyn Context) -> Result<Time> {
    let (unix, nanos) = args::env(cx)?.host.now();
    Ok(Time { monotonic: Some(1), ..Time::at(unix, nanos, local(cx)?) })
}

/// Argument `i`, a time.
fn given(cx: &dyn Context, args: &[Value], i: usize) -> Result<Time> {
    let local = local(cx)?;
    Ok(args.get(i).and_then(|value| objects::of(value, &local)).unwrap_or_else(|| Time::zero(local)))
}

/// A time from any value: whole numbers are seconds since 1970; anything that is not a time is now.
fn time_of(cx: &dyn Context, value: Option<&Value>) -> Result<Time> {
    match value {
        Some(Value::Int(n) | Value::Int64(n)) => Ok(Time::at(*n, 0, local(cx)?)),
        other => {
            let local = local(cx)?;
            other.and_then(|value| objects::of(value, &local)).map_or_else(|| now(cx), Ok)
        }
    }
}

/// Sprig: `dateInZone`.
fn show(cx: &dyn Context, layout: &[u8], value: Option<&Value>, zone: &[u8]) -> Result<Value> {
    let time = time_of(cx, value)?;
    let host = &args::env(cx)?.host;
    let zone = std::str::from_utf8(zone).ok().and_then(|name| Zone::load(name, || host.time_zone()));
    let text = time.in_zone(zone.unwrap_or(Zone::Utc)).format(layout);
    cx.budget().charge(text.len() as u64)?;
    Ok(Value::str(text))
}

/// The duration in its largest unit, rounded down: `2h`, `3d`. Sprig: `durationRound`.
fn coarse(duration: Duration) -> String {
    const SECONDS: [(u64, &str); 6] =
        [(365 * 86_400, "y"), (30 * 86_400, "mo"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let nanos = duration.0.unsigned_abs();
    let unit = SECONDS.iter().find(|(seconds, _)| nanos > seconds * 1_000_000_000);
    unit.map_or_else(|| "0s".to_owned(), |(seconds, name)| format!("{}{name}", nanos / (seconds * 1_000_000_000)))
}

/// Go: `strconv.ParseInt` in base 10, ignoring its error: the nearest number, or 0.
fn whole_number(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    let mut value: u64 = 0;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return 0;
        }
        match value.checked_mul(10).and_then(|v| v.checked_add(u64::from(byte - b'0'))) {
            Some(next) => value = next,
            // the rest does not matter
            None => return if negative { i64::MIN } else { i64::MAX },
        }
    }
    if negative {
        0i64.checked_sub_unsigned(value).unwrap_or(i64::MIN)
    } else {
        i64::try_from(value).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_rounded_down_to_its_largest_unit() {
        assert_eq!(coarse(Duration(i64::MIN)), "292y");
        assert_eq!(coarse(Duration(60 * SECOND)), "60s");
    }

    #[test]
    fn reads_whole_numbers() {
        for (text, want) in [
            ("+60", 60),
            ("-95", -95),
            ("", 0),
            ("0x10", 0),
            ("-9223372036854775808", i64::MIN),
            ("9223372036854775808", i64::MAX),
            ("9223372036854775808s", 0),
            ("99999999999999999999s", i64::MAX),
        ] {
            assert_eq!(whole_number(text.as_bytes()), want, "{text}");
        }
    }
}
