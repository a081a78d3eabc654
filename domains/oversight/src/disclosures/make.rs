//! Makes what is given out: entries without anybody in them, each with its leaf and proof.

use sha2::{Digest, Sha256};
use shouhu_audit::Entry;
use shouhu_blobs::{KeyError, Keys};
use shouhu_ids::{DisclosureId, Micros};
use shouhu_module::ports::{IncidentFile, IncidentFilesPort};
use shouhu_module::{App, Person, Problem};
use shouhu_store::StoreError;

use super::{
    DisclosedEntry, DisclosedIncident, DisclosedLine, Disclosure, DisclosureError, DisclosureFile, DisclosureState, ENTRIES_MAX, ReleaseDisclosure, Scope,
    store,
};
use crate::areas::shapes::{Areas, Lookup};

/// File of the secret in the folder of keys.
const SECRET: &str = "disclosures";

/// From which the keys of pseudonyms follow.
pub struct Secret([u8; 32]);

impl Secret {
    /// # Errors
    /// When the key cannot be read or made.
    pub fn open(keys: &Keys) -> Result<Self, KeyError> {
        Ok(Self(keys.lasting(SECRET)?))
    }
}
const BLOCK_BYTES: usize = 64;

const STATEMENT_ZH: &str = "本檔不含姓名、地址、車牌、文字內容與影像。人員以代號表示：同一檔內同一人代號相同，不同檔之間無法對照。\
每一筆的雜湊均已寫入稽核紀錄，可用 shouhu verify --proof 驗證；驗證可證明本筆自公開時起未經更改，不能證明原始紀錄之全部內容。";
const STATEMENT_EN: &str = "This file holds no names, addresses, plates, free text or pictures. Whoever acted has a pseudonym that is the same within \
this file and cannot be matched with another file's. The hash of each entry stands in the audit log; shouhu verify --proof checks it. That shows that \
the entry has not been changed since it was given out, not what else the original record holds.";

/// HMAC-SHA-256 (RFC 2104). The key is at most a block long.
fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; BLOCK_BYTES];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// Names whoever acted, within one disclosure.
pub struct Pseudonyms([u8; 32]);

impl Pseudonyms {
    /// The key of a disclosure follows from the house's secret and the disclosure: it is kept nowhere, and no two have the same.
    #[must_use]
    pub fn of(secret: &[u8; 32], disclosure: DisclosureId) -> Self {
        Self(hmac(secret, disclosure.to_string().as_bytes()))
    }

    #[must_use]
    pub fn name(&self, who: &str) -> String {
        let hash = hmac(&self.0, who.as_bytes());
        format!("officer-{}", hex::encode(hash.get(..8).unwrap_or(&hash)))
    }
}

/// Releases it, as the second person: makes the file, says its hashes in the log, keeps it.
///
/// # Errors
/// When it is not this person's to release, or there is nothing or too much in it.
pub async fn release(app: &App, person: &Person, id: DisclosureId, asked: &ReleaseDisclosure) -> Result<Disclosure, Problem> {
    let known = store::decidable(&app.store, person, id).await?;
    let mut found = incidents(app, &known.scope).await?;
    let before = found.len();
    found.retain(|incident| !asked.without.contains(&incident.number));
    if found.is_empty() {
        return Err(DisclosureError::Nothing.into());
    }
    let kept_back = before - found.len();
    let areas = crate::areas::store::newest(&app.store).await?.map(|(_, areas)| areas);
    let pseudonyms = Pseudonyms::of(&app.room::<Secret>().0, id);
    let mut entries = Vec::with_capacity(found.len());
    for incident in &found {
        entries.push(entry(app, id, &disclosed(incident, areas.as_ref(), &pseudonyms)).await?);
    }
    let file = DisclosureFile {
        disclosure: id,
        request_ref: known.request_ref,
        basis: known.basis,
        made_at_us: app.env.now(),
        log_key: app.audit.log_key().await?.to_string(),
        kept_back,
        entries,
        statement_zh: STATEMENT_ZH.to_owned(),
        statement_en: STATEMENT_EN.to_owned(),
    };
    Ok(store::decide(&app.store, person, id, DisclosureState::Released, None, Some(&file)).await?)
}

