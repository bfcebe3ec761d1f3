//! Numbers that do not fit a value word.

use crate::kinds::Trace;
use dashu_int::IBig;
use snakeye_heap::{Charge, Gc, Heap, OutOfMemory};

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
///
/// The second field is only held: dropping it takes the charge back.
pub struct BigInt(pub IBig, #[expect(dead_code)] Option<Charge>);
impl Trace for BigInt {}

impl BigInt {
    /// A new cell; digits that lie outside the cell count against the heap's limit.
    pub fn make(heap: &Heap, n: IBig) -> Result<Gc<BigInt>, OutOfMemory> {
        // Two words are held in the number itself.
        let bytes = size_of_val(n.as_sign_words().1);
        let charge = if bytes > 2 * size_of::<dashu_int::Word>() { Some(heap.hold(bytes)?) } else { None };
        heap.alloc(BigInt(n, charge))
    }
}
