//! A tool's request as the page sends it on: the query of its address, letter by letter, so that the server alone reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shouhu_oidc::op::{AuthorizationAsked, AuthorizationRefused, Destination, Params};

use crate::refused::RequestError;
use crate::settings::{Client, SsoClaim, SsoSettings};

/// A request of a known tool, which is answered at an address of its entry.
pub struct Request<'a> {
    pub client: &'a Client,
    pub destination: Destination,
    /// What is asked for, or what the tool is told of it.
    pub asked: Result<AuthorizationAsked, AuthorizationRefused>,
    /// Tells one request from another.
    pub hash: [u8; 32],
}

impl<'a> Request<'a> {
    /// # Errors
    /// When it is to be answered nowhere but here.
    pub fn read(settings: &'a SsoSettings, query: &str) -> Result<Self, RequestError> {
        let params = Params::parse(query.as_bytes())?;
        let destination = Destination::of(&params, |id| settings.client(id).map(|client| client.redirect_uris.as_slice()))?;
        // It was found a moment ago, in the same settings.
        let client = settings.client(&destination.client_id).ok_or(shouhu_oidc::op::DestinationRefused::UnknownClient)?;
        let asked = destination.asked(&params);
        Ok(Self { client, destination, asked, hash: Sha256::digest(query.as_bytes()).into() })
    }

    pub fn tool(&self) -> SsoTool {
        let address = &self.destination.redirect_uri;
        let after_scheme = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
        let host = after_scheme.split(['/', '?']).next().unwrap_or_default();
        SsoTool {
            id: self.client.id.clone(),
            title_zh: self.client.title_zh.clone(),
            title_en: self.client.title_en.clone(),
            host: host.to_owned(),
            claims: self.client.claims.clone(),
        }
    }
}

/// A tool as the person is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoTool {
    pub id: String,
    pub title_zh: String,
    pub title_en: String,
    /// Where the browser goes: host, with the port where there is one.
    pub host: String,
    /// What it is told beside its own name for the person.
    pub claims: Vec<SsoClaim>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_shown_the_host_to_which_the_browser_goes() {
        let settings = |address: &str| {
            let text = format!("[[client]]\nid = \"cli\"\ntitle_zh = \"訓練\"\ntitle_en = \"Training\"\nredirect_uris = [\"{address}\"]\nroles = [\"officer\"]\n");
            SsoSettings::parse(&text).unwrap()
        };
        for (address, host) in [
            ("https://wiki.example/back?a=b", "wiki.example"),
            ("https://wiki.example:8443", "wiki.example:8443"),
            ("http://[::1]:3000/back", "[::1]:3000"),
        ] {
            let (settings, query) = (settings(address), format!("client_id=cli&redirect_uri={address}"));
            let request = Request::read(&settings, &query).unwrap();
            assert_eq!(request.tool().host, host);
            assert!(request.asked.is_err(), "nothing else was asked");
            assert_ne!(request.hash, Request::read(&settings, &format!("{query}&x=1")).unwrap().hash);
        }
        let refused = Request::read(&settings("https://wiki.example/"), "client_id=cli&redirect_uri=https://evil.example/").err();
        assert_eq!(refused.map(|error| shouhu_module::Keyed::key(&error)), Some("sso.request.other_address"));
    }
}
