//! Names the language itself uses, interned when the VM starts.

macro_rules! names {
    ($($name:ident)*) => {
        /// A name of the language.
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum N { $($name),* }
        /// Their texts in the same order.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

names! {
    __main__ __name__ __file__ __path__ __module__ __qualname__ __dict__ __class__ __bases__ __init__ __new__ __del__
    __call__ __repr__ __str__ __hash__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __bool__ __len__ __iter__ __next__
    __getitem__ __setitem__ __delitem__ __contains__ __getattr__ __setattr__ __delattr__ __get__ __set__ __delete__
    __set_name__ __enter__ __exit__ __aenter__ __aexit__ __aiter__ __anext__ __await__ __add__ __radd__ __iadd__
    __sub__ __rsub__ __isub__ __mul__ __rmul__ __imul__ __truediv__ __rtruediv__ __itruediv__ __floordiv__
    __rfloordiv__ __ifloordiv__ __mod__ __rmod__ __imod__ __pow__ __rpow__ __ipow__ __lshift__ __rlshift__
    __ilshift__ __rshift__ __rrshift__ __irshift__ __and__ __rand__ __iand__ __or__ __ror__ __ior__ __xor__ __rxor__
    __ixor__ __matmul__ __rmatmul__ __imatmul__ __neg__ __pos__ __invert__ __abs__ __int__ __float__ __complex__
    __index__ __round__ __reversed__ __format__ __all__ __import__ __build_class__ __traceback__ __cause__ __context__
    builtins args value errno send throw close
}
