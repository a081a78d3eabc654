#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::option::of as known;
use proptest::prelude::*;

use super::*;

const CALM: Signals = Signals {
    verified_ago_us: Some(0),
    session_age_us: Some(0),
    passkey: Some(Passkey::Attested),
    address: Some(AddressMove::Same),
    is_threat_listed: Some(false),
    is_on_rota: Some(true),
    jump_km_per_h: Some(0),
    reads_per_minute: Some(0),
    reads_per_hour: Some(0),
    usual_reads_per_hour: Some(10),
    doubts: Some(0),
    told: Some(Told::Nothing),
};

const TOLD: [Told; 3] = [Told::Nothing, Told::Verify, Told::Revoked];
const MOVES: [AddressMove; 5] =
    [AddressMove::Same, AddressMove::Near, AddressMove::IntoListed, AddressMove::BetweenUnlisted, AddressMove::OutOfListed];

fn any_signals() -> impl Strategy<Value = Signals> {
    let ages = (known(0..14 * Micros::HOUR), known(0..14 * Micros::HOUR));
    let passkey = known(prop_oneof![Just(Passkey::Attested), Just(Passkey::Unattested), Just(Passkey::Untouched)]);
    let where_ = (known(proptest::sample::select(&MOVES[..])), known(any::<bool>()), known(any::<bool>()), known(0_u32..2_000));
    let pace = (known(0_u32..100), known(0_u32..2_000), known(0_u32..400), known(0_u32..20), known(proptest::sample::select(&TOLD[..])));
    (ages, passkey, where_, pace).prop_map(|((verified, age), passkey, (address, threat, rota, jump), (minute, hour, usual, doubts, told))| Signals {
        verified_ago_us: verified,
        session_age_us: age,
        passkey,
        address,
        is_threat_listed: threat,
        is_on_rota: rota,
        jump_km_per_h: jump,
        reads_per_minute: minute,
        reads_per_hour: hour,
        usual_reads_per_hour: usual,
        doubts,
        told,
    })
}

fn worst<T: Ord + Copy>(a: Option<T>, b: Option<T>) -> Option<T> {
    a.zip(b).map_or(a.or(b), |(a, b)| Some(a.max(b)))
}

/// At least as bad as both in each signal. An unknown one is as good as any.
fn worse_than_both(a: &Signals, b: &Signals) -> Signals {
    Signals {
        verified_ago_us: worst(a.verified_ago_us, b.verified_ago_us),
        session_age_us: worst(a.session_age_us, b.session_age_us),
        passkey: worst(a.passkey, b.passkey),
        address: worst(a.address, b.address),
        is_threat_listed: worst(a.is_threat_listed, b.is_threat_listed),
        is_on_rota: worst(a.is_on_rota.map(|is_on| !is_on), b.is_on_rota.map(|is_on| !is_on)).map(|is_off| !is_off),
        jump_km_per_h: worst(a.jump_km_per_h, b.jump_km_per_h),
        reads_per_minute: worst(a.reads_per_minute, b.reads_per_minute),
        reads_per_hour: worst(a.reads_per_hour, b.reads_per_hour),
        // A habit of more excuses more.
        usual_reads_per_hour: match (a.usual_reads_per_hour, b.usual_reads_per_hour) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        },
        doubts: worst(a.doubts, b.doubts),
        told: worst(a.told, b.told),
    }
}

#[test]
fn a_calm_session_loses_nothing_and_everything_is_known_of_it() {
    assert_eq!(assess(&CALM), Assessment { score: SCORE_FULL, reasons: vec![], unknown: vec![] });
}

#[test]
fn who_is_known_nothing_of_is_trusted_and_all_that_is_not_known_is_said() {
    let nothing = assess(&Signals::default());
    assert_eq!((nothing.score, nothing.reasons.len(), nothing.unknown.len()), (SCORE_FULL, 0, 12));
}

#[test]
fn a_change_of_network_and_fast_questions_ask_for_a_verification_and_each_alone_for_nothing() {
    let moved = Signals { address: Some(AddressMove::BetweenUnlisted), ..CALM };
    let fast = Signals { reads_per_minute: Some(31), ..CALM };
    let both = Signals { reads_per_minute: Some(31), ..moved };
    assert_eq!([moved, fast, both].map(|signals| assess(&signals).verdict()), [Verdict::Allow, Verdict::Allow, Verdict::StepUp]);
    let codes: Vec<_> = assess(&both).reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, [ReasonCode::ReadsPerMinute, ReasonCode::AddressBetweenUnlisted]);
}

#[test]
fn a_threat_blocks_and_leaves_the_other_reasons_in_sight() {
    let listed = assess(&Signals { is_threat_listed: Some(true), doubts: Some(5), ..CALM });
    assert_eq!((listed.score, listed.verdict()), (0, Verdict::Block));
    assert_eq!(listed.reasons, [
        Reason { code: ReasonCode::ThreatListed, points: 100 },
        Reason { code: ReasonCode::ProofsRefused, points: 0 }
    ]);
}

#[test]
fn overtime_on_a_telephone_that_changed_its_network_asks_for_nothing() {
    let overtime = Signals {
        verified_ago_us: Some(11 * Micros::HOUR),
        session_age_us: Some(11 * Micros::HOUR),
        is_on_rota: Some(false),
        address: Some(AddressMove::BetweenUnlisted),
        ..CALM
    };
    assert_eq!(assess(&overtime).verdict(), Verdict::Allow);
}

