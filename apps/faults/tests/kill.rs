//! The shortest form of `e2e/faults/lake.py`: one writer, killed thrice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_shouhu-faults");
/// Acknowledgements after which the writer dies.
const ACKS: [usize; 3] = [40, 300, 900];

/// Last acknowledged sequence of each device.
fn write_until_killed(folder: &Path, acks: usize, acknowledged: &mut BTreeMap<String, u64>) {
    let mut writer = Command::new(PROGRAM).arg("write").arg(folder).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    for line in lines.take(acks) {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let last: u64 = words[3].parse().unwrap();
        let known = acknowledged.entry(words[1].to_owned()).or_default();
        *known = last.max(*known);
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
}

#[test]
fn a_killed_lake_has_every_acknowledged_passage_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    for acks in ACKS {
        write_until_killed(folder.path(), acks, &mut acknowledged);
        let checked = Command::new(PROGRAM).arg("check").arg(folder.path()).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let report: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
        assert_eq!((&report["doubled"], &report["wrong"]), (&0.into(), &0.into()));
        assert_eq!(report["damaged"], serde_json::json!([]));
        for (device, last) in &acknowledged {
            // A device's numbers begin at 0 and have no gap.
            let ranges = report["devices"][device].as_array().unwrap();
            assert_eq!(ranges.len(), 1, "device {device}: {ranges:?}");
            assert!(ranges[0][0] == 0 && ranges[0][1].as_u64().unwrap() >= *last, "device {device} lost what came after {ranges:?}");
        }
    }
    assert_eq!(acknowledged.len(), 4);
}
