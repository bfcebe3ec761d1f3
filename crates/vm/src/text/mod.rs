//! Texts and buffers: str, bytes, bytearray, memoryview and array, and formatting.
//!
//! What str, bytes and bytearray have in common works on [`view::Text`]; results are copied once, into the new
//! object ([`view::Kind::concat`]).

mod alias;
mod array;
mod bytearray;
mod bytes;
mod case;
mod char;
mod codec;
mod element;
mod format;
mod memoryview;
mod percent;
mod quote;
mod search;
mod split;
mod str;
mod template;
mod view;

pub use self::alias::ALIAS;
pub use self::array::ARRAY;
pub use self::bytearray::BYTEARRAY;
pub use self::bytes::BYTES;
pub use self::codec::{hex, unhex};
pub use self::element::{
    decode as decode_element, element_at, element_count, encode as encode_element, item_size, load as load_element,
    low_bits,
};
pub use self::memoryview::MEMORYVIEW;
pub use self::quote::{quote_bytes, quote_str};
pub use self::str::STR;
pub(crate) use self::template::builtin_template;
pub use self::template::{INTERPOLATION, TEMPLATE};
