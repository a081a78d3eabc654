//! Officers: they get an order and obey, decline, or do not hear it; they drive, look, reply and close.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use shouhu_ids::{AssignmentId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_roads::Router;
use shouhu_wire::{AssignmentStep, ClosingCode, Declining};

use crate::api::Person;
use crate::kpi::Kpis;
use crate::traffic::{Mover, somewhere};

/// Seconds of the city between two positions of a crew.
const REPORT_EVERY_S: i64 = 20;
const PATROL_KMH: f64 = 25.0;
const URGENT_KMH: f64 = 45.0;
/// Shares of orders that are declined and that are not heard.
const DECLINE_SHARE: f64 = 0.05;
const IGNORE_SHARE: f64 = 0.04;

/// What a crew does now.
enum Duty {
    Patrol,
    /// Will answer at this time.
    Deciding { order: Order, at: Micros, answer: AnswerKind },
    Driving { order: Order },
    Working { order: Order, until: Micros },
}

#[derive(Clone, Copy)]
enum AnswerKind {
    Accept,
    Decline,
    Ignore,
}

/// An order as the crew keeps it.
#[derive(Clone)]
pub struct Order {
    pub assignment: AssignmentId,
    pub scene: Wgs84,
    pub dispatched_at: Micros,
    /// When the incident began, for the KPI; hits count from their confirmation.
    pub began_at: Micros,
    pub is_call: bool,
}

pub struct Crew {
    pub unit: UnitId,
    person: Person,
    pub mover: Mover,
    duty: Duty,
    next_report: Micros,
}

impl Crew {
    /// On patrol somewhere, signed on as available.
    pub fn start(mut person: Person, unit: UnitId, router: &Router, rng: &mut ChaCha8Rng, now: Micros) -> anyhow::Result<Self> {
        let mover = Mover::at(somewhere(router.network(), rng));
        // A crew that was mid-assignment when the city stopped is freed by closing what it held.
        let held: Value = person.ask("GET", "/v1/assignments/mine", &Value::Null)?;
        for item in held.get("items").and_then(Value::as_array).into_iter().flatten() {
            if let Some(id) = item.pointer("/assignment/id").and_then(Value::as_str) {
                abandon(&mut person, id)?;
            }
        }
        person.call("POST", "/v1/units/mine/state", &json!({ "state": "available" }))?;
        Ok(Self { unit, person, mover, duty: Duty::Patrol, next_report: now })
    }

    pub fn is_free(&self) -> bool {
        matches!(self.duty, Duty::Patrol)
    }

    /// The phone shows an order.
    pub fn receive(&mut self, order: Order, rng: &mut ChaCha8Rng, now: Micros) -> anyhow::Result<()> {
        if !self.is_free() {
            return Ok(());
        }
        self.step(order.assignment, &AssignmentStep::Delivered)?;
        let lot: f64 = rng.gen_range(0.0..1.0);
        let answer = if lot < DECLINE_SHARE {
            AnswerKind::Decline
        } else if lot < DECLINE_SHARE + IGNORE_SHARE {
            AnswerKind::Ignore
        } else {
            AnswerKind::Accept
        };
        let at = now.plus(rng.gen_range(4..15) * Micros::SECOND);
        self.duty = Duty::Deciding { order, at, answer };
        Ok(())
    }

    /// The order was taken back.
    pub fn recall(&mut self, assignment: AssignmentId) {
        let is_mine = match &self.duty {
            Duty::Patrol => false,
            Duty::Deciding { order, .. } | Duty::Driving { order } | Duty::Working { order, .. } => order.assignment == assignment,
        };
        if is_mine {
            self.duty = Duty::Patrol;
        }
    }

    fn step(&mut self, assignment: AssignmentId, step: &AssignmentStep) -> anyhow::Result<bool> {
        let body = serde_json::to_value(step)?;
        Ok(self.person.call("POST", &format!("/v1/assignments/{assignment}/step"), &body)?.status == 200)
    }

    /// Moves and acts; called a few times per second of the wall.
    pub fn live(&mut self, seconds: f64, now: Micros, router: &Router, rng: &mut ChaCha8Rng, kpis: &mut Kpis) -> anyhow::Result<()> {
        self.mover.advance(seconds);
        if now >= self.next_report {
            self.next_report = now.plus(REPORT_EVERY_S * Micros::SECOND);
            let body = json!({ "position": self.mover.place, "measured_at_us": now.0, "accuracy_m": 8.0 });
            if self.person.call("POST", "/v1/units/mine/position", &body)?.status >= 300 {
                kpis.refused_requests += 1;
            }
        }
        match std::mem::replace(&mut self.duty, Duty::Patrol) {
            Duty::Patrol => {
                if self.mover.has_arrived()
                    && let Ok(route) = router.route(self.mover.place, somewhere(router.network(), rng))
                {
                    self.mover.follow(route.polyline, PATROL_KMH);
                }
            }
            Duty::Deciding { order, at, answer } if now >= at => self.decide(order, answer, router, kpis)?,
            Duty::Driving { order } if self.mover.has_arrived() => {
                self.step(order.assignment, &AssignmentStep::OnScene)?;
                let drove_s = now.since(order.dispatched_at) as f64 / 1e6;
                kpis.dispatched_to_arrived_s.add(drove_s);
                if order.is_call {
                    kpis.call_to_arrived_s.add(now.since(order.began_at) as f64 / 1e6);
                }
                let work_s = rng.gen_range(120..600);
                self.duty = Duty::Working { order, until: now.plus(work_s * Micros::SECOND) };
            }
            Duty::Working { order, until } if now >= until => {
                self.step(order.assignment, &AssignmentStep::Reply { text: "現場已處理完畢".into() })?;
                let close = AssignmentStep::Close { code: ClosingCode::Handled, text: String::new() };
                if self.step(order.assignment, &close)? {
                    kpis.closed += 1;
                }
            }
            waiting => self.duty = waiting,
        }
        Ok(())
    }

    fn decide(&mut self, order: Order, answer: AnswerKind, router: &Router, kpis: &mut Kpis) -> anyhow::Result<()> {
        match answer {
            AnswerKind::Decline => {
                kpis.declined += 1;
                self.step(order.assignment, &AssignmentStep::Decline { reason: "正在處理其他事故".into(), code: Some(Declining::OtherJob) })?;
            }
            // Nothing is heard from this crew until the dispatcher takes the order back.
            AnswerKind::Ignore => {
                kpis.ignored += 1;
                self.duty = Duty::Deciding { order, at: Micros(i64::MAX), answer };
            }
            AnswerKind::Accept => {
                let accepted = self.step(order.assignment, &AssignmentStep::Accept)? && self.step(order.assignment, &AssignmentStep::EnRoute)?;
                if accepted {
                    let way = router.route(self.mover.place, order.scene).map(|route| route.polyline);
                    self.mover.follow(way.unwrap_or_else(|_| vec![self.mover.place, order.scene]), URGENT_KMH);
                    self.duty = Duty::Driving { order };
                }
            }
        }
        Ok(())
    }
}

/// Walks an assignment to its end, whatever its state.
fn abandon(person: &mut Person, id: &str) -> anyhow::Result<()> {
    let close = AssignmentStep::Close { code: ClosingCode::Cancelled, text: "模擬重新開始".into() };
    for step in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene, close] {
        person.call("POST", &format!("/v1/assignments/{id}/step"), &serde_json::to_value(&step)?)?;
    }
    Ok(())
}
