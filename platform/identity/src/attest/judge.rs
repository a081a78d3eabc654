//! What a believed quote means for a device: a pure decision over what was known before.

use shouhu_attest::{Between, Quote, TurnedBack};
use shouhu_wire::RestrictionReason;

use super::Values;
use super::store::Bound;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the accepted state.
    Good,
    /// Nobody has accepted a state of this device yet.
    Unaccepted,
    /// In another state than the accepted one.
    Changed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    pub standing: Standing,
    /// It was started anew since the last believed quote: told, because whoever opens a device must turn it off.
    pub has_rebooted: bool,
}

/// # Errors
/// When the quote cannot come from the TPM that quoted before.
pub fn judge(known: &Bound, quote: &Quote, values: &Values) -> Result<Judgement, TurnedBack> {
    let between = quote.clock.since(&known.clock)?;
    let standing = match &known.accepted {
        None => Standing::Unaccepted,
        Some(accepted) if accepted == values => Standing::Good,
        Some(_) => Standing::Changed,
    };
    Ok(Judgement { standing, has_rebooted: matches!(between, Between::Rebooted(_)) })
}

/// Registers whose values differ, for whoever must find out why.
pub fn changed(accepted: &Values, measured: &Values) -> Vec<u8> {
    measured.iter().filter(|(register, value)| accepted.get(register) != Some(value)).map(|(register, _)| *register).collect()
}

/// Restrictions that end with the next good quote. The others need a person: a device that was in another state, or twice, may well be back in
/// the accepted one, and nobody knows what it did meanwhile.
pub const fn ends_by_itself(reason: RestrictionReason) -> bool {
    matches!(reason, RestrictionReason::QuoteLate | RestrictionReason::QuoteRefused | RestrictionReason::TpmRefused)
}
