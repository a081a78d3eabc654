//! One file per operation.

pub mod advice;
pub mod assign;
pub mod assignments_mine;
pub mod cancel;
pub mod incident_close;
pub mod incident_get;
pub mod incident_kinds;
pub mod incident_log;
pub mod incident_open;
pub mod incidents;
pub mod kpis;
pub mod panic;
pub mod policy;
pub mod recommend;
pub mod ring;
pub mod step;
pub mod take_away;
pub mod unit_create;
pub mod unit_join;
pub mod unit_position;
pub mod unit_skills;
pub mod unit_state;
pub mod units;
