//! The TPM's own clock and counters: they tell a reboot from a copy.

/// `TPMS_CLOCK_INFO` (Part 2, §10.11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TpmClock {
    /// Powered time of this TPM in its life; never set back but by a new owner's clear.
    pub clock_ms: u64,
    /// Times that the TPM was reset: cold starts of the machine.
    pub reset_count: u32,
    /// Times that it came back from sleep since the last reset.
    pub restart_count: u32,
    /// False after an unclean stop: `clock_ms` may then have been given out before, by at most [`UNSAFE_SPAN_MS`].
    pub is_safe: bool,
}

/// The longest time between two writes of the clock to memory that lasts (`TPM_PT_CLOCK_UPDATE`, at most 2^22 ms).
pub const UNSAFE_SPAN_MS: u64 = 1 << 22;

/// What lies between two quotes of one TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// Powered all the time: measured values cannot have been set back.
    Nothing,
    /// Slept and came back.
    Resumed,
    /// Started anew, so many times.
    Rebooted(u32),
}

/// Two quotes that one TPM cannot have given in this order: there are two of it, or an old state was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TurnedBack {
    #[error("the TPM was reset {then} times before and {now} times now")]
    Resets { then: u32, now: u32 },
    #[error("the TPM resumed {then} times before and {now} times now, without a reset between")]
    Restarts { then: u32, now: u32 },
    #[error("the TPM's clock went back from {then_ms} ms to {now_ms} ms")]
    Clock { then_ms: u64, now_ms: u64 },
}

impl TpmClock {
    /// What happened since `earlier`, which the verifier saw before.
    ///
    /// # Errors
    /// When no single TPM can have been at both.
    pub const fn since(&self, earlier: &Self) -> Result<Between, TurnedBack> {
        if self.reset_count < earlier.reset_count {
            return Err(TurnedBack::Resets { then: earlier.reset_count, now: self.reset_count });
        }
        let is_same_boot = self.reset_count == earlier.reset_count;
        if is_same_boot && self.restart_count < earlier.restart_count {
            return Err(TurnedBack::Restarts { then: earlier.restart_count, now: self.restart_count });
        }
        let is_uninterrupted = is_same_boot && self.restart_count == earlier.restart_count;
        let slack_ms = if self.is_safe || is_uninterrupted { 0 } else { UNSAFE_SPAN_MS };
        if self.clock_ms.saturating_add(slack_ms) < earlier.clock_ms {
            return Err(TurnedBack::Clock { then_ms: earlier.clock_ms, now_ms: self.clock_ms });
        }
        Ok(if is_uninterrupted {
            Between::Nothing
        } else if is_same_boot {
            Between::Resumed
        } else {
            Between::Rebooted(self.reset_count - earlier.reset_count)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEFORE: TpmClock = TpmClock { clock_ms: 10_000_000, reset_count: 5, restart_count: 2, is_safe: true };

    #[test]
    fn a_tpm_goes_on_sleeps_and_reboots() {
        assert_eq!(TpmClock { clock_ms: 10_000_001, ..BEFORE }.since(&BEFORE), Ok(Between::Nothing));
        assert_eq!(BEFORE.since(&BEFORE), Ok(Between::Nothing), "two quotes in one millisecond");
        assert_eq!(TpmClock { restart_count: 3, ..BEFORE }.since(&BEFORE), Ok(Between::Resumed));
        assert_eq!(TpmClock { reset_count: 7, restart_count: 0, ..BEFORE }.since(&BEFORE), Ok(Between::Rebooted(2)));
    }

    #[test]
    fn a_copy_with_fewer_resets_resumes_or_less_time_is_not_the_same_tpm() {
        assert_eq!(TpmClock { reset_count: 4, ..BEFORE }.since(&BEFORE), Err(TurnedBack::Resets { then: 5, now: 4 }));
        assert_eq!(TpmClock { restart_count: 1, ..BEFORE }.since(&BEFORE), Err(TurnedBack::Restarts { then: 2, now: 1 }));
        let back = TpmClock { clock_ms: 9_999_999, ..BEFORE };
        assert_eq!(back.since(&BEFORE), Err(TurnedBack::Clock { then_ms: 10_000_000, now_ms: 9_999_999 }));
        assert!(TpmClock { is_safe: false, ..back }.since(&BEFORE).is_err(), "within one boot nothing excuses it");
        let rebooted = TpmClock { reset_count: 6, ..back };
        assert!(rebooted.since(&BEFORE).is_err(), "a clean start does not lose time");
    }

    #[test]
    fn a_power_cut_may_cost_the_clock_an_hour_and_no_more() {
        let cut = TpmClock { clock_ms: BEFORE.clock_ms - UNSAFE_SPAN_MS, reset_count: 6, restart_count: 0, is_safe: false };
        assert_eq!(cut.since(&BEFORE), Ok(Between::Rebooted(1)));
        assert!(TpmClock { clock_ms: cut.clock_ms - 1, ..cut }.since(&BEFORE).is_err());
    }

    proptest! {
        #[test]
        fn of_two_states_of_one_moment_only_one_order_is_believed(a in state(), b in state()) {
            prop_assume!(a != b && a.is_safe && b.is_safe && (a.clock_ms, a.reset_count, a.restart_count) != (b.clock_ms, b.reset_count, b.restart_count));
            prop_assert!(!(a.since(&b).is_ok() && b.since(&a).is_ok()));
        }
    }

    fn state() -> impl Strategy<Value = TpmClock> {
        (0_u64..5, 0_u32..3, 0_u32..3, any::<bool>()).prop_map(|(clock_ms, reset_count, restart_count, is_safe)| TpmClock {
            clock_ms,
            reset_count,
            restart_count,
            is_safe,
        })
    }
}
