//! What is known, as plain numbers: whoever calls gives officers, subjects and cases numbers of his own.

/// One answered question that named a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Number of its leaf in the log; what came later has a higher one.
    pub seq: i64,
    pub at_us: i64,
    /// Index into [`Facts::officers`].
    pub officer: u32,
    pub subject: u64,
    /// The case that was named, live or not.
    pub case: Option<u64>,
    /// The case was one that dispatch worked on at that moment.
    pub is_live: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MarkKind {
    /// Belongs to nobody: only who found the number elsewhere than on a street asks for it.
    Decoy,
    /// Somebody whom many are curious about.
    Vip,
    /// An officer's own.
    Own,
    /// Of somebody who lives with an officer.
    Household,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub subject: u64,
    pub kind: MarkKind,
    /// Whose, for what is an officer's own or his household's.
    pub of: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Officer {
    /// People of one number do the same kind of work.
    pub peers: u32,
    /// `None`: in no office that is known.
    pub office: Option<u32>,
    /// From when until when, the earliest first; `None`: on no roster, so that nothing is known of his shifts.
    pub shifts: Option<Vec<(i64, i64)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One subject again and again without a case that holds.
    Repeats,
    /// One subject under many live cases of which nobody else asks about it.
    BorrowedCases,
    Own,
    Household,
    /// A vehicle that somebody else of the force has declared, on several days.
    Colleague,
    Vip,
    Decoy,
    /// Far more subjects in a day than his own and his peers' days have.
    Pace,
    /// Loose questions on many days outside his shifts.
    OffShift,
}

/// A suggestion that was made before: what it counted up to there is not counted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub officer: u32,
    pub kind: Kind,
    pub subject: Option<u64>,
    pub to_seq: i64,
}

#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Of the last [`crate::WINDOW_DAYS`] days, in any order.
    pub looks: &'a [Look],
    pub officers: &'a [Officer],
    pub marks: &'a [Mark],
    pub told: &'a [Told],
    pub now_us: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    pub officer: u32,
    pub kind: Kind,
    pub subject: Option<u64>,
    /// What was counted: days, cases, looks or subjects, as the kind says.
    pub count: u32,
    /// How many of them the work of others leads one to expect; 0 where the rule is one look.
    pub expected: f64,
    /// How many such suggestions chance alone would make in this turn among officers of the same kind of work (of colleagues and of the well known: among pairs
    /// that are alike), both sorts of looks and all days and weeks of the turn counted; of somebody in the news how many such waves. `None` where a rule and no number decides.
    pub by_chance: Option<f64>,
    /// Leaves that it rests on, the oldest first; at most [`crate::EVIDENCE_MAX`].
    pub seqs: Vec<i64>,
    /// The last leaf that was counted.
    pub to_seq: i64,
}
