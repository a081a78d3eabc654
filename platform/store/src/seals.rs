//! Sealed cases 封存案件: which plates and case numbers only their members may see, from memory.
//!
//! It lies beside the database because every room reads through a [`crate::Store`], and a seal that each handler must remember is none
//! (`docs/adr/0020-sealed-cases.md`).
//!
//! **Invariant:** who looks is told to this floor around the work ([`Eyes::look`]); where nobody has said so, nobody looks, and everything
//! sealed is hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use shouhu_ids::{ActorId, Micros, SealId};
use shouhu_plate::Plate;

tokio::task_local! {
    static EYES: Eyes;
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// The house itself: matching, retention, reactions. What it finds must go to nobody without being asked for again.
    House,
    Person(ActorId),
    /// Strangers, devices, partners, and whoever has not said.
    Nobody,
}

impl Eyes {
    /// Does the work as seen by these eyes. Tasks that it spawns see nothing sealed. Which rows the force's rules leave them is said inside of it
    /// ([`crate::Sight::look`]); the house sees all.
    pub async fn look<F: Future>(self, work: F) -> F::Output {
        let sight = (self == Self::House).then(crate::Sight::whole);
        EYES.scope(self, crate::rows::SIGHT.scope(sight, work)).await
    }

    #[must_use]
    pub fn now() -> Self {
        EYES.try_with(|eyes| *eyes).unwrap_or(Self::Nobody)
    }
}

/// A seal in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    pub id: SealId,
    pub case_ref: String,
    pub plates: Vec<Plate>,
    pub members: BTreeSet<ActorId>,
    pub since: Micros,
    pub ends_at: Micros,
}

/// Every seal in force. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Seals(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_any: AtomicBool,
    seals: RwLock<Arc<[Seal]>>,
}

impl Seals {
    /// Replaces all of them.
    pub fn put(&self, seals: Vec<Seal>) {
        let is_any = !seals.is_empty();
        *self.0.seals.write().unwrap_or_else(PoisonError::into_inner) = seals.into();
        self.0.is_any.store(is_any, Ordering::Release);
    }

    /// What these eyes may not see. A plate under two seals is seen by the members of either; a case number by its own members.
    #[must_use]
    pub fn veil(&self, eyes: Eyes, now: impl FnOnce() -> Micros) -> Option<Veil> {
        if !self.0.is_any.load(Ordering::Acquire) || eyes == Eyes::House {
            return None;
        }
        let seals = Arc::clone(&self.0.seals.read().unwrap_or_else(PoisonError::into_inner));
        let now = now();
        let is_member = |seal: &&Seal| matches!(eyes, Eyes::Person(person) if seal.members.contains(&person));
        let in_force = || seals.iter().filter(|seal| seal.ends_at > now);
        let seen: BTreeSet<&Plate> = in_force().filter(is_member).flat_map(|seal| &seal.plates).collect();
        let mut hidden = Hidden::default();
        for seal in in_force().filter(|seal| !is_member(seal)) {
            hidden.newest_since = hidden.newest_since.max(Some(seal.since));
            let of_seal = || Veiled { since: seal.since, members: seal.members.clone() };
            hidden.cases.entry(folded(&seal.case_ref)).and_modify(|veiled| veiled.join(seal)).or_insert_with(of_seal);
            for plate in seal.plates.iter().filter(|plate| !seen.contains(plate)) {
                hidden.plates.entry(plate.clone()).and_modify(|veiled| veiled.join(seal)).or_insert_with(of_seal);
            }
        }
        (!hidden.cases.is_empty()).then(|| Veil(Arc::new(hidden)))
    }

    /// Whether anybody's seal is on the plate, whoever looks.
    #[must_use]
    pub fn is_sealed(&self, plate: &Plate, now: Micros) -> bool {
        self.veil(Eyes::Nobody, || now).is_some_and(|veil| veil.hides(plate))
    }
}

/// A hidden plate or case number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Veiled {
    /// When the first seal on it came into force.
    pub since: Micros,
    /// Who may see it.
    pub members: BTreeSet<ActorId>,
}

impl Veiled {
    fn join(&mut self, seal: &Seal) {
        self.since = self.since.min(seal.since);
        self.members.extend(&seal.members);
    }

    /// What outsiders write about a plate while it is sealed is theirs: it would be there, too, if the plate had never passed.
    fn hides(&self, by: ActorId, at: Micros) -> bool {
        at < self.since || self.members.contains(&by)
    }
}

#[derive(Debug, Default)]
struct Hidden {
    plates: BTreeMap<Plate, Veiled>,
    /// [`folded`].
    cases: BTreeMap<String, Veiled>,
    newest_since: Option<Micros>,
}

