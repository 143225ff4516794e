//! Parts of a fleet, so that several machines share the work.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Part `number` of `of` parts; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// The number of the part.
    pub number: usize,
    /// The number of parts.
    pub of: usize,
}

impl Shard {
    /// Whether the unit of work with this number (from 0) is in the part. Neighbouring units go to different parts.
    pub fn holds(self, unit: usize) -> bool {
        unit % self.of == self.number - 1
    }

    /// Parses `K/N`. `/N` takes K from `index`, the number of a pod of a Kubernetes Job, which starts at 0.
    ///
    /// Errors: the text is not a part.
    pub fn parse(text: &str, index: Option<&str>) -> Result<Shard, String> {
        let Some((number, of)) = text.split_once('/') else { return Err("it must be K/N, such as 2/8".to_owned()) };
        let of: usize = of.parse().map_err(|_| format!("{of:?} is not a number of parts"))?;
        let number = match (number, index) {
            ("", Some(index)) => {
                let index: usize =
                    index.parse().map_err(|_| format!("JOB_COMPLETION_INDEX is {index:?}, which is not a number"))?;
                index.saturating_add(1)
            }
            ("", None) => return Err("/N needs JOB_COMPLETION_INDEX, which is not set; use K/N".to_owned()),
            (number, _) => number.parse().map_err(|_| format!("{number:?} is not the number of a part"))?,
        };
        if of == 0 || number == 0 || number > of {
            return Err(format!("there is no part {number} of {of}: the parts are 1/N to N/N"));
        }
        Ok(Shard { number, of })
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Shard::parse(text, None)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_a_number_of_a_count() {
        for (text, index, want) in [
            ("1/1", None, Some((1, 1))),
            ("3/8", None, Some((3, 8))),
            ("/8", Some("0"), Some((1, 8))),
            ("/8", Some("7"), Some((8, 8))),
            ("/8", Some("8"), None),
            ("/8", Some("x"), None),
            ("/8", None, None),
            ("0/8", None, None),
            ("9/8", None, None),
            ("1/0", None, None),
            ("8", None, None),
            ("a/b", None, None),
        ] {
            let got = Shard::parse(text, index).ok().map(|s| (s.number, s.of));
            assert_eq!(got, want, "{text} {index:?}");
        }
    }

    #[test]
    fn every_unit_is_in_one_part() {
        for of in [1, 3, 8] {
            for unit in 0..20 {
                let holders = (1..=of).filter(|number| Shard { number: *number, of }.holds(unit)).count();
                assert_eq!(holders, 1);
            }
        }
    }
}
