//! The simulated dispatcher: takes calls, decides hits as a careful person would, sends units, takes orders back.

use std::collections::HashMap;
use std::time::Instant;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use shouhu_ids::{AssignmentId, HitId, IncidentId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_plate::Plate;
use shouhu_wire::{Assignment, Hit, HitState, Incident};

use crate::api::Person;
use crate::kpi::Kpis;

/// Seconds of the city after which an unanswered order is taken back.
const ANSWER_S: i64 = 60;
/// Seconds between two attempts to find a unit.
const RETRY_S: i64 = 20;

const CALLS: [(&str, &str, u8); 6] = [
    ("traffic_crash", "兩車擦撞，有人受傷", 2),
    ("noise", "鄰居深夜施工", 4),
    ("fight", "便利商店前有人打架", 2),
    ("suspicious_person", "陌生男子在巷內徘徊", 3),
    ("burglary", "回家發現門鎖遭破壞", 2),
    ("domestic_violence", "隔壁有人呼救", 1),
];

/// Something that waits for a unit.
struct Waiting {
    incident: IncidentId,
    scene: Wgs84,
    began_at: Micros,
    is_call: bool,
    try_at: Micros,
}

/// An order that was sent.
pub struct Sent {
    pub assignment: AssignmentId,
    pub unit: UnitId,
    pub incident: IncidentId,
    pub scene: Wgs84,
    pub began_at: Micros,
    pub dispatched_at: Micros,
    pub is_call: bool,
}

pub struct Desk {
    person: Person,
    /// Hits with the time at which they will be decided.
    to_decide: Vec<(HitId, Micros, Micros)>,
    waiting: Vec<Waiting>,
    unanswered: HashMap<AssignmentId, (Micros, Waiting)>,
    /// Wanted plates that somebody is on the way to, by their incident.
    handled: HashMap<IncidentId, String>,
    /// Seconds that a hit waits for a real person before this one decides it; zero where there is none.
    patience_s: i64,
    pub is_talkative: bool,
}

impl Desk {
    pub fn new(person: Person, patience_s: u32, is_talkative: bool) -> Self {
        Self { person, to_decide: Vec::new(), waiting: Vec::new(), unanswered: HashMap::new(), handled: HashMap::new(), patience_s: i64::from(patience_s), is_talkative }
    }

    fn say(&self, text: &str) {
        if self.is_talkative {
            println!("{text}");
        }
    }

    /// Somebody calls 110.
    pub fn take_call(&mut self, scene: Wgs84, rng: &mut ChaCha8Rng, now: Micros, kpis: &mut Kpis) -> anyhow::Result<()> {
        let (kind, summary, priority) = CALLS.get(rng.gen_range(0..CALLS.len())).copied().unwrap_or(("noise", "", 4));
        let body = json!({ "origin": "call", "kind": kind, "summary": summary, "priority": priority, "address": "", "position": scene });
        let incident: Incident = self.person.ask("POST", "/v1/incidents", &body)?;
        kpis.calls += 1;
        self.say(&format!("110   {} {summary}", incident.number));
        let try_at = now.plus(rng.gen_range(5..25) * Micros::SECOND);
        self.waiting.push(Waiting { incident: incident.id, scene, began_at: now, is_call: true, try_at });
        Ok(())
    }

    /// A hit came up on the screen. Returns it, so that the latency can be told.
    pub fn see_hit(&mut self, hit: HitId, rng: &mut ChaCha8Rng, now: Micros) -> anyhow::Result<Hit> {
        let seen: Hit = self.person.ask("GET", &format!("/v1/hits/{hit}"), &Value::Null)?;
        self.say(&format!("命中  {} · {} · {:.0} %", seen.plate_display, seen.place_name, seen.confidence * 100.0));
        let looks_s = self.patience_s + rng.gen_range(8..25);
        self.to_decide.push((hit, now, now.plus(looks_s * Micros::SECOND)));
        Ok(seen)
    }

    /// Decides the hits whose time has come. `truth` gives the plate that really passed, as a person would read it in the
    /// picture.
    pub fn decide(&mut self, now: Micros, truth: impl Fn(&Hit) -> Option<String>, kpis: &mut Kpis) -> anyhow::Result<()> {
        let due: Vec<_> = self.to_decide.iter().filter(|(.., at)| *at <= now).copied().collect();
        self.to_decide.retain(|(.., at)| *at > now);
        for (id, seen_at, _) in due {
            let hit: Hit = self.person.ask("GET", &format!("/v1/hits/{id}"), &Value::Null)?;
            if hit.state != HitState::Raised {
                continue;
            }
            let wanted = hit.entry.pattern.parse::<Plate>().ok();
            let truly = truth(&hit).and_then(|text| text.parse::<Plate>().ok());
            let is_right = truly.is_some() && truly == wanted;
            let is_handled = is_right && self.handled.values().any(|plate| *plate == hit.entry.pattern);
            let confirmed = is_right && !is_handled;
            let (path, body) = if let Some(plate) = truly.filter(|_| confirmed) {
                (format!("/v1/hits/{id}/confirm"), json!({ "plate_seen": plate, "note": "模擬比對照片相符" }))
            } else if is_handled {
                (format!("/v1/hits/{id}/reject"), json!({ "reason": "already_handled", "note": "警力已前往" }))
            } else {
                (format!("/v1/hits/{id}/reject"), json!({ "reason": "misread", "note": "照片車牌不同" }))
            };
            if self.person.call("POST", &path, &body)?.status != 200 {
                kpis.refused_requests += 1;
                continue;
            }
            kpis.hit_to_decision_s.add(now.since(seen_at) as f64 / 1e6);
            if confirmed { kpis.confirmed += 1 } else { kpis.rejected += 1 }
            if let Some(scene) = hit.position.filter(|_| confirmed) {
                self.open_for(&hit, scene, now)?;
            }
        }
        Ok(())
    }

    fn open_for(&mut self, hit: &Hit, scene: Wgs84, now: Micros) -> anyhow::Result<()> {
        let body = json!({
            "origin": "hit", "kind": "stolen_vehicle", "priority": 2, "hit": hit.id, "position": scene,
            "summary": format!("查緝車輛 {}", hit.plate_display), "address": hit.place_name,
        });
        let incident: Incident = self.person.ask("POST", "/v1/incidents", &body)?;
        self.handled.insert(incident.id, hit.entry.pattern.clone());
        self.waiting.push(Waiting { incident: incident.id, scene, began_at: now, is_call: false, try_at: now });
        Ok(())
    }

    /// Sends the best unit to everything that waits.
    pub fn dispatch(&mut self, now: Micros, kpis: &mut Kpis) -> anyhow::Result<Vec<Sent>> {
        let mut sent = Vec::new();
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting).into_iter().partition(|w| w.try_at <= now);
        self.waiting = later;
        for mut waiting in due {
            match self.assign(&waiting)? {
                Some((assignment, unit)) => {
                    let took_s = now.since(waiting.began_at) as f64 / 1e6;
                    if waiting.is_call { kpis.call_to_dispatched_s.add(took_s) } else { kpis.confirmed_to_dispatched_s.add(took_s) }
                    let (incident, scene, began_at, is_call) = (waiting.incident, waiting.scene, waiting.began_at, waiting.is_call);
                    self.unanswered.insert(assignment, (now, waiting));
                    sent.push(Sent { assignment, unit, incident, scene, began_at, dispatched_at: now, is_call });
                }
                None => {
                    waiting.try_at = now.plus(RETRY_S * Micros::SECOND);
                    self.waiting.push(waiting);
                }
            }
        }
        Ok(sent)
    }

    fn assign(&mut self, waiting: &Waiting) -> anyhow::Result<Option<(AssignmentId, UnitId)>> {
        let path = format!("/v1/incidents/{}/recommendations", waiting.incident);
        let offered: Value = self.person.ask("GET", &path, &Value::Null)?;
        // Sent is whoever was first when it was looked; the server heeds the reason only where that has changed meanwhile.
        let best = offered.get("items").and_then(Value::as_array).into_iter().flatten();
        let best = best.filter_map(|item| Some((item.get("rank")?.as_u64()?, item.pointer("/unit/id")?.as_str()?))).min();
        let Some((_, unit)) = best else { return Ok(None) };
        let answer = self.person.call("POST", &format!("/v1/incidents/{}/assignments", waiting.incident), &json!({ "unit": unit, "overriding": "list_changed" }))?;
        // Another dispatcher may have taken the unit meanwhile: that is no error, only bad luck.
        if answer.status == 409 {
            return Ok(None);
        }
        let assignment: Assignment = answer.into("assignment")?;
        self.say(&format!("派遣  {} → {}", assignment.call_sign, assignment.incident_number));
        Ok(Some((assignment.id, assignment.unit)))
    }

    /// The unit has answered somehow.
    pub fn answered(&mut self, assignment: AssignmentId, is_declined: bool, now: Micros) {
        if let Some((_, mut waiting)) = self.unanswered.remove(&assignment)
            && is_declined
        {
            waiting.try_at = now;
            self.waiting.push(waiting);
        }
    }

    /// Takes back orders that nobody answered; returns them.
    pub fn take_back(&mut self, now: Micros) -> anyhow::Result<Vec<AssignmentId>> {
        let late: Vec<AssignmentId> =
            self.unanswered.iter().filter(|(_, (at, _))| now.since(*at) > ANSWER_S * Micros::SECOND).map(|(id, _)| *id).collect();
        for id in &late {
            self.person.call("POST", &format!("/v1/assignments/{id}/cancel"), &json!({ "reason": "警力未回應" }))?;
            self.answered(*id, true, now);
        }
        Ok(late)
    }

    /// An incident whose last unit has left is closed.
    pub fn close(&mut self, incident: IncidentId) -> anyhow::Result<()> {
        self.handled.remove(&incident);
        let answer = self.person.call("POST", &format!("/v1/incidents/{incident}/close"), &json!({ "code": "handled", "note": "" }))?;
        if answer.status == 200 {
            self.say("結案");
        }
        Ok(())
    }

    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.unanswered.is_empty() && self.to_decide.is_empty()
    }
}

/// When a sighting of a wanted vehicle was sent.
#[derive(Default)]
pub struct Sendings(HashMap<(String, i64), (Instant, bool)>);

impl Sendings {
    pub fn note(&mut self, plate: &Plate, captured_at: Micros, at: Instant) {
        self.0.insert((plate.to_string(), captured_at.0), (at, false));
    }

    /// Time between the sending and `seen`, once per sighting.
    pub fn took_ms(&mut self, hit: &Hit, seen: Instant) -> Option<f64> {
        let (at, is_told) = self.0.get_mut(&(hit.plate.to_string(), hit.captured_at_us.0))?;
        if std::mem::replace(is_told, true) {
            return None;
        }
        Some(seen.saturating_duration_since(*at).as_secs_f64() * 1e3)
    }
}
