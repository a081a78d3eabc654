//! Vehicles that drive the city's roads, some of them wanted, and what cameras make of them.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shouhu_ids::Micros;
use shouhu_place::Wgs84;
use shouhu_plate::{PlateColour, SeenVehicle, VehicleColour, VehicleKind};
use shouhu_roads::{NodeId, RoadNetwork, Router};

/// Letters of the eighth generation: no I, no O.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Digits of the four-digit series: no 4.
const DIGITS: &[u8] = b"012356789";
const WANTED: usize = 6;
const ORDINARY: usize = 70;
/// One reading in so many has one character wrong.
const MISREAD_ONE_IN: u32 = 25;
/// One wanted vehicle in so many is not the one that its plate was given to: a stolen plate on another vehicle.
const BORROWED_EVERY: usize = 4;
/// Of each thing that a picture may show, one in so many is not sure.
const UNSURE_ONE_IN: u32 = 8;

/// A wanted vehicle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wanted {
    pub plate: String,
    kind: usize,
}

/// Reason, action, note, colour and kind: what a detective would write, and what drives about.
const CASES: [(&str, &str, &str, VehicleColour, VehicleKind); 3] = [
    ("失竊車輛協尋", "stop", "白色小客車，左後保險桿凹陷", VehicleColour::White, VehicleKind::Car),
    ("搶案逃逸車輛", "stop_with_caution", "黑色休旅車，兩名男子", VehicleColour::Black, VehicleKind::Car),
    ("贓車出沒", "stop", "銀色小貨車", VehicleColour::Grey, VehicleKind::Truck),
];

impl Wanted {
    pub fn proposal(&self, now: Micros) -> Value {
        let (reason, action, note, colour, _) = self.case();
        json!({
            "pattern": self.plate,
            "legal_basis": "stolen_vehicle",
            "owner": "第一分局偵查隊",
            "reason": reason,
            "action": action,
            "vehicle_class": "car",
            "vehicle_colour": colour,
            "vehicle_note": note,
            "expires_at_us": now.plus(30 * Micros::DAY).0,
        })
    }

    fn case(&self) -> (&'static str, &'static str, &'static str, VehicleColour, VehicleKind) {
        let [first, second, third] = CASES;
        match self.kind % CASES.len() {
            0 => first,
            1 => second,
            _ => third,
        }
    }

    /// What its cameras will see: mostly what the entry says, and now and then the plate on a red motorcycle.
    fn look(&self) -> SeenVehicle {
        let (_, _, _, colour, kind) = self.case();
        let is_borrowed = self.kind % BORROWED_EVERY == BORROWED_EVERY - 1;
        let (kind, colour) = if is_borrowed { (VehicleKind::Motorcycle, VehicleColour::Red) } else { (kind, colour) };
        SeenVehicle { kind: Some(kind), colour: Some(colour), plate_colour: Some(PlateColour::WhiteBlack) }
    }
}

/// A look for everybody else, of the colours that most vehicles have.
fn look(rng: &mut ChaCha8Rng) -> SeenVehicle {
    const COLOURS: [VehicleColour; 9] = [
        VehicleColour::White,
        VehicleColour::White,
        VehicleColour::White,
        VehicleColour::Grey,
        VehicleColour::Grey,
        VehicleColour::Black,
        VehicleColour::Blue,
        VehicleColour::Red,
        VehicleColour::Brown,
    ];
    let kind = if rng.gen_ratio(1, 7) { VehicleKind::Truck } else { VehicleKind::Car };
    SeenVehicle { kind: Some(kind), colour: COLOURS.choose(rng).copied(), plate_colour: Some(PlateColour::WhiteBlack) }
}

/// What one picture shows of a look: a camera is not always sure.
pub fn shown(rng: &mut ChaCha8Rng, look: SeenVehicle) -> SeenVehicle {
    let mut is_sure = || !rng.gen_ratio(1, UNSURE_ONE_IN);
    SeenVehicle {
        kind: look.kind.filter(|_| is_sure()),
        colour: look.colour.filter(|_| is_sure()),
        plate_colour: look.plate_colour.filter(|_| is_sure()),
    }
}

fn pick(rng: &mut ChaCha8Rng, from: &[u8]) -> char {
    from.choose(rng).map_or('0', |byte| char::from(*byte))
}

fn plate(rng: &mut ChaCha8Rng) -> String {
    let first = if rng.gen_bool(0.6) { 'B' } else { 'A' };
    let letters: String = std::iter::once(first).chain((0..2).map(|_| pick(rng, LETTERS))).collect();
    let digits: String = (0..4).map(|_| pick(rng, DIGITS)).collect();
    format!("{letters}-{digits}")
}

pub fn wanted_plates(rng: &mut ChaCha8Rng) -> Vec<Wanted> {
    (0..WANTED).map(|kind| Wanted { plate: plate(rng), kind }).collect()
}

/// A reading of a plate with its confidence: mostly right, sometimes one character off.
pub fn reading(rng: &mut ChaCha8Rng, truth: &str) -> (String, f64) {
    if !rng.gen_ratio(1, MISREAD_ONE_IN) {
        return (truth.to_owned(), rng.gen_range(0.93..0.999));
    }
    let mut chars: Vec<char> = truth.chars().collect();
    let places: Vec<usize> = chars.iter().enumerate().filter(|(_, ch)| ch.is_ascii_digit()).map(|(index, _)| index).collect();
    if let Some(at) = places.choose(rng)
        && let Some(ch) = chars.get_mut(*at)
    {
        *ch = pick(rng, DIGITS);
    }
    (chars.into_iter().collect(), rng.gen_range(0.55..0.93))
}

