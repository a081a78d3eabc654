//! The endorsement key and its maker's word for it: X.509 (RFC 5280) with the TCG EK Credential Profile 2.5.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use sha2_11::{Digest, Sha256, Sha384, Sha512};
use shouhu_ids::Micros;
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// Certificates of endorsement keys have one to two kilobytes.
pub const CERTIFICATE_BYTES_MAX: usize = 8 * 1024;
/// Authorities between a key and a root; makers have one or two.
pub const INTERMEDIATES_MAX: usize = 4;
/// An EK is RSA 2048 in every profile; authorities have up to 4096 bits, which is also what `rsa` takes at most.
const RSA_BITS_MIN: u32 = 2048;

const OID_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const OID_EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const OID_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const OID_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// `tcg-kp-EKCertificate`: the certificate is about an endorsement key and nothing else.
const OID_EK_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.8.1");

/// Critical extensions that are understood: basic constraints, key usage, extended key usage, the TPM's model in the alternative name,
/// and policies, of which any will do. Another critical one refuses the certificate (RFC 5280, §4.2).
const UNDERSTOOD: [ObjectIdentifier; 5] = [
    ObjectIdentifier::new_unwrap("2.5.29.19"),
    ObjectIdentifier::new_unwrap("2.5.29.15"),
    ObjectIdentifier::new_unwrap("2.5.29.37"),
    ObjectIdentifier::new_unwrap("2.5.29.17"),
    ObjectIdentifier::new_unwrap("2.5.29.32"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn pkcs1v15(self) -> Pkcs1v15Sign {
        match self {
            Self::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
        }
    }
}

/// Signature algorithms of makers, by their object identifiers (RFC 4055, RFC 5758). SHA-1 is none of them.
const SIGNATURES: [(ObjectIdentifier, bool, Hash); 6] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"), true, Hash::Sha256),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"), true, Hash::Sha384),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"), true, Hash::Sha512),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), false, Hash::Sha256),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"), false, Hash::Sha384),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), false, Hash::Sha512),
];

/// Why an endorsement certificate, or one of those above it, is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateRefused {
    #[error("certificate of {0} bytes: at most {CERTIFICATE_BYTES_MAX} make sense")]
    TooLong(usize),
    #[error("{0} certificates between key and root: at most {INTERMEDIATES_MAX} make sense")]
    TooMany(usize),
    #[error("certificate cannot be read as DER: {0}")]
    Malformed(String),
    #[error("certificate of {0:?} is not valid now")]
    Validity(String),
    #[error("certificate of {0:?} has a key that is neither RSA of 2048 to 4096 bits nor on P-256 or P-384")]
    Key(String),
    #[error("certificate of {0:?} is no endorsement certificate: its extended key usage says so")]
    Purpose(String),
    #[error("certificate of {0:?} may not be used so: key usage or basic constraints say otherwise")]
    Usage(String),
    #[error("certificate of {subject:?} has a critical extension {oid} that is not understood")]
    Critical { subject: String, oid: String },
    #[error("{issuer:?} did not sign the certificate of {subject:?}")]
    Signature { subject: String, issuer: String },
    #[error("{0:?} is no maker of TPMs that is trusted here")]
    Maker(String),
}

impl CertificateRefused {
    /// For lists and translations.
    #[must_use]
    pub const fn tag(&self) -> &'static str {
        match self {
            Self::TooLong(_) | Self::TooMany(_) | Self::Malformed(_) => "malformed",
            Self::Validity(_) => "validity",
            Self::Key(_) => "key",
            Self::Purpose(_) => "purpose",
            Self::Usage(_) => "usage",
            Self::Critical { .. } => "critical",
            Self::Signature { .. } => "signature",
            Self::Maker(_) => "maker",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PublicKey {
    Rsa(RsaPublicKey),
    P256(p256::PublicKey),
    P384(p384::PublicKey),
}

/// What a credential is encrypted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndorsementKey(PublicKey);

/// Shapes that [`crate::make_credential`] tells apart.
pub(crate) enum Recipient<'a> {
    Rsa(&'a RsaPublicKey),
    P256(&'a p256::PublicKey),
    P384(&'a p384::PublicKey),
}

impl EndorsementKey {
    pub(crate) const fn recipient(&self) -> Recipient<'_> {
        match &self.0 {
            PublicKey::Rsa(key) => Recipient::Rsa(key),
            PublicKey::P256(key) => Recipient::P256(key),
            PublicKey::P384(key) => Recipient::P384(key),
        }
    }
}

/// A TPM whose maker vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorsement {
    pub key: EndorsementKey,
    /// SHA-256 of the key's `SubjectPublicKeyInfo`: the TPM's name, whatever certificate it shows.
    pub fingerprint: [u8; 32],
    /// Subject of the root that vouches.
    pub maker: String,
}

/// A certificate that was read, with its exact signed bytes.
#[derive(Debug, Clone)]
struct Read {
    certificate: Certificate,
    signed: Vec<u8>,
    subject: String,
}

impl Read {
    fn of(der: &[u8]) -> Result<Self, CertificateRefused> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(CertificateRefused::TooLong(der.len()));
        }
        let malformed = |e: x509_cert::der::Error| CertificateRefused::Malformed(e.to_string());
        let certificate = Certificate::from_der(der).map_err(malformed)?;
        // The signature is over the bytes as they came: what is no DER would be another text when written again.
        if certificate.to_der().map_err(malformed)? != der {
            return Err(CertificateRefused::Malformed("it is not in distinguished form".into()));
        }
        let tbs = certificate.tbs_certificate();
        if tbs.signature() != certificate.signature_algorithm() {
            return Err(CertificateRefused::Malformed("it names two signature algorithms".into()));
        }
        let (signed, subject) = (tbs.to_der().map_err(malformed)?, tbs.subject().to_string());
        Ok(Self { signed, subject, certificate })
    }

