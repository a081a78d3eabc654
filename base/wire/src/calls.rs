//! Calls as a telephone exchange, an SMS gateway or an app puts them through.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Waits for somebody to take it.
    Ringing,
    /// A dispatcher handles it.
    Taken,
    /// The caller hung up before anybody took it; somebody still has to deal with it.
    Abandoned,
    /// Dealt with: an incident, or a reason why there is none.
    Settled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    Voice,
    /// A short message.
    Text,
    /// Nobody speaks.
    Silent,
    /// From an app, with a position and perhaps a picture.
    App,
}
