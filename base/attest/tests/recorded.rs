//! What a software TPM said (samples/record.sh), and what must not be believed of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;
use sha2_11::{Digest, Sha256};
use shouhu_attest::{
    Asked, AttestationKey, Between, CertificateRefused, KeyRefused, Makers, Malformed, PcrSet, PcrValue, QuoteRefused, RANDOM_BYTES, TpmClock,
    endorsement, make_credential, verify,
};
use shouhu_ids::Micros;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("samples/", $name)).as_slice()
    };
}

const NONCE: [u8; 32] = [0x11; 32];
const PCRS: PcrSet = PcrSet::of(&[0, 1, 2, 3, 7, 16]);
/// 2030-01-01.
const LATER: Micros = Micros(1_893_456_000 * Micros::SECOND);

fn key() -> AttestationKey {
    AttestationKey::parse(sample!("ak.pub")).unwrap()
}

fn extended(value: PcrValue, program: &str) -> PcrValue {
    Sha256::digest([&value[..], &Sha256::digest(program)].concat()).into()
}

/// A software TPM has no firmware that measures: only PCR 16 has been extended.
fn values(programs: &[&str]) -> [PcrValue; 6] {
    let zero = [0; 32];
    [zero, zero, zero, zero, zero, programs.iter().fold(zero, |value, program| extended(value, program))]
}

fn asked(values: &[PcrValue]) -> Asked<'_> {
    Asked { nonce: &NONCE, pcrs: PCRS, values }
}

fn makers(roots: &[&[u8]]) -> Makers {
    let mut makers = Makers::default();
    for root in roots {
        makers.trust(root).unwrap();
    }
    makers
}

#[test]
fn a_recorded_quote_is_believed_and_says_how_often_the_tpm_was_reset() {
    let measured = values(&["agent"]);
    let first = verify(&key(), sample!("first.msg"), sample!("first.sig"), &asked(&measured)).unwrap();
    let rebooted = verify(&key(), sample!("rebooted.msg"), sample!("rebooted.sig"), &asked(&measured)).unwrap();
    assert_eq!(first.pcr_digest, rebooted.pcr_digest, "the same programs after a reboot");
    assert_eq!(rebooted.clock.since(&first.clock), Ok(Between::Rebooted(1)));
    assert!(first.clock.since(&rebooted.clock).is_err(), "the older of two answers does not come second");
    assert_eq!(key().name(), sample!("ak.name"));
}

#[test]
fn another_program_is_another_measurement() {
    let measured = values(&["agent", "other"]);
    assert!(verify(&key(), sample!("changed.msg"), sample!("changed.sig"), &asked(&measured)).is_ok());
    let pretended = verify(&key(), sample!("changed.msg"), sample!("changed.sig"), &asked(&values(&["agent"])));
    assert_eq!(pretended, Err(QuoteRefused::Values), "the values of before are not those that were signed");
}

#[test]
fn another_nonce_other_registers_another_key_and_another_signature_are_refused_each_by_name() {
    let measured = values(&["agent"]);
    let (msg, sig) = (sample!("first.msg"), sample!("first.sig"));
    let other_nonce = Asked { nonce: &[0x12; 32], ..asked(&measured) };
    assert_eq!(verify(&key(), msg, sig, &other_nonce), Err(QuoteRefused::Nonce));
    let fewer = Asked { pcrs: PcrSet::of(&[0, 1, 2, 3, 7]), ..asked(&measured[..5]) };
    assert_eq!(verify(&key(), msg, sig, &fewer), Err(QuoteRefused::Selection));
    assert_eq!(verify(&key(), msg, sig, &asked(&measured[..5])), Err(QuoteRefused::Values));
    assert_eq!(verify(&key(), msg, sample!("rebooted.sig"), &asked(&measured)), Err(QuoteRefused::Signature));
}

#[test]
fn a_quote_cut_anywhere_or_with_any_bit_flipped_is_refused() {
    let measured = values(&["agent"]);
    let (msg, sig) = (sample!("first.msg"), sample!("first.sig"));
    for cut in 0..msg.len() {
        assert!(verify(&key(), &msg[..cut], sig, &asked(&measured)).is_err(), "quote cut at {cut}");
    }
    for cut in 0..sig.len() {
        assert!(verify(&key(), msg, &sig[..cut], &asked(&measured)).is_err(), "signature cut at {cut}");
    }
    for bit in 0..msg.len() * 8 {
        let mut changed = msg.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify(&key(), &changed, sig, &asked(&measured)), Err(QuoteRefused::Signature), "bit {bit}");
    }
    for bit in 0..sig.len() * 8 {
        let mut changed = sig.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&key(), msg, &changed, &asked(&measured)).is_err(), "signature bit {bit}");
    }
    let longer = [sig, &[0]].concat();
    assert_eq!(verify(&key(), msg, &longer, &asked(&measured)), Err(Malformed::Trailing { what: "signature", bytes: 1 }.into()));
}

