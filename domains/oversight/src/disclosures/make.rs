//! Makes what is given out: entries without anybody in them, each with its leaf and proof.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use shouhu_audit::{AuditError, Entry};
use shouhu_blobs::{KeyError, Keys};
use shouhu_ids::{DisclosureId, Micros};
use shouhu_module::ports::{ConfirmedHitsPort, FileLine, IncidentFile, IncidentFilesPort};
use shouhu_module::{App, Person, Problem};
use shouhu_store::{Eyes, Sight, StoreError};

use super::{
    DisclosedEntry, DisclosedIncident, DisclosedLine, Disclosure, DisclosureError, DisclosureFile, DisclosureState, ENTRIES_MAX, PreviewedEntry,
    ReleaseDisclosure, Scope, store,
};
use crate::areas::shapes::Lookup;
use crate::sealed::keep;

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

const STATEMENT_ZH: &str = "本檔不含姓名、地址、車牌、文字內容與影像。人員以代號表示：同一檔內同一人代號相同，不同檔之間無法對照。\
每一筆的雜湊均已寫入稽核紀錄，可用 shouhu verify --proof 驗證；驗證可證明本筆自公開時起未經更改，不能證明原始紀錄之全部內容。";
const STATEMENT_EN: &str = "This file holds no names, addresses, plates, free text or pictures. Whoever acted has a pseudonym that is the same within \
this file and cannot be matched with another file's. The hash of each entry stands in the audit log; shouhu verify --proof checks it. That shows that \
the entry has not been changed since it was given out, not what else the original record holds.";

fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // Keys of any length are taken (RFC 2104 §2).
    let Ok(mut mac) = <Hmac<sha2_11::Sha256> as KeyInit>::new_from_slice(key) else { return [0; 32] };
    mac.update(text);
    mac.finalize().into_bytes().into()
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

/// What would be given out now.
pub struct Content {
    /// Taken before the seals are read: what is sealed later is newer than what is made of this.
    pub at: Micros,
    pub entries: Vec<PreviewedEntry>,
    /// Numbers that lie in the scope and are given to nobody.
    pub sealed: Vec<String>,
}

impl Content {
    /// As [`super::DisclosurePreview::entries_sha256`] is described.
    #[must_use]
    pub fn sha256(&self) -> String {
        let all = self.entries.iter().fold(Sha256::new(), |all, entry| all.chain_update(&entry.sha256).chain_update("\n"));
        hex::encode(all.finalize())
    }
}

/// Whose rows a rule of the force may hide; log, orders, replies and calls follow it.
const INCIDENTS: &str = "dispatch_incident";

/// Reads it. Nothing of it depends on who asks, so that two who look at the same time see the same: from whom a rule hides incidents gets none of it,
/// since what he does not see would be missing in the file, and nobody would know.
///
/// # Errors
/// When there is nothing or too much in it, or whoever asks may not see every incident.
pub async fn content(app: &App, of: &Disclosure) -> Result<Content, Problem> {
    let at = app.env.now();
    if app.store.guards().sight().narrows(INCIDENTS) {
        return Err(DisclosureError::NotWhole.into());
    }
    // Another server of the house may have sealed something just now.
    keep::refresh(&app.store).await?;
    let is_any_sealed = app.store.seals().veil(Eyes::Nobody, || app.env.now()).is_some();
    let (mut found, mut sealed) = (Vec::new(), Vec::new());
    for incident in incidents(app, &of.scope).await? {
        if incident.is_sealed || (is_any_sealed && is_of_sealed_hit(app, &incident).await?) {
            sealed.push(incident.number);
        } else {
            found.push(incident);
        }
    }
    if found.is_empty() {
        return Err(DisclosureError::Nothing.into());
    }
    let areas = crate::areas::store::known(app, None).await?.map(|(_, areas)| areas);
    let lookup = areas.as_ref().map(|areas| (Lookup::of(areas), &areas.areas));
    let pseudonyms = Pseudonyms::of(&app.room::<Secret>().0, of.id);
    let told = |incident: &IncidentFile| {
        let area = lookup.as_ref().zip(incident.position).and_then(|((lookup, areas), place)| areas.get(lookup.find(place)?));
        previewed(&disclosed(incident, area.map(|area| area.name.clone()).unwrap_or_default(), &pseudonyms))
    };
    let entries = found.iter().map(told).collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Content { at, entries, sealed })
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

/// Opened from a hit that members alone see, whatever a dispatcher has written into it. A hit that the house does not see either was destroyed,
/// and hides nothing.
async fn is_of_sealed_hit(app: &App, incident: &IncidentFile) -> Result<bool, Problem> {
    let (Some(hit), Some(port)) = (incident.hit, app.try_room::<ConfirmedHitsPort>()) else { return Ok(false) };
    let unsealed = Eyes::Nobody.look(Sight::whole().look(port.0.is_visible(hit)));
    Ok(Eyes::House.look(port.0.is_visible(hit)).await? && !unsealed.await?)
}

fn disclosed(incident: &IncidentFile, area: String, pseudonyms: &Pseudonyms) -> DisclosedIncident {
    let after_s = |at: Micros| at.since(incident.opened_at) / Micros::SECOND;
    let line = |line: &FileLine| DisclosedLine { after_s: after_s(line.at), act: line.key.clone(), by: pseudonyms.name(&line.by.to_string()) };
    DisclosedIncident {
        number: incident.number.clone(),
        kind: incident.kind.clone(),
        priority: incident.priority,
        closing_code: incident.closing_code.clone(),
        area,
        opened_hour_us: Micros(incident.opened_at.0.div_euclid(Micros::HOUR) * Micros::HOUR),
        lasted_s: incident.closed_at.map(after_s),
        log: incident.lines.iter().map(line).collect(),
    }
}

