//! `shouhu-edge read` as a newcomer runs it: no server, no enrolment.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn edge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shouhu-edge")).arg("read").args(arguments).output().unwrap()
}

fn data(below: &str) -> Option<String> {
    let root = std::env::var_os("SHOUHU_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), std::path::PathBuf::from);
    let path = root.join(below);
    if !path.exists() {
        eprintln!("SKIPPED: no {below}; set SHOUHU_SHARED_DATA to a folder that holds it");
        return None;
    }
    path.to_str().map(str::to_owned)
}

#[test]
fn a_photograph_gives_its_plate_as_json_and_as_a_drawing() {
    let Some(photograph) = data("plates/tw_front_a/images/tw_front_a_001.png") else { return };
    let folder = tempfile::tempdir().unwrap();
    let drawn = folder.path().join("drawn.jpg");
    let out = edge(&[&photograph, "--json", "--draw", drawn.to_str().unwrap()]);
    assert!(out.status.success(), "{out:?}");
    let found: serde_json::Value = serde_json::from_slice(out.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert!(found["plate"].as_str().is_some_and(|plate| plate.len() >= 5), "{found}");
    assert_eq!(found["corners_px"].as_array().map(Vec::len), Some(4));
    assert_eq!(found["alternatives"][0]["plate"], found["plate"]);
    assert_eq!(found["vehicle"]["plate_colour"], "white_black", "{found}");
    assert_eq!(found["series"], "car");
    assert!(std::fs::read(drawn).unwrap().starts_with(&[0xff, 0xd8]));
}

#[test]
fn what_cannot_be_read_is_named_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.jpg");
    std::fs::write(&broken, b"no picture").unwrap();
    let out = edge(&[broken.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!out.status.success() && said.contains("broken.jpg") && said.contains("neither JPEG nor PNG"), "{said}");
    let whole = edge(&[folder.path().to_str().unwrap()]);
    assert!(whole.status.success() && whole.stdout.is_empty(), "a folder goes on: {whole:?}");
    for (argument, reason) in [("/nowhere/at/all", "does not exist"), ("gopher://x/", "scheme")] {
        let said = String::from_utf8_lossy(&edge(&[argument]).stderr).into_owned();
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn a_film_whose_ffmpeg_was_killed_did_not_come_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (film, ffmpeg) = (folder.path().join("film.avi"), folder.path().join("ffmpeg-played"));
    fs::write(&film, b"played by a script").unwrap();
    fs::write(folder.path().join("frame.ppm"), [b"P6\n320 180\n255\n".as_slice(), &[0x80; 320 * 180 * 3]].concat()).unwrap();
    let read = |then: &str| {
        let here = folder.path().display();
        fs::write(&ffmpeg, format!("#!/bin/sh\ncd {here}\ncat frame.ppm frame.ppm\n{then}\n")).unwrap();
        fs::set_permissions(&ffmpeg, fs::Permissions::from_mode(0o755)).unwrap();
        edge(&[film.to_str().unwrap(), "--ffmpeg", ffmpeg.to_str().unwrap()])
    };
    let whole = read("");
    assert!(whole.status.success(), "{whole:?}");
    let killed = read("echo 'a strange picture' >&2\nkill -KILL $$");
    let said = String::from_utf8_lossy(&killed.stderr).into_owned();
    assert!(said.contains("ffmpeg crashed or was ended after 2 frames; its last words: a strange picture"), "{said}");
    assert_eq!(killed.status.code(), Some(1));
}
