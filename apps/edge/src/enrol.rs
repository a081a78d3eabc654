//! `shouhu-edge enrol`: makes the device's key and trades a one-time token for an identity.

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;
use rand::rngs::OsRng;
use shouhu_wire::{EnrolDevice, EnrolledDevice};

use crate::client::{Client, ClientError};
use crate::clock::DeviceClock;
use crate::config::{Config, DataDir};

/// Only the public half ever leaves the machine. The key is on disk before the server hears of it: a power cut after
/// the server has accepted must not leave a device whose key nobody has.
///
/// # Errors
/// When the folder is taken, the server cannot be reached, or the token is no good.
pub fn enrol(data: &DataDir, server: &str, token: &str, authority: Option<&[u8]>) -> anyhow::Result<EnrolledDevice> {
    let _lock = data.lock()?;
    if let Ok(known) = data.config() {
        bail!(
            "{} is enrolled already as {} at {}; choose another --data folder, or move this one away after its queue is empty",
            data.path().display(),
            known.device.device,
            known.server
        );
    }
    let authority = match authority {
        Some(pem) => {
            crate::files::replace_with(&data.join("ca.pem"), pem).context("ca.pem could not be kept")?;
            Some(pem.to_vec())
        }
        None => data.authority(),
    };
    let client = Client::new(server, authority.as_deref(), DeviceClock::system(0))?;
    let key = match data.key() {
        Ok(key) => key,
        Err(_) => {
            let key = SigningKey::generate(&mut OsRng);
            data.save_key(&key)?;
            key
        }
    };
    let body = EnrolDevice { token: token.trim().to_owned(), public_key: BASE64.encode(key.verifying_key().to_bytes()) };
    let device: EnrolledDevice = match client.post("/v1/devices/enrol", &serde_json::to_vec(&body)?) {
        Ok(device) => device,
        Err(ClientError::Answer { status: 400..=499, detail, .. }) => {
            bail!(
                "the server did not accept the token: {detail}. Tokens work once and expire; an operator makes a new one under Devices"
            )
        }
        Err(e) => return Err(e.into()),
    };
    data.save_config(&Config { server: client.server().to_owned(), device: device.clone() })?;
    Ok(device)
}
