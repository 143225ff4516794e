//! Time zones, from the database that is built in: the same on every machine.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Where a time stands on the clock. Go: `time.Location`.
#[derive(Clone, Debug, PartialEq)]
pub enum Zone {
    /// UTC.
    Utc,
    /// The zone of the machine.
    Local(TimeZone),
    /// A zone of the database.
    Named(TimeZone),
    /// A name and seconds east of UTC, as read from a text.
    Fixed(String, i64),
}

/// The last second that is asked for names of zones: rules only repeat after it.
const RULES_ONLY: i64 = 2_145_916_800;

impl Zone {
    /// The zone of the machine, by its IANA name; UTC where that is unknown.
    pub fn local(name: &str) -> Self {
        Zone::Local(find(name).unwrap_or(TimeZone::UTC))
    }

    /// The zone that a template names. Go: `time.LoadLocation`.
    pub fn load(name: &str, local: impl FnOnce() -> String) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Zone::Utc),
            "Local" => Some(Zone::local(&local())),
            _ => find(name).map(Zone::Named),
        }
    }

    /// The name that `Location` prints.
    pub fn name(&self) -> String {
        match self {
            Zone::Utc => "UTC".to_owned(),
            Zone::Local(_) => "Local".to_owned(),
            Zone::Named(zone) => zone.iana_name().unwrap_or("UTC").to_owned(),
            Zone::Fixed(name, _) => name.clone(),
        }
    }

    /// Seconds east of UTC at a moment.
    pub fn offset(&self, unix: i64) -> i64 {
        match self {
            Zone::Utc => 0,
            Zone::Local(zone) | Zone::Named(zone) => i64::from(zone.to_offset(timestamp(unix)).seconds()),
            Zone::Fixed(_, offset) => *offset,
        }
    }

    /// The abbreviation (`CEST`) at a moment, and seconds east of UTC.
    pub fn at(&self, unix: i64) -> (String, i64) {
        match self {
            Zone::Utc => ("UTC".to_owned(), 0),
            Zone::Local(zone) | Zone::Named(zone) => {
                let info = zone.to_offset_info(timestamp(unix));
                (info.abbreviation().to_owned(), i64::from(info.offset().seconds()))
            }
            Zone::Fixed(name, offset) => (name.clone(), *offset),
        }
    }

    /// Whether daylight saving time holds at a moment.
    pub fn is_dst(&self, unix: i64) -> bool {
        match self {
            Zone::Local(zone) | Zone::Named(zone) => zone.to_offset_info(timestamp(unix)).dst().is_dst(),
            Zone::Utc | Zone::Fixed(..) => false,
        }
    }

    /// The offset that an abbreviation stands for in this zone, for a moment given on its own clock.
    /// Go: `Location.lookupName`.
    pub fn offset_of(&self, abbreviation: &str, unix: i64) -> Option<i64> {
        let (Zone::Local(zone) | Zone::Named(zone)) = self else {
            return None;
        };
        let first = zone.to_offset_info(Timestamp::MIN);
        let mut offsets = Vec::new();
        if first.abbreviation() == abbreviation {
            offsets.push(i64::from(first.offset().seconds()));
        }
        for change in zone.following(Timestamp::MIN) {
            if change.timestamp().as_second() > RULES_ONLY {
                break;
            }
            let offset = i64::from(change.offset().seconds());
            if change.abbreviation() == abbreviation && !offsets.contains(&offset) {
                offsets.push(offset);
            }
        }
        // the one that is in use then, or else any
        let in_use = offsets.iter().find(|&&offset| self.at(unix.wrapping_sub(offset)).0 == abbreviation);
        in_use.map(|&offset| self.offset(unix.wrapping_sub(offset))).or_else(|| offsets.first().copied())
    }
}

/// A zone of the database; its names know upper and lower case.
fn find(name: &str) -> Option<TimeZone> {
    DATABASE.get(name).ok().filter(|zone| zone.iana_name() == Some(name))
}

/// The moment, or the nearest one that the database knows.
fn timestamp(unix: i64) -> Timestamp {
    Timestamp::from_second(unix).unwrap_or(if unix < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