/// What somebody may not see. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Veil(Arc<Hidden>);

impl Veil {
    #[must_use]
    pub fn hides(&self, plate: &Plate) -> bool {
        self.0.plates.contains_key(plate)
    }

    /// A plate as somebody wrote it; text that is no plate is not hidden.
    #[must_use]
    pub fn hides_text(&self, plate: &str) -> bool {
        Plate::parse(plate).is_ok_and(|plate| self.hides(&plate))
    }

    #[must_use]
    pub fn hides_case(&self, case_ref: &str) -> bool {
        self.0.cases.contains_key(&folded(case_ref))
    }

    /// Whether something that somebody wrote down about plates and a case is hidden: what members wrote, and what was there before the seal.
    #[must_use]
    pub fn hides_note<'a>(&self, plates: impl IntoIterator<Item = &'a str>, case_ref: &str, by: ActorId, at: Micros) -> bool {
        let of_plate = |plate: &str| Plate::parse(plate).ok().and_then(|plate| self.0.plates.get(&plate));
        let veiled = plates.into_iter().filter_map(of_plate).chain(self.0.cases.get(&folded(case_ref)));
        veiled.into_iter().any(|veiled| veiled.hides(by, at))
    }

    pub fn plates(&self) -> impl Iterator<Item = (&Plate, &Veiled)> {
        self.0.plates.iter()
    }

    /// When the newest of the seals came into force: what was put together before may hold what is hidden now.
    #[must_use]
    pub fn newest_since(&self) -> Micros {
        self.0.newest_since.unwrap_or(Micros(i64::MAX))
    }

    /// ` AND column NOT IN (…)` for a column with plates as [`Plate`] writes them: letters and digits alone, which need no quoting.
    #[must_use]
    pub fn and_not_in(&self, column: &str) -> String {
        if self.0.plates.is_empty() {
            return String::new();
        }
        format!(" AND {column} NOT IN ({})", self.literals())
    }

    /// `'ABC1234', 'XYZ9999'`.
    #[must_use]
    pub fn literals(&self) -> String {
        self.0.plates.keys().map(|plate| format!("'{}'", plate.as_str())).collect::<Vec<_>>().join(", ")
    }

    /// Whether a text names what is hidden, however it is written.
    #[must_use]
    pub fn is_named_in(&self, text: &str) -> bool {
        !self.places_in(text).is_empty()
    }

    /// The text with everything hidden blotted out, except what was asked for by name; `None` when there is nothing to blot out. What was
    /// asked is looked for only when there is.
    #[must_use]
    pub fn blotted<'a>(&self, text: &str, asked: impl FnOnce() -> &'a Named) -> Option<String> {
        let named = self.places_in(text);
        if named.is_empty() {
            return None;
        }
        let asked = asked();
        let places: Vec<_> = named.into_iter().filter(|(word, _)| !asked.0.contains(*word)).map(|(_, place)| place).collect();
        if places.is_empty() {
            return None;
        }
        let blot = |(at, ch): (usize, char)| if ch.is_alphanumeric() && places.iter().any(|place| place.contains(&at)) { BLOT } else { ch };
        Some(text.char_indices().map(blot).collect())
    }

    fn places_in(&self, text: &str) -> Vec<(&str, Range<usize>)> {
        let kept: Vec<(usize, char)> = text.char_indices().filter_map(|(at, ch)| Some((at, kept(ch)?))).collect();
        let plain: String = kept.iter().map(|(_, ch)| *ch).collect();
        let words = self.0.plates.keys().map(Plate::as_str).chain(self.0.cases.keys().map(String::as_str));
        let mut places = Vec::new();
        for word in words.filter(|word| !word.is_empty()) {
            for (at, found) in plain.match_indices(word) {
                let first = plain.get(..at).map_or(0, |before| before.chars().count());
                let last = first + found.chars().count() - 1;
                let (Some((from, _)), Some((until, _))) = (kept.get(first), kept.get(last)) else { continue };
                // `AB12` is not in `AB123`.
                let is_whole = !text.get(..*from).and_then(|t| t.chars().next_back()).is_some_and(|ch| ch.is_ascii_alphanumeric())
                    && !text.get(*until..).and_then(|t| t.chars().nth(1)).is_some_and(|ch| ch.is_ascii_alphanumeric());
                if is_whole {
                    places.push((word, *from..*until + 1));
                }
            }
        }
        places
    }
}

/// What a request names, comparable.
#[derive(Debug, Default)]
pub struct Named(String);

impl Named {
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(folded(text))
    }
}

/// Stands for what is not shown.
const BLOT: char = '▇';

