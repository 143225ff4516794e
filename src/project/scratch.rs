//! Private folders for as long as they are needed.

use tempfile::{Builder, TempDir};

use crate::error::{Error, ErrorKind, Result};

/// A new folder among the temporary ones, removed when it is dropped. Nobody else can read it or know its name before.
///
/// Errors: it cannot be made.
pub(crate) fn private_folder() -> Result<TempDir> {
    let mut builder = Builder::new();
    builder.prefix("bake-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let all = std::env::temp_dir();
    builder.tempdir_in(&all).map_err(|e| Error::new(ErrorKind::Io, format!("{}: {e}", all.display())))
}

#[cfg(test)]
mod tests {
    use super::private_folder;

    #[test]
    fn folders_are_private_and_go() {
        let (one, other) = (private_folder().unwrap(), private_folder().unwrap());
        assert_ne!(one.path(), other.path());
        let name = one.path().file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with("bake-") && !name.contains(&std::process::id().to_string()), "{name}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(one.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists());
    }
}
