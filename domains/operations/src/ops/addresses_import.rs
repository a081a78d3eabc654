//! `POST /v1/map/addresses`: outlines of towns and villages and address points, by which a caller's words become a place.
//!
//! The file is read before anything is replaced: a broken one leaves the old one of its source in place.

use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_geocode::{Book, BookError};
use shouhu_module::{App, Audit, Audited, Keyed, Load, Params, Person, Problem, RawBody, Route};
use shouhu_store::{StoreError, params};

use crate::map::MapState;
use crate::places::Places;

/// A million doors as CSV have about 80 MB.
const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
const SOURCE_CHARS_MAX: usize = 60;
const ATTRIBUTION_CHARS_MAX: usize = 200;
const SOURCES_MAX: i64 = 16;

pub const ROUTE: Route = Route::post(
    "/v1/map/addresses",
    "Replace the address file of one source (GeoJSON outlines and points, or CSV with address, longitude and latitude)",
    || axum::routing::post(handle),
)
.permission("map.import")
.audit(Audit::Write)
.load(Load::Bulk)
.body_bytes_max(FILE_BYTES_MAX)
.takes_media("application/geo+json, text/csv")
.asks::<AddressesQuery>()
.gives::<AddressesImported>();

#[derive(Debug, Deserialize, JsonSchema)]
struct AddressesQuery {
    /// What the file is, 1 to 60 characters: `villages`. A file of the same source is replaced; the others stay.
    #[serde(default)]
    source: String,
    /// Whom an answer must name.
    #[serde(default)]
    attribution: String,
    /// Read and report, replace nothing.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AddressesImported {
    /// Absent after a dry run.
    version: Option<i64>,
    /// What was read and left out, with counts and first examples.
    report: serde_json::Value,
}

#[derive(Debug, thiserror::Error)]
enum AddressesError {
    #[error("the source has {length} characters: 1 to {SOURCE_CHARS_MAX} say what the file is, such as \"villages\"")]
    Source { length: usize },
    #[error("{SOURCES_MAX} sources are kept, which is the most: replace one of them")]
    TooManySources,
    #[error(transparent)]
    Book(#[from] BookError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for AddressesError {
    fn key(&self) -> &'static str {
        match self {
            Self::Source { .. } => "operations.addresses.source",
            Self::TooManySources => "operations.addresses.too_many_sources",
            Self::Book(error) => error.key(),
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TooManySources => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            Self::Source { .. } | Self::Book(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Params(query): Params<AddressesQuery>,
    RawBody(file): RawBody,
) -> Result<Audited<AddressesImported>, Problem> {
    let source = query.source.trim().to_owned();
    let length = source.chars().count();
    if !(1..=SOURCE_CHARS_MAX).contains(&length) {
        return Err(AddressesError::Source { length }.into());
    }
    let content = file.clone();
    let read = tokio::task::spawn_blocking(move || Book::read(&content).map(|(_, report)| report)).await;
    let report = read
        .map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", e.to_string()))?
        .map_err(AddressesError::Book)?;
    let report = serde_json::to_value(&report).unwrap_or_default();
    if query.dry_run {
        return Ok(Audited::new(format!("addresses {source} (dry run)"), AddressesImported { version: None, report }));
    }
    let attribution: String = query.attribution.chars().take(ATTRIBUTION_CHARS_MAX).collect();
    let version = replace(&app, &person, &source, &attribution, &report, file).await?;
    // The index of a large file takes tens of seconds, and the leaf of what is stored must not wait for it.
    app.room::<Places>().renew_soon(app.clone());
    Ok(Audited::new(format!("addresses {source} version {version}"), AddressesImported { version: Some(version), report }))
}

async fn replace(
    app: &App,
    person: &Person,
    source: &str,
    attribution: &str,
    report: &serde_json::Value,
    file: Bytes,
) -> Result<i64, AddressesError> {
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    // Held until the commit: whoever imports next waits, and takes the version after this one.
    tx.execute("UPDATE operations_importing SET times = times + 1 WHERE id = 1", vec![]).await?;
    let sql = "SELECT COALESCE(MAX(version), 0) + 1 AS version, \
               CAST(COALESCE(SUM(CASE WHEN source = $1 THEN 0 ELSE 1 END), 0) AS BIGINT) AS others FROM operations_address_file";
    let row = tx.fetch_one(sql, params![source]).await?;
    let version = row.int("version")?;
    if row.int("others")? >= SOURCES_MAX {
        return Err(AddressesError::TooManySources);
    }
    tx.execute(
        "INSERT INTO operations_address_file (source, version, content, attribution, report, imported_at_us, imported_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source) DO UPDATE SET version = excluded.version, \
         content = excluded.content, attribution = excluded.attribution, report = excluded.report, \
         imported_at_us = excluded.imported_at_us, imported_by = excluded.imported_by",
        params![source, version, file.to_vec(), attribution, report.to_string(), now, person.id],
    )
    .await?;
    // Addresses are part of the map: whoever keeps one in memory looks what is new. The roads' version stays.
    let map = app.room::<MapState>().loaded().map_or(0, |map| map.info.version);
    tx.emit(&Event::MapReplaced { version: map }).await?;
    tx.commit().await?;
    Ok(version)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shouhu_http::testing::House;
    use shouhu_module::ports::{GeocoderPort, NoPlaces, PlaceAnswer, PlaceHint, PlaceKind};
    use shouhu_module::{Caller, Module};
    use shouhu_place::Wgs84;
    use shouhu_roads::{CitySize, demo_city};
    use shouhu_wire::Role;

    use crate::places::Places;

    static MODULES: &[Module] = &[crate::MODULE];

    const TOWNS: [&str; 5] = ["東區", "永康區", "仁德區", "歸仁區", "新營區"];

    fn square(west: f64) -> Value {
        let (east, south, north) = (west + 0.04, 22.9, 22.96);
        json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]])
    }

