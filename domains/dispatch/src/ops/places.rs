//! Where what a caller says may be: places for a person to choose from, never chosen for her.
//!
//! The text is a caller's, so it is personal: neither the leaf nor any log line keeps it. What is answered comes from street names and
//! house numbers that anyone may know.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::ports::{GeocoderPort, NoPlaces, PlaceAnswer, PlaceCandidate, PlaceHint, PlaceRemark};
use shouhu_module::{App, Audit, Audited, Keyed, Load, Params, Problem, Route};
use shouhu_place::Wgs84;

pub const ROUTE: Route = Route::get("/v1/places", "Find the places that a caller's words may mean", || axum::routing::get(handle))
    .permission("incidents.open")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .asks::<AskPlaces>()
    .gives::<FoundPlaces>();

/// What the reader of addresses looks at; the rest of a longer text would be lost.
const TEXT_CHARS_MAX: usize = 200;
/// An index is built within seconds.
const NOT_READY_RETRY_S: u32 = 3;

#[derive(Debug, Default, Deserialize, JsonSchema)]
struct AskPlaces {
    /// 1 to 200 characters as they are said or typed: an address, a crossing, `台19線 103.5K`, the beginning of any of these.
    #[serde(default)]
    q: String,
    /// Where she looks, which orders what is equally good and hides nothing; both or neither.
    #[schemars(range(min = -180.0, max = 180.0))]
    near_lon: Option<f64>,
    #[schemars(range(min = -90.0, max = 90.0))]
    near_lat: Option<f64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FoundPlaces {
    /// Best first, at most 12; empty when nothing of it is known.
    items: Vec<PlaceCandidate>,
    /// Several are as good as the first and lie elsewhere: ask the caller.
    is_ambiguous: bool,
    /// Why there is none, or none as fine as was asked.
    why_not: Vec<PlaceRemark>,
    /// Pieces of the text that mean nothing here.
    unread: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
enum PlacesError {
    #[error("no text: say a street, a crossing, a house number")]
    TextEmpty,
    #[error("the text has {length} characters, {TEXT_CHARS_MAX} are the most")]
    TextTooLong { length: usize },
    #[error("near_lon and near_lat are a position on the globe, or both are absent")]
    Near,
    #[error("neither a map with street names nor addresses were imported")]
    NoMap,
    #[error("the addresses are being read in: ask again in some seconds")]
    NotReady,
}

impl Keyed for PlacesError {
    fn key(&self) -> &'static str {
        match self {
            Self::TextEmpty => "dispatch.places.text_empty",
            Self::TextTooLong { .. } => "dispatch.places.text_too_long",
            Self::Near => "dispatch.places.near",
            Self::NoMap => "dispatch.places.no_map",
            Self::NotReady => "dispatch.places.not_ready",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TextEmpty | Self::TextTooLong { .. } | Self::Near => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoMap => StatusCode::CONFLICT,
            Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<NoPlaces> for PlacesError {
    fn from(none: NoPlaces) -> Self {
        match none {
            NoPlaces::NoMap => Self::NoMap,
            NoPlaces::NotReady => Self::NotReady,
        }
    }
}

fn checked(ask: &AskPlaces) -> Result<(String, PlaceHint), PlacesError> {
    let text = ask.q.trim();
    let length = text.chars().count();
    if length == 0 {
        return Err(PlacesError::TextEmpty);
    }
    if length > TEXT_CHARS_MAX {
        return Err(PlacesError::TextTooLong { length });
    }
    let near = match (ask.near_lon, ask.near_lat) {
        (None, None) => None,
        (Some(lon), Some(lat)) => Some(Wgs84::new(lon, lat).map_err(|_| PlacesError::Near)?),
        _ => return Err(PlacesError::Near),
    };
    Ok((text.to_owned(), PlaceHint { near }))
}

async fn handle(State(app): State<App>, Params(ask): Params<AskPlaces>) -> Result<Audited<FoundPlaces>, Problem> {
    let (text, hint) = checked(&ask)?;
    let geocoder = app.try_room::<GeocoderPort>().ok_or(PlacesError::NoMap)?;
    // Microseconds for most questions, milliseconds for a name that many streets have: not on the thread of every other request.
    let asked = tokio::task::spawn_blocking(move || geocoder.0.find(&text, hint)).await;
    // What a search that broke off says may quote the caller's words, so neither the answer nor the log repeats it.
    let found = asked.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", "the search for places broke off"))?;
    let PlaceAnswer { candidates, is_ambiguous, why_not, unread } = match found.map_err(PlacesError::from) {
        Ok(answer) => answer,
        Err(error @ PlacesError::NotReady) => return Err(Problem::of(&error).retry_after_s(NOT_READY_RETRY_S)),
        Err(error) => return Err(error.into()),
    };
    let object = format!("{} places for a caller's words", candidates.len());
    Ok(Audited::new(object, FoundPlaces { items: candidates, is_ambiguous, why_not, unread }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::{Value, json};
    use shouhu_http::testing::House;
    use shouhu_module::Module;
    use shouhu_module::ports::{Geocoder, PlaceKind};
    use shouhu_wire::Role;

    use super::*;

    static MODULES: &[Module] = &[crate::MODULE];

    /// Knows one street in five towns, and nothing else.
    struct FiveTowns;

    impl Geocoder for FiveTowns {
        fn find(&self, text: &str, hint: PlaceHint) -> Result<PlaceAnswer, NoPlaces> {
            if text != "中正路50號" {
                let why = PlaceRemark { key: "nothing_said", params: BTreeMap::new() };
                return Ok(PlaceAnswer { why_not: vec![why], unread: vec![text.to_owned()], ..PlaceAnswer::default() });
            }
            let place = |(at, town): (u32, &str)| PlaceCandidate {
                address: format!("臺南市{town}中正路50號"),
                position: Wgs84::new(120.0 + f64::from(at) * 0.05, 22.93).unwrap(),
                radius_m: 20.0,
                kind: PlaceKind::ExactNumber,
                score: 1.0,
                town: Some(town.to_owned()),
                beside: Some("民權路".to_owned()),
                is_completion: false,
                doubts: Vec::new(),
            };
            let mut candidates: Vec<_> = (0_u32..).zip(["東區", "永康區", "仁德區", "歸仁區", "新營區"]).map(place).collect();
            if let Some(near) = hint.near {
                candidates.sort_by(|a, b| near.distance_m(a.position).total_cmp(&near.distance_m(b.position)));
            }
            Ok(PlaceAnswer { candidates, is_ambiguous: true, ..PlaceAnswer::default() })
        }
    }

    struct Building;

    impl Geocoder for Building {
        fn find(&self, _: &str, _: PlaceHint) -> Result<PlaceAnswer, NoPlaces> {
            Err(NoPlaces::NotReady)
        }
    }

    /// 中正路50號, as a browser sends it.
    const ZHONGZHENG_50: &str = "q=%E4%B8%AD%E6%AD%A3%E8%B7%AF50%E8%99%9F";

    async fn ask(house: &House, query: &str) -> (u16, Value) {
        let answer = house.call(&house.person(Role::Dispatcher), "GET", &format!("/v1/places?{query}"), Value::Null).await;
        (answer.status, answer.json)
    }

    #[tokio::test]
    async fn five_places_of_one_name_are_five_answers_and_the_nearest_is_first() {
        let house = House::open(MODULES).await;
        house.app.put(GeocoderPort(Arc::new(FiveTowns)));
        let (status, found) = ask(&house, ZHONGZHENG_50).await;
        assert_eq!((status, found.get("is_ambiguous")), (200, Some(&json!(true))), "{found}");
        assert_eq!(found.pointer("/items").and_then(Value::as_array).map(Vec::len), Some(5));
        assert_eq!(found.pointer("/items/0/town"), Some(&json!("東區")));
        assert_eq!(found.pointer("/items/0/kind"), Some(&json!("exact_number")));
        let (_, near) = ask(&house, &format!("{ZHONGZHENG_50}&near_lon=120.11&near_lat=22.93")).await;
        assert_eq!(near.pointer("/items/0/town"), Some(&json!("仁德區")), "{near}");
    }

    #[tokio::test]
    async fn what_is_no_question_says_why_and_nonsense_gives_an_empty_answer() {
        let house = House::open(MODULES).await;
        let (status, none) = ask(&house, ZHONGZHENG_50).await;
        assert_eq!((status, none.get("key")), (409, Some(&json!("dispatch.places.no_map"))), "{none}");
        house.app.put(GeocoderPort(Arc::new(Building)));
        let (status, early) = ask(&house, ZHONGZHENG_50).await;
        assert_eq!((status, early.get("retry_after_s")), (503, Some(&json!(3))), "{early}");
        house.app.put(GeocoderPort(Arc::new(FiveTowns)));
        let long = format!("q={}", "a".repeat(201));
        let cases = [
            ("", "dispatch.places.text_empty"),
            ("q=%20%E3%80%80", "dispatch.places.text_empty"),
            (long.as_str(), "dispatch.places.text_too_long"),
            ("q=a&near_lon=120.2", "dispatch.places.near"),
            ("q=a&near_lon=200&near_lat=23", "dispatch.places.near"),
            ("q=a&near_lon=NaN&near_lat=23", "dispatch.places.near"),
        ];
        for (query, key) in cases {
            let (status, refused) = ask(&house, query).await;
            assert_eq!((status, refused.get("key")), (422, Some(&json!(key))), "{query}: {refused}");
        }
        assert_eq!(ask(&house, "q=a&near_lon=x&near_lat=23").await.0, 400);
        for rubbish in ["q=%00%01", "q=%E2%80%AE", "q=';DROP%20TABLE", "q=%F0%9F%9A%93"] {
            let (status, found) = ask(&house, rubbish).await;
            assert_eq!((status, found.get("items")), (200, Some(&json!([]))), "{rubbish}: {found}");
            assert_eq!(found.pointer("/why_not/0/key"), Some(&json!("nothing_said")));
        }
    }

    #[tokio::test]
    async fn who_takes_no_calls_asks_for_no_places() {
        let house = House::open(MODULES).await;
        house.app.put(GeocoderPort(Arc::new(FiveTowns)));
        for (role, status) in [(Role::Officer, 200), (Role::Supervisor, 200), (Role::Detective, 403), (Role::Auditor, 403)] {
            let answer = house.call(&house.person(role), "GET", &format!("/v1/places?{ZHONGZHENG_50}"), Value::Null).await;
            assert_eq!(answer.status, status, "{role:?}: {}", answer.json);
        }
    }
}
