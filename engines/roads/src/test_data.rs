//! Where tests find the real road files, which are no part of the project.

use std::path::{Path, PathBuf};

use crate::import::{ImportOptions, import};
use crate::network::RoadNetwork;

/// A real file's bytes, or none after saying which test input is absent.
pub(crate) fn bytes(name: &str) -> Option<Vec<u8>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("SHOUHU_SHARED_DATA").map_or_else(beside, PathBuf::from);
    let found = std::fs::read(folder.join(name)).ok();
    if found.is_none() {
        eprintln!("skipped: {name} is not in {}; set SHOUHU_SHARED_DATA", folder.display());
    }
    found
}

pub(crate) fn network(name: &str) -> Option<RoadNetwork> {
    let imported = import(&bytes(name)?, ImportOptions::default());
    Some(imported.unwrap_or_else(|error| panic!("{name}: {error}")).0)
}
