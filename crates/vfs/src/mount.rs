//! The mount table: which file system answers for a path.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::FsError;

/// Mount points, each with a `T` that says what is mounted there.
///
/// The longest mount point that is a whole-component prefix of the path wins; `/` answers for the rest.
#[derive(Clone, Debug)]
pub struct MountTable<T> {
    mounts: Vec<(String, T)>,
}

impl<T> Default for MountTable<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> MountTable<T> {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        MountTable { mounts: Vec::new() }
    }

    /// Mounts `what` at the normalised absolute `point`.
    ///
    /// `NotPermitted` if the point is mounted already or lies inside another mount than the root's, as in
    /// MicroPython. A second mount at `/` is allowed and hides the first.
    pub fn mount(&mut self, point: &str, what: T) -> Result<(), FsError> {
        if point != "/"
            && let Some((existing, _, _)) = self.find(point)
            && existing != "/"
        {
            return Err(FsError::NotPermitted);
        }
        self.mounts.try_reserve(1).map_err(|_| FsError::OutOfMemory)?;
        // Root mounts stay at the end, the newest first, so that listings show the others before them.
        let at = self.mounts.iter().position(|(existing, _)| existing == "/").unwrap_or(self.mounts.len());
        self.mounts.insert(at, (String::from(point), what));
        Ok(())
    }

    /// Takes the mount at `point` out of the table.
    pub fn umount(&mut self, point: &str) -> Option<T> {
        let at = self.mounts.iter().position(|(existing, _)| existing == point)?;
        Some(self.mounts.remove(at).1)
    }

    /// What answers for the absolute path, and the path inside it. None where nothing is mounted.
    #[must_use]
    pub fn resolve<'p>(&self, path: &'p str) -> Option<(&T, &'p str)> {
        self.find(path).map(|(_, what, inner)| (what, inner))
    }

    /// As [`MountTable::resolve`], with the mount point in front.
    #[must_use]
    pub fn resolve_entry<'p>(&self, path: &'p str) -> Option<(&str, &T, &'p str)> {
        self.find(path)
    }

    /// The mount at exactly this point.
    #[must_use]
    pub fn at(&self, point: &str) -> Option<&T> {
        self.mounts.iter().find(|(existing, _)| existing == point).map(|(_, what)| what)
    }

    /// All mounts in listing order: mount point and what is there.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.mounts.iter().map(|(point, what)| (point.as_str(), what))
    }

    fn find<'p>(&self, path: &'p str) -> Option<(&str, &T, &'p str)> {
        let mut best: Option<(&str, &T, &'p str)> = None;
        for (point, what) in &self.mounts {
            let inner = if point == "/" {
                path
            } else {
                match path.strip_prefix(point.as_str()) {
                    Some("") => "/",
                    Some(rest) if rest.starts_with('/') => rest,
                    _ => continue,
                }
            };
            if best.is_none_or(|(known, _, _)| point.len() > known.len()) {
                best = Some((point, what, inner));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_prefix_by_component() {
        let mut table = MountTable::new();
        assert!(table.resolve("/x").is_none());
        table.mount("/sd", 1).unwrap();
        assert!(table.resolve("/x").is_none());
        table.mount("/", 0).unwrap();
        assert_eq!(table.resolve("/sd/a/b"), Some((&1, "/a/b")));
        assert_eq!(table.resolve("/sd"), Some((&1, "/")));
        assert_eq!(table.resolve("/sdx"), Some((&0, "/sdx")));
        assert_eq!(table.mount("/sd", 2), Err(FsError::NotPermitted));
        assert_eq!(table.mount("/sd/in", 2), Err(FsError::NotPermitted));
        table.mount("/", 9).unwrap();
        assert_eq!(table.resolve("/a"), Some((&9, "/a")));
        assert_eq!(table.umount("/"), Some(9));
        assert_eq!(table.resolve("/a"), Some((&0, "/a")));
        assert_eq!(table.umount("/none"), None);
    }
}
