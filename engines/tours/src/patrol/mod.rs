//! Patrol tours: team orienteering (Chao, Golden & Wasil 1996) over hot spots and patrol boxes.
//!
//! | word | meaning |
//! |---|---|
//! | [`Stop`] | a place to stand for a while: a hot spot with a risk, or a patrol box (巡邏箱) that must be signed within a window |
//! | [`Unit`] | who goes, from where to where, in which shift, with which cap |
//! | [`Patrol`] | the checked question: stops, units, travel times, caps and [`Rules`] |
//! | [`Plan`] | the answer: who stands where from when to when and why, and what was left out and why |
//! | [`Breach`] | the first rule a plan breaks, counted afresh from its visits |
//! | [`Predictability`] | how much of tomorrow a watcher can tell from today |
//!
//! Standing 10 to 16 minutes deters longest (Koper 1995, Justice Quarterly 12(4)), repeated at least two hours apart and in no
//! fixed order. Risk is a number per place that the caller gives; it must come from citizens' reports and never from what patrols
//! found, or the plan feeds on itself (Lum & Isaac 2016; Ensign et al. 2018).

mod check;
mod draft;
mod explain;
mod model;
mod plan;
mod predictability;
mod search;
mod seeding;

pub use check::Breach;
pub use model::{
    Dwell, Hindrance, InputError, Kind, Patrol, Rules, Stop, StopNo, Travel, Unit, UnitNo, Village, VillageCap, Whose, Window,
};
pub use plan::{LeftOut, Obstacle, Plan, UnitShare, UnitTour, VillageShare, Visit, WhyHere, WhyThen};
pub use predictability::Predictability;
pub use search::{PlanError, plan};

#[cfg(test)]
mod tests;
