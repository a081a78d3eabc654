//! Against `ct-merkle`, which somebody else wrote from the same RFC.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use ct_merkle::RootHash;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2_oracle::Sha256;
use shouhu_tlog::{Tree, verify_consistency, verify_inclusion};
use support::Log;

fn entries(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("entry {n}").into_bytes()).collect()
}

fn oracle(entries: &[Vec<u8>]) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    for entry in entries {
        tree.push(entry.clone());
    }
    tree
}

fn root(of: &MemoryBackedTree<Sha256, Vec<u8>>) -> shouhu_tlog::Hash {
    of.root().as_bytes().as_slice().try_into().expect("32 bytes")
}

#[test]
fn roots_agree_at_every_size_across_the_first_tiles() {
    let all = entries(600);
    let (mut ours, mut theirs) = (Log::default(), MemoryBackedTree::<Sha256, Vec<u8>>::new());
    for entry in &all {
        ours.push(entry);
        theirs.push(entry.clone());
        assert_eq!(ours.tree.root(), root(&theirs), "{} leaves", ours.tree.size());
        assert_eq!(ours.root_at(ours.tree.size()), Some(root(&theirs)));
    }
}

#[test]
fn a_third_level_of_tiles_agrees_too() {
    let all = entries(66_000);
    let (ours, theirs) = (Log::of(&all), oracle(&all));
    assert_eq!(ours.tree.root(), root(&theirs));
    for index in [0, 255, 256, 65_535, 65_536, 65_999] {
        let proof = ours.inclusion(index, 66_000);
        let expected = theirs.prove_inclusion(usize::try_from(index).expect("small"));
        assert_eq!(proof.concat(), expected.as_bytes(), "leaf {index}");
    }
    for old in [1, 256, 257, 65_536, 65_537, 65_999] {
        let proof = ours.consistency(old, 66_000);
        let added = 66_000 - usize::try_from(old).expect("small");
        assert_eq!(proof.concat(), theirs.prove_consistency(added).as_bytes(), "from {old}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn proofs_are_the_same_bytes_and_each_side_takes_the_others(size in 1_usize..1_400, at: prop::sample::Index, old: prop::sample::Index) {
        let all = entries(size);
        let (ours, theirs) = (Log::of(&all), oracle(&all));
        let (index, old) = (at.index(size), old.index(size) + 1);
        let (wide_size, wide_index, wide_old) = (size as u64, index as u64, old as u64);

        let proof = ours.inclusion(wide_index, wide_size);
        let expected = theirs.prove_inclusion(index);
        prop_assert_eq!(proof.concat(), expected.as_bytes());
        let leaf = shouhu_tlog::leaf_hash(&all[index]);
        prop_assert_eq!(verify_inclusion(&leaf, wide_index, wide_size, &proof, &root(&theirs)), Ok(()));
        let digest = ours.tree.root();
        let our_root = RootHash::<Sha256>::new(digest.into(), wide_size);
        prop_assert!(our_root.verify_inclusion(&all[index], wide_index, &expected).is_ok());

        let proof = ours.consistency(wide_old, wide_size);
        let expected = theirs.prove_consistency(size - old);
        prop_assert_eq!(proof.concat(), expected.as_bytes());
        let old_root = ours.root_at(wide_old).expect("the tiles are there");
        prop_assert_eq!(verify_consistency(wide_old, &old_root, wide_size, &root(&theirs), &proof), Ok(()));
    }

    #[test]
    fn a_tree_that_was_left_and_taken_up_again_is_the_same(before in 0_usize..1_000, after in 0_usize..600) {
        let all = entries(before + after);
        let mut log = Log::of(&all[..before]);
        let edge = (0..8)
            .map(|level| Tree::edge_tile(before as u64, level).map(|id| log.tiles[&id].clone()).unwrap_or_default())
            .collect();
        log.tree = Tree::resume(before as u64, edge).expect("its own edge");
        for entry in &all[before..] {
            log.push(entry);
        }
        prop_assert_eq!(log.tree.root(), root(&oracle(&all)));
        prop_assert_eq!(log.root_at((before + after) as u64), Some(log.tree.root()));
    }
}