async fn incidents(app: &App, scope: &Scope) -> Result<Vec<IncidentFile>, Problem> {
    let Some(port) = app.try_room::<IncidentFilesPort>() else { return Err(DisclosureError::Nothing.into()) };
    let found = match scope {
        Scope::Time { from_us, until_us } => port.0.opened(*from_us, *until_us, ENTRIES_MAX + 1).await?,
        Scope::Incident { number } => port.0.one(number.clone()).await?.into_iter().collect(),
    };
    // Half of a time would look like all of it.
    if found.len() > usize::try_from(ENTRIES_MAX).unwrap_or(usize::MAX) { Err(DisclosureError::TooMany.into()) } else { Ok(found) }
}

fn disclosed(incident: &IncidentFile, areas: Option<&Areas>, pseudonyms: &Pseudonyms) -> DisclosedIncident {
    let area = areas.zip(incident.position).and_then(|(areas, place)| {
        let at = Lookup::of(areas).find(place)?;
        areas.areas.get(at).map(|area| area.name.clone())
    });
    let after_s = |at: Micros| at.since(incident.opened_at) / Micros::SECOND;
    let line = |line: &shouhu_module::ports::FileLine| DisclosedLine {
        after_s: after_s(line.at),
        act: line.key.clone(),
        by: pseudonyms.name(&line.by.to_string()),
    };
    DisclosedIncident {
        number: incident.number.clone(),
        kind: incident.kind.clone(),
        priority: incident.priority,
        closing_code: incident.closing_code.clone(),
        area: area.unwrap_or_default(),
        opened_hour_us: Micros(incident.opened_at.0.div_euclid(Micros::HOUR) * Micros::HOUR),
        lasted_s: incident.closed_at.map(after_s),
        log: incident.lines.iter().map(line).collect(),
    }
}

/// Says the hash in the log, in an entry that names nobody, before anybody sees the text.
async fn entry(app: &App, id: DisclosureId, incident: &DisclosedIncident) -> Result<DisclosedEntry, Problem> {
    let text = serde_json::to_string(incident).map_err(|error| StoreError::Corrupt { what: "disclosure", detail: error.to_string() })?;
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    let leaf = app
        .audit
        .append(Entry {
            at_us: app.env.now(),
            actor: "shouhu".into(),
            actor_name: "shouhu (disclosure)".into(),
            action: "disclosed".into(),
            // Of a class that is never erased: the proof is in citizens' hands.
            class: "log".into(),
            purpose: None,
            case_ref: None,
            object: format!("disclosure {id} sha256 {sha256}"),
            outcome: 200,
        })
        .await?;
    Ok(DisclosedEntry { text, sha256, leaf, proof: app.audit.proof(leaf).await?.text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_rfc_2104s_and_two_disclosures_cannot_be_joined() {
        let (one, two) = (DisclosureId::new(Micros(1), [1; 16]), DisclosureId::new(Micros(1), [2; 16]));
        let (first, second) = (Pseudonyms::of(&[7; 32], one), Pseudonyms::of(&[7; 32], two));
        assert_eq!(first.name("a"), Pseudonyms::of(&[7; 32], one).name("a"));
        assert_ne!(first.name("a"), first.name("b"));
        assert_ne!(first.name("a"), second.name("a"));
        assert_ne!(first.name("a"), Pseudonyms::of(&[8; 32], one).name("a"));
        // HMAC-SHA-256 of nothing under 32 zero bytes, which is that of nothing under an empty key (RFC 2104 pads with zeros).
        assert_eq!(hex::encode(hmac(&[0; 32], b"")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    }
}
