//! Text as times. Go: `time.ParseInLocation`.

use super::duration::{leading_int, quote};
use super::{Civil, DAYS, Element, MONTHS, Time, Zone, days_in, is_leap, next_element};
use crate::error::Error;

/// What is wrong with an element.
enum Fault {
    /// The text is none.
    Bad,
    /// It is out of its range.
    Range(&'static str),
}

type Read<T> = Result<T, Fault>;

impl Time {
    /// Reads a text as a layout shows the reference time; a text without zone is in `local`. The error has Go's text.
    pub fn parse(layout: &[u8], text: &[u8], local: &Zone) -> Result<Self, Error> {
        let mut found = Fields::default();
        let mut rest = text;
        let mut pattern = layout;
        loop {
            let next = next_element(pattern);
            let prefix = next.map_or(pattern, |(prefix, ..)| prefix);
            rest = skip(rest, prefix).map_err(|at| mismatch(layout, text, prefix, at))?;
            let Some((_, element, element_text, after)) = next else { break };
            pattern = after;
            rest = found.read(element, rest, pattern).map_err(|fault| match fault {
                Fault::Bad => mismatch(layout, text, element_text, rest),
                Fault::Range(what) => Error::new(format!("parsing time {}: {what} out of range", quote(text))),
            })?;
        }
        if !rest.is_empty() {
            return Err(Error::new(format!("parsing time {}: extra text: {}", quote(text), quote(rest))));
        }
        found.time(local).map_err(|what| Error::new(format!("parsing time {}: {what}", quote(text))))
    }
}

fn mismatch(layout: &[u8], text: &[u8], element: &[u8], at: &[u8]) -> Error {
    let (layout, element) = (quote(layout), quote(element));
    Error::new(format!("parsing time {} as {layout}: cannot parse {} as {element}", quote(text), quote(at)))
}

/// What a text has said so far.
#[derive(Default)]
struct Fields<'t> {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: u32,
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone_name: &'t [u8],
}