    /// Five towns side by side, each with a 中正路 that is numbered alike.
    fn towns() -> Vec<u8> {
        let towns = (0_u32..).zip(TOWNS).map(|(at, town)| {
            let geometry = json!({ "type": "Polygon", "coordinates": square(120.0 + f64::from(at) * 0.05) });
            json!({ "type": "Feature", "properties": { "COUNTYNAME": "臺南市", "TOWNNAME": town }, "geometry": geometry })
        });
        json!({ "type": "FeatureCollection", "features": towns.collect::<Vec<_>>() }).to_string().into_bytes()
    }

    fn doors() -> Vec<u8> {
        let mut text = "地址,經度,緯度\n".to_owned();
        for (at, town) in (0_u32..).zip(TOWNS) {
            for number in (10..=90).step_by(10) {
                let (lon, lat) = (120.02 + f64::from(at) * 0.05, 22.93 + f64::from(number) * 2e-5);
                text.push_str(&format!("臺南市{town}中正路{number}號,{lon},{lat}\n"));
            }
            text.push_str(&format!("臺南市{town}中正路與民權路口,{},22.9301\n", 120.02 + f64::from(at) * 0.05));
        }
        for km in 100..=110 {
            text.push_str(&format!("臺南市永康區台19線{km}公里,120.06,{}\n", 22.9 + f64::from(km - 100) * 0.0089));
        }
        text.into_bytes()
    }

    async fn import(house: &House, operator: &Caller, query: &str, file: Vec<u8>) -> (u16, Value) {
        let answer = house.call_with(operator, "POST", &format!("/v1/map/addresses?{query}"), &[], file).await;
        // The request does not wait for the index; a test does.
        house.app.room::<Places>().renew(&house.app).await.unwrap_or_else(|error| panic!("{error}"));
        (answer.status, answer.json)
    }

    fn find(house: &House, text: &str, near: Option<Wgs84>) -> PlaceAnswer {
        let found = house.app.room::<GeocoderPort>().0.find(text, PlaceHint { near });
        found.unwrap_or_else(|none| panic!("{text}: {none:?}"))
    }

