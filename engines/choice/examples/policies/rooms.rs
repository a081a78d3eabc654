//! The rooms that are compared, each one step from another, so that every step can be seen on its own.

use shouhu_choice::sim::{MoveUpPlan, Room};
use shouhu_choice::{Ageing, CoverageRule, Handover, MoveUp, Order, Policy, Preemption, RestRule, Settings};

/// The dispatch room of today: the nearest capable idle unit along the straight line, by positions that are reported every
/// five minutes and at every change of status; a queue by priority, then age; nobody is taken from another call, nobody is
/// moved; idle crews patrol round their station. It is not held back in any other way.
pub const BASELINE: &str = "baseline: air, reports every 5 min";

const REPORT_S: f64 = 300.0;

pub fn all() -> Vec<(&'static str, Room)> {
    let today = Room {
        settings: Settings::of(Policy::NearestByAir),
        order: Order::PriorityThenAge,
        report_every_s: Some(REPORT_S),
        move_up: None,
        handover: None,
    };
    let with = |policy| Settings::of(policy);
    let live = Room { report_every_s: None, ..today };
    let road = Room { settings: with(Policy::NearestByRoad), ..live };
    let coverage = CoverageRule { s_per_percent: 60.0, slower_max_s: 60.0 };
    let cover = Room { settings: with(Policy::CoverageAware(coverage)), ..live };
    let aged = Room { order: Order::Ageing(Ageing { step_s: 1_800.0, near_s: 0.0 }), ..road };
    let near = Room { order: Order::Ageing(Ageing { step_s: 1_800.0, near_s: 900.0 }), ..road };
    let preempting = Room { settings: Settings { preemption: Some(Preemption::default()), ..road.settings }, ..road };
    let handing = Room { handover: Some(Handover { saves_min_s: 60.0 }), ..road };
    let plan = MoveUpPlan { rule: MoveUp { gain_min: 0.001, drive_max_s: 900.0 }, every_s: 60.0, moves_max: 3 };
    let moving = Room { move_up: Some(plan), ..road };
    let full = Room {
        settings: Settings { preemption: Some(Preemption::default()), ..cover.settings },
        move_up: Some(plan),
        handover: Some(Handover { saves_min_s: 60.0 }),
        ..near
    };
    let unmoved = Room { settings: preempting.settings, order: near.order, handover: handing.handover, ..road };
    let full_nearest = Room { settings: preempting.settings, ..full };
    vec![
        (BASELINE, today),
        ("district, reports", Room { settings: with(Policy::District), ..today }),
        ("road, reports", Room { settings: with(Policy::NearestByRoad), ..today }),
        ("air, live", live),
        ("road, live", road),
        ("road, live, rest", Room { settings: with(Policy::NearestWithRest(RestRule::default())), ..road }),
        ("road, live, ageing", aged),
        ("road, live, ageing near", near),
        ("road, live, pre-emption", preempting),
        ("road, live, handover", handing),
        ("cover, live", cover),
        ("all but move-up, nearest", unmoved),
        ("air, reports, move-up", Room { move_up: Some(plan), ..today }),
        ("road, live, move-up", moving),
        ("all, nearest", full_nearest),
        ("all, cover", full),
    ]
}
