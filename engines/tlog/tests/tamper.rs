//! Whatever somebody changes about a log, a tile or a proof is found, each time.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use proptest::prelude::*;
use shouhu_tlog::{
    Checkpoint, Cosigner, Hash, LogProof, LogProofError, ProofError, Signer, Tree, leaf_hash, parse_tile, verify_consistency,
    verify_inclusion, write_tile,
};
use support::Log;

fn entries(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("entry {n}").into_bytes()).collect()
}

/// What an administrator can do to the entries.
#[derive(Debug, Clone, Copy)]
enum Tampering {
    Edit,
    Drop,
    Insert,
    Swap,
    CutTail,
}

fn tampered(all: &[Vec<u8>], how: Tampering, at: usize) -> Vec<Vec<u8>> {
    let mut changed = all.to_vec();
    match how {
        Tampering::Edit => changed[at].push(b'!'),
        Tampering::Drop => drop(changed.remove(at)),
        Tampering::Insert => changed.insert(at, b"never happened".to_vec()),
        Tampering::Swap => changed.swap(at, (at + 1) % all.len()),
        Tampering::CutTail => changed.truncate(at),
    }
    changed
}

fn any_tampering() -> impl Strategy<Value = Tampering> {
    prop::sample::select(vec![Tampering::Edit, Tampering::Drop, Tampering::Insert, Tampering::Swap, Tampering::CutTail])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whoever remembers one root sees that the log which is shown to him is no continuation, whatever is appended to
    /// reach the size again and however the tiles are recomputed.
    #[test]
    fn no_rewritten_past_grows_out_of_a_remembered_root(size in 2_usize..700, more in 0_usize..60, at: prop::sample::Index, how in any_tampering()) {
        let all = entries(size);
        let honest = Log::of(&all);
        let (remembered, root) = (size as u64, honest.tree.root());
        let mut shown = tampered(&all, how, at.index(size));
        shown.extend((0..more + 1).map(|n| format!("later {n}").into_bytes()));
        let forged = Log::of(&shown);
        let claimed = forged.tree.size();
        if claimed < remembered {
            prop_assert_eq!(
                verify_consistency(remembered, &root, claimed, &forged.tree.root(), &[]),
                Err(ProofError::Shrunk { old: remembered, size: claimed })
            );
        } else {
            let proof = forged.consistency(remembered, claimed);
            prop_assert!(verify_consistency(remembered, &root, claimed, &forged.tree.root(), &proof).is_err());
        }
    }

    #[test]
    fn a_flipped_bit_of_leaf_proof_or_root_is_refused(size in 1_usize..700, at: prop::sample::Index, which: prop::sample::Index, bit in 0_usize..256) {
        let all = entries(size);
        let log = Log::of(&all);
        let index = at.index(size);
        let mut hashes = log.inclusion(index as u64, size as u64);
        hashes.push(leaf_hash(&all[index]));
        hashes.push(log.tree.root());
        let which = which.index(hashes.len());
        hashes[which][bit / 8] ^= 1 << (bit % 8);
        let (root, leaf) = (hashes.pop().expect("pushed"), hashes.pop().expect("pushed"));
        prop_assert!(verify_inclusion(&leaf, index as u64, size as u64, &hashes, &root).is_err());
    }

    #[test]
    fn a_proof_that_is_longer_shorter_or_for_another_place_is_refused(size in 2_usize..700, at: prop::sample::Index, other in 0_u64..800) {
        let all = entries(size);
        let log = Log::of(&all);
        let (index, size) = (at.index(size) as u64, size as u64);
        let (leaf, root) = (leaf_hash(&all[at.index(all.len())]), log.tree.root());
        let proof = log.inclusion(index, size);
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
        prop_assert!(verify_inclusion(&leaf, index, size, &proof[1..], &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, size, &[proof.as_slice(), &[root]].concat(), &root).is_err());
        if other != index {
            prop_assert!(verify_inclusion(&leaf, other, size, &proof, &root).is_err());
        }
    }

    #[test]
    fn rubbish_is_no_proof_and_no_panic(index: u64, old: u64, size: u64, hashes in prop::collection::vec(any::<Hash>(), 0..70)) {
        let root = [1; 32];
        prop_assert!(verify_inclusion(&[2; 32], index, size, &hashes, &root).is_err());
        if old != 0 || !hashes.is_empty() {
            prop_assert!(verify_consistency(old, &[2; 32], size, &root, &hashes).is_err());
        }
    }

    /// A tile with a flipped bit, or cut short, gives another root or none.
    #[test]
    fn a_damaged_tile_never_gives_the_signed_root(size in 1_usize..1_200, tile: prop::sample::Index, byte: prop::sample::Index, bit in 0_u8..8, is_cut: bool) {
        let mut log = Log::of(&entries(size));
        let signed = log.tree.root();
        // Inner hashes of full subtrees are read from the level above; the leaves are checked against it by `every_tile`.
        let ids: Vec<_> = log.tiles.keys().copied().collect();
        let id = ids[tile.index(ids.len())];
        let width = log.tiles[&id].len();
        let mut bytes = write_tile(&log.tiles[&id]);
        if is_cut {
            bytes.pop();
            prop_assert!(parse_tile(&bytes, width).is_err());
            log.tiles.insert(id, parse_tile(&bytes[..(width - 1) * 32], width - 1).expect("whole hashes"));
        } else {
            let at = byte.index(bytes.len());
            bytes[at] ^= 1 << bit;
            log.tiles.insert(id, parse_tile(&bytes, width).expect("as long as before"));
        }
        prop_assert!(!every_tile_fits(&log, signed));
    }
}

