//! What passes between the house and its partners. Whoever is about to hand something to a partner, or to take something from one, asks here
//! first: oversight writes it down, and refuses what a person has switched off or nobody has agreed to.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_env::BoxFuture;
use shouhu_ids::{DeviceId, WebhookId};

use super::SharingPort;
use crate::{App, Problem};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the partner.
    Out,
    /// From the partner.
    In,
}

/// Somebody outside of the house, by what he is known by here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// `device …`, `webhook …`, `signals …`, `named …` or `unnamed …`.
    pub key: String,
    /// Empty where only the key was said: the ledger knows the rest.
    pub title: String,
}

/// What a key begins with.
const KINDS: [&str; 5] = ["device ", "webhook ", "signals ", NAMED, UNNAMED];
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=80;

impl Partner {
    /// One that sends under a key of its own.
    #[must_use]
    pub fn device(id: DeviceId, title: &str) -> Self {
        Self { key: format!("device {id}"), title: title.to_owned() }
    }

    /// One that is told of facts.
    #[must_use]
    pub fn webhook(id: WebhookId, title: &str) -> Self {
        Self { key: format!("webhook {id}"), title: title.to_owned() }
    }

    /// One that tells, or is told, what becomes of accounts: by the name of its stream.
    #[must_use]
    pub fn signals(name: &str) -> Self {
        Self { key: format!("signals {name}"), title: name.to_owned() }
    }

    /// One to whom a person of the house hands something. Where the ledger knows somebody of that title, it is he.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { key: format!("{NAMED}{name}"), title: name.to_owned() }
    }

    /// Whoever gets what a person fetches in a format of other people's systems without saying for whom. TAK clients of a network that an operator has
    /// named for nobody are such, too, each network with a key of its own.
    #[must_use]
    pub fn unnamed(format: &str) -> Self {
        Self { key: format!("{UNNAMED}{format}"), title: format.to_owned() }
    }

    /// Known by name alone, which may be that of somebody with a key of his own.
    #[must_use]
    pub fn is_by_name(&self) -> bool {
        self.key.starts_with(NAMED)
    }

    /// Whether a person reads one title in both: how many spaces stand in it, and how wide they are, nobody sees.
    #[must_use]
    pub fn reads_as(&self, other: &Self) -> bool {
        one_space(&self.title) == one_space(&other.title)
    }

    /// For a leaf.
    #[must_use]
    pub fn said(&self) -> &str {
        if self.title.is_empty() { &self.key } else { &self.title }
    }
}

const NAMED: &str = "named ";
/// Begins the key of what goes to whoever was not said. No date stops it.
pub const UNNAMED: &str = "unnamed ";

/// Ideographic spaces (U+3000) are spaces too.
fn one_space(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// For whom a person fetches what others can read, where it may be for the house itself.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ForWhom {
    /// Who gets it: the id or the title of a partner as `GET /v1/oversight/partners` has it, or the name of one who is not there yet.
    pub partner: Option<String>,
}

/// For whom a person fetches what is always for somebody else.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ForSomebody {
    /// Who gets it: the id or the title of a partner as `GET /v1/oversight/partners` has it, or the name of one who is not there yet.
    pub partner: String,
}

impl ForWhom {
    /// # Errors
    /// When the name is too short or too long to be one.
    pub fn partner(&self) -> Result<Option<Partner>, Problem> {
        self.partner.as_deref().map(partner_of).transpose()
    }
}

impl ForSomebody {
    /// # Errors
    /// When the name is too short or too long to be one.
    pub fn partner(&self) -> Result<Partner, Problem> {
        partner_of(&self.partner)
    }
}

fn partner_of(said: &str) -> Result<Partner, Problem> {
    let name = one_space(said);
    if !NAME_CHARS.contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let (least, most) = (*NAME_CHARS.start(), *NAME_CHARS.end());
        let detail = format!("partner says who gets it, in {least} to {most} characters: it is written into the ledger of sharing");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "http.query.invalid", detail));
    }
    let is_key = KINDS.iter().any(|kind| name.starts_with(kind));
    Ok(if is_key { Partner { key: name, title: String::new() } } else { Partner::named(&name) })
}