fn previewed(incident: &DisclosedIncident) -> Result<PreviewedEntry, StoreError> {
    let text = serde_json::to_string(incident).map_err(|error| StoreError::Corrupt { what: "disclosure", detail: error.to_string() })?;
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    Ok(PreviewedEntry { number: incident.number.clone(), text, sha256 })
}

/// Releases what was seen, as the second person: claims it, says in the log what was kept back and the hash of each entry, keeps the file.
///
/// # Errors
/// When it is not this person's to release, is not what the preview showed, or nothing of it is left.
pub async fn release(app: &App, person: &Person, id: DisclosureId, asked: &ReleaseDisclosure) -> Result<Disclosure, Problem> {
    let known = store::decidable(&app.store, person, id).await?;
    let content = content(app, &known).await?;
    let seen = content.sha256();
    if seen != asked.entries_sha256 {
        return Err(DisclosureError::Changed.into());
    }
    let kept_back = kept_back(&content.entries, &asked.without)?;
    if kept_back.len() == content.entries.len() {
        return Err(DisclosureError::Nothing.into());
    }
    // Before the first leaf: whoever decides at the same time is told so now.
    store::decide(&app.store, person, id, DisclosureState::Releasing, None, None).await?;
    log_decision(app, person, id, &seen, &kept_back, &content.sealed).await?;
    let mut entries = Vec::with_capacity(content.entries.len());
    for previewed in &content.entries {
        if !kept_back.contains(previewed.number.as_str()) {
            entries.push(entry(app, id, previewed).await?);
        }
    }
    let file = DisclosureFile {
        disclosure: id,
        made_at_us: content.at,
        log_key: app.audit.log_key().await?.to_string(),
        kept_back: kept_back.len(),
        entries,
        statement_zh: STATEMENT_ZH.to_owned(),
        statement_en: STATEMENT_EN.to_owned(),
    };
    Ok(store::decide(&app.store, person, id, DisclosureState::Released, None, Some(&file)).await?)
}

/// A number that is sealed is answered as one that is not there.
fn kept_back<'a>(entries: &[PreviewedEntry], without: &'a [String]) -> Result<BTreeSet<&'a str>, DisclosureError> {
    let asked: BTreeSet<&str> = without.iter().map(|number| number.trim()).collect();
    let is_there = |number: &str| entries.iter().any(|entry| entry.number == number);
    let unknown: Vec<String> = asked.iter().filter(|number| !is_there(number)).map(|number| (*number).to_owned()).collect();
    if unknown.is_empty() { Ok(asked) } else { Err(DisclosureError::UnknownNumbers(unknown)) }
}

/// What the decider saw and kept back stands here and not in the file. The sealed ones have a leaf of their own, so that whoever may not see
/// them still reads the other.
async fn log_decision(
    app: &App,
    person: &Person,
    id: DisclosureId,
    seen: &str,
    kept_back: &BTreeSet<&str>,
    sealed: &[String],
) -> Result<(), AuditError> {
    let numbers = if kept_back.is_empty() { "nothing".to_owned() } else { kept_back.iter().copied().collect::<Vec<_>>().join(", ") };
    let mut objects = vec![format!("disclosure {id} released as seen, sha256 {seen}; kept back: {numbers}")];
    if !sealed.is_empty() {
        objects.push(format!("disclosure {id}: sealed and not given out: {}", sealed.join(", ")));
    }
    for object in objects {
        let leaf = Entry {
            at_us: app.env.now(),
            actor: person.id.to_string(),
            actor_name: person.name.clone(),
            action: "disclosure.decided".into(),
            class: "security".into(),
            purpose: None,
            case_ref: None,
            object,
            outcome: 200,
        };
        app.audit.append(leaf).await?;
    }
    Ok(())
}

/// Says the hash in the log, in an entry that names nobody, before anybody sees the text.
async fn entry(app: &App, id: DisclosureId, previewed: &PreviewedEntry) -> Result<DisclosedEntry, Problem> {
    let PreviewedEntry { text, sha256, .. } = previewed.clone();
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
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_module::Keyed;

    use super::*;

    #[test]
    fn what_was_seen_is_the_hash_of_all_hashes_in_their_order() {
        let content = |hashes: [&str; 2]| {
            let entry = |sha256: &str| PreviewedEntry { number: String::new(), text: String::new(), sha256: sha256.to_owned() };
            Content { at: Micros(1), entries: hashes.map(entry).to_vec(), sealed: vec!["115-密-1".into()] }
        };
        assert_eq!(content(["aa", "bb"]).sha256(), hex::encode(Sha256::digest(b"aa\nbb\n")));
        assert_ne!(content(["aa", "bb"]).sha256(), content(["bb", "aa"]).sha256());
    }

    #[test]
    fn a_number_is_kept_back_where_it_is_there_and_else_named() {
        let entries = ["1", "2"].map(|number| PreviewedEntry { number: number.into(), text: String::new(), sha256: String::new() });
        let asked = |numbers: &[&str]| -> Vec<String> { numbers.iter().map(|number| (*number).to_owned()).collect() };
        assert_eq!(kept_back(&entries, &asked(&[" 2 ", "2"])).unwrap(), BTreeSet::from(["2"]));
        assert!(kept_back(&entries, &asked(&[])).unwrap().is_empty());
        let refused = kept_back(&entries, &asked(&["2", "4", "3"])).unwrap_err();
        assert_eq!((refused.key(), refused.params()), ("oversight.disclosure.unknown_numbers", vec![("numbers", "3, 4".to_owned())]));
    }

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
