//! A maker of authenticators for tests: a root, batches below it, and authenticators that attest with a batch's key. Each certificate is written byte by byte,
//! so that a test may make any of them wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use shouhu_passkey::{Model, Statement};

use super::settings::PasskeySettings;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const ECDSA_WITH_SHA256: [u8; 8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
const EC_PUBLIC_KEY: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const P256: [u8; 8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const COUNTRY: [u8; 3] = [0x55, 0x04, 0x06];
const ORGANISATION: [u8; 3] = [0x55, 0x04, 0x0A];
const ORGANISATIONAL_UNIT: [u8; 3] = [0x55, 0x04, 0x0B];
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
const KEY_USAGE: [u8; 3] = [0x55, 0x1D, 0x0F];
const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1D, 0x13];
/// 1.3.6.1.4.1.45724.1.1.4, `id-fido-gen-ce-aaguid`.
const FIDO_AAGUID: [u8; 11] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xE5, 0x1C, 0x01, 0x01, 0x04];
/// The library asks the wall clock, which no test turns.
const VALID: [&str; 2] = ["200101000000Z", "491231235959Z"];
pub const EXPIRED: [&str; 2] = ["200101000000Z", "210101000000Z"];

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let mut bytes = vec![tag];
    match content.len() {
        0..=0x7F => bytes.push(low),
        0x80..=0xFF => bytes.extend([0x81, low]),
        _ => bytes.extend([0x82, high, low]),
    }
    bytes.extend(content);
    bytes
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    tlv(0x06, bytes)
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    let mut content = vec![0];
    content.extend(bytes);
    tlv(0x03, &content)
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(0x04, bytes)
}

/// One attribute of a name; a country is a PrintableString, the others are UTF-8.
fn attribute(kind: &[u8], text: &str) -> Vec<u8> {
    let tag = if kind == COUNTRY { 0x13 } else { 0x0C };
    tlv(SET, &sequence(&[oid(kind), tlv(tag, text.as_bytes())]))
}

fn extension(kind: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if is_critical { tlv(0x01, &[0xFF]) } else { Vec::new() };
    sequence(&[oid(kind), critical, octets(value)])
}

fn algorithm() -> Vec<u8> {
    sequence(&[oid(&ECDSA_WITH_SHA256)])
}

fn key_of(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

/// What stands in a certificate beside issuer and signature.
struct Subject<'a> {
    name: Vec<u8>,
    key: &'a SigningKey,
    validity: [&'a str; 2],
    extensions: Vec<Vec<u8>>,
}

fn certificate(subject: &Subject<'_>, issuer: &[u8], by: &SigningKey) -> Vec<u8> {
    let point = subject.key.verifying_key().to_sec1_point(false);
    let key = sequence(&[sequence(&[oid(&EC_PUBLIC_KEY), oid(&P256)]), bits(point.as_bytes())]);
    let validity: Vec<Vec<u8>> = subject.validity.iter().map(|time| tlv(0x17, time.as_bytes())).collect();
    let of = sequence(&[
        tlv(0xA0, &tlv(0x02, &[2])),
        tlv(0x02, &[1]),
        algorithm(),
        issuer.to_vec(),
        sequence(&validity),
        subject.name.clone(),
        key,
        tlv(0xA3, &sequence(&subject.extensions)),
    ]);
    let signature: Signature = by.sign(&of);
    sequence(&[of, algorithm(), bits(signature.to_der().as_bytes())])
}

/// As a file of an operator has it.
pub fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// The model of the rule below.
pub const AAGUID: [u8; 16] = [7; 16];

/// A rule that takes one model, called "Key 5", by the root of this maker; `more` says of whom.
pub fn rule_of(maker: &Maker, more: &str) -> PasskeySettings {
    let text = format!(
        "attestation = \"required\"\nroots = [\"passkeys/maker.pem\"]\n{more}[[model]]\naaguid = \"07070707-0707-0707-0707-070707070707\"\nname = \"Key 5\"\n"
    );
    let root = pem(&maker.root());
    PasskeySettings::parse(&text, &|_: &str| Ok(root.clone().into_bytes())).unwrap()
}

pub struct Maker {
    name: String,
    key: SigningKey,
}

/// What is wrong with a batch's certificate; nothing by default.
#[derive(Clone, Copy)]
pub struct Made {
    pub validity: [&'static str; 2],
    /// What the extension says; `None`: there is no extension.
    pub extension: Option<[u8; 16]>,
    pub unit: &'static str,
    pub is_authority: bool,
}

/// A batch's key with the certificate for it.
pub struct Batch {
    pub certificate: Vec<u8>,
    seed: u8,
    aaguid: [u8; 16],
}

impl Maker {
    pub fn new(name: &str, seed: u8) -> Self {
        Self { name: name.to_owned(), key: key_of(seed) }
    }

    fn subject(&self) -> Vec<u8> {
        sequence(&[attribute(&COMMON_NAME, &self.name)])
    }

    pub fn root(&self) -> Vec<u8> {
        let is_authority = sequence(&[tlv(0x01, &[0xFF])]);
        // keyCertSign and cRLSign: bits 5 and 6.
        let usage = tlv(0x03, &[1, 0x06]);
        let extensions = vec![extension(&BASIC_CONSTRAINTS, true, &is_authority), extension(&KEY_USAGE, true, &usage)];
        certificate(&Subject { name: self.subject(), key: &self.key, validity: VALID, extensions }, &self.subject(), &self.key)
    }

    pub fn batch(&self, aaguid: [u8; 16]) -> Batch {
        self.made(aaguid, Made::good(aaguid))
    }

    pub fn made(&self, aaguid: [u8; 16], made: Made) -> Batch {
        let seed = 77;
        let constraints = if made.is_authority { sequence(&[tlv(0x01, &[0xFF])]) } else { sequence(&[]) };
        let mut extensions = vec![extension(&BASIC_CONSTRAINTS, true, &constraints)];
        extensions.extend(made.extension.map(|says| extension(&FIDO_AAGUID, false, &octets(&says))));
        let name = sequence(&[
            attribute(&COUNTRY, "TW"),
            attribute(&ORGANISATION, &self.name),
            attribute(&ORGANISATIONAL_UNIT, made.unit),
            attribute(&COMMON_NAME, "Batch 1"),
        ]);
        let certificate = certificate(&Subject { name, key: &key_of(seed), validity: made.validity, extensions }, &self.subject(), &self.key);
        Batch { certificate, seed, aaguid }
    }
}

impl Made {
    /// As `Maker::batch` makes them.
    pub const fn good(aaguid: [u8; 16]) -> Self {
        Self { validity: VALID, extension: Some(aaguid), unit: "Authenticator Attestation", is_authority: false }
    }
}

impl Batch {
    /// An authenticator of this batch.
    pub fn model(&self) -> Model {
        let statement = Statement::Batch { key: [self.seed; 32], chain: vec![self.certificate.clone()] };
        Model { aaguid: self.aaguid, statement, ..Model::default() }
    }
}
