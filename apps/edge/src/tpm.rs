//! The device's TPM, by the commands of tpm2-tools (`apt-get install tpm2-tools`): no library of C is linked into the agent.
//!
//! Keys lie in the TPM under two persistent handles; nothing secret is in the data folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use shouhu_wire::AGENT_PCR;

/// Persistent handles of the owner (0x81000000 to 0x817fffff) and of the endorsement hierarchy, beside those that others use by custom.
const EK_HANDLE: &str = "0x81010101";
const AK_HANDLE: &str = "0x81000101";
/// Where makers put the certificate of the key: RSA 2048, then P-256 (TCG EK Credential Profile, §2.2.1.4).
const EK_CERTIFICATES: [(&str, &str); 2] = [("0x01c00002", "rsa"), ("0x01c0000a", "ecc")];
/// What `tpm2_activatecredential` expects before a credential: its mark and version.
const CREDENTIAL_HEAD: [u8; 8] = [0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1];
const PCR_VALUE_BYTES: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum TpmError {
    #[error("{command} is not installed: apt-get install tpm2-tools")]
    Missing { command: String },
    #[error("{command} failed: {detail}")]
    Failed { command: String, detail: String },
    #[error("this TPM holds no endorsement certificate of its maker: it cannot be attested")]
    NoCertificate,
    #[error("{what} cannot be kept for the TPM: {error}")]
    Folder { what: String, error: io::Error },
    #[error("the TPM's answer makes no sense: {0}")]
    Nonsense(&'static str),
}

/// What vouches for a TPM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// DER.
    pub ek_certificate: Vec<u8>,
    /// `TPM2B_PUBLIC`.
    pub ak_public: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    pub attest: Vec<u8>,
    pub signature: Vec<u8>,
    pub pcr_values: Vec<[u8; PCR_VALUE_BYTES]>,
}

/// What the agent asks of a TPM.
pub trait Tpm: Send {
    /// Makes the keys where they are not there yet.
    ///
    /// # Errors
    /// When there is no TPM, or it does not do what is asked.
    fn evidence(&self) -> Result<Evidence, TpmError>;

    /// Opens a credential (`TPM2B_ID_OBJECT`, `TPM2B_ENCRYPTED_SECRET`).
    ///
    /// # Errors
    /// When it was made for another TPM or key.
    fn open(&self, id_object: &[u8], encrypted_seed: &[u8]) -> Result<Vec<u8>, TpmError>;

    /// # Errors
    /// When the keys are gone, or the TPM does not do what is asked.
    fn quote(&self, nonce_hex: &str, pcrs: &[u8]) -> Result<Quoted, TpmError>;

    /// Puts the hash of the agent's program, hex, into its register, in place of what an earlier start put there.
    ///
    /// # Errors
    /// When the TPM does not do what is asked.
    fn measure(&self, program_sha256: &str) -> Result<(), TpmError>;
}

/// tpm2-tools with a folder of the agent's for what passes between them.
#[derive(Debug, Clone)]
pub struct Tpm2Tools {
    folder: PathBuf,
    tcti: Option<String>,
}

impl Tpm2Tools {
    /// `tcti` as tpm2-tools take it: `device:/dev/tpmrm0`, or `swtpm:host=…,port=…` for one in software. Without, theirs is taken.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: PathBuf, tcti: Option<String>) -> Result<Self, TpmError> {
        crate::files::private_folder(&folder).map_err(|error| TpmError::Folder { what: folder.display().to_string(), error })?;
        Ok(Self { folder, tcti })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn run(&self, command: &str, arguments: &[&str]) -> Result<(), TpmError> {
        // Where no resource manager stands before the TPM, what an earlier command left in it would fill it. With one this says nothing.
        self.flush();
        self.bare(command, arguments)
    }

    fn flush(&self) {
        let flushed = self.bare("tpm2_flushcontext", &["-t"]);
        if let Err(error) = flushed {
            tracing::debug!(%error, "the TPM was not tidied");
        }
    }

    fn bare(&self, command: &str, arguments: &[&str]) -> Result<(), TpmError> {
        let mut call = Command::new(command);
        call.args(arguments).current_dir(&self.folder);
        if let Some(tcti) = &self.tcti {
            call.env("TPM2TOOLS_TCTI", tcti);
        }
        let done = call.output().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => TpmError::Missing { command: command.to_owned() },
            _ => TpmError::Failed { command: command.to_owned(), detail: error.to_string() },
        })?;
        if done.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&done.stderr);
        let detail = words.lines().find(|line| line.contains("ERROR")).unwrap_or("it said nothing").chars().take(300).collect();
        Err(TpmError::Failed { command: command.to_owned(), detail })
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, TpmError> {
        fs::read(self.path(name)).map_err(|error| TpmError::Folder { what: name.to_owned(), error })
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TpmError> {
        fs::write(self.path(name), bytes).map_err(|error| TpmError::Folder { what: name.to_owned(), error })
    }

    fn has_key(&self, handle: &str) -> bool {
        self.run("tpm2_readpublic", &["-c", handle]).is_ok()
    }

    /// The certificate that the maker left, and the algorithm of its key.
    fn certificate(&self) -> Result<(Vec<u8>, &'static str), TpmError> {
        for (index, algorithm) in EK_CERTIFICATES {
            match self.run("tpm2_nvread", &["-C", "o", index, "-o", "ek.der"]) {
                Ok(()) => return Ok((without_padding(self.read("ek.der")?)?, algorithm)),
                Err(missing @ TpmError::Missing { .. }) => return Err(missing),
                Err(_) => {}
            }
        }
        Err(TpmError::NoCertificate)
    }
}

