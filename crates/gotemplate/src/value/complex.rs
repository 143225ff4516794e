//! Go's `complex128`: a constant like `1+2i` is one. Nothing else makes them.

use std::any::Any;

use super::{Kind, Object};

/// A `complex128`: its real and its imaginary part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex(pub f64, pub f64);

impl Object for Complex {
    fn type_name(&self) -> &'static str {
        "complex128"
    }

    fn kind(&self) -> Kind {
        Kind::Complex128
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        *self != Complex(0.0, 0.0)
    }
}
