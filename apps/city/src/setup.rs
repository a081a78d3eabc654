//! Who lives in the city: made through the public API on the first start, remembered for the next ones.

use std::path::PathBuf;

use anyhow::Context;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shouhu_ids::{CameraId, DeviceId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_roads::{CitySize, NodeId, RoadClass, RoadNetwork, demo_city};
use shouhu_wire::{DeviceInvitation, Invitation, Role};

use crate::api::{Account, Device, DeviceAccount, Person, Server};
use crate::time::CityClock;
use crate::traffic::{self, Wanted};

const CAMERAS: usize = 24;
/// Half a year: the demo's cameras are looked at again.
const REVIEW_US: i64 = 180 * Micros::DAY;
const UNITS: usize = 10;
/// Cameras closer together than this watch the same traffic.
const CAMERA_GAP_M: f64 = 350.0;

pub struct Setup {
    pub server: String,
    pub state: PathBuf,
    pub seed: u64,
    pub clock: CityClock,
}

/// What is remembered.
#[derive(Serialize, Deserialize)]
struct Kept {
    seed: u64,
    operator: Account,
    detective: Account,
    supervisor: Account,
    dispatcher: Account,
    officers: Vec<(Account, UnitId)>,
    cameras: Vec<(CameraId, String, Wgs84)>,
    devices: Vec<DeviceAccount>,
    wanted: Vec<Wanted>,
}

pub struct Lens {
    pub id: CameraId,
    pub name: String,
    pub place: Wgs84,
    /// `None` where the real edge agent watches.
    pub device: Option<Device>,
}

/// Everybody and everything, signed in.
pub struct Cast {
    pub network: RoadNetwork,
    pub operator: Person,
    pub dispatcher: Person,
    pub officers: Vec<(Person, UnitId)>,
    pub lenses: Vec<Lens>,
    pub wanted: Vec<Wanted>,
    pub url: String,
}

/// Keys must not follow from the seed: a city that runs beside a real one would share them.
fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    bytes
}

impl Cast {
    /// A token with which the real edge agent enrols as the first camera.
    pub fn edge_token(&self) -> anyhow::Result<String> {
        let lens = self.lenses.first().context("the city has no camera")?;
        let body = json!({ "name": format!("{} (edge)", lens.name), "kind": "fixed_camera", "camera": lens.id });
        let answer = self.operator.send("POST", "/v1/devices", body.to_string().into_bytes())?;
        Ok(answer.into::<DeviceInvitation>("edge device")?.token)
    }
}

impl Setup {
    /// `first_token` gives a one-time token for a role; only the first start asks for it.
    pub fn prepare(&self, first_token: impl Fn(Role) -> anyhow::Result<String>) -> anyhow::Result<Cast> {
        let server = Server::new(&self.server);
        let network = demo_city(self.seed, CitySize::District);
        let file = self.state.join("people.json");
        let kept: Option<Kept> = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let kept = match kept.filter(|kept| kept.seed == self.seed) {
            Some(kept) => kept,
            None => {
                println!("building the demo city …");
                let kept = self.build(&server, &network, &first_token)?;
                std::fs::create_dir_all(&self.state)?;
                std::fs::write(&file, serde_json::to_vec_pretty(&kept)?)?;
                kept
            }
        };
        self.sign_in(&server, network, kept)
    }

    fn build(
        &self,
        server: &Server,
        network: &RoadNetwork,
        first_token: &impl Fn(Role) -> anyhow::Result<String>,
    ) -> anyhow::Result<Kept> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut operator = Person::enrol(server, &first_token(Role::Operator)?, secret())?;
        // Consents are decided by another office than that of whoever asks: without offices nobody could try it.
        let enrol = |operator: &mut Person, name: &str, office: &str, role: Role, random: [u8; 32]| -> anyhow::Result<Person> {
            let invitation: Invitation =
                operator.ask("POST", "/v1/identity/enrolments", &json!({ "name": name, "role": role }))?;
            let mut person = Person::enrol(server, &invitation.token, random)?;
            let me: Value = person.ask("GET", "/v1/identity/me", &Value::Null)?;
            let id = me.get("id").and_then(Value::as_str).context("a person has no id")?;
            operator.ask::<Value>("POST", &format!("/v1/identity/actors/{id}/office"), &json!({ "office": office }))?;
            Ok(person)
        };
        let map = operator.send("POST", "/v1/map/import?attribution=demo%20city", network.to_bytes())?;
        map.into::<Value>("map import")?;

