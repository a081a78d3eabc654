//! The agent as a process of its own, killed again and again: every picture arrives exactly once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use shouhu_edge::config::DataDir;
use shouhu_edge::stop::Stop;
use support::{Mood, Paper, Scripted, Server, drop_picture, enrolled, entry, options};

const CHILD: &str = "SHOUHU_EDGE_KILL_TEST";

/// Not a test of its own: the body of the process that the next one kills.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let folder = PathBuf::from(folder);
    let data = DataDir::new(folder.join("data"));
    let options = options(&data, &folder.join("pictures"), false, &Paper::default());
    shouhu_edge::run::run(options, Arc::new(Scripted), None, &Arc::new(Stop::default())).unwrap();
}

fn start(folder: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killed_at_any_moment_it_sends_every_picture_exactly_once() {
    let server = Server::start(Mood::LosesReceipts);
    server.wants(vec![entry(1, "CAR1?2?")]);
    let folder = tempfile::tempdir().unwrap();
    enrolled(folder.path(), &server.address);
    let pictures = folder.path().join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    let mut expected = Vec::new();
    for round in 0..8 {
        let mut agent = start(folder.path());
        for n in 0..10 {
            let (one, two) = (format!("CAR{round}A{n}"), format!("CAR{round}B{n}"));
            drop_picture(&pictures, &format!("{round}-{n}"), &format!("{one}+{two}"));
            expected.extend([one, two]);
        }
        // The moment differs from round to round, and is somewhere in the middle of the work.
        let enough = expected.len() - 20 + round * 2;
        server.until("some sightings of this round", |s| s.kept.len() > enough);
        agent.kill().unwrap();
        agent.wait().unwrap();
    }
    server.with(|s| s.mood = Mood::Fine);
    let mut agent = start(folder.path());
    server.until("everything", |s| s.kept.len() >= expected.len());
    agent.kill().unwrap();
    agent.wait().unwrap();
    expected.sort();
    assert_eq!(server.plates(), expected);
    assert!(server.with(|s| s.conflicts.is_empty()), "a sequence was given twice");
}
