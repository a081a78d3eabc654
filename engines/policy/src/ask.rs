//! What is asked, and what is answered.

use shouhu_wire::Role;

/// What a route gives or does, as the audit log classes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing personal and no change.
    Plain,
    Write,
    Security,
    /// About a person or vehicle that the asker chose.
    PersonalRead,
    /// About persons that duty put before the asker.
    WorkRead,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Plain, Self::Write, Self::Security, Self::PersonalRead, Self::WorkRead];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Write => "write",
            Self::Security => "security",
            Self::PersonalRead => "personal_read",
            Self::WorkRead => "work_read",
        }
    }
}

/// Of what make the route is that asks for the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Door {
    pub kind: Kind,
    /// Imports, exports, checks.
    pub is_bulk: bool,
    /// Saves lives: only rules that say so hold here, and none that fails.
    pub is_life: bool,
}

impl Door {
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        Self { kind, is_bulk: false, is_life: false }
    }
}

/// Whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who<'a> {
    pub id: &'a str,
    pub role: Role,
    pub office: Option<&'a str>,
    /// The unit that the person crews now.
    pub unit: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask<'a> {
    pub who: Who<'a>,
    pub permission: &'a str,
    pub door: Door,
    /// As said, where the route demands one; what is none of the house's purposes is none.
    pub purpose: Option<&'a str>,
    /// 0 to 23, Asia/Taipei.
    pub hour_local: u8,
}

/// A rule of the force that decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// `@id` of the rule, or where it stands: `policy.cedar:12`.
    pub id: String,
    pub why: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    pub is_permitted: bool,
    /// The force's rules that decided; empty when the rooms' lists alone did.
    pub reasons: Vec<Reason>,
    /// Rules that could not be evaluated. They denied, but for what saves lives, where they were skipped.
    pub faults: Vec<Reason>,
}

impl Decision {
    pub(crate) const fn listed(is_permitted: bool) -> Self {
        Self { is_permitted, reasons: Vec::new(), faults: Vec::new() }
    }
}
