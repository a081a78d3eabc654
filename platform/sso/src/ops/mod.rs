//! One file per operation.

pub mod authorize;
pub mod discovery;
pub mod form;
pub mod look;
pub mod mine;
pub mod token;
pub mod userinfo;

const FORM: &str = "application/x-www-form-urlencoded";
