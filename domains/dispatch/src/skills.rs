//! What a crew can do or carries. An incident kind may ask for some (`policy`); the keys never change.

use shouhu_choice::{Skill, Skills};

/// In the order of their numbers in `engines/choice`.
pub const SKILLS: [&str; 8] = ["crash_kit", "female_officer", "negotiator", "english", "armour", "breath_test", "drone", "supervisor"];

fn number(key: &str) -> Option<Skill> {
    let place = SKILLS.iter().position(|known| *known == key)?;
    Skill::new(u8::try_from(place).ok()?).ok()
}

#[must_use]
pub fn is_known(key: &str) -> bool {
    number(key).is_some()
}

/// Keys that are not in the catalogue any more say nothing.
pub fn set_of<'a>(keys: impl IntoIterator<Item = &'a String>) -> Skills {
    keys.into_iter().filter_map(|key| number(key)).fold(Skills::NONE, Skills::with)
}

#[must_use]
pub fn key_of(skill: Skill) -> &'static str {
    SKILLS.get(usize::from(u8::from(skill))).copied().unwrap_or("unknown_skill")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_its_number_are_one_and_unknown_keys_ask_for_nothing() {
        let asked = set_of(&["english".to_owned(), "juggling".to_owned()]);
        assert_eq!(asked.lacking(Skills::NONE).count(), 0);
        assert_eq!(Skills::NONE.lacking(asked).map(key_of).collect::<Vec<_>>(), ["english"]);
        assert!(is_known("drone") && !is_known("juggling"));
    }
}