impl<'t> Fields<'t> {
    /// Reads one element off a text; answers what follows. `pattern` is the layout after the element.
    fn read(&mut self, element: Element, text: &'t [u8], pattern: &[u8]) -> Read<&'t [u8]> {
        let mut rest = text;
        match element {
            Element::Year => {
                let year = signed(take(&mut rest, 2)?)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::LongYear => {
                let digits = take(&mut rest, 4)?;
                if !digits.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Fault::Bad);
                }
                self.year = signed(digits)?;
            }
            Element::Month => self.month = Some(lookup(&mut rest, &MONTHS, 3)? + 1),
            Element::LongMonth => self.month = Some(lookup(&mut rest, &MONTHS, usize::MAX)? + 1),
            Element::NumMonth | Element::ZeroMonth => {
                let month = number(&mut rest, element == Element::ZeroMonth)?;
                if !(1..=12).contains(&month) {
                    return Err(Fault::Range("month"));
                }
                self.month = Some(month);
            }
            Element::WeekDay => {
                lookup(&mut rest, &DAYS, 3)?;
            }
            Element::LongWeekDay => {
                lookup(&mut rest, &DAYS, usize::MAX)?;
            }
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                if element == Element::UnderDay {
                    rest = rest.strip_prefix(b" ").unwrap_or(rest);
                }
                self.day = Some(number(&mut rest, element == Element::ZeroDay)?);
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                self.year_day = Some(year_day(&mut rest, element == Element::ZeroYearDay)?);
            }
            Element::Hour => self.hour = in_range(number(&mut rest, false)?, 23, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => {
                self.hour = in_range(number(&mut rest, element == Element::ZeroHour12)?, 12, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                self.minute = in_range(number(&mut rest, element == Element::ZeroMinute)?, 59, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                self.second = in_range(number(&mut rest, element == Element::ZeroSecond)?, 59, "second")?;
                // a fraction may follow that the layout does not know
                let expected = next_element(pattern)
                    .is_some_and(|(_, next, ..)| matches!(next, Element::Fraction(..) | Element::ShortFraction(..)));
                if !expected {
                    self.short_fraction(&mut rest)?;
                }
            }
            Element::Noon => self.afternoon = Some(noon(take(&mut rest, 2)?, [b"AM", b"PM"])?),
            Element::LowerNoon => self.afternoon = Some(noon(take(&mut rest, 2)?, [b"am", b"pm"])?),
            Element::Offset(form) => {
                if form.z && rest.starts_with(b"Z") {
                    self.utc = true;
                    return take(&mut rest, 1).map(|_| rest);
                }
                self.offset = Some(offset(&mut rest, form.colon, form.parts)?);
            }
            Element::Zone => {
                if let Some(after) = rest.strip_prefix(b"UTC") {
                    self.utc = true;
                    return Ok(after);
                }
                let length = zone_name(rest).ok_or(Fault::Bad)?;
                self.zone_name = take(&mut rest, length)?;
            }
            Element::Fraction(digits, _) => {
                let mut part = take(&mut rest, 1 + digits)?;
                self.nanos = fraction(&mut part)?;
                if !part.is_empty() {
                    return Err(Fault::Bad);
                }
            }
            Element::ShortFraction(..) => self.short_fraction(&mut rest)?,
        }
        Ok(rest)
    }

    /// A fraction of a second, where one is there.
    fn short_fraction(&mut self, rest: &mut &'t [u8]) -> Read<()> {
        if let [b'.' | b',', b'0'..=b'9', ..] = rest {
            self.nanos = fraction(rest)?;
        }
        Ok(())
    }

    /// The moment that was said.
    fn time(self, local: &Zone) -> Result<Time, &'static str> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = match self.year_day {
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
            Some(year_day) => {
                let days = 365 + i64::from(is_leap(self.year));
                if !(1..=days).contains(&year_day) {
                    return Err("day-of-year out of range");
                }
                let (mut month, mut day) = (1, year_day);
                while day > days_in(self.year, month) {
                    day -= days_in(self.year, month);
                    month += 1;
                }
                if self.month.is_some_and(|said| said != month) {
                    return Err("day-of-year does not match month");
                }
                if self.day.is_some_and(|said| said != day) {
                    return Err("day-of-year does not match day");
                }
                (month, day)
            }
        };
        if !(1..=days_in(self.year, month)).contains(&day) {
            return Err("day out of range");
        }
        let (minute, second) = (self.minute, self.second);
        let civil = Civil { year: self.year, month, day, year_day: 0, week_day: 0, hour, minute, second };
        let date = |zone: Zone| Time::date(civil, self.nanos, zone, local.clone());
        if self.utc {
            return Ok(date(Zone::Utc));
        }
        let name = String::from_utf8_lossy(self.zone_name);
        if let Some(offset) = self.offset {
            let mut time = date(Zone::Utc);
            time.unix -= offset;
            let (local_name, local_offset) = local.at(time.unix);
            let is_local = local_offset == offset && (name.is_empty() || local_name == name);
            time.zone = if is_local { local.clone() } else { Zone::Fixed(name.into_owned(), offset) };
            return Ok(time);
        }
        if name.is_empty() {
            return Ok(date(local.clone()));
        }
        let mut time = date(Zone::Utc);
        if let Some(offset) = local.offset_of(&name, time.unix) {
            time.unix -= offset;
            time.zone = local.clone();
            return Ok(time);
        }
        // an unknown name says nothing but in `GMT+3`
        let hours = name.strip_prefix("GMT").filter(|hours| !hours.is_empty()).and_then(|hours| hours.parse().ok());
        time.zone = Zone::Fixed(name.clone().into_owned(), hours.unwrap_or(0i64) * 3600);
        if let Zone::Fixed(_, offset) = &time.zone {
            time.unix -= offset;
        }
        Ok(time)
    }
}

/// Takes bytes off the front.
fn take<'t>(rest: &mut &'t [u8], count: usize) -> Read<&'t [u8]> {
    let (taken, after) = rest.split_at_checked(count).ok_or(Fault::Bad)?;
    *rest = after;
    Ok(taken)
}

