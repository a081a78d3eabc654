//! For which cases a plate was looked at, and what of it is told now.
//!
//! Nothing that names a case is told without somebody's word: the platform knows which incidents are live and which consents run, and of no
//! other case whether somebody still works on it.

use std::collections::{BTreeMap, BTreeSet};

use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_module::ports::LiveCasesPort;
use shouhu_plate::Plate;
use shouhu_store::{Store, StoreError, params};

use super::{CaseUses, DEFERRED_DAYS_MAX, DecideCase, InquiryError, UseBasis, UseLine, reason};
use crate::movements::fold::{Fold, NAMED, day_of};
use crate::movements::uses::Use;

/// Until when the uses of a case are not told, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferred {
    pub until: Micros,
    pub reason: String,
}

/// The cases of these uses, the one that was looked for first before the others.
///
/// # Errors
/// When the database fails.
pub async fn of(app: &App, fold: &Fold, plate: &Plate, uses: &[Use]) -> Result<Vec<CaseUses>, StoreError> {
    let mut cases: Vec<CaseUses> = Vec::new();
    for (used, case_ref) in uses.iter().filter_map(|used| used.case_ref().map(|case| (used, case))) {
        let at = match cases.iter().position(|case| case.case_ref == case_ref) {
            Some(at) => at,
            None => {
                let is_running = is_running(app, fold, plate, case_ref).await?;
                let first_at_us = used.first_at;
                cases.push(CaseUses { case_ref: case_ref.to_owned(), uses: 0, first_at_us, last_at_us: first_at_us, offices: Vec::new(), is_running });
                cases.len() - 1
            }
        };
        let Some(case) = cases.get_mut(at) else { continue };
        case.uses += 1;
        case.last_at_us = used.first_at;
        case.offices.extend(used.office.clone().filter(|office| !case.offices.contains(office)));
    }
    Ok(cases)
}

async fn is_running(app: &App, fold: &Fold, plate: &Plate, case_ref: &str) -> Result<bool, StoreError> {
    if let Some(port) = app.try_room::<LiveCasesPort>()
        && port.0.is_live(case_ref.to_owned()).await
    {
        return Ok(true);
    }
    has_consent(&app.store, fold, plate, case_ref).await
}

async fn has_consent(store: &Store, fold: &Fold, plate: &Plate, case_ref: &str) -> Result<bool, StoreError> {
    let sql = "SELECT c.id FROM oversight_consent c JOIN oversight_consent_plate p ON p.consent = c.id \
               WHERE p.target = $1 AND c.case_key = $2 AND c.state = 'given' AND c.ends_at_us > $3 LIMIT 1";
    let values = params![fold.target(plate).hex(), format!("{NAMED}{case_ref}"), store.env().now()];
    Ok(store.fetch_opt(sql, values).await?.is_some())
}

/// What was decided, by the key of the case.
///
/// # Errors
/// When a case is left out, is another, or runs and is not deferred; or a deferral is too long or has no reason.
pub fn decided(cases: &[CaseUses], asked: &[DecideCase], now: Micros) -> Result<BTreeMap<String, Deferred>, InquiryError> {
    let named: BTreeSet<&str> = asked.iter().map(|one| one.case_ref.as_str()).collect();
    let wanted: BTreeSet<&str> = cases.iter().map(|case| case.case_ref.as_str()).collect();
    if named != wanted || named.len() != asked.len() {
        return Err(InquiryError::Cases);
    }
    let mut deferred = BTreeMap::new();
    for one in asked {
        let Some(until) = one.until_us else {
            if cases.iter().any(|case| case.is_running && case.case_ref == one.case_ref) {
                return Err(InquiryError::Running);
            }
            continue;
        };
        let until = until_checked(until, now, now)?;
        deferred.insert(format!("{NAMED}{}", one.case_ref), Deferred { until, reason: reason(&one.reason)? });
    }
    Ok(deferred)
}

/// # Errors
/// When it is not after `now` by a day, or more than a year after `from`.
pub fn until_checked(until: Micros, from: Micros, now: Micros) -> Result<Micros, InquiryError> {
    let is_good = until.since(now) >= Micros::DAY && until > from && until.since(from) <= DEFERRED_DAYS_MAX * Micros::DAY;
    if is_good { Ok(until) } else { Err(InquiryError::Until) }
}

/// A use as it is told, with the key of its case.
#[must_use]
pub fn line_of(used: &Use, leaf: Option<i64>) -> (Option<String>, UseLine) {
    let basis = match used.ground.split(' ').next() {
        Some("consent") => UseBasis::Consent,
        Some("opening") => UseBasis::Opening,
        _ => UseBasis::Duty,
    };
    let is_linked = used.case_ref().is_some();
    let line = UseLine { day: day_of(used.first_at), office: used.office.clone(), purpose: used.purpose.clone(), basis, is_linked, leaf };
    (is_linked.then(|| used.case_key.clone()), line)
}

/// What is told now, and what is held back by the key of its case.
#[must_use]
pub fn told_and_held(lines: Vec<(Option<String>, UseLine)>, deferred: &BTreeSet<String>) -> (Vec<UseLine>, BTreeMap<String, Vec<UseLine>>) {
    let (mut told, mut held) = (Vec::new(), BTreeMap::<String, Vec<UseLine>>::new());
    for (case, line) in lines {
        match case.filter(|case| deferred.contains(case)) {
            Some(case) => held.entry(case).or_default().push(line),
            None => told.push(line),
        }
    }
    // In an order of their own: that of the moments would tell something of what lies between two.
    told.sort();
    (told, held)
}