/// What a full check of an export does: the leaves' tiles are built up again, and each stored tile must be the built one.
fn every_tile_fits(log: &Log, signed: Hash) -> bool {
    let mut built = Tree::default();
    for (id, hashes) in &log.tiles {
        if id.level == 0 {
            hashes.iter().for_each(|hash| built.push(*hash));
        }
    }
    let root = built.root();
    root == signed && built.take_grown() == log.tiles
}

#[test]
fn an_exported_proof_is_believed_with_its_witnesses_and_in_no_other_form() -> Result<(), LogProofError> {
    let all = entries(300);
    let log = Log::of(&all);
    let signer = Signer::new("a.example/log", &[1; 32])?;
    let witnesses = [Cosigner::new("w1.example", &[2; 32])?, Cosigner::new("w2.example", &[3; 32])?];
    let keys = [witnesses[0].verifier(), witnesses[1].verifier()];
    let mut note = Checkpoint::of("a.example/log", 300, log.tree.root()).signed_by(&signer)?;
    note.signatures.push(witnesses[0].cosign(&note, 1_700_000_000));
    let proof = LogProof { extra: Some(all[77].clone()), index: 77, proof: log.inclusion(77, 300), checkpoint: note.clone() };
    let text = proof.to_string();
    assert_eq!(text.parse::<LogProof>()?, proof);
    let leaf = leaf_hash(&all[77]);
    assert_eq!(proof.check(&leaf, &signer.verifier(), &keys, 1)?.size, 300);
    assert_eq!(proof.check(&leaf, &signer.verifier(), &keys, 2), Err(LogProofError::Witnesses { found: 1, needed: 2 }));
    let twice = [keys[0].clone(), keys[0].clone()];
    assert_eq!(proof.check(&leaf, &signer.verifier(), &twice, 2), Err(LogProofError::Witnesses { found: 1, needed: 2 }));
    assert!(proof.check(&leaf_hash(&all[78]), &signer.verifier(), &keys, 1).is_err());

    // Every single flipped bit of the file: refused, or it changed nothing but the unauthenticated extra line.
    let extra_line = text.lines().nth(1).expect("extra").to_owned();
    for at in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let Ok(read) = changed.parse::<LogProof>() else { continue };
            let is_believed = read.check(&leaf, &signer.verifier(), &keys, 1).is_ok();
            assert!(!is_believed || changed.lines().nth(1) != Some(&extra_line), "byte {at} bit {bit}: {changed}");
        }
    }
    Ok(())
}
