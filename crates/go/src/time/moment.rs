//! A moment on a clock. Go: `time.Time`.

use super::Zone;
use super::duration::{Duration, SECOND};

/// A moment, the zone that it is shown in, and the zone of the machine.
#[derive(Clone, Debug)]
pub struct Time {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix: i64,
    /// Nanoseconds beyond the second.
    pub nanos: u32,
    /// The zone that the time is shown in.
    pub zone: Zone,
    /// The zone of the machine.
    pub local: Zone,
    /// Nanoseconds on the clock that never jumps: only the present moment has them.
    pub monotonic: Option<i64>,
}

/// Date and time of day as a clock in some zone shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year; 0 and negative years count on before year 1.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 1 to 366.
    pub year_day: i64,
    /// 0 is Sunday.
    pub week_day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
}

const DAY: i64 = 86_400;

/// 0001-01-01T00:00:00Z, Go's zero time, in seconds since 1970.
const ZERO: i64 = -62_135_596_800;

impl Time {
    /// A moment in the zone of the machine. Go: `time.Unix`.
    pub fn at(unix: i64, nanos: u32, local: Zone) -> Self {
        Time { unix, nanos, zone: local.clone(), local, monotonic: None }
    }

    /// Go's zero time: what a failed parse answers.
    pub fn zero(local: Zone) -> Self {
        Time { unix: ZERO, nanos: 0, zone: Zone::Utc, local, monotonic: None }
    }

    /// The moment at which a clock in `zone` shows this date and time; parts may be out of their range.
    /// Go: `time.Date`.
    pub fn date(civil: Civil, nanos: u32, zone: Zone, local: Zone) -> Self {
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

    /// Whether this is Go's zero time. Go: `Time.IsZero`.
    pub fn is_zero(&self) -> bool {
        self.unix == ZERO && self.nanos == 0
    }

    /// The same moment in another zone.
    #[must_use]
    pub fn in_zone(&self, zone: Zone) -> Self {
        Time { zone, monotonic: None, ..self.clone() }
    }

    /// A moment later. Go: `Time.Add`.
    #[must_use]
    pub fn add(&self, duration: Duration) -> Self {
        let nanos = i64::from(self.nanos) + duration.0 % SECOND;
        Time {
            unix: self.unix.wrapping_add(duration.0 / SECOND + nanos.div_euclid(SECOND)),
            nanos: u32::try_from(nanos.rem_euclid(SECOND)).unwrap_or_default(),
            monotonic: self.monotonic.and_then(|m| m.checked_add(duration.0)),
            ..self.clone()
        }
    }

    /// The time that has passed since another moment, as far as a duration goes. Go: `Time.Sub`.
    pub fn since(&self, earlier: &Time) -> Duration {
        let nanos = self.total() - earlier.total();
        Duration(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// What a clock in the time's zone shows; and the zone's abbreviation and offset then.
    pub fn civil(&self) -> (Civil, String, i64) {
        let (name, offset) = self.zone.at(self.unix);
        (civil_at(self.unix.saturating_add(offset)), name, offset)
    }

    fn total(&self) -> i128 {
        i128::from(self.unix) * i128::from(SECOND) + i128::from(self.nanos)
    }

    /// A multiple of `step` since the zero time: the one before, or the nearest.
    #[must_use]
    pub fn rounded(&self, step: i64, nearest: bool) -> Self {
        let mut time = Time { monotonic: None, ..self.clone() };
        if step > 0 {
            let since_zero = self.total() - i128::from(ZERO) * i128::from(SECOND);
            let rest = i64::try_from(since_zero.rem_euclid(i128::from(step))).unwrap_or_default();
            let up = nearest && rest >= step - rest;
            time = time.add(Duration(if up { step - rest } else { -rest }));
        }
        time
    }

    /// The date so many years, months and days later; parts may leave their range. Go: `Time.AddDate`.
    #[must_use]
    pub fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let (civil, ..) = self.civil();
        let civil = Civil {
            year: civil.year.saturating_add(years),
            month: civil.month.saturating_add(months),
            day: civil.day.saturating_add(days),
            ..civil
        };
        Time::date(civil, self.nanos, self.zone.clone(), self.local.clone())
    }

    /// The order of two moments, whatever their zones.
    pub fn order(&self, other: &Time) -> std::cmp::Ordering {
        (self.unix, self.nanos).cmp(&(other.unix, other.nanos))
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
