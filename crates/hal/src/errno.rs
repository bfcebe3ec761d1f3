//! Error numbers.

use core::fmt;

/// An error number as MicroPython's esp32 port reports it in `OSError.errno`: Linux numbering
/// for everything from the C library, lwIP's negative numbers for name look-ups.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Errno(pub i32);

macro_rules! errnos {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        impl Errno {
            $(#[doc = $text] pub const $name: Self = Self($code);)*

            /// Every named error: number, name.
            pub const NAMES: &'static [(Self, &'static str)] =
                &[$((Self::$name, stringify!($name)),)*];

            /// What the error means, in a few words.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self.0 {
                    $($code => $text,)*
                    _ => "unknown error",
                }
            }
        }
    };
}

errnos! {
    EPERM = 1, "operation not permitted";
    ENOENT = 2, "no such file or directory";
    EINTR = 4, "interrupted";
    EIO = 5, "input/output error";
    EBADF = 9, "bad file or socket handle";
    EAGAIN = 11, "would block";
    ENOMEM = 12, "out of memory";
    EACCES = 13, "permission denied";
    EFAULT = 14, "bad address";
    EBUSY = 16, "busy";
    EEXIST = 17, "already exists";
    EXDEV = 18, "on another device";
    ENODEV = 19, "no such device";
    ENOTDIR = 20, "not a directory";
    EISDIR = 21, "is a directory";
    EINVAL = 22, "invalid argument";
    ENFILE = 23, "no more sockets";
    EMFILE = 24, "too many open";
    EFBIG = 27, "file too large";
    ENOSPC = 28, "no space left";
    EROFS = 30, "read-only";
    EPIPE = 32, "the other end is closed";
    ERANGE = 34, "out of range";
    ENAMETOOLONG = 36, "name too long";
    ENOTEMPTY = 39, "directory not empty";
    EPROTO = 71, "protocol error";
    EMSGSIZE = 90, "message too long";
    EPROTONOSUPPORT = 93, "protocol not supported";
    EOPNOTSUPP = 95, "operation not supported";
    EAFNOSUPPORT = 97, "address family not supported";
    EADDRINUSE = 98, "address in use";
    EADDRNOTAVAIL = 99, "address not available";
    ENETUNREACH = 101, "network unreachable";
    ECONNABORTED = 103, "connection aborted";
    ECONNRESET = 104, "connection reset by peer";
    ENOBUFS = 105, "no buffer space";
    EISCONN = 106, "already connected";
    ENOTCONN = 107, "not connected";
    ETIMEDOUT = 110, "timed out";
    ECONNREFUSED = 111, "connection refused";
    EHOSTUNREACH = 113, "host unreachable";
    EALREADY = 114, "already in progress";
    EINPROGRESS = 115, "in progress";
    ECANCELED = 125, "cancelled";
    EAI_FAIL = -202, "name look-up failed";
}

impl Errno {
    /// The errors which MicroPython's `errno` module has, in its order.
    pub const MODULE: &'static [Self] = &[
        Self::EPERM,
        Self::ENOENT,
        Self::EIO,
        Self::EBADF,
        Self::EAGAIN,
        Self::ENOMEM,
        Self::EACCES,
        Self::EEXIST,
        Self::ENODEV,
        Self::EISDIR,
        Self::EINVAL,
        Self::EOPNOTSUPP,
        Self::EADDRINUSE,
        Self::ECONNABORTED,
        Self::ECONNRESET,
        Self::ENOBUFS,
        Self::ENOTCONN,
        Self::ETIMEDOUT,
        Self::ECONNREFUSED,
        Self::EHOSTUNREACH,
        Self::EALREADY,
        Self::EINPROGRESS,
    ];

    /// The symbolic name, such as `"EAGAIN"`.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(errno, _)| *errno == self).map(|(_, name)| *name)
    }

    /// The number that `OSError.errno` shows.
    #[must_use]
    pub const fn code(self) -> i32 {
        self.0
    }

    /// Whether the operation only has to be tried again after a wait.
    #[must_use]
    pub const fn would_block(self) -> bool {
        matches!(self, Self::EAGAIN | Self::EINPROGRESS | Self::EALREADY)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "[Errno {}] {name}", self.0),
            None => write!(f, "[Errno {}]", self.0),
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree_with_linux() {
        assert_eq!(Errno::EAGAIN.code(), 11);
        assert_eq!(Errno(115).name(), Some("EINPROGRESS"));
        assert_eq!(Errno(9999).name(), None);
        for (i, (errno, name)) in Errno::NAMES.iter().enumerate() {
            assert_eq!(errno.name(), Some(*name));
            assert!(Errno::NAMES.iter().skip(i + 1).all(|(other, _)| other != errno), "{name} is listed twice");
        }
    }

    #[test]
    fn the_module_table_has_names_for_all() {
        assert_eq!(Errno::MODULE.len(), 22);
        assert!(Errno::MODULE.iter().all(|e| e.name().is_some()));
    }
}
