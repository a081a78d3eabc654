//! The file about passkeys at the start of a house.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shouhu::{Options, build};
use shouhu_env::Env;
use shouhu_identity::PasskeySettings;
use shouhu_lakehouse::Opening;
use shouhu_wire::Role;

/// A root that may sign certificates; whose it is does not matter here.
const ROOT: &[u8] = include_bytes!("../../../../base/attest/tests/samples/root_p256.der");

const GOOD: &str = "attestation = \"required\"\nroles = [\"operator\"]\nroots = [\"passkeys/maker.pem\"]\n\
                    [[model]]\naaguid = \"2fc0579f-8113-47ea-b116-bb5a8db9202a\"\nname = \"Key 5\"\n";

#[tokio::test]
async fn a_broken_file_about_passkeys_or_a_missing_root_stops_the_start_and_a_good_one_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::below(folder.path());
    let file = options.data.join("passkeys.toml");
    std::fs::create_dir_all(options.data.join("passkeys")).unwrap();
    for (text, said) in [
        ("attestation = \"required\"\nrole = []", "line 2"),
        ("attestation = \"required\"", "at least one [[model]]"),
        (GOOD, "passkeys/maker.pem"),
    ] {
        std::fs::write(&file, text).unwrap();
        let refused = build(&options, Env::real(), Opening::Closed).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("passkeys.toml") && refused.contains(said), "{text}: {refused}");
    }
    assert!(!options.data.join("shouhu.db").exists(), "nothing was opened");

    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(ROOT));
    std::fs::write(options.data.join("passkeys/maker.pem"), pem).unwrap();
    let app = build(&options, Env::real(), Opening::Closed).await.unwrap();
    let settings = app.room::<PasskeySettings>();
    assert!(settings.is_attested(Role::Operator) && !settings.is_attested(Role::Officer));
    app.store.close().await;

    options.passkeys_file = Some(folder.path().join("elsewhere.toml"));
    let missing = build(&options, Env::real(), Opening::Closed).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(missing.contains("elsewhere.toml"), "{missing}");
}
