//! Tokens that prove something by being known: made of 256 random bits, kept only as their hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shouhu_env::Env;

/// Longer texts are not even hashed: nothing that we gave out is that long.
const TOKEN_BYTES_MAX: usize = 64;

/// A new token and the hash to keep.
pub fn fresh(env: &Env) -> (String, String) {
    let token = URL_SAFE_NO_PAD.encode(env.random.bytes32());
    let hash = hash_of(&token);
    (token, hash)
}

/// Hex SHA-256. A fast hash is enough: there is nothing to guess in 256 random bits.
pub fn hash_of(token: &str) -> String {
    if token.len() > TOKEN_BYTES_MAX {
        return String::new();
    }
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The name of a challenge: 128 random bits.
pub fn challenge_id(env: &Env) -> String {
    URL_SAFE_NO_PAD.encode(env.random.bytes16())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_token_is_of_256_fresh_bits_and_every_challenge_of_128() {
        let env = Env::real();
        let (mut tokens, mut hashes) = (HashSet::new(), HashSet::new());
        for _ in 0..1_000 {
            let (token, hash) = fresh(&env);
            assert_eq!(URL_SAFE_NO_PAD.decode(&token).map(|bytes| bytes.len()), Ok(32), "{token}");
            assert_eq!((hash_of(&token), hash.contains(&token)), (hash.clone(), false));
            assert_eq!(URL_SAFE_NO_PAD.decode(challenge_id(&env)).map(|bytes| bytes.len()), Ok(16));
            tokens.insert(token);
            hashes.insert(hash);
        }
        assert_eq!((tokens.len(), hashes.len()), (1_000, 1_000));
    }
}
