//! Which passkeys people may have: any file, and any file of certificates that it names, is read or refused; what is read demands of nobody what nobody could do.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_identity::PasskeySettings;
use shouhu_wire::Role;

const NAMED: &str = "attestation = \"required\"\nroots = [\"passkeys/a.pem\"]\n[[model]]\naaguid = \"2fc0579f-8113-47ea-b116-bb5a8db9202a\"\nname = \"Key\"\n";

fuzz_target!(|text: &str| {
    let read = |_: &str| Ok(text.as_bytes().to_vec());
    for settings in [PasskeySettings::parse(text, &read), PasskeySettings::parse(NAMED, &read)].into_iter().flatten() {
        let is_demanded = Role::ALL.into_iter().any(|role| settings.is_attested(role));
        assert!(!is_demanded || !settings.names().is_empty(), "nobody could enrol");
    }
});
