//! Dates, layouts and zones. Go: `time`.

mod calendar;
mod layout;
mod zone;

pub use calendar::{MONTHS, days_in, is_leap};
pub use layout::{DAYS, Element, Offset, next_element};
pub use zone::Zone;
