//! `shouhu lake`, as it is typed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use shouhu_env::Env;
use shouhu_ids::Micros;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shouhu"));
        command.env("SHOUHU_DATA", self.path("data")).env_remove("SHOUHU_STORE").env_remove("SHOUHU_LAKE").current_dir(self.0.path());
        command
    }

    fn lake(&self, args: &[&str]) -> Output {
        self.command().arg("lake").args(args).output().unwrap()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(output)))
}

/// Two gantries; the first passage an hour ago.
fn with_a_feed() -> Folder {
    let folder = Folder::new();
    let mapping = folder.write("mapping.json", r##"{ "plate": "車牌", "time": "時間", "site": "門架" }"##);
    let sites = folder.write("sites.csv", "code,name,lon,lat\n01F3286N,永康北,120.24,23.03\n01F3296S,永康南,120.25,23.02\n");
    let second = Env::real().now().0 / Micros::SECOND - 3_600;
    let day = folder.write("day.csv", &format!("車牌,時間,門架\nABC-1234,{second},01F3286N\nABC-1234,{},01F3296S\nXY-9999,{second},01F3286N\n", second + 60));
    let feed = folder.lake(&["feed", "--feed", "freeway-1", "--class", "gantry", "--title", "國道一號", "--mapping", &mapping, "--sites", &sites, &day]);
    assert!(feed.status.success(), "{}", said(&feed));
    assert!(said(&feed).contains("3 rows, 3 passages accepted (0 late), 0 duplicates, 0 refused"), "{}", said(&feed));
    folder
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_feeds_file_is_taken_in_counted_asked_for_and_exported() {
    let folder = with_a_feed();
    let stats = json(&folder.lake(&["stats", "--json"]));
    assert_eq!((&stats["all"]["rows"], &stats["by_class"]["gantry"]["rows"]), (&3.into(), &3.into()), "{stats}");

    let history = json(&folder.lake(&["ask", "history", "abc-1234", "--last", "2h", "--purpose", "investigation", "--case", "115-偵-7", "--json"]));
    let places: Vec<&str> = history["items"].as_array().unwrap().iter().map(|item| item["place_name"].as_str().unwrap()).collect();
    assert_eq!(places, ["永康南", "永康北"]);
    let table = folder.lake(&["ask", "--purpose", "patrol", "trajectory", "ABC-1234", "--last", "1d"]);
    assert!(table.status.success() && said(&table).contains("永康北") && said(&table).contains("are not included"), "{}", said(&table));
    let counts = json(&folder.lake(&["ask", "counts", "--last", "3h", "--until", "2099-01-01", "--json"]));
    assert!(counts["items"].is_array(), "{counts}");

    let refused = folder.lake(&["ask", "history", "ABC-1234"]);
    assert!(!refused.status.success() && said(&refused).contains("--purpose"), "{}", said(&refused));
    let without_case = folder.lake(&["ask", "history", "ABC-1234", "--purpose", "investigation"]);
    assert!(!without_case.status.success() && said(&without_case).contains("--case"), "{}", said(&without_case));

    let out = folder.path("out.csv").display().to_string();
    let exported = folder.lake(&["export", "history", "ABC-1234", "--last", "1d", "--purpose", "patrol", "--out", &out]);
    assert!(exported.status.success(), "{}", said(&exported));
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.starts_with('\u{feff}') && text.lines().count() == 3, "{text}");
    let again = folder.lake(&["export", "history", "ABC-1234", "--purpose", "patrol", "--out", &out]);
    assert!(!again.status.success(), "a file that is there is not overwritten");

    let log = json(&folder.command().arg("verify").output().unwrap());
    assert!(log["is_intact"] == Value::Bool(true) && log["leaves"].as_i64() >= Some(6), "{log}");
}

#[test]
fn a_flipped_byte_a_missing_file_and_a_stray_one_are_named() {
    let folder = with_a_feed();
    let whole = folder.lake(&["verify"]);
    assert!(whole.status.success() && said(&whole).contains(" 0 damaged"), "{}", said(&whole));
    let file = files_below(&folder.path("data/lake")).into_iter().find(|path| path.to_string_lossy().contains("by_plate/")).unwrap();
    let stray = file.with_file_name("0000000000000001.parquet");
    std::fs::write(&stray, b"stray").unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let damaged = folder.lake(&["verify", "--json"]);
    assert_eq!(damaged.status.code(), Some(1), "{}", said(&damaged));
    let verdict: Value = serde_json::from_slice(&damaged.stdout).unwrap();
    assert!(verdict["damaged"][0]["reason"].as_str().unwrap().contains("by_plate"), "{verdict}");
    assert!(verdict["unnamed"].as_array().unwrap().iter().any(|name| name.as_str().unwrap().ends_with("0000000000000001.parquet")), "{verdict}");
    std::fs::remove_file(&file).unwrap();
    let gone = folder.lake(&["verify"]);
    assert!(gone.status.code() == Some(1) && said(&gone).contains("does not exist"), "{}", said(&gone));
}

#[test]
fn a_file_with_bad_rows_says_which_and_keeps_the_others() {
    let folder = with_a_feed();
    let second = Env::real().now().0 / Micros::SECOND - 60;
    let bad = folder.write("bad.csv", &format!("時間;車牌;門架\n{second};ABC-1111;01F3286N\nnoon;ABC-1111;01F3286N\n{second};ABC-1111;99X\n"));
    let dry = folder.lake(&["feed", "--feed", "freeway-1", "--dry-run", &bad]);
    assert!(said(&dry).contains("1 passages would be accepted"), "{}", said(&dry));
    let taken = folder.lake(&["feed", "--feed", "freeway-1", &bad]);
    assert_eq!(taken.status.code(), Some(2), "{}", said(&taken));
    for part in ["1 passages accepted", "line 3, 時間", "line 4, 門架", "[sightings.feed.row.site_unknown]"] {
        assert!(said(&taken).contains(part), "{part}: {}", said(&taken));
    }
    let again = folder.lake(&["feed", "--feed", "freeway-1", &bad]);
    assert!(said(&again).contains("0 passages accepted (0 late), 1 duplicates"), "{}", said(&again));
    let unknown = folder.lake(&["feed", "--feed", "nobody", &bad]);
    assert!(!unknown.status.success() && said(&unknown).contains("--mapping"), "{}", said(&unknown));
}

#[test]
fn beside_a_running_server_questions_are_answered_and_files_are_dropped() {
    let folder = with_a_feed();
    let mut server = folder.command().args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let ready = lines.by_ref().map(Result::unwrap).find(|line| line.contains("ready"));
    assert!(ready.is_some(), "the server says when it is ready");
    let drain = std::thread::spawn(move || lines.for_each(drop));
    let history = json(&folder.lake(&["ask", "history", "ABC-1234", "--purpose", "patrol", "--json"]));
    assert_eq!(history["items"].as_array().map(Vec::len), Some(2));
    assert!(folder.lake(&["verify"]).status.success());
    let day = folder.path("day.csv").display().to_string();
    let dropped = folder.lake(&["feed", "--feed", "freeway-1", "--wait-s", "0", &day]);
    assert!(dropped.status.success() && said(&dropped).contains("a server runs"), "{}", said(&dropped));
    server.kill().unwrap();
    server.wait().unwrap();
    drain.join().unwrap();
}

#[test]
fn the_help_names_every_question() {
    let help = Command::new(env!("CARGO_BIN_EXE_shouhu")).args(["lake", "ask", "--help"]).output().unwrap();
    for question in ["history", "plates", "cameras", "area", "trajectory", "convoy", "meetings", "passed", "seen", "counts", "--case", "--purpose"] {
        assert!(said(&help).contains(question), "{question}");
    }
}

/// The index files of the lake's segments.
fn indexes(folder: &Folder) -> Vec<PathBuf> {
    files_below(&folder.path("data")).into_iter().filter(|path| path.components().any(|part| part.as_os_str() == "index")).collect()
}

#[test]
fn a_lost_index_is_named_and_made_again_and_the_answers_are_those_of_before() {
    let folder = with_a_feed();
    let history = || json(&folder.lake(&["ask", "history", "ABC-1234", "--last", "2h", "--purpose", "investigation", "--case", "115-偵-7", "--json"]));
    let before = history();
    assert_eq!(before["items"].as_array().unwrap().len(), 2, "{before}");
    for index in indexes(&folder) {
        std::fs::remove_file(index).unwrap();
    }
    let verdict = folder.lake(&["verify"]);
    assert!(!verdict.status.success() && said(&verdict).contains("does not exist"), "{}", said(&verdict));
    let looked = folder.lake(&["mend", "--dry-run"]);
    assert!(!looked.status.success() && said(&looked).contains("1 of 1 segments are damaged"), "{}", said(&looked));
    let mended = folder.lake(&["mend"]);
    assert!(mended.status.success() && said(&mended).contains("written anew"), "{}", said(&mended));
    assert_eq!(indexes(&folder).len(), 1);
    assert!(folder.lake(&["verify"]).status.success());
    assert_eq!(history()["items"], before["items"]);
}

#[test]
fn theft_zones_are_counted_from_a_list_of_stolen_vehicles() {
    let folder = with_a_feed();
    // Stolen half an hour after it was seen last: it disappears where it was seen, and never turns up.
    let stolen = Env::real().now().0 / Micros::SECOND - 1_800;
    let list = folder.write("stolen.csv", &format!("plate,stolen\nABC-1234,{stolen}\n"));
    let asked = ["ask", "zones", "--vehicles", &list, "--look-days", "1", "--purpose", "investigation", "--case", "115-偵-7", "--json"];
    let zones = json(&folder.lake(&asked));
    let zones = zones["items"].as_array().unwrap();
    assert_eq!((zones.len(), &zones[0]["last_seen_before"], &zones[0]["first_seen_after"]), (1, &1.into(), &0.into()), "{zones:?}");
}

#[test]
fn what_to_do_about_a_damaged_log_is_an_operators_word() {
    let folder = Folder::new();
    let wrong = folder.command().args(["lake", "--lake-log-damage", "perhaps", "stats"]).output().unwrap();
    assert!(!wrong.status.success() && said(&wrong).contains("neither refuse nor set-aside"), "{}", said(&wrong));
    let right = folder.command().args(["lake", "--lake-log-damage=set-aside", "stats"]).output().unwrap();
    assert!(right.status.success(), "{}", said(&right));
}