/// A key in software, which signs whatever it is given: what a restricted key never would.
fn signed_at_will(attest: &[u8]) -> (AttestationKey, Vec<u8>) {
    use p256::ecdsa::signature::Signer as _;
    let signing = p256::ecdsa::SigningKey::from_slice(&[3; 32]).unwrap();
    let point = signing.verifying_key().to_sec1_point(false);
    let mut public = sample!("ak.pub").to_vec();
    public[24..56].copy_from_slice(point.x().unwrap());
    public[58..90].copy_from_slice(point.y().unwrap());
    let signature: p256::ecdsa::Signature = signing.sign(attest);
    let (r, s) = signature.split_bytes();
    (AttestationKey::parse(&public).unwrap(), [&[0, 0x18, 0, 0x0b, 0, 32][..], &r, &[0, 32], &s].concat())
}

#[test]
fn what_the_key_signed_and_no_tpm_wrote_is_refused() {
    let measured = values(&["agent"]);
    let refused = |byte: usize, change: u8| {
        let mut attest = sample!("first.msg").to_vec();
        attest[byte] ^= change;
        let (key, signature) = signed_at_will(&attest);
        verify(&key, &attest, &signature, &asked(&measured)).err()
    };
    assert_eq!(refused(0, 0), None, "unchanged, under another key, it is a quote");
    assert_eq!(refused(0, 0xff), Some(QuoteRefused::Magic));
    assert_eq!(refused(5, 0x18 ^ 0x17), Some(QuoteRefused::Type(0x8017)), "a certified key is no quote");
    // Behind magic, type and the signer's name of 34 bytes: the nonce of 32, clock, counters, firmware, one bank.
    assert_eq!(refused(44, 1), Some(QuoteRefused::Nonce));
    assert_eq!(refused(108, 1), Some(QuoteRefused::Selection), "another bank");
    assert_eq!(refused(144, 1), Some(QuoteRefused::Values));
    let longer = [sample!("first.msg"), &[0]].concat();
    let (key, signature) = signed_at_will(&longer);
    assert_eq!(verify(&key, &longer, &signature, &asked(&measured)), Err(Malformed::Trailing { what: "quote", bytes: 1 }.into()));
    for cut in 6..sample!("first.msg").len() {
        let shorter = &sample!("first.msg")[..cut];
        let (key, signature) = signed_at_will(shorter);
        assert!(verify(&key, shorter, &signature, &asked(&measured)).is_err(), "signed and cut at {cut}");
    }
}

#[test]
fn a_key_that_could_leave_its_tpm_or_sign_at_will_is_no_attestation_key() {
    let public = sample!("ak.pub");
    for cut in 0..public.len() {
        assert!(AttestationKey::parse(&public[..cut]).is_err(), "cut at {cut}");
    }
    // Attributes are bytes 6 to 9 of a `TPM2B_PUBLIC`.
    let with = |byte: usize, bit: u8| {
        let mut changed = public.to_vec();
        changed[byte] ^= bit;
        AttestationKey::parse(&changed)
    };
    for (byte, bit, what) in [(9, 0x02, "fixedTPM"), (9, 0x10, "fixedParent"), (9, 0x20, "sensitiveDataOrigin"), (7, 0x01, "restricted"), (7, 0x04, "sign")] {
        let refused = with(byte, bit).err();
        assert!(matches!(&refused, Some(KeyRefused::Attribute(lacks)) if lacks.starts_with(what)), "{what}: {refused:?}");
    }
    assert_eq!(with(7, 0x02), Err(KeyRefused::Decrypts));
    assert_eq!(with(public.len() - 1, 1), Err(KeyRefused::Point));
    assert_eq!(with(5, 0x0b ^ 0x0c).unwrap().name().len(), 2 + 48, "a name by SHA-384, as under a P-384 endorsement key");
    assert!(with(5, 1).is_err(), "no other hash makes names");
    let harmless = with(9, 0x40).unwrap();
    assert_ne!(harmless.name(), key().name(), "another attribute is another name");
}

#[test]
fn endorsement_keys_of_each_kind_are_vouched_for_by_makers_of_each_kind() {
    let now = LATER;
    let by_root = endorsement(sample!("ek_rsa.der"), &[sample!("maker.der").to_vec()], &makers(&[sample!("root.der")]), now).unwrap();
    assert_eq!(by_root.maker, "CN=swtpm-localca-rootca");
    let by_maker = endorsement(sample!("ek_rsa.der"), &[], &makers(&[sample!("maker.der")]), now).unwrap();
    assert_eq!(by_maker.fingerprint, by_root.fingerprint);
    for (key, root) in [
        (sample!("ek_ecc_by_p256.der"), sample!("root_p256.der")),
        (sample!("ek_p384_by_p384.der"), sample!("root_p384.der")),
        (sample!("ek_rsa_by_rsa.der"), sample!("root_rsa.der")),
    ] {
        endorsement(key, &[], &makers(&[root]), now).unwrap();
    }
    let again = endorsement(sample!("ek_rsa_by_rsa.der"), &[], &makers(&[sample!("root_rsa.der")]), now).unwrap();
    assert_eq!(again.fingerprint, by_root.fingerprint, "one key is one TPM, whoever vouches");
}

