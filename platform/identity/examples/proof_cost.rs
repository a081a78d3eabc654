//! What a proof by a session's key costs each request: `cargo run --release -p shouhu-identity --example proof_cost`.
//!
//! Signing is the browser's work and stands here only for comparison.
#![allow(clippy::print_stdout, reason = "a program that prints its measurement")]

use std::time::Instant;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey, signature::Signer as _};
use shouhu_wire::{body_hash, proof_text};

const ROUNDS: u32 = 2_000;

fn each_us(what: &str, mut act: impl FnMut(u32)) {
    (0..ROUNDS / 10).for_each(&mut act);
    let started = Instant::now();
    (0..ROUNDS).for_each(&mut act);
    println!("{what:<40} {:>8.1} µs", started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
}

fn main() {
    let Ok(key) = SigningKey::from_slice(&[7; 32]) else { return };
    let public = VerifyingKey::from(&key);
    let point = public.to_sec1_point(false);
    let text = proof_text("nonce-of-22-characters", "id-of-22-characters---", "POST", "/v1/incidents?limit=50", &body_hash(b"{}"));
    let signature: Signature = key.sign(text.as_bytes());
    let body = vec![7_u8; 64 * 1024];
    each_us("hash a body of 64 KiB", |_| assert!(!body_hash(&body).is_empty()));
    each_us("read the key", |_| assert!(VerifyingKey::from_sec1_bytes(point.as_bytes()).is_ok()));
    each_us("verify", |_| assert!(public.verify(text.as_bytes(), &signature).is_ok()));
    each_us("sign", |_| {
        let again: Signature = key.sign(text.as_bytes());
        assert!(again == signature);
    });
}