    fn check_valid(&self, at: Micros) -> Result<(), CertificateRefused> {
        let validity = self.certificate.tbs_certificate().validity();
        let at_s = u64::try_from(at.0.div_euclid(Micros::SECOND)).unwrap_or(0);
        let (from, until) = (validity.not_before.to_unix_duration().as_secs(), validity.not_after.to_unix_duration().as_secs());
        if (from..=until).contains(&at_s) { Ok(()) } else { Err(CertificateRefused::Validity(self.subject.clone())) }
    }

    fn check_critical(&self) -> Result<(), CertificateRefused> {
        let extensions = self.certificate.tbs_certificate().extensions().map_or(&[][..], Vec::as_slice);
        match extensions.iter().find(|extension| extension.critical && !UNDERSTOOD.contains(&extension.extn_id)) {
            Some(odd) => Err(CertificateRefused::Critical { subject: self.subject.clone(), oid: odd.extn_id.to_string() }),
            None => Ok(()),
        }
    }

    fn key(&self) -> Result<PublicKey, CertificateRefused> {
        key_of(self.certificate.tbs_certificate().subject_public_key_info()).ok_or_else(|| CertificateRefused::Key(self.subject.clone()))
    }

    fn basic_constraints(&self) -> Result<Option<BasicConstraints>, CertificateRefused> {
        let found = self.certificate.tbs_certificate().get_extension::<BasicConstraints>();
        Ok(found.map_err(|e| CertificateRefused::Malformed(e.to_string()))?.map(|(_, constraints)| constraints))
    }

    fn usage(&self) -> Result<Option<KeyUsage>, CertificateRefused> {
        let found = self.certificate.tbs_certificate().get_extension::<KeyUsage>();
        Ok(found.map_err(|e| CertificateRefused::Malformed(e.to_string()))?.map(|(_, usage)| usage))
    }

    /// That it is about an endorsement key: no authority, for decryption only, and said to be one.
    fn check_endorsement(&self, key: &PublicKey) -> Result<(), CertificateRefused> {
        let is_authority = self.basic_constraints()?.is_some_and(|constraints| constraints.ca);
        let is_right_usage = self.usage()?.is_none_or(|usage| match key {
            PublicKey::Rsa(_) => usage.key_encipherment(),
            PublicKey::P256(_) | PublicKey::P384(_) => usage.key_agreement(),
        });
        if is_authority || !is_right_usage {
            return Err(CertificateRefused::Usage(self.subject.clone()));
        }
        let purposes = self.certificate.tbs_certificate().get_extension::<ExtendedKeyUsage>();
        let purposes = purposes.map_err(|e| CertificateRefused::Malformed(e.to_string()))?;
        let is_endorsement = purposes.is_some_and(|(_, purposes)| purposes.0.contains(&OID_EK_CERTIFICATE));
        if is_endorsement { Ok(()) } else { Err(CertificateRefused::Purpose(self.subject.clone())) }
    }

    /// That it may sign certificates with so many authorities below it.
    fn check_authority(&self, below: usize, at: Micros) -> Result<(), CertificateRefused> {
        let may_sign = self.usage()?.is_none_or(|usage| usage.key_cert_sign());
        let is_authority = self.basic_constraints()?.is_some_and(|constraints| {
            constraints.ca && constraints.path_len_constraint.is_none_or(|longest| below <= usize::from(longest))
        });
        if !may_sign || !is_authority {
            return Err(CertificateRefused::Usage(self.subject.clone()));
        }
        self.check_critical()?;
        self.check_valid(at)
    }

    fn is_issued_by(&self, authority: &Self) -> bool {
        self.certificate.tbs_certificate().issuer() == authority.certificate.tbs_certificate().subject()
    }

