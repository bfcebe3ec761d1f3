//! Table lines for modules and types.

/// A positional native: `method!("name", min, max, f)`; counts include self.
#[macro_export]
macro_rules! method {
    ($name:literal, $min:expr, $max:expr, $f:expr) => {
        (
            $name,
            $crate::object::Entry::Fn(
                &const { $crate::Rom::new($crate::object::NativeFn::plain($name, $min, $max, $f)) },
            ),
        )
    };
}

/// A positional native that may park or call.
#[macro_export]
macro_rules! method_steps {
    ($name:literal, $min:expr, $max:expr, $f:expr) => {
        (
            $name,
            $crate::object::Entry::Fn(
                &const { $crate::Rom::new($crate::object::NativeFn::steps($name, $min, $max, $f)) },
            ),
        )
    };
}

/// A native with keywords.
#[macro_export]
macro_rules! method_kw {
    ($name:literal, $min:expr, $max:expr, $f:expr) => {
        (
            $name,
            $crate::object::Entry::Fn(
                &const { $crate::Rom::new($crate::object::NativeFn::keywords($name, $min, $max, $f)) },
            ),
        )
    };
}

/// A static method of a type.
#[macro_export]
macro_rules! static_method {
    ($name:literal, $min:expr, $max:expr, $f:expr) => {
        (
            $name,
            $crate::object::Entry::Static(
                &const { $crate::Rom::new($crate::object::NativeFn::plain($name, $min, $max, $f)) },
            ),
        )
    };
}

/// A class method: the class is the first argument.
#[macro_export]
macro_rules! class_method {
    ($name:literal, $min:expr, $max:expr, $f:expr) => {
        (
            $name,
            $crate::object::Entry::ClassMethod(
                &const { $crate::Rom::new($crate::object::NativeFn::plain($name, $min, $max, $f)) },
            ),
        )
    };
}

/// A class method with keywords.
#[macro_export]
macro_rules! class_method_kw {
    ($name:literal, $min:expr, $max:expr, $f:expr) => {
        (
            $name,
            $crate::object::Entry::ClassMethod(
                &const { $crate::Rom::new($crate::object::NativeFn::keywords($name, $min, $max, $f)) },
            ),
        )
    };
}
