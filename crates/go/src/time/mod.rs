//! Dates, layouts and zones. Go: `time`.

mod calendar;
mod duration;
mod format;
mod layout;
mod moment;
mod parse;
mod zone;

pub use calendar::{MONTHS, days_in, is_leap};
pub use duration::{Duration, HOUR, MINUTE, SECOND};
pub use layout::{DAYS, Element, Offset, next_element};
pub use moment::{Civil, Time};
pub use zone::Zone;
