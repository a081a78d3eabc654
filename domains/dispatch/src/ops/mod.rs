//! One file per operation.

pub mod assign;
pub mod assignments_mine;
pub mod cancel;
pub mod eido;
pub mod eido_take;
pub mod geojson;
pub mod incident_close;
pub mod incident_get;
pub mod incident_kinds;
pub mod incident_log;
pub mod incident_open;
pub mod incidents;
pub mod kpis;
pub mod partners;
pub mod recommend;
pub mod ring;
pub mod step;
pub mod unit_create;
pub mod unit_join;
pub mod unit_position;
pub mod unit_state;
pub mod units;
