//! A TPM in software, as far as attestation sees one: an endorsement key with its maker's certificate, a restricted key, registers and a clock.
//!
//! It opens credentials by the specification's own inverse, written apart from `base/attest`, so that a mistake there does not cancel out here.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use serde_json::{Value, json};
use sha2_11::{Digest, Sha256};

const PCRS: [u8; 6] = [0, 1, 2, 3, 7, 16];

#[derive(Clone)]
pub struct SoftTpm {
    certificate: &'static [u8],
    ek: p256::SecretKey,
    ak: SigningKey,
    pub registers: [[u8; 32]; 6],
    pub clock_ms: u64,
    pub resets: u32,
    /// What a restricted key would never put first.
    pub magic: u32,
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn unsized_of(bytes: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    bytes[2..].split_at(length)
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

impl SoftTpm {
    pub fn new(certificate: &'static [u8], ek: &[u8], ak: u8) -> Self {
        let (ek, ak) = (p256::SecretKey::from_slice(ek).unwrap(), SigningKey::from_slice(&[ak; 32]).unwrap());
        Self { certificate, ek, ak, registers: [[0; 32]; 6], clock_ms: 1_000, resets: 1, magic: 0xff54_4347 }
    }

    /// The agent extends its register by its own program.
    pub fn measure(&mut self, program: &str) {
        self.registers[5] = Sha256::digest([&self.registers[5][..], &Sha256::digest(program)].concat()).into();
    }

    /// Off and on: registers are zero again, the clock has moved.
    pub fn reboot(&mut self, program: &str) {
        self.registers = [[0; 32]; 6];
        self.resets += 1;
        self.clock_ms += 60_000;
        self.measure(program);
    }

    fn public_area(&self) -> Vec<u8> {
        let point = self.ak.verifying_key().to_sec1_point(false);
        // ECC, SHA-256, fixedTPM | fixedParent | sensitiveDataOrigin | userWithAuth | restricted | sign, no policy, ECDSA with SHA-256 on P-256.
        let head = [0, 0x23, 0, 0x0b, 0, 5, 0, 0x72, 0, 0, 0, 0x10, 0, 0x18, 0, 0x0b, 0, 3, 0, 0x10];
        [&head[..], &sized(point.x().unwrap()), &sized(point.y().unwrap())].concat()
    }

    pub fn start(&self) -> Value {
        json!({"attestor": "tpm2", "ek_certificate": STANDARD.encode(self.certificate), "ak_public": STANDARD.encode(sized(&self.public_area()))})
    }

    /// `TPM2_ActivateCredential`. `None` when the credential is for another TPM or key.
    pub fn open(&self, challenge: &Value) -> Option<Vec<u8>> {
        let bytes = |name: &str| STANDARD.decode(challenge[name].as_str().unwrap()).unwrap();
        let (id_object, encrypted_seed) = (bytes("id_object"), bytes("encrypted_seed"));
        let (point, _) = unsized_of(&encrypted_seed);
        let (x, rest) = unsized_of(point);
        let (y, _) = unsized_of(rest);
        let theirs = p256::PublicKey::from_sec1_bytes(&[&[4], x, y].concat()).ok()?;
        let z = p256::ecdh::diffie_hellman(self.ek.to_nonzero_scalar(), theirs.as_affine());
        let own = self.ek.public_key().to_sec1_point(false);
        let seed = Sha256::digest([&[0, 0, 0, 1], z.raw_secret_bytes().as_slice(), b"IDENTITY\0", x, own.x().unwrap()].concat());
        let name = [&[0, 0x0b][..], &Sha256::digest(self.public_area())].concat();
        let (object, _) = unsized_of(&id_object);
        let (integrity, sealed) = unsized_of(object);
        let hmac_key = hmac(&seed, &[&[0, 0, 0, 1], &b"INTEGRITY\0"[..], &256_u32.to_be_bytes()].concat());
        if hmac(&hmac_key, &[sealed, &name].concat()) != integrity {
            return None;
        }
        let key = &hmac(&seed, &[&[0, 0, 0, 1], &b"STORAGE\0"[..], &name, &128_u32.to_be_bytes()].concat())[..16];
        let cipher = Aes128::new_from_slice(key).unwrap();
        let (mut feedback, mut opened) = (Array::default(), Vec::new());
        for block in sealed.chunks(16) {
            cipher.encrypt_block(&mut feedback);
            opened.extend(block.iter().zip(&feedback).map(|(byte, key)| byte ^ key));
            feedback.iter_mut().zip(block).for_each(|(kept, byte)| *kept = *byte);
        }
        Some(unsized_of(&opened).0.to_vec())
    }

    /// A quote over a nonce in hex, as the routes take it. Time passes.
    pub fn quote(&mut self, nonce: &str) -> Value {
        self.clock_ms += 1_000;
        let clock = [&self.clock_ms.to_be_bytes()[..], &self.resets.to_be_bytes(), &0_u32.to_be_bytes(), &[1], &7_u64.to_be_bytes()].concat();
        // One bank of SHA-256 with three bytes of bits: 0 to 3 and 7, none, 16.
        let selection = [0, 0, 0, 1, 0, 0x0b, 3, 0x8f, 0, 1];
        let digest = Sha256::digest(self.registers.concat());
        let attest = [
            &self.magic.to_be_bytes()[..],
            &[0x80, 0x18],
            &sized(&[0; 34]),
            &sized(&hex::decode(nonce).unwrap()),
            &clock,
            &selection,
            &sized(&digest),
        ]
        .concat();
        let signature: Signature = self.ak.sign(&attest);
        let (r, s) = signature.split_bytes();
        let signature = [&[0, 0x18, 0, 0x0b][..], &sized(&r), &sized(&s)].concat();
        let values: Vec<String> = self.registers.iter().map(hex::encode).collect();
        assert_eq!(values.len(), PCRS.len());
        json!({"attest": STANDARD.encode(attest), "signature": STANDARD.encode(signature), "pcr_values": values})
    }
}
