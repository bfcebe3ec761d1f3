//! Numbers that do not fit a value word.

use crate::kinds::Trace;
use dashu_int::IBig;

/// A float whose exponent does not fit the word.
pub struct BoxedFloat(pub f64);
impl Trace for BoxedFloat {}
impl From<f64> for BoxedFloat {
    fn from(x: f64) -> Self {
        BoxedFloat(x)
    }
}

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
}
impl Trace for Complex {}

/// An integer outside the small range. Small ones are never boxed: equal integers have equal forms.
pub struct BigInt(pub IBig);
impl Trace for BigInt {}
