//! Paths: joining with the current directory and taking out `.`, `..` and doubled slashes.

use alloc::string::String;
use alloc::vec::Vec;

/// The absolute, normalised form of `path` seen from the absolute directory `cwd`.
///
/// `..` at the root stays at the root; a slash at the end is dropped.
#[must_use]
pub fn absolute(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { cwd };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    let mut out = String::with_capacity(1 + parts.iter().map(|p| p.len() + 1).sum::<usize>());
    for part in &parts {
        out.push('/');
        out.push_str(part);
    }
    if out.is_empty() {
        out.push('/');
    }
    out
}

/// The names of a normalised absolute path; none for the root.
pub(crate) fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn normalises() {
        assert_eq!(absolute("/", ""), "/");
        assert_eq!(absolute("/a/b", ""), "/a/b");
        assert_eq!(absolute("/a/b", "../c/./d//"), "/a/c/d");
        assert_eq!(absolute("/a", "/../x/.."), "/");
        assert_eq!(absolute("/a", "../../.."), "/");
        assert_eq!(absolute("/", "a/.../b"), "/a/.../b");
    }
}
