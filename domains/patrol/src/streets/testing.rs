//! A town of straight streets for this room's tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use shouhu_ids::{BoxId, Micros};
use shouhu_module::ports::{Driven, DrivenTrack, RoadKind, RoadPiece, RoadSheet, TrackFix};
use shouhu_place::Wgs84;

use crate::model::{BoxState, PatrolBox};
use crate::store::Kept;

/// A full hour.
pub const NOON: Micros = Micros(1_800_000_000_000_000);

/// A fix on this piece breaks the matching.
pub const BREAKS: u32 = 666;

/// Streets of some hundred metres in rows, from west to east: the first of each row is a through road, the others are lanes.
pub struct Grid {
    lines: Vec<[Wgs84; 2]>,
    across: u32,
    pub version: i64,
}

impl Grid {
    pub fn new(across: u32, rows: u32) -> Self {
        let corner = |x: u32, y: u32| Wgs84::new(120.2 + 0.002 * f64::from(x), 23.0 + 0.002 * f64::from(y)).unwrap();
        let lines = (0..rows).flat_map(|y| (0..across).map(move |x| [corner(x, y), corner(x + 1, y)])).collect();
        Self { lines, across, version: 1 }
    }
}

impl RoadSheet for Grid {
    fn version(&self) -> i64 {
        self.version
    }

    fn pieces(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap()
    }

    fn piece(&self, number: u32) -> Option<RoadPiece<'_>> {
        let line = self.lines.get(usize::try_from(number).ok()?)?;
        let [from, to] = line;
        let kind = if number.is_multiple_of(self.across) { RoadKind::Through } else { RoadKind::Local };
        let name = if kind == RoadKind::Through { "中正路" } else { "" };
        Some(RoadPiece { name, kind, length_m: from.distance_m(*to), is_one_way: false, line })
    }

    /// Each fix lies on the piece whose number is its accuracy, and drives all of it.
    fn driven(&self, fixes: &[TrackFix]) -> DrivenTrack {
        assert!(fixes.iter().all(|fix| fix.accuracy_m != Some(f64::from(BREAKS))), "a track that no map should break on");
        let on = |fix: &TrackFix| {
            let piece = (0..self.pieces()).find(|number| fix.accuracy_m == Some(f64::from(*number)))?;
            let metres = self.piece(piece)?.length_m;
            Some(Driven { piece, is_forward: true, metres, at: fix.at })
        };
        let driven: Vec<_> = fixes.iter().filter_map(on).collect();
        DrivenTrack { weighed: fixes.len(), matched: driven.len(), driven }
    }
}

pub fn boxed(number: &str, beat: &str, lon: f64, lat: f64) -> Kept {
    let shown = PatrolBox {
        id: BoxId::new(Micros(1), [1; 16]),
        number: number.into(),
        name: number.into(),
        station: "永康派出所".into(),
        beat: beat.into(),
        note: String::new(),
        position: Wgs84::new(lon, lat).unwrap(),
        every_h: 24,
        is_active: true,
        carries: vec![],
        last_check_in_at_us: None,
        state: BoxState::Never,
    };
    Kept { shown, code_version: 1, has_device: false, tag_uid: None, created_at: Micros(0) }
}
