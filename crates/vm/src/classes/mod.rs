//! The types of the object system itself: object, type, functions, descriptors, modules, generators.

mod build;
mod function;
mod generator;
mod object;
mod simple;
mod super_;
mod type_;

pub use build::build_class;
pub(crate) use build::{instantiate, set_class_attr};
pub use function::{BOUND_METHOD, CELL, CODE, FUNCTION, NATIVE_FUNCTION};
pub use generator::GENERATOR;
pub use object::OBJECT;
pub(crate) use object::object_attr;
pub use simple::{CLASS_METHOD, ELLIPSIS_TYPE, MODULE, NONE_TYPE, NOT_IMPLEMENTED_TYPE, PROPERTY, STATIC_METHOD};
pub use super_::SUPER;
pub(crate) use super_::super_attr;
pub use type_::TYPE;
pub(crate) use type_::class_attr;