    #[tokio::test]
    async fn an_address_that_five_towns_have_gives_five_places_and_what_tells_them_apart() {
        let house = House::open(MODULES).await;
        let operator = house.person(Role::Operator);
        let none = house.app.room::<GeocoderPort>().0.find("中正路50號", PlaceHint::default());
        assert_eq!(none, Err(NoPlaces::NoMap));
        let (status, answer) = import(&house, &operator, "source=towns", towns()).await;
        assert_eq!((status, answer.pointer("/report/towns")), (200, Some(&json!(5))), "{answer}");
        let (status, answer) = import(&house, &operator, "source=doors&attribution=demo", doors()).await;
        assert_eq!((status, answer.get("version")), (200, Some(&json!(2))), "{answer}");

        let found = find(&house, "中正路50號", None);
        let said: Vec<_> = found.candidates.iter().filter_map(|one| one.town.as_deref()).collect();
        assert_eq!((said.len(), found.is_ambiguous), (5, true), "{found:?}");
        assert!(TOWNS.iter().all(|town| said.contains(town)), "{said:?}");
        assert!(found.candidates.iter().all(|one| one.kind == PlaceKind::ExactNumber && one.radius_m >= 20.0), "{found:?}");
        assert!(found.candidates.iter().all(|one| one.beside.as_deref() == Some("民權路")), "{found:?}");

        let near = find(&house, "中正路50號", Wgs84::new(120.12, 22.93).ok());
        let first = near.candidates.first();
        assert_eq!(first.and_then(|one| one.town.as_deref()), Some("仁德區"));
        assert!(first.is_some_and(|one| one.doubts.iter().any(|doubt| doubt.key == "preferred_by_hint")), "{first:?}");

        let crossing = find(&house, "永康 中正路跟民權路口", None);
        assert_eq!(crossing.candidates.first().map(|one| one.kind), Some(PlaceKind::KnownCrossing), "{crossing:?}");
        let mark = find(&house, "台19線103.5K", None);
        assert_eq!(mark.candidates.first().map(|one| one.kind), Some(PlaceKind::BetweenMarks), "{mark:?}");
        let typing = find(&house, "永康中正路 5", None);
        assert!(typing.candidates.iter().any(|one| one.is_completion && one.address == "臺南市永康區中正路50號"), "{typing:?}");
    }

    #[tokio::test]
    async fn nonsense_gives_an_empty_answer_that_says_why() {
        let house = House::open(MODULES).await;
        import(&house, &house.person(Role::Operator), "source=doors", doors()).await;
        for text in ["", "　", "！？。", "asdf qwer", "救命", "\u{202e}\u{0}", "0", "號號號", "高雄市苓雅區中正路50號"] {
            let found = find(&house, text, None);
            assert!(found.candidates.is_empty() && !found.is_ambiguous && !found.why_not.is_empty(), "{text:?}: {found:?}");
        }
    }

    #[tokio::test]
    async fn streets_of_the_map_are_found_without_any_address_file_and_a_new_map_replaces_them() {
        let house = House::open(MODULES).await;
        let operator = house.person(Role::Operator);
        for seed in [7, 8] {
            let city = demo_city(seed, CitySize::Town);
            let names: Vec<String> = city.names().iter().filter(|name| name.ends_with('路')).take(3).cloned().collect();
            let imported = house.call_with(&operator, "POST", "/v1/map/import", &[], city.to_bytes()).await;
            assert_eq!(imported.status, 200, "{}", imported.json);
            assert!(!names.is_empty());
            house.app.room::<Places>().renew(&house.app).await.unwrap_or_else(|error| panic!("{error}"));
            for name in names {
                let found = find(&house, &name, None);
                assert!(found.candidates.iter().any(|one| one.address == name), "{name}: {found:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_broken_file_changes_nothing_and_says_what_it_is() {
        let house = House::open(MODULES).await;
        let operator = house.person(Role::Operator);
        import(&house, &operator, "source=doors", doors()).await;
        let cases: [(&str, &[u8], &str); 6] = [
            ("", b"x", "operations.addresses.source"),
            ("source=doors", b"PK\x03\x04\x00", "operations.addresses.not_text"),
            ("source=doors", b"a,b\n1,2", "operations.addresses.not_an_address_file"),
            ("source=doors", b"{\"type\":\"FeatureCollection\",\"features\":[{", "operations.addresses.malformed"),
            ("source=doors", b"address,lon,lat\n,1,2", "operations.addresses.nothing"),
            ("source=doors", b"", "operations.addresses.not_an_address_file"),
        ];
        for (query, file, key) in cases {
            let (status, answer) = import(&house, &operator, query, file.to_vec()).await;
            assert_eq!((status, answer.get("key")), (422, Some(&json!(key))), "{answer}");
        }
        let (status, answer) = import(&house, &operator, "source=more&dry_run=true", doors()).await;
        assert_eq!((status, answer.get("version")), (200, Some(&Value::Null)), "{answer}");
        let kept = house.call(&operator, "GET", "/v1/map/addresses", Value::Null).await;
        assert_eq!(kept.json.pointer("/items").and_then(Value::as_array).map(Vec::len), Some(1), "{}", kept.json);
        assert_eq!(kept.json.pointer("/items/0/version"), Some(&json!(1)));
        assert_eq!(find(&house, "永康中正路50號", None).candidates.len(), 1);
        for number in 0..16 {
            import(&house, &operator, &format!("source=s{number}"), doors()).await;
        }
        let (status, answer) = import(&house, &operator, "source=s17", doors()).await;
        assert_eq!((status, answer.get("key")), (409, Some(&json!("operations.addresses.too_many_sources"))), "{answer}");
    }
}
