//! `GET /v1/assignments/mine/way`: how the caller's unit gets to its job, turn by turn.
//!
//! By the unit's own vehicle, at this hour or with the siren, around what is closed. Only a crew is told the way of its unit: where a
//! unit is and where it goes together say more than either.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{AssignmentId, Micros};
use shouhu_module::ports::{Drive, Errand, ErrandsPort};
use shouhu_module::{App, Audit, Audited, Keyed, Load, Params, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_roads::{AlternativeLimits, Closures, Language, OsrmRoute, Profile, SNAP_WITHIN_M, Snap, steps};

use crate::ways::{OpenWays, Roads, profile_for};

pub const ROUTE: Route =
    Route::get("/v1/assignments/mine/way", "The way of the caller's unit to its job, turn by turn", || axum::routing::get(handle))
        .permission("map.way")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .asks::<AskWay>()
        .gives::<MyWay>();

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct AskWay {
    /// Which of the unit's live assignments; the first when absent.
    assignment: Option<AssignmentId>,
    /// From where, in degrees; from the unit's newest fix when both are absent.
    lon: Option<f64>,
    lat: Option<f64>,
    /// Of the instructions; zh-TW when absent.
    language: Option<Language>,
}

/// In the form of OSRM's route service (API v1), with what the phone must know besides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct MyWay {
    /// `Ok`, as OSRM says it; everything else is a problem.
    code: &'static str,
    /// The fastest first, and up to two others that are worth a look.
    routes: Vec<OsrmRoute>,
    /// Start and end, on their roads.
    waypoints: Vec<Waypoint>,
    assignment: AssignmentId,
    /// `car`, `motorcycle` or `foot`.
    vehicle: &'static str,
    /// `night`, `day`, `peak`, or `emergency` with lights and siren.
    weights: &'static str,
    /// Roads that are closed now: the way avoids them where any way does.
    closures: usize,
    /// No way leads around what is closed: this one leads into the closure in which its start or its end lies.
    is_through_closure: bool,
    map_version: i64,
    /// When the place that it begins at was measured; absent where the phone said it.
    from_at_us: Option<Micros>,
    told_at_us: Micros,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Waypoint {
    /// The street; empty when unnamed.
    name: String,
    /// Longitude, latitude.
    location: [f64; 2],
    /// From what was asked to the road, metres.
    distance: f64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum WayError {
    #[error("your unit has no such job now")]
    NoJob,
    #[error("the incident has no place: ask the dispatcher")]
    NoPlace,
    #[error("nobody knows where your unit is: allow the phone to say so")]
    NoStart,
    #[error("longitude and latitude go together, in degrees")]
    Start,
    #[error("no road map is loaded")]
    NoMap,
    #[error("no road is near the start or the incident")]
    NoRoad,
    #[error("no open road leads there")]
    NoWay,
    #[error("the way was not searched: {0}")]
    Search(String),
}

impl Keyed for WayError {
    fn key(&self) -> &'static str {
        match self {
            Self::NoJob => "operations.way.no_job",
            Self::NoPlace => "operations.way.no_place",
            Self::NoStart => "operations.way.no_start",
            Self::Start => "operations.way.start",
            Self::NoMap => "operations.way.no_map",
            Self::NoRoad => "operations.way.no_road",
            Self::NoWay => "operations.way.no_way",
            Self::Search(_) => "store.failed",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Start => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Search(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::CONFLICT,
        }
    }
}

fn start(ask: &AskWay, errand: &Errand) -> Result<(Wgs84, Option<Micros>), WayError> {
    match (ask.lon, ask.lat) {
        (Some(lon), Some(lat)) => Ok((Wgs84::new(lon, lat).map_err(|_| WayError::Start)?, None)),
        (None, None) => errand.from.map(|(at, measured)| (at, Some(measured))).ok_or(WayError::NoStart),
        _ => Err(WayError::Start),
    }
}

struct Found {
    routes: Vec<OsrmRoute>,
    ends: [Snap; 2],
    is_through_closure: bool,
}

fn found(open: &OpenWays, profile: Profile, from: Wgs84, to: Wgs84, language: Language) -> Result<Found, WayError> {
    let navigator = open.ways().navigator(profile);
    let snap = |place| navigator.snap(place, SNAP_WITHIN_M).ok_or(WayError::NoRoad);
    let ends = [snap(from)?, snap(to)?];
    let ask = |closures: &Closures| navigator.alternatives(&ends[0], &ends[1], closures, AlternativeLimits::default()).ok();
    let mut answers = open.stepwise(ends[1].edge, &[Some(ends[0].edge)], |closures, _| vec![ask(closures)]).into_iter();
    let (ways, is_through_closure) = answers.next().flatten().ok_or(WayError::NoWay)?;
    Ok(Found { routes: ways.iter().map(|way| steps(&navigator, &way.path, language)).collect(), ends, is_through_closure })
}

async fn handle(State(app): State<App>, person: Person, Params(ask): Params<AskWay>) -> Result<Audited<MyWay>, Problem> {
    let unit = person.unit.ok_or(WayError::NoJob)?;
    let port = app.try_room::<ErrandsPort>().ok_or(WayError::NoJob)?;
    let mut errands = port.0.of(unit).await?.into_iter();
    let errand = match ask.assignment {
        Some(wanted) => errands.find(|errand| errand.assignment == wanted),
        None => errands.next(),
    };
    let errand = errand.ok_or(WayError::NoJob)?;
    let (from, from_at_us) = start(&ask, &errand)?;
    let to = errand.to.ok_or(WayError::NoPlace)?;
    let now = app.env.now();
    let open = app.room::<Roads>().open_ways(now).ok_or(WayError::NoMap)?;
    let profile = profile_for(errand.by, Drive { at: now, with_siren: errand.with_siren });
    let language = ask.language.unwrap_or(Language::ZhTw);
    let (ways, closures) = (Arc::clone(open.ways()), open.closures().len());
    let searched = tokio::task::spawn_blocking(move || found(&open, profile, from, to, language)).await;
    let Found { routes, ends, is_through_closure } = searched.map_err(|error| WayError::Search(error.to_string()))??;
    let waypoint = |snap: Snap| {
        let name = ways.network().edge(snap.edge).and_then(|edge| ways.network().name(edge)).unwrap_or_default().to_owned();
        Waypoint { name, location: [snap.place.lon, snap.place.lat], distance: snap.distance_m }
    };
    let way = MyWay {
        code: "Ok",
        routes,
        waypoints: ends.map(waypoint).to_vec(),
        assignment: errand.assignment,
        vehicle: profile.vehicle.as_str(),
        weights: profile.weights.as_str(),
        closures,
        is_through_closure,
        map_version: ways.version(),
        from_at_us,
        told_at_us: now,
    };
    Ok(Audited::new(errand.incident_number, way))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};
    use shouhu_env::BoxFuture;
    use shouhu_http::testing::House;
    use shouhu_ids::UnitId;
    use shouhu_module::ports::Errands;
    use shouhu_module::{Caller, Module};
    use shouhu_roads::{CitySize, DEMO_CENTRE, demo_city};
    use shouhu_wire::{Role, UnitKind};

    use super::*;

    static MODULES: &[Module] = &[crate::MODULE];

    /// One unit with one job.
    struct One(UnitId, Errand);

    impl Errands for One {
        fn of(&self, unit: UnitId) -> BoxFuture<'static, Result<Vec<Errand>, Problem>> {
            let errands = if unit == self.0 { vec![self.1.clone()] } else { Vec::new() };
            Box::pin(async move { Ok(errands) })
        }
    }

    const THERE: Wgs84 = Wgs84 { lon: DEMO_CENTRE.lon + 0.006, lat: DEMO_CENTRE.lat + 0.005 };

    fn errand(house: &House, by: UnitKind) -> Errand {
        Errand {
            assignment: house.app.env.id(AssignmentId::new),
            incident_number: "115-1".into(),
            to: Some(THERE),
            by,
            from: Some((DEMO_CENTRE, house.app.env.now())),
            with_siren: false,
        }
    }

    async fn house_with_map() -> House {
        let house = House::open(MODULES).await;
        let operator = house.person(Role::Operator);
        let city = demo_city(7, CitySize::District).to_bytes();
        assert_eq!(house.call_with(&operator, "POST", "/v1/map/import", &[], city).await.status, 200);
        house
    }

    fn crew(house: &House, unit: UnitId) -> Caller {
        let Caller::Person(person) = house.person(Role::Officer) else { panic!("only people crew units") };
        Caller::Person(Person { unit: Some(unit), ..person })
    }

    async fn way(house: &House, caller: &Caller, query: &str) -> (u16, Value) {
        let answer = house.call(caller, "GET", &format!("/v1/assignments/mine/way{query}"), Value::Null).await;
        (answer.status, answer.json)
    }

    fn metres(way: &Value) -> f64 {
        way.pointer("/routes/0/distance").and_then(Value::as_f64).unwrap_or_else(|| panic!("{way}"))
    }

    #[tokio::test]
    async fn a_crew_is_led_to_its_own_job_by_its_own_vehicle_in_either_language() {
        let house = house_with_map().await;
        let unit = house.app.env.id(UnitId::new);
        let officer = crew(&house, unit);
        house.app.put(ErrandsPort(Arc::new(One(unit, errand(&house, UnitKind::Car)))));
        let (status, told) = way(&house, &officer, "").await;
        assert_eq!((status, told.get("code"), told.get("vehicle")), (200, Some(&json!("Ok")), Some(&json!("car"))), "{told}");
        let steps = told.pointer("/routes/0/legs/0/steps").and_then(Value::as_array).unwrap();
        let said: f64 = steps.iter().filter_map(|step| step.get("distance")?.as_f64()).sum();
        assert!((said - metres(&told)).abs() < 2.0 && metres(&told) > DEMO_CENTRE.distance_m(THERE), "{told}");
        assert!(told.pointer("/routes").and_then(Value::as_array).is_some_and(|routes| (1..=3).contains(&routes.len())));
        assert_eq!(steps.last().unwrap().pointer("/maneuver/type"), Some(&json!("arrive")));
        let (_, english) = way(&house, &officer, "?language=en").await;
        let first = |way: &Value| way.pointer("/routes/0/legs/0/steps/0/maneuver/instruction").and_then(Value::as_str).unwrap().to_owned();
        assert_ne!(first(&english), first(&told));
        // From where the phone says that it is, nearer.
        let near = format!("?lon={}&lat={}", THERE.lon - 0.001, THERE.lat);
        assert!(metres(&way(&house, &officer, &near).await.1) < metres(&told));
        house.app.put(ErrandsPort(Arc::new(One(unit, errand(&house, UnitKind::Foot)))));
        let (_, walked) = way(&house, &officer, "").await;
        let seconds = |way: &Value| way.pointer("/routes/0/duration").and_then(Value::as_f64).unwrap();
        assert!(seconds(&walked) > 2.0 * seconds(&told) && walked.get("vehicle") == Some(&json!("foot")), "{walked}");
    }

    #[tokio::test]
    async fn the_way_leads_around_what_is_closed() {
        let house = house_with_map().await;
        let unit = house.app.env.id(UnitId::new);
        let officer = crew(&house, unit);
        house.app.put(ErrandsPort(Arc::new(One(unit, errand(&house, UnitKind::Motorcycle)))));
        let (_, before) = way(&house, &officer, "").await;
        let steps = before.pointer("/routes/0/legs/0/steps").and_then(Value::as_array).unwrap();
        // The middle of the way, at a turn: its junction's streets are closed where the way leaves it.
        let turn = steps.get(steps.len() / 2).unwrap();
        let at = turn.pointer("/maneuver/location").and_then(Value::as_array).unwrap();
        let line = json!([{ "lon": at[0], "lat": at[1] }]);
        let until_us = house.app.env.now().plus(Micros::HOUR).0;
        let body = json!({ "line": line, "reason": "遊行", "until_us": until_us });
        let closed = house.call(&house.person(Role::Supervisor), "POST", "/v1/map/closures", body).await;
        assert_eq!(closed.status, 200, "{}", closed.json);
        let (status, after) = way(&house, &officer, "").await;
        assert_eq!((status, after.get("closures")), (200, Some(&json!(2))), "both directions of one piece: {after}");
        assert_eq!(after.get("is_through_closure"), Some(&json!(false)));
    }

    #[tokio::test]
    async fn whoever_has_no_job_no_place_or_no_road_is_told_which() {
        let house = House::open(MODULES).await;
        let unit = house.app.env.id(UnitId::new);
        let (officer, other) = (crew(&house, unit), crew(&house, house.app.env.id(UnitId::new)));
        let job = errand(&house, UnitKind::Car);
        let asked = |caller: Caller, query: &'static str, job: Errand| {
            house.app.put(ErrandsPort(Arc::new(One(unit, job))));
            let house = &house;
            async move {
                let (status, told) = way(house, &caller, query).await;
                (status, told.get("key").and_then(Value::as_str).unwrap_or_default().to_owned())
            }
        };
        let told = |status: u16, key: &str| (status, format!("operations.way.{key}"));
        assert_eq!(asked(officer.clone(), "", job.clone()).await, told(409, "no_map"));
        assert_eq!(asked(house.person(Role::Officer), "", job.clone()).await, told(409, "no_job"), "on no unit");
        assert_eq!(asked(other, "", job.clone()).await, told(409, "no_job"), "somebody else's unit");
        assert_eq!(
            asked(officer.clone(), "?assignment=01890000-0000-7000-8000-000000000000", job.clone()).await,
            told(409, "no_job")
        );
        assert_eq!(asked(officer.clone(), "", Errand { to: None, ..job.clone() }).await, told(409, "no_place"));
        assert_eq!(asked(officer.clone(), "", Errand { from: None, ..job.clone() }).await, told(409, "no_start"));
        assert_eq!(asked(officer.clone(), "?lon=120.2", job.clone()).await, told(422, "start"));
        assert_eq!(asked(officer.clone(), "?lon=500&lat=23", job.clone()).await, told(422, "start"));
        let operator = house.person(Role::Operator);
        let city = demo_city(7, CitySize::Town).to_bytes();
        assert_eq!(house.call_with(&operator, "POST", "/v1/map/import", &[], city).await.status, 200);
        assert_eq!(asked(officer.clone(), "?lon=119&lat=22", job).await, told(409, "no_road"));
    }
}
