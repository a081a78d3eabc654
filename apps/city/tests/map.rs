//! The map command's file is what the server imports.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use shouhu_roads::RoadNetwork;

#[test]
fn the_map_command_writes_a_network_that_can_be_read_and_is_the_same_each_time() {
    let folder = std::env::temp_dir().join(format!("shouhu-city-map-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str| {
        let out = folder.join(name);
        let status = Command::new(env!("CARGO_BIN_EXE_shouhu-city"))
            .args(["map", "--seed", "7", "--size", "town", "--out"])
            .arg(&out)
            .status()
            .unwrap();
        assert!(status.success());
        std::fs::read(out).unwrap()
    };
    let (one, two) = (write("one"), write("two"));
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(one, two);
    assert!(RoadNetwork::from_bytes(&one).unwrap().edges().len() > 100);
}

#[test]
fn rubbish_arguments_are_refused_with_a_hint() {
    let output = Command::new(env!("CARGO_BIN_EXE_shouhu-city")).args(["--calls", "many"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--calls"));
}