/// Something that is about to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    pub partner: Partner,
    pub direction: Direction,
    /// The kind of fact, or the route.
    pub kind: String,
    /// A call for help: no date on a paper stops it. A person who switches the partner off does.
    pub is_life: bool,
}

/// Answered by oversight.
pub trait SharingGate: Send + Sync {
    /// Written down before this returns; what is refused is counted too.
    ///
    /// # Errors
    /// `oversight.sharing.off` where a person has switched the partner off, `oversight.sharing.no_agreement` where nobody has agreed with it, or
    /// no longer.
    fn pass(&self, sharing: Sharing) -> BoxFuture<'static, Result<(), Problem>> {
        self.pass_many(sharing, 1)
    }

    /// So many of it at once, judged together. With none the switch is read all the same; what is refused counts as one then.
    ///
    /// # Errors
    /// As [`SharingGate::pass`].
    fn pass_many(&self, sharing: Sharing, count: u32) -> BoxFuture<'static, Result<(), Problem>>;

    /// Refuses what would pass under a key, where a person has switched off somebody who is known by the partner's title, under whatever other key: who was
    /// known by a name alone and was switched off is not let in again by a key that comes later. Written down where it is refused, and nowhere else.
    ///
    /// # Errors
    /// `oversight.sharing.off` where somebody is.
    fn refuse_if_off(&self, sharing: Sharing) -> BoxFuture<'static, Result<(), Problem>>;
}

/// What a person is about to take to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOut<'a> {
    /// For the leaf, where it is refused: an incident's number with its format, or what a file is of.
    pub what: &'a str,
    pub route: &'a str,
    pub is_life: bool,
}

/// Before something leaves the house in a person's hands, as before it leaves by a machine: written down, and refused where it is off. The leaf of a
/// refusal says what was asked for, and for whom.
///
/// # Errors
/// As [`SharingGate::pass`].
pub async fn hand_out(app: &App, partner: &Partner, of: HandOut<'_>) -> Result<(), Problem> {
    let Some(port) = app.try_room::<SharingPort>() else { return Ok(()) };
    let sharing = Sharing { partner: partner.clone(), direction: Direction::Out, kind: of.route.to_owned(), is_life: of.is_life };
    port.0.pass(sharing).await.map_err(|refused| refused.in_log(format!("not handed out: {} for {}", of.what, partner.said())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_partner_is_named_by_id_or_by_words_and_nothing_else_is_a_name() {
        let partner = |said: &str| ForWhom { partner: Some(said.to_owned()) }.partner();
        assert_eq!(partner("  高雄   勤務中心 ").unwrap(), Some(Partner::named("高雄 勤務中心")));
        let known = partner("webhook 01890000-0000-7000-8000-000000000000").unwrap().unwrap();
        assert_eq!((known.title.as_str(), known.said(), known.is_by_name()), ("", known.key.as_str(), false));
        let long = "長".repeat(81);
        for wrong in ["", " ", "x", "a\u{7}b", long.as_str()] {
            assert_eq!(partner(wrong).unwrap_err().key, "http.query.invalid", "{wrong:?}");
        }
        let written = |title: &str| Partner::webhook(WebhookId::new(shouhu_ids::Micros(1), [1; 16]), title);
        for title in ["高雄\u{3000}勤務中心", "高雄  勤務中心", " 高雄 勤務中心"] {
            assert!(written(title).reads_as(&partner("高雄 勤務中心").unwrap().unwrap()), "{title:?}");
        }
        assert!(!written("高雄勤務中心").reads_as(&Partner::named("高雄 勤務中心")));
        assert_eq!(ForWhom::default().partner().unwrap(), None);
        assert_eq!(ForSomebody { partner: "縣府".into() }.partner().unwrap(), Partner::named("縣府"));
    }
}
