//! The plain meaning of a pattern, for patterns on which gobwas' way takes too long.

use super::pattern::Part;
use crate::stack::with_stack;

/// Whether the parts match the whole name.
pub(super) fn matches(parts: &[Part], name: &str) -> bool {
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    sequence(parts, name, reached).last() == Some(&true)
}

/// The places in `name` that the parts can reach from the places given. Every part is looked at once for each place, so
/// no pattern takes more than their product.
fn sequence(parts: &[Part], name: &str, mut reached: Vec<bool>) -> Vec<bool> {
    for part in parts {
        if !reached.contains(&true) {
            break;
        }
        reached = step(part, name, &reached);
    }
    reached
}

fn step(part: &Part, name: &str, from: &[bool]) -> Vec<bool> {
    let mut to = vec![false; from.len()];
    let mut mark = |at: usize| {
        if let Some(place) = to.get_mut(at) {
            *place = true;
        }
    };
    let starts = from.iter().enumerate().filter(|(_, on)| **on).map(|(i, _)| i);
    match part {
        Part::Text(text) => {
            for at in starts.filter(|at| name.get(*at..).is_some_and(|rest| rest.starts_with(text.as_str()))) {
                mark(at + text.len());
            }
        }
        Part::One(one) => {
            for at in starts {
                let next = name.get(at..).and_then(|rest| rest.chars().next());
                if let Some(c) = next.filter(|c| one.takes(*c)) {
                    mark(at + c.len_utf8());
                }
            }
        }
        Part::Any | Part::Super => {
            let stops = matches!(part, Part::Any);
            let mut on = false;
            for (at, byte) in name.bytes().map(Some).chain([None]).enumerate() {
                on |= from.get(at) == Some(&true);
                if on && name.is_char_boundary(at) {
                    mark(at);
                }
                on &= !(stops && byte == Some(b'/'));
            }
        }
        Part::AnyOf(choices) => {
            for choice in choices {
                let reached = with_stack(|| sequence(choice, name, from.to_vec()));
                for (at, _) in reached.iter().enumerate().filter(|(_, on)| **on) {
                    mark(at);
                }
            }
        }
    }
    to
}