#[test]
fn refused_proofs_alone_ask_for_nothing_whatever_their_number() {
    assert_eq!(assess(&Signals { doubts: Some(u32::MAX), ..CALM }).verdict(), Verdict::Allow);
}

#[test]
fn a_session_in_which_no_passkey_was_touched_is_asked_for_one_by_that_alone() {
    let begun_by_another = assess(&Signals { passkey: Some(Passkey::Untouched), ..CALM });
    assert_eq!((begun_by_another.score, begun_by_another.verdict()), (55, Verdict::StepUp));
    assert_eq!(begun_by_another.reasons, [Reason { code: ReasonCode::PasskeyUntouched, points: 45 }]);
}

#[test]
fn a_transmitters_word_asks_for_a_verification_by_itself_and_a_revocation_blocks() {
    let told = |told| assess(&Signals { told: Some(told), ..CALM });
    assert_eq!((told(Told::Verify).score, told(Told::Verify).verdict()), (55, Verdict::StepUp));
    assert_eq!((told(Told::Revoked).score, told(Told::Revoked).verdict()), (0, Verdict::Block));
    assert_eq!(told(Told::Verify).reasons, [Reason { code: ReasonCode::ToldByTransmitter, points: 45 }]);
}

#[test]
fn pace_alone_restricts_and_never_blocks() {
    let frantic = Signals { reads_per_minute: Some(u32::MAX), reads_per_hour: Some(u32::MAX), usual_reads_per_hour: Some(0), ..CALM };
    assert_eq!(assess(&frantic).verdict(), Verdict::Restrict);
}

#[test]
fn whoever_has_just_verified_where_he_is_is_asked_for_nothing_but_by_the_threat_list() {
    // What a verification does not begin anew.
    let just = Signals {
        verified_ago_us: Some(0),
        session_age_us: Some(12 * Micros::HOUR),
        passkey: Some(Passkey::Unattested),
        is_on_rota: Some(false),
        ..CALM
    };
    assert_eq!(assess(&just).verdict(), Verdict::Allow, "else a person could be asked in a circle");
}

proptest! {
    #[test]
    fn a_worse_signal_never_raises_the_score(a in any_signals(), b in any_signals()) {
        let worse = assess(&worse_than_both(&a, &b));
        prop_assert!(worse.score <= assess(&a).score.min(assess(&b).score));
        prop_assert!(worse.verdict() >= assess(&a).verdict().max(assess(&b).verdict()));
    }

    #[test]
    fn each_lost_point_has_a_reason_and_no_reason_stands_twice(signals in any_signals()) {
        let found = assess(&signals);
        let lost: u32 = found.reasons.iter().map(|reason| u32::from(reason.points)).sum();
        prop_assert_eq!(lost, u32::from(SCORE_FULL - found.score));
        prop_assert!(found.reasons.is_sorted_by_key(|reason| std::cmp::Reverse(reason.points)));
        let mut codes: Vec<_> = found.reasons.iter().map(|reason| reason.code).collect();
        codes.sort_unstable();
        codes.dedup();
        prop_assert_eq!(codes.len(), found.reasons.len());
    }

    #[test]
    fn what_becomes_unknown_takes_no_points_and_is_said(signals in any_signals(), which in 0_usize..12) {
        let mut less = signals;
        let name = match which {
            0 => { less.verified_ago_us = None; SignalName::Verification }
            1 => { less.session_age_us = None; SignalName::SessionAge }
            2 => { less.passkey = None; SignalName::Passkey }
            3 => { less.address = None; SignalName::Address }
            4 => { less.is_threat_listed = None; SignalName::ThreatList }
            5 => { less.is_on_rota = None; SignalName::Rota }
            6 => { less.jump_km_per_h = None; SignalName::Place }
            7 => { less.reads_per_minute = None; SignalName::PaceMinute }
            8 => { less.reads_per_hour = None; SignalName::PaceHour }
            9 => { less.usual_reads_per_hour = None; SignalName::Habit }
            10 => { less.doubts = None; SignalName::Doubts }
            _ => { less.told = None; SignalName::Told }
        };
        let found = assess(&less);
        prop_assert!(found.unknown.contains(&name));
        prop_assert!(found.score >= assess(&signals).score);
    }

    #[test]
    fn a_code_is_in_the_log_as_it_is_on_the_wire(signals in any_signals()) {
        for reason in assess(&signals).reasons {
            prop_assert_eq!(serde_json::to_value(reason.code).unwrap(), reason.code.as_str());
        }
    }
}

#[test]
fn no_one_signal_but_a_threat_and_more_than_1200_questions_an_hour_asks_for_anything() {
    let alone = [
        Signals { verified_ago_us: Some(i64::MAX), ..CALM },
        Signals { session_age_us: Some(i64::MAX), ..CALM },
        Signals { passkey: Some(Passkey::Unattested), ..CALM },
        Signals { address: Some(AddressMove::OutOfListed), ..CALM },
        Signals { is_on_rota: Some(false), ..CALM },
        Signals { jump_km_per_h: Some(u32::MAX), ..CALM },
        Signals { reads_per_minute: Some(u32::MAX), ..CALM },
        Signals { reads_per_hour: Some(1_200), ..CALM },
        Signals { reads_per_hour: Some(1_200), usual_reads_per_hour: Some(1_000), ..CALM },
    ];
    for signals in alone {
        assert_eq!(assess(&signals).verdict(), Verdict::Allow, "{signals:?}");
    }
    assert_eq!(assess(&Signals { reads_per_hour: Some(1_201), ..CALM }).verdict(), Verdict::StepUp);
}