#[test]
fn a_foreign_maker_another_use_and_another_time_are_refused_each_by_name() {
    let leaf = sample!("ek_rsa.der");
    let maker = sample!("maker.der");
    let tag = |leaf: &[u8], between: &[Vec<u8>], roots: &[&[u8]], at| endorsement(leaf, between, &makers(roots), at).err().map(|e| e.tag());
    assert_eq!(tag(leaf, &[], &[], LATER), Some("maker"), "nobody is trusted");
    assert_eq!(tag(leaf, &[maker.to_vec()], &[sample!("root_p256.der")], LATER), Some("maker"), "another root");
    assert_eq!(tag(leaf, &[], &[sample!("root.der")], LATER), Some("maker"), "the maker's own certificate is missing");
    assert_eq!(tag(sample!("ek_for_web.der"), &[], &[sample!("root_p256.der")], LATER), Some("purpose"));
    assert_eq!(tag(maker, &[], &[sample!("root.der")], LATER), Some("usage"), "an authority is no endorsement key");
    assert_eq!(tag(leaf, &[], &[maker], Micros(1_500_000_000 * Micros::SECOND)), Some("validity"));
    assert_eq!(tag(sample!("ek_ecc_by_p256.der"), &[], &[sample!("root_p256.der")], Micros(6_000_000_000 * Micros::SECOND)), Some("validity"));
    let many = vec![maker.to_vec(); 5];
    assert_eq!(endorsement(leaf, &many, &makers(&[sample!("root.der")]), LATER), Err(CertificateRefused::TooMany(5)));
    // An endorsement key vouches for nobody, even where it is trusted by mistake.
    assert!(matches!(Makers::default().trust(leaf), Err(CertificateRefused::Usage(_))));
}

#[test]
fn a_certificate_cut_anywhere_or_changed_anywhere_is_refused() {
    for (leaf, root) in [(sample!("ek_ecc_by_p256.der"), sample!("root_p256.der")), (sample!("ek_rsa.der"), sample!("maker.der"))] {
        let makers = makers(&[root]);
        for cut in 0..leaf.len() {
            assert!(endorsement(&leaf[..cut], &[], &makers, LATER).is_err(), "cut at {cut}");
        }
        for byte in 0..leaf.len() {
            let mut changed = leaf.to_vec();
            changed[byte] ^= 1 << (byte % 8);
            assert!(endorsement(&changed, &[], &makers, LATER).is_err(), "byte {byte}");
        }
    }
}

#[test]
fn credentials_are_sealed_to_each_kind_of_key_and_never_twice_alike() {
    for (leaf, root, seed_bytes) in [
        (sample!("ek_rsa.der"), sample!("maker.der"), 2 + 256),
        (sample!("ek_ecc_by_p256.der"), sample!("root_p256.der"), 2 + 2 * (2 + 32)),
        (sample!("ek_p384_by_p384.der"), sample!("root_p384.der"), 2 + 2 * (2 + 48)),
    ] {
        let to = endorsement(leaf, &[], &makers(&[root]), LATER).unwrap().key;
        let one = make_credential(&to, &key(), &[5; 32], &[1; RANDOM_BYTES]).unwrap();
        let two = make_credential(&to, &key(), &[5; 32], &[2; RANDOM_BYTES]).unwrap();
        assert_eq!(one.encrypted_seed.len(), seed_bytes);
        assert!(one.id_object != two.id_object && one.encrypted_seed != two.encrypted_seed);
        assert!(!one.id_object.windows(8).any(|window| window == [5; 8]), "the secret is not in the clear");
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(AttestationKey::parse(&bytes).is_err());
        prop_assert!(endorsement(&bytes, std::slice::from_ref(&bytes), &Makers::default(), LATER).is_err());
        prop_assert!(verify(&key(), &bytes, sample!("first.sig"), &asked(&values(&["agent"]))).is_err());
        prop_assert!(verify(&key(), sample!("first.msg"), &bytes, &asked(&values(&["agent"]))).is_err());
    }

    #[test]
    fn a_set_of_registers_names_those_it_was_made_of(numbers in proptest::collection::btree_set(0_u8..24, 0..24)) {
        let set = PcrSet::of(&numbers.iter().copied().collect::<Vec<_>>());
        prop_assert!(set.numbers().eq(numbers.iter().copied()));
        prop_assert_eq!(set.len(), numbers.len());
    }

    #[test]
    fn time_between_two_quotes_never_panics(a in any::<(u64, u32, u32, bool)>(), b in any::<(u64, u32, u32, bool)>()) {
        let clock = |(clock_ms, reset_count, restart_count, is_safe)| TpmClock { clock_ms, reset_count, restart_count, is_safe };
        let _ = clock(a).since(&clock(b));
    }
}
