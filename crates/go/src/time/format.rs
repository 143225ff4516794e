//! Times as text. Go: `Time.Format`.

use std::fmt;
use std::io::Write;

use super::{DAYS, Element, MONTHS, Offset, Time, next_element};

impl Time {
    /// The time as a layout shows the reference time.
    pub fn format(&self, layout: &[u8]) -> Vec<u8> {
        let (civil, name, offset) = self.civil();
        let mut out = Vec::with_capacity(layout.len() + 10);
        let mut rest = layout;
        while let Some((prefix, element, _, after)) = next_element(rest) {
            out.extend_from_slice(prefix);
            rest = after;
            let hour12 = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
            match element {
                Element::Year => number(&mut out, civil.year.abs() % 100, 2),
                Element::LongYear => number(&mut out, civil.year, 4),
                Element::Month => out.extend(named(&MONTHS, civil.month - 1).bytes().take(3)),
                Element::LongMonth => out.extend(named(&MONTHS, civil.month - 1).bytes()),
                Element::NumMonth => number(&mut out, civil.month, 0),
                Element::ZeroMonth => number(&mut out, civil.month, 2),
                Element::WeekDay => out.extend(named(&DAYS, civil.week_day).bytes().take(3)),
                Element::LongWeekDay => out.extend(named(&DAYS, civil.week_day).bytes()),
                Element::Day => number(&mut out, civil.day, 0),
                Element::UnderDay => spaced(&mut out, civil.day, 2),
                Element::ZeroDay => number(&mut out, civil.day, 2),
                Element::UnderYearDay => spaced(&mut out, civil.year_day, 3),
                Element::ZeroYearDay => number(&mut out, civil.year_day, 3),
                Element::Hour => number(&mut out, civil.hour, 2),
                Element::Hour12 => number(&mut out, hour12, 0),
                Element::ZeroHour12 => number(&mut out, hour12, 2),
                Element::Minute => number(&mut out, civil.minute, 0),
                Element::ZeroMinute => number(&mut out, civil.minute, 2),
                Element::Second => number(&mut out, civil.second, 0),
                Element::ZeroSecond => number(&mut out, civil.second, 2),
                Element::Noon => out.extend_from_slice(if civil.hour >= 12 { b"PM" } else { b"AM" }),
                Element::LowerNoon => out.extend_from_slice(if civil.hour >= 12 { b"pm" } else { b"am" }),
                Element::Zone if name.is_empty() => {
                    append_offset(&mut out, offset, Offset { z: false, colon: false, parts: 2 });
                }
                Element::Zone => out.extend(name.bytes()),
                Element::Offset(form) => append_offset(&mut out, offset, form),
                Element::Fraction(digits, sign) => fraction(&mut out, self.nanos, digits, sign, false),
                Element::ShortFraction(digits, sign) => fraction(&mut out, self.nanos, digits, sign, true),
            }
        }
        out.extend_from_slice(rest);
        out
    }
}

/// Go: `Time.String`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.format(b"2006-01-02 15:04:05.999999999 -0700 MST");
        f.write_str(&String::from_utf8_lossy(&text))?;
        match self.monotonic {
            None => Ok(()),
            Some(nanos) => {
                let sign = if nanos < 0 { '-' } else { '+' };
                let nanos = nanos.unsigned_abs();
                write!(f, " m={sign}{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
            }
        }
    }
}

fn named(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index).ok().and_then(|i| names.get(i)).copied().unwrap_or_default()
}

/// A number with zeros in front, up to a width. Go: `appendInt`.
fn number(out: &mut Vec<u8>, n: i64, width: usize) {
    if n < 0 {
        out.push(b'-');
    }
    let _ = write!(out, "{:0width$}", n.unsigned_abs());
}

fn spaced(out: &mut Vec<u8>, n: i64, width: usize) {
    let _ = write!(out, "{n:width$}");
}

fn append_offset(out: &mut Vec<u8>, offset: i64, form: Offset) {
    if form.z && offset == 0 {
        out.push(b'Z');
        return;
    }
    // Go decides the sign by the minutes
    let minutes = offset / 60;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    number(out, minutes.abs() / 60, 2);
    if form.parts >= 2 {
        out.extend(form.colon.then_some(b':'));
        number(out, minutes.abs() % 60, 2);
    }
    if form.parts >= 3 {
        out.extend(form.colon.then_some(b':'));
        number(out, if minutes < 0 { -offset } else { offset } % 60, 2);
    }
}

fn fraction(out: &mut Vec<u8>, nanos: u32, digits: usize, sign: u8, short: bool) {
    if short && nanos == 0 {
        return;
    }
    let text = format!("{nanos:09}");
    let text = text.get(..digits.min(9)).unwrap_or(&text);
    let text = if short { text.trim_end_matches('0') } else { text };
    if !text.is_empty() {
        out.push(sign);
        out.extend(text.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

    #[test]
    fn formats() {
        let time = Time::at(1_581_217_445, 120_450_000, Zone::Utc);
        for (layout, want) in [
            (
                "2 _2 02 002 __2 1 01 Jan January Mon Monday 06 2006",
                "9  9 09 040  40 2 02 Feb February Sun Sunday 20 2020",
            ),
            ("15 3 03 4 04 5 05 PM pm", "03 3 03 4 04 5 05 AM am"),
            ("-0700 -07:00 -07 Z0700 Z07:00 Z07 MST -070000 Z07:00:00", "+0000 +00:00 +00 Z Z Z UTC +000000 Z"),
            ("15:04:05.000 .999 .000000 .999999999 ,000", "03:04:05.120 .12 .120450 .12045 ,120"),
            ("YYYY-MM-DD _2006 Januaryx Janx", "YYYY-MM-DD _2020 Februaryx Janx"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(time.format(layout.as_bytes())).unwrap(), want, "{layout}");
        }
        let seoul = time.in_zone(Zone::load("Asia/Seoul", String::new).unwrap());
        assert_eq!(seoul.to_string(), "2020-02-09 12:04:05.12045 +0900 KST");
        assert_eq!(Zone::load("asia/seoul", String::new), None);
    }
}
