//! Layouts: the reference time written as dates should look. Go: `time/format.go`.

/// An element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `January`
    LongMonth,
    /// `Jan`
    Month,
    /// `1`
    NumMonth,
    /// `01`
    ZeroMonth,
    /// `Monday`
    LongWeekDay,
    /// `Mon`
    WeekDay,
    /// `2`
    Day,
    /// `_2`
    UnderDay,
    /// `02`
    ZeroDay,
    /// `__2`
    UnderYearDay,
    /// `002`
    ZeroYearDay,
    /// `15`
    Hour,
    /// `3`
    Hour12,
    /// `03`
    ZeroHour12,
    /// `4`
    Minute,
    /// `04`
    ZeroMinute,
    /// `5`
    Second,
    /// `05`
    ZeroSecond,
    /// `2006`
    LongYear,
    /// `06`
    Year,
    /// `PM`
    Noon,
    /// `pm`
    LowerNoon,
    /// `MST`
    Zone,
    /// `-0700`, `Z07:00` and their like.
    Offset(Offset),
    /// `.000` or `,000`: digits, and the sign in front.
    Fraction(usize, u8),
    /// `.999` or `,999`: the same without zeros at the end.
    ShortFraction(usize, u8),
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// `Z` stands for UTC.
    pub z: bool,
    /// Colons between the parts.
    pub colon: bool,
    /// Hours, and minutes, and seconds: 1 to 3.
    pub parts: u8,
}

/// The days of the week by name, from Sunday on.
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The text before an element, the element with its text, and the rest of the layout.
type Step<'l> = (&'l [u8], Element, &'l [u8], &'l [u8]);

/// Splits a layout at its first element: the text before, the element with its text, the rest. `None` if the layout
/// holds none. Go: `nextStdChunk`.
pub fn next_element(layout: &[u8]) -> Option<Step<'_>> {
    let mut from = 0;
    while let Some((prefix, rest)) = layout.split_at_checked(from).filter(|(_, rest)| !rest.is_empty()) {
        if let Some((element, skip, length)) = element_at(rest) {
            // `_2006` is an underscore and the year
            let (prefix, rest) = if skip == 0 { (prefix, rest) } else { layout.split_at_checked(from + skip)? };
            let (text, rest) = rest.split_at_checked(length)?;
            return Some((prefix, element, text, rest));
        }
        from += 1;
    }
    None
}

/// The element that starts a text: itself, bytes before it, its length.
fn element_at(text: &[u8]) -> Option<(Element, usize, usize)> {
    let plain = |element, length| Some((element, 0, length));
    let lower_at = |i: usize| text.get(i).is_some_and(u8::is_ascii_lowercase);
    match text.first()? {
        b'J' if text.starts_with(b"January") => plain(Element::LongMonth, 7),
        b'J' if text.starts_with(b"Jan") && !lower_at(3) => plain(Element::Month, 3),
        b'M' if text.starts_with(b"Monday") => plain(Element::LongWeekDay, 6),
        b'M' if text.starts_with(b"Mon") && !lower_at(3) => plain(Element::WeekDay, 3),
        b'M' if text.starts_with(b"MST") => plain(Element::Zone, 3),
        b'0' => match text.get(1)? {
            b'1' => plain(Element::ZeroMonth, 2),
            b'2' => plain(Element::ZeroDay, 2),
            b'3' => plain(Element::ZeroHour12, 2),
            b'4' => plain(Element::ZeroMinute, 2),
            b'5' => plain(Element::ZeroSecond, 2),
            b'6' => plain(Element::Year, 2),
            b'0' if text.starts_with(b"002") => plain(Element::ZeroYearDay, 3),
            _ => None,
        },
        b'1' if text.starts_with(b"15") => plain(Element::Hour, 2),
        b'1' => plain(Element::NumMonth, 1),
        b'2' if text.starts_with(b"2006") => plain(Element::LongYear, 4),
        b'2' => plain(Element::Day, 1),
        b'_' if text.starts_with(b"_2006") => Some((Element::LongYear, 1, 4)),
        b'_' if text.starts_with(b"_2") => plain(Element::UnderDay, 2),
        b'_' if text.starts_with(b"__2") => plain(Element::UnderYearDay, 3),
        b'3' => plain(Element::Hour12, 1),
        b'4' => plain(Element::Minute, 1),
        b'5' => plain(Element::Second, 1),
        b'P' if text.starts_with(b"PM") => plain(Element::Noon, 2),
        b'p' if text.starts_with(b"pm") => plain(Element::LowerNoon, 2),
        sign @ (b'-' | b'Z') => {
            const FORMS: [(&[u8], bool, u8); 5] = [
                (b"070000", false, 3),
                (b"07:00:00", true, 3),
                (b"0700", false, 2),
                (b"07:00", true, 2),
                (b"07", false, 1),
            ];
            let rest = text.get(1..)?;
            let (form, colon, parts) = *FORMS.iter().find(|(form, ..)| rest.starts_with(form))?;
            plain(Element::Offset(Offset { z: *sign == b'Z', colon, parts }), 1 + form.len())
        }
        sign @ (b'.' | b',') => {
            let digit = *text.get(1).filter(|b| matches!(b, b'0' | b'9'))?;
            let count = text.iter().skip(1).take_while(|&&b| b == digit).count();
            if text.get(1 + count).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            let element =
                if digit == b'0' { Element::Fraction(count, *sign) } else { Element::ShortFraction(count, *sign) };
            plain(element, 1 + count)
        }
        _ => None,
    }
}
