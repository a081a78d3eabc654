//! What a route touches, and what a verdict does to it.

use axum::http::StatusCode;
use shouhu_module::{Access, Audit, Keyed, Load, Problem, Proving, Route, Trusting};
use shouhu_trust::Verdict;

/// The order of these has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Calls, hits, dispatch, officers' answers: never asked about.
    Life,
    /// About the session itself, or nothing that a session is needed for: never asked about.
    Free,
    /// Neither persons nor a change.
    Plain,
    /// Work that duty puts before somebody, and changes.
    Work,
    /// Questions about persons and vehicles; keys, accounts, the house's own safety.
    Sensitive,
    /// Persons by the file.
    Bulk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustRefused {
    #[error("verify that it is you: POST /v1/session/step-up/start, then send the request again")]
    StepUp,
    #[error("this session may do no such thing for now: GET /v1/session/trust says why, and an operator sees it too")]
    Restricted,
    #[error("this session was ended, because too much speaks against it: sign in again, from a place that the house knows")]
    Blocked,
}

impl Keyed for TrustRefused {
    fn key(&self) -> &'static str {
        match self {
            Self::StepUp => "identity.step_up_required",
            Self::Restricted => "identity.restricted",
            Self::Blocked => "identity.trust_blocked",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::StepUp | Self::Blocked => StatusCode::UNAUTHORIZED,
            Self::Restricted => StatusCode::FORBIDDEN,
        }
    }
}

/// Between the door and here the session was ended elsewhere.
pub fn session_over() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "identity.session_required", "sign in first")
}

fn is_file(route: &Route) -> bool {
    route.load == Load::Bulk || route.media.is_some_and(|media| !media.starts_with("image/"))
}

/// A question about a person or vehicle, as pace counts it. One page of passages shows fifty pictures: they are part of its one question.
pub fn is_question(route: &Route) -> bool {
    route.audit == Audit::PersonalRead && route.media.is_none_or(|media| !media.starts_with("image/"))
}

impl Touch {
    pub fn of(route: &Route) -> Self {
        let is_persons = matches!(route.access, Access::Session | Access::Permission(_));
        // Without a proof nobody knows who uses the cookie: his address is no signal about its owner.
        let is_proved = route.proving == Proving::Needed;
        match route.audit {
            _ if route.load == Load::Life => Self::Life,
            _ if !is_persons || !is_proved || route.trusting != Trusting::Asked => Self::Free,
            Audit::PersonalRead | Audit::WorkRead if is_file(route) => Self::Bulk,
            Audit::PersonalRead | Audit::Security => Self::Sensitive,
            Audit::WorkRead | Audit::Write => Self::Work,
            Audit::None(_) | Audit::Undeclared => Self::Plain,
        }
    }

    /// `is_held`: somebody may need this session to help, so that it goes on for Life and shows no person otherwise.
    pub const fn refusal(self, verdict: Verdict, is_held: bool) -> Option<TrustRefused> {
        match (verdict, self) {
            (Verdict::Allow, _) | (_, Self::Life | Self::Free) => None,
            (Verdict::Block, Self::Plain) if is_held => None,
            (Verdict::Block, _) if is_held => Some(TrustRefused::Restricted),
            (Verdict::Block, _) => Some(TrustRefused::Blocked),
            (Verdict::Restrict, Self::Bulk) => Some(TrustRefused::Restricted),
            (_, Self::Bulk | Self::Sensitive) => Some(TrustRefused::StepUp),
            (_, Self::Plain | Self::Work) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERDICTS: [Verdict; 4] = [Verdict::Allow, Verdict::StepUp, Verdict::Restrict, Verdict::Block];

    fn route(audit: Audit) -> Route {
        Route::get("/v1/trial", "A route of a trial", || axum::routing::get(|| async {})).access(Access::Session).audit(audit)
    }

    #[test]
    fn what_saves_lives_and_what_is_about_the_session_itself_is_open_under_every_verdict() {
        let routes = [
            route(Audit::PersonalRead).load(Load::Life),
            route(Audit::Security).whatever_the_trust("a trial of it"),
            route(Audit::PersonalRead).access(Access::Device),
            route(Audit::None("a trial")).unproved("a trial of it"),
        ];
        for (verdict, is_held) in VERDICTS.into_iter().flat_map(|verdict| [(verdict, true), (verdict, false)]) {
            assert!(routes.iter().all(|route| Touch::of(route).refusal(verdict, is_held).is_none()), "{verdict:?}");
        }
    }

    #[test]
    fn a_verdict_refuses_what_it_says_and_nothing_else() {
        let (question, export, work, plain) = (
            Touch::of(&route(Audit::PersonalRead)),
            Touch::of(&route(Audit::WorkRead).gives_media("text/csv")),
            Touch::of(&route(Audit::Write)),
            Touch::of(&route(Audit::None("a trial"))),
        );
        let all = |verdict, is_held| [question, export, work, plain].map(|touch: Touch| touch.refusal(verdict, is_held));
        use TrustRefused::{Blocked, Restricted, StepUp};
        assert_eq!(all(Verdict::Allow, false), [None; 4]);
        assert_eq!(all(Verdict::StepUp, false), [Some(StepUp), Some(StepUp), None, None]);
        assert_eq!(all(Verdict::Restrict, false), [Some(StepUp), Some(Restricted), None, None]);
        assert_eq!(all(Verdict::Block, true), [Some(Restricted), Some(Restricted), Some(Restricted), None]);
        assert_eq!(all(Verdict::Block, false), [Some(Blocked); 4]);
    }

    #[test]
    fn a_page_of_pictures_is_one_question() {
        assert!(is_question(&route(Audit::PersonalRead)));
        assert!(!is_question(&route(Audit::PersonalRead).gives_media("image/jpeg")) && !is_question(&route(Audit::WorkRead)));
        assert_eq!(Touch::of(&route(Audit::PersonalRead).gives_media("image/jpeg")), Touch::Sensitive);
    }
}