/// Some makers fill the rest of the TPM's memory up: a certificate says its own length (DER, a sequence with two bytes of length).
fn without_padding(mut der: Vec<u8>) -> Result<Vec<u8>, TpmError> {
    let [0x30, 0x82, high, low, ..] = der.as_slice() else { return Err(TpmError::Nonsense("the certificate is not DER")) };
    let length = 4 + usize::from(u16::from_be_bytes([*high, *low]));
    if der.len() < length {
        return Err(TpmError::Nonsense("the certificate ends too early"));
    }
    der.truncate(length);
    Ok(der)
}

fn values_of(bytes: &[u8], pcrs: &[u8]) -> Result<Vec<[u8; PCR_VALUE_BYTES]>, TpmError> {
    let (values, rest) = bytes.as_chunks::<PCR_VALUE_BYTES>();
    if values.len() != pcrs.len() || !rest.is_empty() {
        return Err(TpmError::Nonsense("it sent other registers than were asked for"));
    }
    Ok(values.to_vec())
}

impl Tpm for Tpm2Tools {
    fn evidence(&self) -> Result<Evidence, TpmError> {
        let (ek_certificate, algorithm) = self.certificate()?;
        if !self.has_key(EK_HANDLE) {
            self.run("tpm2_createek", &["-c", EK_HANDLE, "-G", algorithm, "-u", "ek.pub"])?;
        }
        if !self.has_key(AK_HANDLE) {
            let made = ["-C", EK_HANDLE, "-c", "ak.ctx", "-G", "ecc", "-g", "sha256", "-s", "ecdsa", "-u", "ak.pub", "-f", "tss", "-n", "ak.name"];
            self.run("tpm2_createak", &made)?;
            self.run("tpm2_evictcontrol", &["-C", "o", "-c", "ak.ctx", AK_HANDLE])?;
        }
        self.run("tpm2_readpublic", &["-c", AK_HANDLE, "-f", "tss", "-o", "ak.pub"])?;
        Ok(Evidence { ek_certificate, ak_public: self.read("ak.pub")? })
    }

    fn open(&self, id_object: &[u8], encrypted_seed: &[u8]) -> Result<Vec<u8>, TpmError> {
        self.write("credential", &[&CREDENTIAL_HEAD, id_object, encrypted_seed].concat())?;
        self.run("tpm2_startauthsession", &["--policy-session", "-S", "session.ctx"])?;
        let opened = (|| {
            self.bare("tpm2_policysecret", &["-S", "session.ctx", "-c", "e"])?;
            let activate = ["-c", AK_HANDLE, "-C", EK_HANDLE, "-i", "credential", "-o", "secret", "-P", "session:session.ctx"];
            self.bare("tpm2_activatecredential", &activate)
        })();
        if let Err(error) = self.bare("tpm2_flushcontext", &["session.ctx"]) {
            tracing::debug!(%error, "a session of the TPM stays open until it is reset");
        }
        opened?;
        let secret = self.read("secret")?;
        // It has served its purpose once it is sent; nobody needs it on the disk.
        fs::remove_file(self.path("secret")).map_err(|error| TpmError::Folder { what: "secret".into(), error })?;
        Ok(secret)
    }

    fn quote(&self, nonce_hex: &str, pcrs: &[u8]) -> Result<Quoted, TpmError> {
        let list = format!("sha256:{}", pcrs.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        let (about, into) = (["-c", AK_HANDLE, "-l", &list, "-q", nonce_hex, "-g", "sha256"], ["-m", "attest", "-s", "signature", "-o", "values"]);
        self.run("tpm2_quote", &[&about[..], &into, &["-F", "values"]].concat())?;
        let pcr_values = values_of(&self.read("values")?, pcrs)?;
        Ok(Quoted { attest: self.read("attest")?, signature: self.read("signature")?, pcr_values })
    }

    fn measure(&self, program_sha256: &str) -> Result<(), TpmError> {
        self.run("tpm2_pcrreset", &[&AGENT_PCR.to_string()])?;
        self.run("tpm2_pcrextend", &[&format!("{AGENT_PCR}:sha256={program_sha256}")])
    }
}

/// Whether tpm2-tools are there at all, for those who would say so before anything else.
#[must_use]
pub fn are_tools_installed() -> bool {
    let places = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&places).any(|place: PathBuf| Path::new(&place).join("tpm2_quote").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_as_long_as_it_says() {
        let padded = [&[0x30, 0x82, 0, 2, 7, 8][..], &[0xff; 9]].concat();
        assert_eq!(without_padding(padded).ok(), Some(vec![0x30, 0x82, 0, 2, 7, 8]));
        for wrong in [vec![], vec![0x30, 0x82, 0], vec![0x30, 0x82, 0, 3, 7, 8], vec![0xff; 40]] {
            assert!(without_padding(wrong).is_err());
        }
    }

    #[test]
    fn register_values_are_as_many_as_were_asked_for() {
        assert_eq!(values_of(&[7; 64], &[0, 16]).ok(), Some(vec![[7; 32], [7; 32]]));
        assert!(values_of(&[7; 64], &[0]).is_err() && values_of(&[7; 63], &[0, 16]).is_err() && values_of(&[], &[0]).is_err());
    }
}
