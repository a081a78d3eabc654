//! The witness's rule: one answer, with the specification's status, for each thing that a log can try.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use proptest::prelude::*;
use shouhu_tlog::{AddCheckpoint, Checkpoint, Note, Refusal, Seen, Signer, judge};
use support::Log;

const ORIGIN: &str = "a.example/log";

fn entries(count: usize, fork: &str) -> Vec<Vec<u8>> {
    (0..count).map(|n| if n < 10 { format!("entry {n}") } else { format!("entry {n}{fork}") }.into_bytes()).collect()
}

fn signer() -> Signer {
    Signer::new(ORIGIN, &[1; 32]).expect("a good name")
}

fn checkpoint(log: &Log, size: u64) -> Note {
    Checkpoint::of(ORIGIN, size, log.root_at(size).expect("the tiles are there")).signed_by(&signer()).expect("a good text")
}

fn request(log: &Log, old: u64, size: u64) -> AddCheckpoint {
    AddCheckpoint { old_size: old, proof: log.consistency(old, size), checkpoint: checkpoint(log, size) }
}

fn asked(request: &AddCheckpoint, seen: Option<Seen>) -> Result<Seen, Refusal> {
    judge(request, &[signer().verifier()], |origin| seen.filter(|_| origin == ORIGIN))
}

#[test]
fn a_log_that_only_grows_is_signed_each_time() {
    let log = Log::of(&entries(300, ""));
    let mut seen = None;
    for size in [1, 2, 3, 8, 256, 257, 300, 300] {
        let old = seen.map_or(0, |seen: Seen| seen.size);
        let judged = asked(&request(&log, old, size), seen).unwrap_or_else(|e| panic!("{old} to {size}: {e}"));
        assert_eq!(judged, Seen { size, root: log.root_at(size).expect("there") });
        seen = Some(judged);
    }
}

#[test]
fn each_refusal_has_the_status_of_the_specification() {
    let (log, fork) = (Log::of(&entries(40, "")), Log::of(&entries(40, " forked")));
    let seen = Some(Seen { size: 20, root: log.root_at(20).expect("there") });
    let status = |request: &AddCheckpoint, seen| asked(request, seen).err().map(|refusal| (refusal.status(), refusal.is_evidence()));

    assert_eq!(status(&request(&log, 20, 40), seen), None);
    // The client remembers another size: it is told ours.
    assert_eq!(asked(&request(&log, 0, 40), seen), Err(Refusal::OtherOldSize { size: 20 }));
    assert_eq!(status(&request(&log, 10, 40), seen), Some((409, false)));
    assert_eq!(status(&request(&log, 5, 40), None), Some((409, false)));
    // A fork of the same size, and one that has grown since.
    assert_eq!(status(&request(&fork, 20, 20), seen), Some((409, true)));
    assert_eq!(status(&request(&fork, 20, 40), seen), Some((422, true)));
    // Rolled back.
    assert_eq!(status(&AddCheckpoint { old_size: 20, ..request(&log, 10, 15) }, seen), Some((400, false)));
    // A proof where none may be.
    assert_eq!(status(&AddCheckpoint { proof: vec![[0; 32]], ..request(&log, 0, 40) }, None), Some((422, true)));

    let stranger = Signer::new("b.example/log", &[1; 32]).expect("a good name");
    let unknown = Checkpoint::of("b.example/log", 1, [0; 32]).signed_by(&stranger).expect("a good text");
    assert_eq!(status(&AddCheckpoint { old_size: 0, proof: vec![], checkpoint: unknown }, None), Some((404, false)));
    let forger = Signer::new(ORIGIN, &[9; 32]).expect("a good name");
    let forged = Checkpoint::of(ORIGIN, 1, [0; 32]).signed_by(&forger).expect("a good text");
    assert_eq!(status(&AddCheckpoint { old_size: 0, proof: vec![], checkpoint: forged }, None), Some((403, false)));
}

#[test]
fn the_specifications_own_request_is_read_and_written_back() {
    // C2SP tlog-witness, the example of a request body.
    let body = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n\
        example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";
    let read: AddCheckpoint = body.parse().expect("the specification's example");
    assert_eq!((read.old_size, read.proof.len(), read.checkpoint.signatures.len()), (20_852_014, 4, 2));
    assert_eq!(read.to_string(), body);
}

proptest! {
    /// Whatever a log tries, the witness never signs two checkpoints of which one did not grow out of the other.
    #[test]
    fn a_fork_is_never_signed(steps in prop::collection::vec((0_u64..60, 1_u64..60, any::<bool>()), 1..30)) {
        let logs = [Log::of(&entries(60, "")), Log::of(&entries(60, " forked"))];
        let mut seen: Option<Seen> = None;
        let mut signed: Vec<Seen> = Vec::new();
        for (old, size, is_fork) in steps {
            let old = if old % 3 == 0 { old } else { seen.map_or(0, |seen| seen.size) }.min(size);
            if let Ok(next) = asked(&request(&logs[usize::from(is_fork)], old, size), seen) {
                seen = Some(next);
                signed.push(next);
            }
        }
        let fits = |log: &Log| signed.iter().all(|seen| log.root_at(seen.size) == Some(seen.root));
        prop_assert!(fits(&logs[0]) || fits(&logs[1]), "{signed:?}");
        prop_assert!(signed.is_sorted_by_key(|seen| seen.size));
    }

    #[test]
    fn rubbish_is_refused_and_what_is_read_is_written_back(body in "(old [0-9]{1,3}\n)?(.|\n){0,120}") {
        if let Ok(read) = body.parse::<AddCheckpoint>() {
            prop_assert_eq!(read.to_string(), body);
        }
    }
}
