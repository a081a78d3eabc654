//! One file per operation.

pub mod box_import;
pub mod box_note;
pub mod box_retire;
pub mod boxes;
pub mod check_in;
pub mod check_ins;
pub mod codes;
pub mod device;
pub mod near;
pub mod nonces;
pub mod report;
pub mod streets;
pub mod summary;
pub mod tag;
pub mod tour_decide;
pub mod tour_mine;
pub mod tour_plan;
pub mod tour_report;
pub mod tours;