/// Text that must stand there; a space stands for any number of them. The error is the place of the mismatch.
/// Go: `skip`.
fn skip<'t>(mut text: &'t [u8], prefix: &[u8]) -> Result<&'t [u8], &'t [u8]> {
    let trimmed = |mut bytes: &'t [u8]| {
        while let Some(after) = bytes.strip_prefix(b" ") {
            bytes = after;
        }
        bytes
    };
    let mut after_space = false;
    for &byte in prefix {
        if byte == b' ' {
            if !after_space && text.first().is_some_and(|&b| b != b' ') {
                return Err(text);
            }
            text = trimmed(text);
            after_space = true;
            continue;
        }
        after_space = false;
        match text {
            [first, after @ ..] if *first == byte => text = after,
            _ => return Err(text),
        }
    }
    Ok(text)
}

/// One or two digits; always two where `fixed`.
fn number(rest: &mut &[u8], fixed: bool) -> Read<i64> {
    let digits = rest.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || (fixed && digits == 1) {
        return Err(Fault::Bad);
    }
    signed(take(rest, digits)?)
}

/// The number of a day in its year: three digits, or fewer behind up to two spaces unless it is `fixed`.
fn year_day(rest: &mut &[u8], fixed: bool) -> Read<i64> {
    for _ in 0..2 {
        if !fixed {
            *rest = rest.strip_prefix(b" ").unwrap_or(rest);
        }
    }
    let digits = rest.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || (fixed && digits != 3) {
        return Err(Fault::Bad);
    }
    signed(take(rest, digits)?)
}

/// A whole number, perhaps with a sign. Go: `atoi`.
fn signed(text: &[u8]) -> Read<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    match leading_int(digits) {
        Some((value, [])) => i64::try_from(value).map(|n| if negative { -n } else { n }).map_err(|_| Fault::Bad),
        _ => Err(Fault::Bad),
    }
}

fn in_range(value: i64, max: i64, what: &'static str) -> Read<i64> {
    if value <= max { Ok(value) } else { Err(Fault::Range(what)) }
}

fn noon(text: &[u8], [before, after]: [&[u8]; 2]) -> Read<bool> {
    if text == after {
        Ok(true)
    } else if text == before {
        Ok(false)
    } else {
        Err(Fault::Bad)
    }
}

/// One of the names, or of their first letters, in any case.
fn lookup(rest: &mut &[u8], names: &[&'static str], letters: usize) -> Read<i64> {
    for (i, name) in (0..).zip(names) {
        let name = name.get(..letters.min(name.len())).unwrap_or(name).as_bytes();
        if rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            take(rest, name.len())?;
            return Ok(i);
        }
    }
    Err(Fault::Bad)
}

/// A point or comma and digits, as nanoseconds; what is finer does not count.
fn fraction(rest: &mut &[u8]) -> Read<u32> {
    let [b'.' | b',', digits @ ..] = *rest else {
        return Err(Fault::Bad);
    };
    let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut nanos = 0;
    for i in 0..9 {
        let digit = digits.get(i).filter(|_| i < count).map_or(0, |b| b - b'0');
        nanos = nanos * 10 + u32::from(digit);
    }
    take(rest, 1 + count)?;
    Ok(nanos)
}

/// An offset from UTC in seconds.
fn offset(rest: &mut &[u8], colon: bool, parts: u8) -> Read<i64> {
    let separator = usize::from(colon);
    let text = take(rest, 3 + usize::from(parts - 1) * (2 + separator))?;
    let mut inner = text;
    let sign = take(&mut inner, 1)?;
    let mut values = [0; 3];
    let mut bad = false;
    for (i, value) in values.iter_mut().enumerate().take(usize::from(parts)) {
        if i > 0 && colon && take(&mut inner, 1)? != b":" {
            return Err(Fault::Bad);
        }
        let mut digits = take(&mut inner, 2)?;
        match number(&mut digits, true) {
            Ok(number) if !bad => *value = number,
            _ => bad = true,
        }
    }
    let [hours, minutes, seconds] = values;
    // the last one out of its range is named
    if seconds > 60 {
        return Err(Fault::Range("time zone offset second"));
    }
    if minutes > 60 {
        return Err(Fault::Range("time zone offset minute"));
    }
    if hours > 24 {
        return Err(Fault::Range("time zone offset hour"));
    }
    let total = (hours * 60 + minutes) * 60 + seconds;
    match sign {
        _ if bad => Err(Fault::Bad),
        b"+" => Ok(total),
        b"-" => Ok(-total),
        _ => Err(Fault::Bad),
    }
}

