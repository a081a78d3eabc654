//! The world's loop: everything moves, cameras see, people act, and the KPIs are kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shouhu_events::{Envelope, Event};
use shouhu_ids::{AssignmentId, IncidentId, Micros};
use shouhu_plate::{Plate, SeenVehicle};
use shouhu_roads::Router;
use shouhu_wire::{AssignmentState, BatchReceipt, Hit, IncidentState, ReportedSighting, SightingBatch};

use crate::crew::{Crew, Order};
use crate::desk::{Desk, Sendings};
use crate::edge::Edge;
use crate::kpi::{Kpis, Report};
use crate::setup::{Cast, Lens};
use crate::time::CityClock;
use crate::traffic::{self, Vehicle};

/// A vehicle this close to a camera is in its picture.
const LENS_REACH_M: f64 = 35.0;
/// One vehicle at one camera within this time is one passage.
const PASSAGE_US: i64 = 60 * Micros::SECOND;
/// Wanted vehicles of the camera that the real edge agent watches.
const AT_EDGE: usize = 2;
const TICK: Duration = Duration::from_millis(50);
/// After the last call, the city waits this long (its own time) for the work to end.
const WIND_DOWN_US: i64 = 40 * Micros::MINUTE;
const MODEL: &str = "city-simulator";

/// How fast things happen, and until when.
pub struct Pace {
    /// `None`: until Ctrl-C.
    calls: Option<u32>,
    /// Seconds of the city between two calls, on average.
    call_every_s: f64,
    patience_s: u32,
    is_talkative: bool,
    speed: u32,
    /// A wanted vehicle is put before the edge agent's camera so often, seconds of the wall.
    frame_every_s: u64,
}

impl Pace {
    pub const fn fast(calls: u32, speed: u32) -> Self {
        Self { calls: Some(calls), call_every_s: 60.0, patience_s: 0, is_talkative: false, speed, frame_every_s: 10 }
    }

    pub const fn live(patience_s: u32) -> Self {
        Self { calls: None, call_every_s: 75.0, patience_s, is_talkative: true, speed: 1, frame_every_s: 40 }
    }
}

pub struct World {
    seed: u64,
    rng: ChaCha8Rng,
    router: Router,
    clock: CityClock,
    pace: Pace,
    desk: Desk,
    crews: Vec<Crew>,
    lenses: Vec<Lens>,
    sequences: Vec<u64>,
    vehicles: Vec<Vehicle>,
    at_edge: Vec<String>,
    edge: Option<Edge>,
    events: Receiver<(Instant, Envelope)>,
    kpis: Kpis,
    sendings: Sendings,
    /// What really passed: by what was read and when.
    truths: HashMap<(String, i64), String>,
    shown: HashMap<String, Instant>,
    orders: HashMap<AssignmentId, IncidentId>,
}