/// Something that follows a way along roads.
pub struct Mover {
    pub place: Wgs84,
    way: Vec<Wgs84>,
    /// Metres along `way`.
    done_m: f64,
    pub speed_kmh: f64,
}

impl Mover {
    pub const fn at(place: Wgs84) -> Self {
        Self { place, way: Vec::new(), done_m: 0.0, speed_kmh: 0.0 }
    }

    pub fn follow(&mut self, way: Vec<Wgs84>, speed_kmh: f64) {
        self.way = way;
        self.done_m = 0.0;
        self.speed_kmh = speed_kmh;
    }

    pub fn has_arrived(&self) -> bool {
        self.way.is_empty()
    }

    /// Moves on for so many seconds.
    pub fn advance(&mut self, seconds: f64) {
        self.done_m += self.speed_kmh / 3.6 * seconds;
        let mut left = self.done_m;
        for (from, to) in self.way.iter().zip(self.way.iter().skip(1)) {
            let length = from.distance_m(*to);
            if left < length {
                let share = left / length.max(0.01);
                let lon = from.lon + (to.lon - from.lon) * share;
                let lat = from.lat + (to.lat - from.lat) * share;
                self.place = Wgs84::new(lon, lat).unwrap_or(*from);
                return;
            }
            left -= length;
        }
        if let Some(end) = self.way.last() {
            self.place = *end;
        }
        self.way.clear();
    }
}

pub struct Vehicle {
    pub plate: String,
    pub is_wanted: bool,
    /// The same at every camera.
    pub look: SeenVehicle,
    pub mover: Mover,
    /// The camera that saw it last, and when: one passage is one sighting.
    pub seen: Option<(usize, Micros)>,
}

/// A junction drawn by lot.
pub fn somewhere(network: &RoadNetwork, rng: &mut ChaCha8Rng) -> Wgs84 {
    let index = rng.gen_range(0..network.nodes().len().max(1));
    let node = network.node(NodeId(u32::try_from(index).unwrap_or(0)));
    node.unwrap_or(shouhu_roads::DEMO_CENTRE)
}

pub fn vehicles(network: &RoadNetwork, wanted: &[Wanted], rng: &mut ChaCha8Rng) -> Vec<Vehicle> {
    let ordinary = (0..ORDINARY).map(|_| (plate(rng), false, look(rng))).collect::<Vec<_>>();
    let all = wanted.iter().map(|w| (w.plate.clone(), true, w.look())).chain(ordinary);
    all.map(|(plate, is_wanted, look)| Vehicle { plate, is_wanted, look, mover: Mover::at(somewhere(network, rng)), seen: None }).collect()
}

/// Gives everyone who has arrived a new destination.
pub fn drive_on(vehicles: &mut [Vehicle], router: &Router, rng: &mut ChaCha8Rng) {
    for vehicle in vehicles.iter_mut().filter(|v| v.mover.has_arrived()) {
        let goal = somewhere(router.network(), rng);
        if let Ok(route) = router.route(vehicle.mover.place, goal) {
            vehicle.mover.follow(route.polyline, rng.gen_range(25.0..50.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use shouhu_plate::Plate;

    use super::*;

    #[test]
    fn plates_are_of_the_eighth_generation() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..500 {
            let text = plate(&mut rng);
            let parsed = Plate::parse(&text);
            assert_eq!(parsed.map(|p| p.display()), Ok(text.clone()));
            assert!(!text.contains(['I', 'O', '4']), "{text}");
        }
    }

    #[test]
    fn a_mover_arrives_after_the_length_of_its_way() {
        let (Ok(a), Ok(b)) = (Wgs84::new(120.20, 22.99), Wgs84::new(120.21, 22.99)) else { panic!("on the globe") };
        let mut mover = Mover::at(a);
        mover.follow(vec![a, b], 36.0);
        mover.advance(a.distance_m(b) / 10.0 - 1.0);
        assert!(!mover.has_arrived() && mover.place.distance_m(b) < 12.0);
        mover.advance(2.0);
        assert!(mover.has_arrived() && mover.place == b);
    }

    #[test]
    fn wanted_vehicles_look_as_their_entries_say_but_for_borrowed_plates() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let wanted = wanted_plates(&mut rng);
        let borrowed = wanted.iter().filter(|one| one.look().kind == Some(VehicleKind::Motorcycle)).count();
        assert_eq!((borrowed, wanted.len()), (1, WANTED), "one contradicts, the others do not");
        for one in &wanted {
            let look = one.look();
            let seen = shown(&mut rng, look);
            assert!(seen.kind.is_none_or(|kind| Some(kind) == look.kind) && seen.colour.is_none_or(|colour| Some(colour) == look.colour));
        }
    }

    #[test]
    fn readings_are_mostly_right() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let right = (0..1_000).filter(|_| reading(&mut rng, "ABC-1238").0 == "ABC-1238").count();
        assert!((930..=995).contains(&right), "{right}");
    }
}
