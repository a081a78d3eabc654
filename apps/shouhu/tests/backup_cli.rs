//! `shouhu backup`, `restore` and `drill`, as they are typed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use shouhu_env::Env;
use shouhu_ids::Micros;
use shouhu_store::testing::on_empty_postgres;

struct Folder(tempfile::TempDir);

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// `shouhu` as it is typed in this folder, the house in `data`.
    fn shouhu(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shouhu"));
        for name in ["SHOUHU_STORE", "SHOUHU_LAKE", "SHOUHU_KEYS", "SHOUHU_BACKUP_TO"] {
            command.env_remove(name);
        }
        command.env("SHOUHU_DATA", "data").current_dir(self.0.path()).args(line.split(' ')).output().unwrap()
    }

    fn good(&self, line: &str) -> String {
        let output = self.shouhu(line);
        assert!(output.status.success(), "{line}: {}", said(&output));
        said(&output)
    }

    fn bad(&self, line: &str) -> String {
        let output = self.shouhu(line);
        assert!(!output.status.success(), "{line}: {}", said(&output));
        said(&output)
    }

    fn json(&self, line: &str) -> Value {
        let output = self.shouhu(line);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{line}: {e}: {}", said(&output)))
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A gantry with three passages an hour ago.
fn with_a_feed() -> Folder {
    let folder = Folder(tempfile::tempdir().unwrap());
    folder.write("mapping.json", r##"{ "plate": "車牌", "time": "時間", "site": "門架" }"##);
    folder.write("sites.csv", "code,name,lon,lat\n01F3286N,永康北,120.24,23.03\n");
    let second = Env::real().now().0 / Micros::SECOND - 3_600;
    folder.write("day.csv", &format!("車牌,時間,門架\nABC-1234,{second},01F3286N\nABC-1234,{},01F3286N\nXY-9999,{second},01F3286N\n", second + 60));
    folder.good("lake feed --feed freeway-1 --class gantry --title 國道一號 --mapping mapping.json --sites sites.csv day.csv");
    folder.write("passphrase", "four words of a city\n");
    folder
}

#[test]
fn a_house_is_backed_up_listed_verified_drilled_and_restored() {
    let folder = with_a_feed();
    assert!(folder.good("backup --to second").contains(" files, "));
    folder.good("backup --to second");
    let listed = folder.json("backup list --from second --json");
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["database"]), (2, &"sqlite".into()));
    let listed = folder.good("backup list --from second");
    assert!(listed.contains("MiB") && listed.contains("sqlite"), "{listed}");
    assert!(folder.good("backup keys --to apart.keys --passphrase-file passphrase").contains("shouhu.backup+"));
    let verdict = folder.json("backup verify --from second --json");
    assert_eq!((&verdict["backups"], &verdict["is_signature_checked"]), (&2.into(), &true.into()), "{verdict}");

    let drilled = folder.json("drill --from second --keys-file apart.keys --passphrase-file passphrase --json");
    assert_eq!(drilled["rows"], 3, "{drilled}");
    assert!(drilled["leaves_since"].as_u64() >= Some(1) && drilled["rpo_us"].as_i64() > Some(0), "{drilled}");
    assert!(drilled["newest_passage_age_us"].as_i64() > Some(3_000 * Micros::SECOND), "{drilled}");
    assert!(!folder.path("data.drill").exists());

    // The machine is lost: only the second place and the file of keys are left.
    std::fs::rename(folder.path("data"), folder.path("lost")).unwrap();
    let back = folder.good("restore --from second --data data --keys apart.keys --passphrase-file passphrase");
    assert!(back.contains("3 passages"), "{back}");
    let stats = folder.json("lake stats --json");
    assert_eq!(stats["all"]["rows"], 3, "{stats}");
    let log = folder.json("verify");
    assert_eq!(log["is_intact"], true, "{log}");
    folder.good("backup --to second");
}

#[tokio::test]
async fn a_house_moves_from_sqlite_to_postgresql_and_back() {
    on_empty_postgres(|url| async move {
        let folder = with_a_feed();
        folder.good("backup --to second");
        folder.good("backup keys --to apart.keys --passphrase-file passphrase");
        let there = format!("restore --from second --keys apart.keys --passphrase-file passphrase --store {url}");
        let moved = folder.good(&format!("{there} --data moved"));
        assert!(moved.contains("3 passages") && moved.contains("--store"), "{moved}");
        assert!(!folder.path("moved/shouhu.db").exists());
        assert!(folder.bad(&format!("{there} --data again")).contains("not empty"));

        let house = format!("--data moved --store {url}");
        assert_eq!(folder.json(&format!("lake stats --json {house}"))["all"]["rows"], 3);
        assert_eq!(folder.json(&format!("verify {house}"))["is_intact"], true);
        folder.good(&format!("backup --to third {house}"));
        assert_eq!(folder.json("backup list --from third --json")[0]["database"], "postgres");
        folder.good(&format!("backup keys --to later.keys --passphrase-file passphrase {house}"));
        let drilled = folder.json(&format!("drill --from third --keys-file later.keys --passphrase-file passphrase --json {house}"));
        assert!(drilled["rows"] == 3 && drilled["leaves_since"].as_u64() >= Some(1), "{drilled}");
        let since = format!("restore --from third --data back --keys later.keys --passphrase-file passphrase --since {url}");
        assert!(folder.good(&since).contains("3 passages"));
        assert_eq!(folder.json("lake stats --json --data back")["all"]["rows"], 3);
        assert_eq!(folder.json("verify --data back")["is_intact"], true);
    })
    .await;
}

#[test]
fn what_cannot_be_done_is_said_and_leaves_nothing() {
    let folder = with_a_feed();
    assert!(folder.bad("backup").contains("--to"));
    assert!(folder.bad("backup list --from nowhere").contains("mounted"));
    folder.good("backup --to second");
    folder.good("backup keys --to apart.keys --passphrase-file passphrase");
    folder.write("wrong", "five words of a town\n");
    assert!(folder.bad("restore --from second --data back --keys apart.keys --passphrase-file wrong").contains("passphrase"));
    assert!(folder.bad("restore --from second --data data --keys apart.keys --passphrase-file passphrase").contains("not empty"));
    assert!(folder.bad("restore --from second --backup 1-a --data back --keys apart.keys --passphrase-file passphrase").contains("no backup"));
    let elsewhere = folder.bad("restore --from second --data back --keys apart.keys --passphrase-file passphrase --store sqlite:x.db");
    assert!(elsewhere.contains("PostgreSQL"), "{elsewhere}");
    folder.write("short", "short\n");
    assert!(folder.bad("backup keys --to other.keys --passphrase-file short").contains("12 characters"));
    let object = std::fs::read_dir(folder.path("second/objects")).unwrap().next().unwrap().unwrap().path();
    let object = std::fs::read_dir(object).unwrap().next().unwrap().unwrap().path();
    std::fs::write(object, b"rot").unwrap();
    assert!(folder.bad("backup verify --from second").contains("damaged"));
    assert!(folder.bad("restore --from second --data back --keys apart.keys --passphrase-file passphrase").contains("damaged"));
    assert!(folder.bad("drill --from second --keys-file apart.keys --passphrase-file passphrase").contains("damaged"));
    assert!(!folder.path("back").exists() && !folder.path("other.keys").exists());
    assert!(std::process::Command::new(env!("CARGO_BIN_EXE_shouhu")).args(["backup", "--to", "x", "--data", "nowhere"]).current_dir(folder.path("")).output().is_ok_and(|o| !o.status.success()));
    assert!(!folder.path("nowhere").exists(), "a mistyped folder became a house");
}
