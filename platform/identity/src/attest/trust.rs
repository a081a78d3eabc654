//! How devices stand, worked out from what is stored: for lists, and for whoever must know whether a sighting's sender was to be believed.

use std::collections::HashMap;

use shouhu_env::{BoxFuture, Env};
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::Problem;
use shouhu_module::ports::DeviceTrust;
use shouhu_store::{Row, Store, StoreError, Value, params, placeholders};
use shouhu_wire::{Attestation, DeviceKind, RestrictionReason, SenderRestriction};

use super::QUOTE_LATE_US;
use super::store::{self, Bound};

/// Ids in one question to the database.
const IDS_PER_QUERY: usize = 200;
/// Restrictions read for so many devices, newest first: a device that flickers must not make a list slow.
const RESTRICTIONS_MAX: i64 = 5_000;

/// What identity knows about one device's trust.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    pub bound: Option<Bound>,
    pub is_required: bool,
    /// Newest first; at most one lasts.
    pub restrictions: Vec<SenderRestriction>,
}

impl Standing {
    pub fn lasting(&self) -> Option<SenderRestriction> {
        self.restrictions.iter().find(|restriction| restriction.until_us.is_none()).copied()
    }

    pub fn attestation(&self) -> Attestation {
        match (&self.bound, self.lasting()) {
            (_, Some(_)) => Attestation::Restricted,
            (None, None) => Attestation::Unattested,
            (Some(bound), None) if bound.accepted.is_none() => Attestation::AwaitsAcceptance,
            (Some(_), None) => Attestation::Attested,
        }
    }
}

/// The restriction by policy: from the demand or the enrolment on, until a state was first accepted. No row says so.
fn by_policy(required_since: Option<Micros>, enrolled_at: Option<Micros>, accepted_at: Option<Micros>) -> Option<SenderRestriction> {
    let since_us = required_since?.max(enrolled_at?);
    if accepted_at.is_some_and(|accepted| accepted <= since_us) {
        return None;
    }
    Some(SenderRestriction { reason: RestrictionReason::NotAttested, since_us, until_us: accepted_at })
}

/// The restriction of whoever is late and was not looked at since: the watcher writes it down within a minute.
fn by_silence(bound: &Bound, now: Micros) -> Option<SenderRestriction> {
    let is_late = bound.accepted.is_some() && now.since(bound.good_at) > QUOTE_LATE_US;
    is_late.then_some(SenderRestriction { reason: RestrictionReason::QuoteLate, since_us: bound.good_at, until_us: None })
}

fn restriction_of(row: &Row) -> Result<(DeviceId, SenderRestriction), StoreError> {
    let restriction =
        SenderRestriction { reason: row.tag("reason")?, since_us: row.micros("since_us")?, until_us: row.opt_micros("until_us")? };
    Ok((row.parsed("device")?, restriction))
}

/// Of those devices that exist.
pub async fn standings(store: &Store, now: Micros, devices: &[DeviceId]) -> Result<HashMap<DeviceId, Standing>, StoreError> {
    let required: HashMap<DeviceKind, Micros> = store::required(store).await?.into_iter().collect();
    let mut found: HashMap<DeviceId, Standing> = HashMap::new();
    for some in devices.chunks(IDS_PER_QUERY) {
        let ids = || some.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
        let list = placeholders(1..=some.len());
        let mut bound: HashMap<DeviceId, Bound> =
            store::bound_among(store, &list, ids()).await?.into_iter().map(|bound| (bound.device, bound)).collect();
        let sql = format!("SELECT id, kind, enrolled_at_us FROM identity_device WHERE id IN ({list})");
        for row in store.fetch(&sql, ids()).await? {
            let device: DeviceId = row.parsed("id")?;
            let bound = bound.remove(&device);
            let required_since = required.get(&row.tag::<DeviceKind>("kind")?).copied();
            let accepted_at = bound.as_ref().and_then(|bound| bound.first_accepted_at);
            let restrictions = by_policy(required_since, row.opt_micros("enrolled_at_us")?, accepted_at).into_iter().collect();
            found.insert(device, Standing { bound, is_required: required_since.is_some(), restrictions });
        }
        let sql = format!(
            "SELECT device, since_us, reason, until_us FROM identity_restriction WHERE device IN ({list}) \
             ORDER BY since_us DESC LIMIT {RESTRICTIONS_MAX}"
        );
        for row in store.fetch(&sql, ids()).await? {
            let (device, restriction) = restriction_of(&row)?;
            found.entry(device).or_default().restrictions.push(restriction);
        }
    }
    for standing in found.values_mut() {
        if standing.lasting().is_none() {
            let late = standing.bound.as_ref().and_then(|bound| by_silence(bound, now));
            standing.restrictions.extend(late);
        }
        standing.restrictions.sort_by_key(|restriction| std::cmp::Reverse(restriction.since_us));
    }
    Ok(found)
}

pub async fn standing(store: &Store, now: Micros, device: DeviceId) -> Result<Standing, StoreError> {
    Ok(standings(store, now, &[device]).await?.remove(&device).unwrap_or_default())
}

/// Forgets restrictions that ended so long ago that nothing is kept which they would mark.
pub async fn purge(store: &Store, before: Micros) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let gone = tx.execute("DELETE FROM identity_restriction WHERE until_us IS NOT NULL AND until_us < $1", params![before]).await?;
    tx.commit().await?;
    Ok(gone)
}

/// Answers other rooms.
pub struct Trust {
    pub store: Store,
    pub env: Env,
}

impl DeviceTrust for Trust {
    fn restrictions(&self, devices: Vec<DeviceId>) -> BoxFuture<'static, Result<HashMap<DeviceId, Vec<SenderRestriction>>, Problem>> {
        let (store, env) = (self.store.clone(), self.env.clone());
        Box::pin(async move {
            let found = standings(&store, env.now(), &devices).await?;
            Ok(found.into_iter().filter(|(_, s)| !s.restrictions.is_empty()).map(|(id, s)| (id, s.restrictions)).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demand_marks_what_came_after_it_until_a_state_was_accepted() {
        let at = |us| Some(Micros(us));
        assert_eq!(by_policy(None, at(5), None), None, "nothing is demanded");
        assert_eq!(by_policy(at(9), None, None), None, "not enrolled: it sends nothing");
        assert_eq!(by_policy(at(9), at(5), at(7)), None, "accepted before the demand");
        let lasts = by_policy(at(9), at(5), None);
        assert_eq!(lasts.map(|r| (r.since_us, r.until_us)), Some((Micros(9), None)));
        let over = by_policy(at(3), at(5), at(7));
        assert_eq!(over.map(|r| (r.since_us, r.until_us)), Some((Micros(5), at(7))));
    }

    #[test]
    fn a_restriction_covers_what_came_after_the_last_good_quote_and_not_that_itself() {
        let mut restriction = SenderRestriction { reason: RestrictionReason::QuoteLate, since_us: Micros(10), until_us: None };
        assert!(!restriction.covers(Micros(10)) && restriction.covers(Micros(11)) && restriction.covers(Micros(i64::MAX)));
        restriction.until_us = Some(Micros(20));
        assert!(restriction.covers(Micros(20)) && !restriction.covers(Micros(21)));
    }
}
