//! One file per operation.

pub mod addresses;
pub mod addresses_import;
pub mod closures;
pub mod backups;
pub mod health;
pub mod jobs;
pub mod map_import;
pub mod map_info;
pub mod map_tile;
pub mod way;
