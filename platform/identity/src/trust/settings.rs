//! `trust.toml`: the networks of the house, and addresses that are a threat.
//!
//! ```toml
//! is_enforced = true                     # false: verdicts are reckoned, told and logged, and refuse nothing
//!
//! [networks]
//! office = ["10.1.0.0/16"]               # stations and headquarters
//! vpn = ["10.8.0.0/16"]
//! mobile = ["198.51.100.0/24"]           # the provider of the force's telephones
//!
//! [threats]
//! networks = ["203.0.113.0/24"]          # no address of office or vpn
//! ```
//!
//! **Invariant:** what is wrong with it stops the start; a house never runs with half of its list.

use std::sync::Arc;

use serde::Deserialize;
use shouhu_module::App;
use shouhu_trust::{LISTED_MAX, ListedAs, Network, NetworkError, Networks, Overlap};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustSettingsError {
    #[error("it is not the TOML that is wanted: {0}")]
    Form(String),
    #[error("{what} {number}: {reason}")]
    Network { what: &'static str, number: usize, reason: NetworkError },
    #[error("there are {found} networks of {what}; at most {LISTED_MAX} are taken")]
    TooMany { what: &'static str, found: usize },
    #[error(transparent)]
    Overlap(#[from] Overlap),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    is_enforced: Option<bool>,
    #[serde(default)]
    networks: Own,
    #[serde(default)]
    threats: Threats,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Own {
    office: Vec<String>,
    vpn: Vec<String>,
    mobile: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Threats {
    networks: Vec<String>,
}

/// Put on the shelf by the program before the rooms start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustSettings {
    pub networks: Networks,
    /// Else verdicts are reckoned, told and logged, and refuse nothing: for the first weeks of a house.
    pub is_enforced: bool,
}

impl Default for TrustSettings {
    fn default() -> Self {
        Self { networks: Networks::default(), is_enforced: true }
    }
}

fn networks_of(what: &'static str, texts: &[String]) -> Result<Vec<Network>, TrustSettingsError> {
    if texts.len() > LISTED_MAX {
        return Err(TrustSettingsError::TooMany { what, found: texts.len() });
    }
    let parsed = texts.iter().enumerate().map(|(at, text)| {
        text.parse().map_err(|reason| TrustSettingsError::Network { what, number: at + 1, reason })
    });
    parsed.collect()
}

impl TrustSettings {
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn parse(text: &str) -> Result<Self, TrustSettingsError> {
        let file: File = toml::from_str(text).map_err(|e| TrustSettingsError::Form(e.to_string()))?;
        let File { is_enforced, networks, threats } = file;
        let mut own = Vec::new();
        let kinds = [("office", &networks.office, ListedAs::Office), ("vpn", &networks.vpn, ListedAs::Vpn), ("mobile", &networks.mobile, ListedAs::Mobile)];
        for (what, texts, listed) in kinds {
            own.extend(networks_of(what, texts)?.into_iter().map(|network| (network, listed)));
        }
        let threats = networks_of("threats", &threats.networks)?;
        Ok(Self { networks: Networks::new(own, threats)?, is_enforced: is_enforced.unwrap_or(true) })
    }
}

/// What the operator has set; without a file nothing is listed.
pub fn of(app: &App) -> Arc<TrustSettings> {
    app.try_room::<TrustSettings>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_an_empty_one_lists_nothing() {
        let text = "is_enforced = false\n[networks]\noffice = [\"10.1.0.0/16\"]\n[threats]\nnetworks = [\"203.0.113.7\"]\n";
        let settings = TrustSettings::parse(text).unwrap_or_default();
        assert!(!settings.is_enforced);
        assert_eq!("203.0.113.7".parse::<std::net::IpAddr>().ok().and_then(|ip| settings.networks.is_threat(ip)), Some(true));
        assert_eq!(TrustSettings::parse(""), Ok(TrustSettings::default()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let told = |text: &str| TrustSettings::parse(text).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(told("[networks]\nvpn = [\"10.8.0.0/16\", \"10.9\"]").starts_with("vpn 2: \"10.9\""));
        assert!(told("[networks]\noffices = []").contains("offices"));
        assert!(told("[networks]\noffice = [\"10.1.0.0/16\"]\n[threats]\nnetworks = [\"10.0.0.0/8\"]").contains("10.1.0.0/16"));
    }
}
