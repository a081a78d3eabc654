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
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant),+ }

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
        /// A plan that was made beforehand names it: a run card, a place of a ring.
        ByPlan = "by_plan",
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

    /// What an enumeration is called on the wire.
    fn names<T: JsonSchema>() -> Vec<String> {
        let schema = serde_json::to_value(schemars::schema_for!(T)).unwrap_or_default();
        let mut names = Vec::new();
        let mut open = vec![&schema];
        while let Some(one) = open.pop() {
            let told = one["enum"].as_array().into_iter().flatten().chain(one.get("const")).filter_map(|name| name.as_str());
            names.extend(told.map(str::to_owned));
            open.extend(one["oneOf"].as_array().into_iter().flatten());
        }
        names.sort();
        names
    }

    fn listed(asked: Asked) -> Vec<String> {
        let mut codes: Vec<String> = asked.codes().iter().map(|code| (*code).to_owned()).collect();
        codes.sort();
        codes
    }

    #[test]
    fn what_a_door_takes_is_on_the_list_and_the_list_has_nothing_else() {
        assert_eq!(names::<NotFollowed>(), listed(Asked::FollowUp));
        assert_eq!(names::<Overriding>(), listed(Asked::Proposal));
        assert_eq!(names::<Declining>(), listed(Asked::Order));
        assert_eq!(names::<PlanDeclined>(), listed(Asked::Tours));
        assert_eq!(names::<LeftAside>(), listed(Asked::SetAside));
        assert_eq!(names::<NotFounded>(), listed(Asked::MisuseFile));
        assert_eq!(names::<crate::RejectReason>(), listed(Asked::Hit));
        assert_eq!(Asked::ALL.len(), names::<Asked>().len(), "nothing that is asked for is left out");
    }

    #[test]
    fn why_no_unit_went_is_among_the_reasons_of_an_incident_and_nobody_says_that_nobody_answered() {
        for code in WithoutUnit::CODES {
            assert!(Asked::Incident.codes().contains(code), "{code}");
        }
        for asked in Asked::ALL {
            assert!(!asked.codes().contains(&NOT_ANSWERED), "nobody says that nobody answered");
        }
    }
}