    fn check_signed_by(&self, authority: &Self) -> Result<(), CertificateRefused> {
        let refused = || CertificateRefused::Signature { subject: self.subject.clone(), issuer: authority.subject.clone() };
        let key = authority.key()?;
        let signature = self.certificate.signature().as_bytes().ok_or_else(refused)?;
        let holds = is_signature_of(&key, self.certificate.signature_algorithm(), &self.signed, signature);
        if holds { Ok(()) } else { Err(refused()) }
    }
}

fn key_of(info: &SubjectPublicKeyInfoOwned) -> Option<PublicKey> {
    if info.algorithm.oid == OID_RSA {
        let key = RsaPublicKey::from_public_key_der(&info.to_der().ok()?).ok()?;
        return (key.n().bits() >= RSA_BITS_MIN).then_some(PublicKey::Rsa(key));
    }
    if info.algorithm.oid != OID_EC {
        return None;
    }
    let point = info.subject_public_key.as_bytes()?;
    match info.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok()? {
        OID_P256 => p256::PublicKey::from_sec1_bytes(point).ok().map(PublicKey::P256),
        OID_P384 => p384::PublicKey::from_sec1_bytes(point).ok().map(PublicKey::P384),
        _ => None,
    }
}

fn is_signature_of(key: &PublicKey, algorithm: &AlgorithmIdentifierOwned, signed: &[u8], signature: &[u8]) -> bool {
    let Some((_, is_rsa, hash)) = SIGNATURES.iter().find(|(oid, ..)| *oid == algorithm.oid) else { return false };
    let digest = hash.of(signed);
    match key {
        PublicKey::Rsa(key) => *is_rsa && key.verify(hash.pkcs1v15(), &digest, signature).is_ok(),
        PublicKey::P256(key) => {
            let signature = p256::ecdsa::Signature::from_der(signature);
            !is_rsa && signature.is_ok_and(|s| p256::ecdsa::VerifyingKey::from(key).verify_prehash(&digest, &s).is_ok())
        }
        PublicKey::P384(key) => {
            let signature = p384::ecdsa::Signature::from_der(signature);
            !is_rsa && signature.is_ok_and(|s| p384::ecdsa::VerifyingKey::from(key).verify_prehash(&digest, &s).is_ok())
        }
    }
}

/// Makers of TPMs whose word counts here: their root certificates.
#[derive(Debug, Clone, Default)]
pub struct Makers(Vec<Read>);

impl Makers {
    /// Trusts one more root, or an authority below one. Answers its subject.
    ///
    /// # Errors
    /// When it is no certificate, or one of somebody who may not sign others.
    pub fn trust(&mut self, der: &[u8]) -> Result<String, CertificateRefused> {
        let read = Read::of(der)?;
        read.key()?;
        if !read.basic_constraints()?.is_some_and(|constraints| constraints.ca) {
            return Err(CertificateRefused::Usage(read.subject));
        }
        let subject = read.subject.clone();
        self.0.push(read);
        Ok(subject)
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Believes an endorsement certificate because a maker's root vouches for it at that time, straight or through the authorities given.
///
/// # Errors
/// The first reason against it.
pub fn endorsement(certificate: &[u8], intermediates: &[Vec<u8>], makers: &Makers, at: Micros) -> Result<Endorsement, CertificateRefused> {
    if intermediates.len() > INTERMEDIATES_MAX {
        return Err(CertificateRefused::TooMany(intermediates.len()));
    }
    let leaf = Read::of(certificate)?;
    let intermediates = intermediates.iter().map(|der| Read::of(der)).collect::<Result<Vec<_>, _>>()?;
    let key = leaf.key()?;
    leaf.check_critical()?;
    leaf.check_valid(at)?;
    leaf.check_endorsement(&key)?;
    let maker = vouching_root(&leaf, &intermediates, makers, at)?;
    let info = leaf.certificate.tbs_certificate().subject_public_key_info().to_der();
    let info = info.map_err(|e| CertificateRefused::Malformed(e.to_string()))?;
    Ok(Endorsement { key: EndorsementKey(key), fingerprint: Sha256::digest(info).into(), maker })
}

/// Climbs from the leaf; each authority may be used once, so that a ring of them ends.
fn vouching_root(leaf: &Read, intermediates: &[Read], makers: &Makers, at: Micros) -> Result<String, CertificateRefused> {
    let mut below = leaf;
    let mut unused: Vec<&Read> = intermediates.iter().collect();
    let mut depth = 0;
    loop {
        let mut refused = CertificateRefused::Maker(below.certificate.tbs_certificate().issuer().to_string());
        for root in makers.0.iter().filter(|root| below.is_issued_by(root)) {
            match root.check_authority(depth, at).and_then(|()| below.check_signed_by(root)) {
                Ok(()) => return Ok(root.subject.clone()),
                Err(error) => refused = error,
            }
        }
        let Some(next) = unused.iter().position(|authority| below.is_issued_by(authority)) else { return Err(refused) };
        let authority = unused.swap_remove(next);
        authority.check_authority(depth, at)?;
        below.check_signed_by(authority)?;
        below = authority;
        depth += 1;
    }
}