/// The length of a zone's abbreviation at the start of a text. Go: `parseTimeZone`.
fn zone_name(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(after) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_offset(after));
    }
    if text.starts_with(b"+") || text.starts_with(b"-") {
        return Some(signed_offset(text)).filter(|&length| length > 0);
    }
    let upper = text.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
    match upper {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

/// The length of a sign and hours up to 23; 0 where they are not there.
fn signed_offset(text: &[u8]) -> usize {
    let [b'+' | b'-', digits @ ..] = text else {
        return 0;
    };
    match leading_int(digits) {
        Some((hours, rest)) if rest.len() < digits.len() && hours <= 23 => text.len() - rest.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses() {
        let utc = Zone::local("UTC");
        for (layout, text, want) in [
            ("2006-01-02", "2020-02-29", "2020-02-29 00:00:00 +0000 UTC"),
            ("2006-01-02", "2021-02-29", "parsing time \"2021-02-29\": day out of range"),
            ("2006-01-02", "2020-2-9", "parsing time \"2020-2-9\" as \"2006-01-02\": cannot parse \"2-9\" as \"01\""),
            ("2006-002", "2020-060", "2020-02-29 00:00:00 +0000 UTC"),
            ("2006-002", "2021-366", "parsing time \"2021-366\": day-of-year out of range"),
            ("15:04", "25:00", "parsing time \"25:00\": hour out of range"),
            ("-0700", "+9999", "parsing time \"+9999\": time zone offset minute out of range"),
            ("", "x", "parsing time \"x\": extra text: \"x\""),
            ("", "", "0000-01-01 00:00:00 +0000 UTC"),
            ("Jan 2, 2006 at 3:04pm (MST)", "Feb 3, 2013 at 7:54pm (PST)", "2013-02-03 19:54:00 +0000 PST"),
            ("2006-01-02 15:04:05 MST", "2020-02-29 13:04:05 GMT+3", "2020-02-29 13:04:05 +0300 GMT+3"),
            ("2006-01-02T15:04:05Z07:00", "2020-02-29T13:04:05.5+09:00", "2020-02-29 13:04:05.5 +0900 +0900"),
            (
                "2006-01-02T15:04:05Z07:00",
                "2020-02-29T13:04:05",
                "parsing time \"2020-02-29T13:04:05\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"Z07:00\"",
            ),
        ] {
            let got =
                Time::parse(layout.as_bytes(), text.as_bytes(), &utc).map_or_else(|e| e.to_string(), |t| t.to_string());
            assert_eq!(got, want, "{layout} {text}");
        }
    }

    #[test]
    fn knows_the_local_zone() {
        let seoul = Zone::local("Asia/Seoul");
        for (layout, text, want) in [
            ("2006-01-02", "2020-02-29", "2020-02-29 00:00:00 +0900 KST"),
            ("2006-01-02 MST", "2020-02-29 KST", "2020-02-29 00:00:00 +0900 KST"),
            ("2006-01-02T15:04:05Z07:00", "2020-02-29T13:04:05+09:00", "2020-02-29 13:04:05 +0900 KST"),
            ("2006-01-02T15:04:05Z07:00", "2020-02-29T13:04:05Z", "2020-02-29 13:04:05 +0000 UTC"),
        ] {
            let got = Time::parse(layout.as_bytes(), text.as_bytes(), &seoul).unwrap();
            assert_eq!(got.to_string(), want, "{layout} {text}");
        }
    }
}