        let detective = enrol(&mut operator, "王偵查佐", "偵查隊", Role::Detective, secret())?;
        let supervisor = enrol(&mut operator, "陳督導", "督察組", Role::Supervisor, secret())?;
        let dispatcher = enrol(&mut operator, "模擬執勤員", "勤務指揮中心", Role::Dispatcher, secret())?;
        let mut officers = Vec::new();
        for number in 0..UNITS {
            let station = ["永康", "東門", "中西", "安平", "北門"].get(number % 5).unwrap_or(&"永康");
            let call_sign = format!("{station} {}", 11 + number * 3);
            let kind = if number % 3 == 2 { "motorcycle" } else { "car" };
            let unit: shouhu_wire::Unit = operator.ask("POST", "/v1/units", &json!({ "call_sign": call_sign, "kind": kind }))?;
            let mut officer = enrol(&mut operator, &format!("{call_sign} 警員"), &format!("{station}派出所"), Role::Officer, secret())?;
            officer.ask::<Value>("POST", "/v1/units/mine/join", &json!({ "unit": unit.id }))?;
            officers.push((officer.account, unit.id));
        }

        let mut cameras = Vec::new();
        let mut devices = Vec::new();
        for (name, place) in camera_places(network, &mut rng) {
            let body = json!({ "name": name, "position": place, "heading_deg": rng.gen_range(0..360) });
            let camera: Value = operator.ask("POST", "/v1/cameras", &body)?;
            let id: CameraId = camera.get("id").and_then(Value::as_str).context("camera has no id")?.parse()?;
            let body = json!({ "name": format!("相機 {name}"), "kind": "fixed_camera", "camera": id });
            let invitation: DeviceInvitation = operator.ask("POST", "/v1/devices", &body)?;
            let seed = secret();
            let device = Device::enrol(server, &invitation.token, seed)?;
            let _: DeviceId = device.parse()?;
            devices.push(DeviceAccount { id: device, seed, camera: id });
            cameras.push((id, name, place));
        }

        let wanted = traffic::wanted_plates(&mut rng);
        let (mut proposer, mut approver) = (detective, supervisor);
        let ids: Vec<CameraId> = cameras.iter().map(|(id, _, _)| *id).collect();
        let review = json!({
            "cameras": ids,
            "basis": "public_place",
            "purpose": "路口治安與失竊車輛查緝",
            "notice": "現場告示與警察局網站公告",
            "until_us": self.clock.now().plus(REVIEW_US),
        });
        approver.ask::<Value>("POST", "/v1/cameras/reviews", &review)?;
        for entry in &wanted {
            let proposed: Value = proposer.ask("POST", "/v1/watchlists/entries", &entry.proposal(self.clock.now()))?;
            let id = proposed.get("id").and_then(Value::as_str).unwrap_or_default();
            approver.ask::<Value>("POST", &format!("/v1/watchlists/entries/{id}/approve"), &json!({}))?;
        }
        Ok(Kept {
            seed: self.seed,
            operator: operator.account,
            detective: proposer.account,
            supervisor: approver.account,
            dispatcher: dispatcher.account,
            officers,
            cameras,
            devices,
            wanted,
        })
    }

    fn sign_in(&self, server: &Server, network: RoadNetwork, kept: Kept) -> anyhow::Result<Cast> {
        let officers = kept.officers.into_iter().map(|(account, unit)| Ok((Person::sign_in(server, account, secret())?, unit)));
        let lenses = kept.cameras.into_iter().map(|(id, name, place)| {
            let account = kept.devices.iter().find(|device| device.camera == id);
            Lens { id, name, place, device: account.map(|account| Device::open(server, &self.clock, account)) }
        });
        Ok(Cast {
            network,
            operator: Person::sign_in(server, kept.operator, secret())?,
            dispatcher: Person::sign_in(server, kept.dispatcher, secret())?,
            officers: officers.collect::<anyhow::Result<_>>()?,
            lenses: lenses.collect(),
            wanted: kept.wanted,
            url: server.url.clone(),
        })
    }
}

/// Junctions of large roads, well apart, named after their streets.
fn camera_places(network: &RoadNetwork, rng: &mut ChaCha8Rng) -> Vec<(String, Wgs84)> {
    let mut streets: Vec<(NodeId, String)> = Vec::new();
    for edge in network.edges() {
        let is_large = matches!(edge.class, RoadClass::Trunk | RoadClass::Primary | RoadClass::Secondary | RoadClass::Tertiary);
        if let Some(name) = network.name(edge).filter(|_| is_large) {
            streets.push((edge.from, name.to_owned()));
            streets.push((edge.to, name.to_owned()));
        }
    }
    let mut places: Vec<(String, Wgs84)> = Vec::new();
    for _ in 0..4_000 {
        if places.len() == CAMERAS || streets.is_empty() {
            break;
        }
        let Some((node, first)) = streets.get(rng.gen_range(0..streets.len())) else { continue };
        let Some((_, second)) = streets.iter().find(|(other, name)| other == node && name != first) else { continue };
        let Some(place) = network.node(*node) else { continue };
        if places.iter().all(|(_, known)| known.distance_m(place) > CAMERA_GAP_M) {
            places.push((format!("{first}與{second}口"), place));
        }
    }
    places
}
