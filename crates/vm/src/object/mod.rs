//! Payloads of Python objects, one noun per file. What operations and methods they have is told by their
//! [`TypeDef`](crate::object::TypeDef)s, in the folders beside this one.

mod array;
mod bytes;
mod class;
mod code;
mod dict;
mod exception;
mod function;
mod generator;
mod instance;
mod iter;
mod list;
mod module;
mod native;
mod number;
mod str;
mod table;
mod tuple;
mod type_def;

pub use array::{Array, Buffer, BufferValue, HeldView, MemoryView};
pub use bytes::{ByteArray, Bytes, BytesHead, BytesOwner, ExternalBytes};
pub use class::{BoundMethod, Class, ClassFlags, ClassMethod, Property, StaticMethod, Super};
pub use code::{Cache, CodeObject};
pub use dict::{Dict, DictView, Set, ViewKind, find, insert, remove};
pub(crate) use exception::RESERVE;
pub use exception::{Exception, TraceEntry, Traceback};
pub use function::{CellObject, Function};
pub use generator::{Generator, GeneratorState};
pub use instance::Instance;
pub use iter::{Iter, IterState, Range, Slice};
pub use list::List;
pub use module::{Entry, Module, ModuleDef};
pub use native::{
    Args, Body, Call, Enter, Interest, Native, NativeFn, NativeObject, NativeValue, Param, Polled, Resume, ResumeMode,
    Step, Then, Wait, Walk,
};
pub use number::{BigInt, BoxedFloat, Complex};
pub use str::{Str, StrHead, StrValue, hash_bytes};
pub use table::{Probe, Table, TableEntry, quick_equal};
pub use tuple::{Tuple, TupleHead};
pub use type_def::{BinOp, CmpOp, TypeDef, UnOp};
