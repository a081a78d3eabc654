//! What the system asked of people and they did not do: what was asked, and the closed lists of reasons why not.
//!
//! A list is closed so that reasons can be counted; whoever wants to say more writes a note beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nobody did anything until the time for it was over. Written by a job, never by a person.
pub const NOT_ANSWERED: &str = "not_answered";

macro_rules! reasons {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            pub const CODES: &'static [&'static str] = &[$($text),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

reasons!(
    /// Why a confirmed hit is not followed.
    NotFollowed {
        /// The entry says: keep the sighting, do not approach.
        ObserveOnly = "observe_only",
        /// The vehicle is gone, or in another city.
        OutOfReach = "out_of_reach",
        /// Another agency or centre follows it.
        OtherAgency = "other_agency",
        /// It was stopped or found already.
        AlreadyStopped = "already_stopped",
        /// Nobody is free to be sent.
        NoUnit = "no_unit",
        /// Following it would endanger somebody.
        TooDangerous = "too_dangerous",
    }
);

reasons!(
    /// Why another unit is sent than the one that the ranking put first.
    Overriding {
        /// It was first when the sender looked.
        ListChanged = "list_changed",
        /// Its crew said that it cannot.
        CrewCannot = "crew_cannot",
        /// A skill or equipment that the ranking does not know is needed.
        SkillNeeded = "skill_needed",
        /// The other one knows the place or the people.
        KnowsPlace = "knows_place",
        /// The road to it is not as the map says.
        RoadBlocked = "road_blocked",
        /// It is kept for something else.
        Reserved = "reserved",
        /// The other one has offered to go.
        Volunteered = "volunteered",
    }
);

reasons!(
    /// Why a crew declines an order.
    Declining {
        /// It is at another scene.
        OtherJob = "other_job",
        Vehicle = "vehicle",
        Equipment = "equipment",
        Crew = "crew",
        TooFar = "too_far",
        /// Without cover it is not safe.
        Unsafe = "unsafe",
        ShiftOver = "shift_over",
    }
);

reasons!(
    /// Why an incident was dealt with and no unit was there.
    WithoutUnit {
        ByTelephone = "by_telephone",
        /// Another agency was there.
        OtherAgency = "other_agency",
        /// A report of something that another incident was about.
        OtherIncident = "other_incident",
        /// The caller wants nobody to come.
        CallerDeclined = "caller_declined",
        ByCamera = "by_camera",
        NoUnit = "no_unit",
    }
);

reasons!(
    /// Why proposed tours are not published, or published ones withdrawn.
    PlanDeclined {
        Weather = "weather",
        Staff = "staff",
        /// An event or an operation takes the crews.
        Operation = "operation",
        /// Roads, boxes or shifts that it was made from are wrong.
        WrongData = "wrong_data",
        /// Another plan takes its place.
        Replaced = "replaced",
        /// What it gains is not worth the change.
        NotWorth = "not_worth",
    }
);

reasons!(
    /// Why a report that was set aside is left.
    LeftAside {
        /// The device is repaired or being repaired.
        DeviceMended = "device_mended",
        KnownFault = "known_fault",
        Test = "test",
        Unreadable = "unreadable",
        Duplicate = "duplicate",
        /// Nothing that could be wanted.
        Harmless = "harmless",
    }
);

reasons!(
    /// Why a file about misuse is closed without a founded finding.
    NotFounded {
        /// An order, a task or a case explains it.
        Task = "task",
        Training = "training",
        /// A mark, a roster or an office was wrong.
        WrongData = "wrong_data",
        /// Another file is about the same.
        Duplicate = "duplicate",
        /// What is known is too little.
        Evidence = "evidence",
        /// Records or witnesses are gone.
        RecordsGone = "records_gone",
    }
);

/// What was asked of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// To look at a hit.
    Hit,
    /// To follow a confirmed hit.
    FollowUp,
    /// To send the unit that was ranked first.
    Proposal,
    /// A crew: to go.
    Order,
    /// To send somebody to an incident.
    Incident,
    /// To take up a call.
    Call,
    /// To publish proposed tours, those after a crew was called away among them, or to hold to published ones.
    Tours,
    /// A crew: to make a stop of its tour.
    Stop,
    /// To look at a report of a device that could not be used.
    SetAside,
    /// To look at a hint of misuse.
    MisuseAlert,
    /// To come to a finding in a file about misuse.
    MisuseFile,
    /// To review what was opened because a life was in danger.
    Opening,
}

impl Asked {
    pub const ALL: [Self; 12] = [
        Self::Hit, Self::FollowUp, Self::Proposal, Self::Order, Self::Incident, Self::Call, Self::Tours, Self::Stop, Self::SetAside,
        Self::MisuseAlert, Self::MisuseFile, Self::Opening,
    ];

    /// The reasons that a person may give, besides [`NOT_ANSWERED`], which none may.
    #[must_use]
    pub const fn codes(self) -> &'static [&'static str] {
        match self {
            Self::Hit => &["misread", "other_vehicle", "picture_unclear", "entry_outdated", "already_handled"],
            Self::FollowUp => NotFollowed::CODES,
            Self::Proposal => Overriding::CODES,
            Self::Order => Declining::CODES,
            Self::Incident => &[
                "by_telephone", "other_agency", "other_incident", "caller_declined", "by_camera", "no_unit", "handed_over", "unfounded", "cancelled",
            ],
            Self::Call => &["advised", "handed_over", "called_back", "no_answer", "misdial", "prank", "test"],
            Self::Tours => PlanDeclined::CODES,
            Self::Stop => &["busy", "no_access", "road_closed", "unsafe", "other"],
            Self::SetAside => LeftAside::CODES,
            Self::MisuseAlert => &["known_task", "training", "duplicate", "wrong_data", "too_little"],
            Self::MisuseFile => NotFounded::CODES,
            Self::Opening => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire<T: Serialize>(value: T) -> String {
        serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    #[test]
    fn a_code_in_code_is_the_code_on_the_wire() {
        for code in [NotFollowed::ObserveOnly, NotFollowed::TooDangerous] {
            assert_eq!(wire(code), code.as_str());
        }
        assert_eq!(wire(Overriding::ListChanged), Overriding::ListChanged.as_str());
        assert_eq!(wire(Declining::OtherJob), Declining::OtherJob.as_str());
        assert_eq!(wire(WithoutUnit::CallerDeclined), WithoutUnit::CallerDeclined.as_str());
        assert_eq!(wire(PlanDeclined::NotWorth), PlanDeclined::NotWorth.as_str());
        assert_eq!(wire(LeftAside::DeviceMended), LeftAside::DeviceMended.as_str());
        assert_eq!(wire(NotFounded::RecordsGone), NotFounded::RecordsGone.as_str());
        for code in WithoutUnit::CODES {
            assert!(Asked::Incident.codes().contains(code), "{code}");
        }
        for asked in Asked::ALL {
            assert!(!asked.codes().contains(&NOT_ANSWERED), "nobody says that nobody answered");
        }
    }
}
