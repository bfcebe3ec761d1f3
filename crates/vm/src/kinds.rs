//! The one table of payload kinds.
//!
//! Each payload type gets its kind byte here and nowhere else; that the numbers are unique is checked by
//! the compiler, as they are the discriminants of one enum.

use crate::object::*;
use snakeye_heap::{KindOps, Payload, Tail, TailHead, Value};

/// A payload's tracing, written beside the type itself.
pub trait Trace {
    /// Shows every owned value.
    fn trace(&self, _visit: &mut dyn FnMut(&Value)) {}
    /// Lets go of owned values to break a cycle.
    fn clear(&self) {}
}

macro_rules! kinds {
    ($($name:ident = $n:literal $container:literal),* ; $($tail:ident = $tn:literal [$element:ty] $tcontainer:literal),* $(,)?) => {
        #[allow(dead_code)]
        #[repr(u8)]
        enum Kind { $($name = $n,)* $($tail = $tn,)* }
        $(
            // SAFETY: the number is unique (enum above) and is this type's index in KINDS; Trace shows each
            // owned value once and reads only what it can borrow.
            unsafe impl Payload for $name {
                const KIND: u8 = $n;
                const CONTAINER: bool = $container;
                fn trace(&self, visit: &mut dyn FnMut(&Value)) { Trace::trace(self, visit) }
                fn clear(&self) { Trace::clear(self) }
            }
        )*
        $(
            // SAFETY: as above; only tuples hold values, all of which are elements.
            unsafe impl TailHead for $tail {
                type Element = $element;
                const KIND: u8 = $tn;
                const CONTAINER: bool = $tcontainer;
                fn trace(elements: &[$element], visit: &mut dyn FnMut(&Value)) { TailTrace::trace(elements, visit) }
            }
        )*
        /// The table for [`snakeye_heap::Heap::new`].
        pub static KINDS: [KindOps; 48] = {
            let mut table = [KindOps::NONE; 48];
            $(table[$n] = KindOps::of::<$name>();)*
            $(table[$tn] = KindOps::of::<Tail<$tail>>();)*
            table
        };
    };
}

trait TailTrace {
    fn trace(&self, visit: &mut dyn FnMut(&Value));
}
impl TailTrace for [u8] {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}
impl TailTrace for [Value] {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.iter().for_each(visit)
    }
}

kinds! {
    BoxedFloat = 4 false, Complex = 5 false, BigInt = 6 false,
    ExternalBytes = 7 false, ByteArray = 8 false, MemoryView = 9 true, Array = 10 true,
    List = 11 true, Dict = 12 true, Set = 13 true, Range = 14 false, Slice = 15 true, Iter = 16 true,
    CodeObject = 17 true, Function = 18 true, CellObject = 19 true, BoundMethod = 20 true, Generator = 21 true,
    NativeFn = 22 false, TypeDef = 23 false, Class = 24 true, Instance = 25 true,
    Module = 26 true, Exception = 27 true, Property = 28 true, StaticMethod = 29 true, ClassMethod = 30 true,
    Super = 31 true, Native = 32 true, DictView = 33 true;
    StrHead = 1 [u8] false, BytesHead = 2 [u8] false, TupleHead = 3 [Value] true,
}
