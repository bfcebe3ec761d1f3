//! Lists, tuples, dicts, sets, ranges, slices and iterators: what they can do. Their payloads are in
//! [`crate::object`].
//!
//! No borrow of a container lasts across code that may run Python: operands are copied out first, and places
//! are looked up again afterwards.

mod collect;
mod dict;
mod iter;
mod list;
mod named_tuple;
mod print;
mod range;
mod receiver;
mod set;
mod set_methods;
mod slice;
mod sort;
mod tuple;
mod view;

pub use dict::{DICT, ORDERED_DICT};
pub use iter::{ENUMERATE, FILTER, ITERATOR, MAP, REVERSED, ZIP, fast_next, iter_next, iterator_type};
pub use list::LIST;
pub use named_tuple::{NamedTupleClass, is_named_tuple_class};
pub use range::RANGE;
pub use receiver::{element_index, receiver, wrap_index};
pub use set::{FROZENSET, SET};
pub use slice::{SLICE, SliceRange};
pub use sort::{map_keys, sort_values};
pub use tuple::TUPLE;
pub use view::{DICT_ITEMS, DICT_KEYS, DICT_VALUES, view_type};
