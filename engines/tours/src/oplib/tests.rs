//! Files as they are, files as they should not be, and noise.

use proptest::prelude::*;

use super::{OplibError, read, read_reference};

const SQUARE: &str = "NAME : square
TYPE : OP
DIMENSION: 4
COST_LIMIT : 40
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 1e1 0
3 10 -1
4 0 10
NODE_SCORE_SECTION
1 0
2 5
3 6
4 7
DEPOT_SECTION
1
-1
EOF
";

#[test]
fn a_file_gives_its_instance_with_nodes_from_zero() {
    let file = read(SQUARE).expect("a sound file");
    assert_eq!(file.name, "square");
    assert_eq!(file.instance.prizes(), &[0, 5, 6, 7]);
    assert_eq!(file.instance.limit(), 40);
    assert_eq!(file.instance.costs().between(1, 2), 1);
    assert_eq!((file.instance.start(), file.instance.end()), (0, 0));
}

#[test]
fn every_triangle_gives_the_same_table() {
    let full = [[0, 3, 5], [3, 0, 7], [5, 7, 0]];
    let shapes: [(&str, &str); 9] = [
        ("FULL_MATRIX", "0 3 5 3 0 7 5 7 0"),
        ("UPPER_ROW", "3 5 7"),
        ("LOWER_ROW", "3 5 7"),
        ("UPPER_DIAG_ROW", "0 3 5 0 7 0"),
        ("LOWER_DIAG_ROW", "0 3 0 5 7 0"),
        ("UPPER_COL", "3 5 7"),
        ("LOWER_COL", "3 5 7"),
        ("UPPER_DIAG_COL", "0 3 0 5 7 0"),
        ("LOWER_DIAG_COL", "0 3 5 0 7 0"),
    ];
    for (format, weights) in shapes {
        let text = format!(
            "DIMENSION : 3\nCOST_LIMIT : 9\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : {format}\nEDGE_WEIGHT_SECTION\n{weights}\n\
             NODE_SCORE_SECTION\n1 1\n2 1\n3 1\nDEPOT_SECTION\n1\n-1\nEOF"
        );
        let instance = read(&text).unwrap_or_else(|error| panic!("{format}: {error}")).instance;
        for (from, row) in (0..).zip(full) {
            for (to, cost) in (0..).zip(row) {
                assert_eq!(instance.costs().between(from, to), cost, "{format} {from} {to}");
            }
        }
    }
}

fn refused(text: &str) -> OplibError {
    read(text).map(|file| file.name).expect_err("a file that is not sound")
}

#[test]
fn each_fault_has_its_error() {
    assert_eq!(refused(""), OplibError::Missing { keyword: "DIMENSION" });
    assert_eq!(refused(&SQUARE.replace("DIMENSION: 4", "DIMENSION: 99999")), OplibError::Dimension { nodes: 99_999 });
    assert_eq!(
        refused(&SQUARE.replace("DIMENSION: 4", "DIMENSION: 5")).to_string(),
        "NODE_COORD_SECTION has 12 numbers and needs 15"
    );
    assert_eq!(
        refused(&SQUARE.replace("3 10 -1", "3 ten -1")).to_string(),
        "line 9: \"ten\" is not a number as NODE_COORD_SECTION has"
    );
    assert_eq!(refused(&SQUARE.replace("3 10 -1", "9 10 -1")), OplibError::Node { line: 9, node: 9, nodes: 4 });
    assert_eq!(
        refused(&SQUARE.replace("DEPOT_SECTION\n1", "DEPOT_SECTION\n0")),
        OplibError::Node { line: 17, node: 0, nodes: 4 }
    );
    assert_eq!(
        refused(&SQUARE.replace("COST_LIMIT : 40", "COST_LIMIT : forty")).to_string(),
        "line 4: \"forty\" is not a number as COST_LIMIT has"
    );
    assert!(matches!(refused(&SQUARE.replace("EUC_2D", "XRAY1")), OplibError::Unknown { keyword: "EDGE_WEIGHT_TYPE", .. }));
    assert!(matches!(refused(&SQUARE.replace("TYPE : OP\n", "hello\n")), OplibError::Line { line: 2, .. }));
    assert_eq!(refused(&SQUARE.replace("3 10 -1", "2 10 -1")).to_string(), "NODE_COORD_SECTION has 9 numbers and needs 12");
}

#[test]
fn a_reference_gives_its_sequence_and_sums() {
    let text = "NAME : x\nDIMENSION : 4\nROUTE_SCORE : 12\nROUTE_COST : 21\nNODE_SEQUENCE_SECTION\n1\n3\n2\n-1\nDEPOT_SECTION\n1\n-1\nEOF";
    let reference = read_reference(text).expect("a sound file");
    assert_eq!((reference.nodes, reference.score, reference.cost), (vec![0, 2, 1], 12, 21));
}

#[test]
fn the_published_folder_reads_and_its_references_hold() {
    let beside = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let shared = std::env::var_os("SHOUHU_SHARED_DATA").map_or_else(beside, std::path::PathBuf::from);
    let folder = shared.join("bench/orienteering");
    let Ok(entries) = std::fs::read_dir(folder.join("instances_gen1")) else {
        eprintln!("skipped: ../shared/data/bench/orienteering is not there");
        return;
    };
    for path in
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "oplib"))
    {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let instance = read(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).instance;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let reference =
            std::fs::read_to_string(folder.join(format!("solutions_gen1/{name}.sol"))).expect("a reference beside it");
        let reference = read_reference(&reference).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut walk = reference.nodes;
        walk.push(instance.end());
        let judged = instance.judge(&walk).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((judged.prize, judged.cost), (reference.score, reference.cost), "{name}");
    }
}

proptest! {
    #[test]
    fn noise_never_panics(text in "\\PC*") {
        let _ = read(&text);
        let _ = read_reference(&text);
    }

    /// A sound file with some of its lines swapped for others of its own, dropped, or cut short.
    #[test]
    fn a_mangled_file_never_panics(edits in proptest::collection::vec((0usize..20, 0usize..20, 0usize..4, 0usize..12), 1..6)) {
        let mut lines: Vec<String> = SQUARE.lines().map(str::to_owned).collect();
        for (at, other, what, cut) in edits {
            let (at, other) = (at % lines.len().max(1), other % lines.len().max(1));
            match (what, lines.len()) {
                (_, 0) => break,
                (0, _) => drop(lines.remove(at)),
                (1, _) => lines.swap(at, other),
                (2, _) => lines[at] = lines[at].chars().take(cut).collect(),
                _ => lines[at] = format!("{}{}", lines[other], "9".repeat(cut * 3)),
            }
        }
        let _ = read(&lines.join("\n"));
    }
}
