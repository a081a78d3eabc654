//! What whoever reads the log sees of looks at what is sealed: that somebody looked, when, for which purpose and with what outcome.
//!
//! The entry itself stays whole: its leaf was made of it, and a court can have it shown.

use shouhu_audit::Entry;
use shouhu_ids::SightingId;
use shouhu_lakehouse::lake::PlateCode;
use shouhu_store::Veil;

/// Stands for an object that is not shown. The whole of it goes: beside a plate stand the ids of its passages and hits.
pub const SEALED: &str = "▇▇▇";

pub fn blot(veil: &Veil, entry: &mut Entry) {
    let is_of_case = entry.case_ref.as_deref().is_some_and(|case| veil.is_named_in(case));
    if is_of_case {
        entry.case_ref = Some(SEALED.to_owned());
    }
    if is_of_case || veil.is_named_in(&entry.object) || names_passage(veil, &entry.object) {
        entry.object = SEALED.to_owned();
    }
}

/// The id of a passage says of which plate it is, to whoever has the plate.
fn names_passage(veil: &Veil, text: &str) -> bool {
    let hashes: Vec<u64> = veil
        .plates()
        .filter_map(|(plate, _)| PlateCode::from_bytes(plate.as_str().as_bytes()))
        .map(|code| SightingId::hash_of(code.0))
        .collect();
    let words = text.split(|ch: char| !ch.is_ascii_hexdigit() && ch != '-');
    words.filter_map(|word| word.parse::<SightingId>().ok()?.parts()).any(|parts| hashes.contains(&parts.plate_hash))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use shouhu_ids::{Micros, SealId};
    use shouhu_plate::Plate;
    use shouhu_store::{Eyes, Seal, Seals};

    use super::*;

    #[test]
    fn an_object_that_names_a_sealed_plate_its_case_or_one_of_its_passages_is_not_shown() {
        let seals = Seals::default();
        let plates = vec![Plate::parse("QWE-7319").unwrap()];
        let seal = Seal {
            id: SealId::new(Micros(1), [1; 16]),
            case_ref: "115-密-77".into(),
            plates,
            members: BTreeSet::new(),
            since: Micros(0),
            ends_at: Micros(10),
        };
        seals.put(vec![seal]);
        let veil = seals.veil(Eyes::Nobody, || Micros(5)).unwrap();
        let id = |plate: &[u8]| SightingId::of(3, 77, PlateCode::from_bytes(plate).unwrap().0);
        let shown = |object: String, case: &str| {
            let mut entry = Entry {
                at_us: Micros(1),
                actor: "a".into(),
                actor_name: "b".into(),
                action: "GET /v1/sightings".into(),
                class: "personal_read".into(),
                purpose: Some("investigation".into()),
                case_ref: Some(case.into()),
                object,
                outcome: 200,
            };
            blot(&veil, &mut entry);
            (entry.object, entry.case_ref.unwrap())
        };
        let sealed = || SEALED.to_owned();
        assert_eq!(shown("hit 1 QWE7319".into(), "115-8"), (sealed(), "115-8".into()));
        assert_eq!(shown(format!("crop of sighting {}", id(b"QWE7319")), "115-8"), (sealed(), "115-8".into()));
        assert_eq!(shown("ABC-1234".into(), "115-密-77 (unlinked)"), (sealed(), sealed()));
        let other = format!("crop of sighting {}", id(b"QWE7391"));
        assert_eq!(shown(other.clone(), "115-8"), (other, "115-8".into()));
    }
}