/// Upper case and narrow; blanks and hyphens go, since people write them as they like.
fn kept(ch: char) -> Option<char> {
    let narrow = match ch {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(ch) - 0xfee0).unwrap_or(ch),
        other => other,
    };
    let is_between = narrow.is_whitespace() || matches!(narrow, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '.' | '\u{b7}' | '_' | '~' | '%' | '+');
    (!is_between).then(|| narrow.to_ascii_uppercase())
}

fn folded(text: &str) -> String {
    text.chars().filter_map(kept).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const NOW: Micros = Micros(20_000 * Micros::DAY);

    fn actor(number: u8) -> ActorId {
        ActorId::new(NOW, [number; 16])
    }

    fn seal(number: u8, case: &str, plates: &[&str], member: u8) -> Seal {
        Seal {
            id: SealId::new(NOW, [number; 16]),
            case_ref: case.into(),
            plates: plates.iter().map(|plate| Plate::parse(plate).unwrap()).collect(),
            members: BTreeSet::from([actor(member)]),
            since: NOW,
            ends_at: NOW.plus(Micros::DAY),
        }
    }

    fn veil(seals: &Seals, eyes: Eyes) -> Option<Veil> {
        seals.veil(eyes, || NOW)
    }

    #[test]
    fn sealed_plates_are_hidden_from_all_but_members_and_the_house_and_only_while_the_seal_lasts() {
        let seals = Seals::default();
        assert!(veil(&seals, Eyes::Nobody).is_none());
        seals.put(vec![seal(1, "115-密-1", &["ABC-1234"], 1), seal(2, "115-密-2", &["ABC-1234", "XYZ-9999"], 2)]);
        let plate = |text: &str| Plate::parse(text).unwrap();
        let nobody = veil(&seals, Eyes::Nobody).unwrap();
        assert!(nobody.hides(&plate("ABC-1234")) && nobody.hides(&plate("XYZ-9999")) && !nobody.hides(&plate("ABC-1235")));
        assert!(nobody.hides_case("１１５－密－１") && nobody.hides_text("xyz 9999") && !nobody.hides_text("車"));
        let first = veil(&seals, Eyes::Person(actor(1))).unwrap();
        assert!(!first.hides(&plate("ABC-1234")) && first.hides(&plate("XYZ-9999")), "a plate of two seals is seen by the members of either");
        assert!(!first.hides_case("115-密-1") && first.hides_case("115-密-2"));
        assert!(veil(&seals, Eyes::House).is_none());
        assert!(seals.veil(Eyes::Nobody, || NOW.plus(Micros::DAY)).is_none(), "a seal ends by itself");
        seals.put(Vec::new());
        assert!(veil(&seals, Eyes::Nobody).is_none());
    }

    #[test]
    fn words_are_blotted_however_they_are_written_and_nothing_else_is() {
        let seals = Seals::default();
        seals.put(vec![seal(1, "115-密-1", &["ABC-1234"], 1)]);
        let veil = veil(&seals, Eyes::Nobody).unwrap();
        let nothing = Named::default();
        let blotted = |text: &str| veil.blotted(text, || &nothing).unwrap_or_else(|| text.to_owned());
        assert_eq!(blotted("seen abc 1234, case 115 - 密 - 1."), "seen ▇▇▇ ▇▇▇▇, case ▇▇▇ - ▇ - ▇.");
        assert_eq!(blotted("ＡＢＣ－１２３４"), "▇▇▇－▇▇▇▇");
        for other in ["ABC-12345", "XABC-1234", "115-密-12", "ABC,1234", ""] {
            assert_eq!(blotted(other), other);
        }
        let asked = Named::of("/v1/sightings?plate=ABC1234");
        assert_eq!(veil.blotted("plate ABC-1234 is unknown", || &asked), None, "what was asked is said");
        let both = veil.blotted("ABC-1234 of case 115-密-1", || &asked);
        assert_eq!(both.as_deref(), Some("ABC-1234 of case ▇▇▇-▇-▇"), "and only that");
        assert_eq!(veil.blotted("ABC-1235", || unreachable!("nothing is hidden here: nobody asks what was asked")), None);
        assert!(veil.is_named_in("x ABC-1234") && !veil.is_named_in("ABC-1235"));
    }

    #[tokio::test]
    async fn who_has_not_said_who_looks_is_nobody() {
        assert_eq!(Eyes::now(), Eyes::Nobody);
        assert_eq!(Eyes::House.look(async { Eyes::now() }).await, Eyes::House);
        assert_eq!(Eyes::Person(actor(1)).look(async { Eyes::Nobody.look(async { Eyes::now() }).await }).await, Eyes::Nobody);
    }
}
