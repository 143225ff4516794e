//! Dates, layouts and zones. Go: `time`.

mod calendar;
mod duration;
mod format;
mod layout;
mod moment;
mod parse;
mod rfc3339;
mod zone;

pub use calendar::{MONTHS, days_in, is_leap};
pub use duration::{Duration, HOUR, MINUTE, SECOND};
pub use layout::{DAYS, Element, Offset, next_element};
pub use moment::{Civil, Time};
pub use rfc3339::is_rfc3339;
pub use zone::Zone;
