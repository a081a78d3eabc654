//! An export is checked by other people's code (PyPI: pymerkle, cryptography).
//!
//! `SHOUHU_PYTHON` names a Python that has both; without one the test says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::support;

use std::path::Path;
use std::process::Command;

use shouhu_env::RealFiles;
use support::{fill, on_each};

/// Exit status of the script when a package is missing.
const ABSENT: i32 = 77;

/// `None` when there is no Python or no package, and nobody said that there is (`SHOUHU_PYTHON`, which `make test` sets).
fn checked(folder: &Path, proofs: &[std::path::PathBuf]) -> Option<(bool, String)> {
    let named = std::env::var("SHOUHU_PYTHON").ok();
    let python = named.as_deref().unwrap_or("python3");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent.py");
    let output = match Command::new(python).arg(script).arg(folder).args(proofs).output() {
        Ok(output) => output,
        Err(error) => {
            assert!(named.is_none(), "{python} does not start: {error}");
            eprintln!("skipped: {python} does not start: {error}");
            return None;
        }
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(ABSENT) {
        assert!(named.is_none(), "{python} lacks a package: {said}");
        eprintln!("skipped: {said}(pip install pymerkle cryptography, and SHOUHU_PYTHON for a Python that has them)");
        return None;
    }
    Some((output.status.success(), said))
}

#[tokio::test]
async fn strangers_code_agrees_on_root_signature_and_proofs_and_refuses_a_changed_entry() {
    on_each(|world| async move {
        let folder = tempfile::tempdir().unwrap();
        fill(&world.audit, 1, 300).await;
        let mut proofs = Vec::new();
        for seq in [1, 2, 256, 257, 300] {
            let path = folder.path().join(format!("{seq}.tlog-proof"));
            std::fs::write(&path, world.audit.proof(seq).await.unwrap().text).unwrap();
            proofs.push(path);
        }
        // The proofs are under an older checkpoint than the export: it must have grown out of that one.
        fill(&world.audit, 301, 400).await;
        let export = folder.path().join("export");
        world.audit.export(&RealFiles::below(&export)).await.unwrap();
        let Some((is_good, said)) = checked(&export, &proofs) else { return };
        assert!(is_good, "{said}");
        eprintln!("{}", said.lines().last().unwrap_or_default());

        let bundle = export.join("tile/entries/001");
        let mut bytes = std::fs::read(&bundle).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&bundle, bytes).unwrap();
        let (is_good, said) = checked(&export, &proofs).unwrap();
        assert!(!is_good && said.contains("another root"), "{said}");
    })
    .await;
}