impl World {
    pub fn new(seed: u64, cast: Cast, clock: CityClock, pace: Pace, edge: Option<Edge>) -> anyhow::Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(1));
        // Two wanted vehicles pass the edge agent's camera only: one that is also elsewhere would have a double.
        let at_edge = if edge.is_some() { AT_EDGE } else { 0 };
        let (driving, at_edge) = cast.wanted.split_at(cast.wanted.len().saturating_sub(at_edge));
        let at_edge: Vec<String> = at_edge.iter().map(|wanted| wanted.plate.clone()).collect();
        let vehicles = traffic::vehicles(&cast.network, driving, &mut rng);
        let router = Router::new(Arc::new(cast.network));
        let now = clock.now();
        let crews = cast.officers.into_iter().map(|(person, unit)| Crew::start(person, unit, &router, &mut rng, now));
        let crews = crews.collect::<anyhow::Result<Vec<_>>>()?;
        let (sender, events) = channel();
        cast.dispatcher.listen(sender)?;
        // The device remembers nothing between starts, so it counts on from the time: never down, never twice.
        let sequences = vec![u64::try_from(now.0).unwrap_or(1); cast.lenses.len()];
        let desk = Desk::new(cast.dispatcher, pace.patience_s, pace.is_talkative);
        Ok(Self {
            seed,
            rng,
            router,
            clock,
            pace,
            desk,
            crews,
            lenses: cast.lenses,
            sequences,
            vehicles,
            at_edge,
            edge,
            events,
            kpis: Kpis::default(),
            sendings: Sendings::default(),
            truths: HashMap::new(),
            shown: HashMap::new(),
            orders: HashMap::new(),
        })
    }

    /// Until the calls are handled, or `stop`.
    pub fn run(&mut self, stop: &AtomicBool) -> anyhow::Result<Report> {
        let (began, began_wall) = (self.clock.now(), Instant::now());
        let mut last = began;
        let mut next_call = began.plus(10 * Micros::SECOND);
        let mut next_frame = Instant::now();
        let mut end_by: Option<Micros> = None;
        while !stop.load(Ordering::SeqCst) {
            let tick = Instant::now();
            let now = self.clock.now();
            let seconds = now.since(last) as f64 / 1e6;
            last = now;
            self.traffic(seconds, now)?;
            for crew in &mut self.crews {
                crew.live(seconds, now, &self.router, &mut self.rng, &mut self.kpis)?;
            }
            self.hear(now)?;
            if now >= next_call && self.pace.calls.is_none_or(|calls| self.kpis.calls < u64::from(calls)) {
                let scene = traffic::somewhere(self.router.network(), &mut self.rng);
                self.desk.take_call(scene, &mut self.rng, now, &mut self.kpis)?;
                next_call = now.plus((-(self.rng.gen_range(0.001_f64..1.0)).ln() * self.pace.call_every_s * 1e6) as i64);
            }
            if tick >= next_frame {
                next_frame = tick + Duration::from_secs(self.pace.frame_every_s);
                self.show_frame(tick)?;
            }
            self.decide_and_send(now)?;
            if self.pace.calls.is_some_and(|calls| self.kpis.calls >= u64::from(calls)) {
                let end = *end_by.get_or_insert(now.plus(WIND_DOWN_US));
                if now >= end || (self.desk.is_idle() && self.crews.iter().all(Crew::is_free)) {
                    break;
                }
            }
            std::thread::sleep(TICK.saturating_sub(tick.elapsed()));
        }
        let minutes = self.clock.now().since(began) as f64 / 60e6;
        Ok(self.kpis.report(self.seed, self.pace.speed, minutes, began_wall.elapsed().as_secs_f64()))
    }

    /// Vehicles move; each camera sends what it saw in this tick as one batch.
    fn traffic(&mut self, seconds: f64, now: Micros) -> anyhow::Result<()> {
        traffic::drive_on(&mut self.vehicles, &self.router, &mut self.rng);
        let mut seen: HashMap<usize, Vec<ReportedSighting>> = HashMap::new();
        for vehicle in &mut self.vehicles {
            vehicle.mover.advance(seconds);
            let near = self.lenses.iter().position(|lens| lens.place.distance_m(vehicle.mover.place) < LENS_REACH_M);
            let Some(lens) = near else { continue };
            if vehicle.seen.is_some_and(|(known, at)| known == lens && now.since(at) < PASSAGE_US) {
                continue;
            }
            vehicle.seen = Some((lens, now));
            let (read, confidence) = traffic::reading(&mut self.rng, &vehicle.plate);
            let Ok(plate) = Plate::parse(&read) else { continue };
            self.truths.insert((plate.to_string(), now.0), vehicle.plate.clone());
            let Some(sequence) = self.sequences.get_mut(lens) else { continue };
            *sequence += 1;
            if vehicle.is_wanted {
                self.sendings.note(&plate, now, Instant::now());
            }
            let picture = crate::frame::draw(&vehicle.plate, u32::try_from(*sequence % 1_000).unwrap_or(0));
            let report = sighting(*sequence, read, confidence, now, vehicle.is_wanted.then_some(picture).transpose()?);
            let shown = traffic::shown(&mut self.rng, vehicle.look);
            seen.entry(lens).or_default().push(ReportedSighting { seen: shown, ..report });
        }
        for (lens, sightings) in seen {
            let count = sightings.len() as u64;
            let batch = SightingBatch { version: shouhu_wire::BATCH_VERSION, model: MODEL.into(), sent_at_us: now.0, sightings };
            if let Some(device) = self.lenses.get(lens).and_then(|lens| lens.device.as_ref()) {
                let receipt: BatchReceipt = device.post("/v1/sightings", &batch)?;
                self.kpis.sightings += u64::from(receipt.accepted);
                self.kpis.refused_requests += count - u64::from(receipt.accepted).min(count);
            }
        }
        Ok(())
    }

    /// A wanted vehicle passes the camera that the real edge agent watches.
    fn show_frame(&mut self, at: Instant) -> anyhow::Result<()> {
        let Some(edge) = &mut self.edge else { return Ok(()) };
        if let Some(plate) = self.at_edge.get(self.rng.gen_range(0..self.at_edge.len().max(1))) {
            edge.show(plate)?;
            self.shown.insert(plate.clone(), at);
        }
        Ok(())
    }

    /// What the live stream told since the last tick.
    fn hear(&mut self, now: Micros) -> anyhow::Result<()> {
        while let Ok((heard_at, envelope)) = self.events.try_recv() {
            match envelope.event {
                Event::HitRaised { hit, .. } => {
                    self.kpis.hits += 1;
                    let seen = self.desk.see_hit(hit, &mut self.rng, now)?;
                    if let Some(ms) = self.sendings.took_ms(&seen, heard_at) {
                        self.kpis.read_to_hit_ms.add(ms);
                    } else if let Some(at) = self.shown.remove(&seen.plate_display) {
                        self.kpis.frame_to_hit_ms.add(heard_at.saturating_duration_since(at).as_secs_f64() * 1e3);
                    }
                }
                Event::AssignmentChanged { assignment, state, .. } => {
                    match state {
                        AssignmentState::Offered => {}
                        AssignmentState::Declined => self.desk.answered(assignment, true, now),
                        _ => self.desk.answered(assignment, false, now),
                    }
                    if state == AssignmentState::Closed
                        && let Some(incident) = self.orders.remove(&assignment)
                    {
                        self.desk.close(incident)?;
                    }
                }
                Event::IncidentChanged { incident, state: IncidentState::Closed, .. } => self.orders.retain(|_, known| *known != incident),
                _ => {}
            }
        }
        Ok(())
    }

    fn decide_and_send(&mut self, now: Micros) -> anyhow::Result<()> {
        let truths = &self.truths;
        let at_edge = &self.at_edge;
        let truth = |hit: &Hit| {
            let known = truths.get(&(hit.plate.to_string(), hit.captured_at_us.0)).cloned();
            // Frames of the edge camera show wanted vehicles only; what it read is judged by what was shown.
            known.or_else(|| at_edge.iter().find(|plate| **plate == hit.plate_display).cloned())
        };
        self.desk.decide(now, truth, &mut self.kpis)?;
        for id in self.desk.take_back(now)? {
            for crew in &mut self.crews {
                crew.recall(id);
            }
        }
        for sent in self.desk.dispatch(now, &mut self.kpis)? {
            self.orders.insert(sent.assignment, sent.incident);
            let order = Order {
                assignment: sent.assignment,
                scene: sent.scene,
                dispatched_at: sent.dispatched_at,
                began_at: sent.began_at,
                is_call: sent.is_call,
            };
            if let Some(crew) = self.crews.iter_mut().find(|crew| crew.unit == sent.unit) {
                crew.receive(order, &mut self.rng, now)?;
            }
        }
        Ok(())
    }
}

fn sighting(sequence: u64, plate: String, confidence: f64, now: Micros, picture: Option<Vec<u8>>) -> ReportedSighting {
    use base64::Engine;
    ReportedSighting {
        sequence,
        plate,
        confidence,
        char_confidence: Vec::new(),
        alternatives: Vec::new(),
        captured_at_us: now.0,
        lon: None,
        lat: None,
        direction: None,
        speed_kmh: None,
        seen: SeenVehicle::default(),
        reads: 3,
        crop_jpeg: picture.map(|jpeg| base64::engine::general_purpose::STANDARD.encode(jpeg)),
        frame_jpeg: None,
        local_hits: Vec::new(),
        source: None,
    }
}
