//! The places that Go's validator tells of property names: slices that later steps of the check may still change.

use std::cell::RefCell;
use std::rc::Rc;

use super::fault::{Place, Token};

/// The places that are told of names, as Go's slices have them: they share their tokens with the path that the check goes
/// on with, until that outgrows its room.
#[derive(Default)]
pub(super) struct Places {
    /// The number of the value where the path last outgrew its room, for each time that it did.
    rooms: Vec<u64>,
    told: Vec<(Option<u64>, Place)>,
}

impl Places {
    /// The path goes on from `level` to a value.
    pub(super) fn enter(&mut self, level: usize, number: u64, token: &Token) {
        if outgrows(level) {
            self.rooms.push(number);
        }
        let room = self.rooms.last().copied();
        for (_, place) in self.told.iter().filter(|(own, _)| *own == room) {
            if let Some(there) = place.borrow_mut().get_mut(level) {
                there.clone_from(token);
            }
        }
    }

    /// The path comes back to `level`.
    pub(super) fn leave(&mut self, level: usize) {
        if outgrows(level) {
            self.rooms.pop();
        }
    }

    /// A place to tell of: the path so far.
    pub(super) fn told(&mut self, path: &[Token]) -> Place {
        let place = Place::new(RefCell::new(path.to_vec()));
        self.told.push((self.rooms.last().copied(), Rc::clone(&place)));
        place
    }
}

/// Whether a token more is too much for a path: there is room for eight, and then for twice as many.
fn outgrows(level: usize) -> bool {
    level >= 8 && level.is_power_of_two()
}
