//! `POST /v1/map/import`: the operator's road file becomes the base map and the road graph.
//!
//! The file is read before anything is replaced: a broken one leaves the old map in place.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_module::{App, Audit, Audited, Keyed, Load, Params, Person, Problem, RawBody, Route};
use shouhu_roads::{ImportError, ImportOptions, RoadNetwork};
use shouhu_store::params;

use crate::map::{LoadedMap, MapState};
use crate::places::Places;
use crate::ways::Roads;

/// The whole of Taiwan as OSM PBF has about 300 MB; a city has 30.
const FILE_BYTES_MAX: usize = 512 * 1024 * 1024;
const ATTRIBUTION_CHARS_MAX: usize = 200;

pub const ROUTE: Route = Route::post(
    "/v1/map/import",
    "Replace the base map and road graph by a road file (OSM PBF, OSM XML, GeoJSON, edge CSV; told by content)",
    || axum::routing::post(handle),
)
.permission("map.import")
.audit(Audit::Write)
.load(Load::Bulk)
.body_bytes_max(FILE_BYTES_MAX)
.takes_media("application/octet-stream, application/xml, application/geo+json, text/csv")
.asks::<ImportQuery>()
.gives::<ImportAnswer>();

#[derive(Debug, Deserialize, JsonSchema)]
struct ImportQuery {
    /// Whom the map must name: `© OpenStreetMap contributors`.
    #[serde(default)]
    attribution: String,
    /// Read and report, replace nothing.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ImportAnswer {
    /// The new map's version; absent after a dry run.
    version: Option<i64>,
    /// What was read, cleaned and dropped, with counts and first examples.
    report: serde_json::Value,
}

struct Refused(ImportError);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Keyed for Refused {
    fn key(&self) -> &'static str {
        self.0.key()
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Params(query): Params<ImportQuery>,
    RawBody(file): RawBody,
) -> Result<Audited<ImportAnswer>, Problem> {
    let options = ImportOptions { bytes_max: FILE_BYTES_MAX, ..ImportOptions::default() };
    let read = tokio::task::spawn_blocking(move || shouhu_roads::import(&file, options)).await;
    let (network, report) = read.map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", e.to_string()))?.map_err(Refused)?;
    let report = serde_json::to_value(&report).unwrap_or_default();
    if query.dry_run {
        return Ok(Audited::new("map (dry run)".into(), ImportAnswer { version: None, report }));
    }
    let attribution: String = query.attribution.chars().take(ATTRIBUTION_CHARS_MAX).collect();
    let version = replace(&app, &person, network, attribution, &report).await?;
    Ok(Audited::new(format!("map version {version}"), ImportAnswer { version: Some(version), report }))
}

async fn replace(
    app: &App,
    person: &Person,
    network: RoadNetwork,
    attribution: String,
    report: &serde_json::Value,
) -> Result<i64, Problem> {
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    // Held until the commit: whoever imports next waits, and takes the version after this one.
    tx.execute("UPDATE operations_importing SET times = times + 1 WHERE id = 1", vec![]).await?;
    let row = tx.fetch_one("SELECT COALESCE(MAX(version), 0) + 1 AS version FROM operations_map", vec![]).await?;
    let version = row.int("version")?;
    tx.execute(
        "INSERT INTO operations_map (version, network, attribution, report, imported_at_us, imported_by) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![version, network.to_bytes(), attribution.as_str(), report.to_string(), now, person.id],
    )
    .await?;
    // The one before stays, so that an operator can go back to it by hand; older ones would only fill the disk.
    tx.execute("DELETE FROM operations_map WHERE version < $1", params![version - 1]).await?;
    tx.emit(&Event::MapReplaced { version }).await?;
    tx.commit().await?;
    let built = tokio::task::spawn_blocking(move || LoadedMap::build(network, version, attribution, now)).await;
    if let Ok(map) = built {
        let state = app.room::<MapState>();
        state.replace(map);
        app.room::<Roads>().renew_soon(&state);
    }
    // The index of a large map takes tens of seconds, and the leaf of what is stored must not wait for it.
    app.room::<Places>().renew_soon(app.clone());
    Ok(version)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use shouhu_http::testing::House;
    use shouhu_module::Module;
    use shouhu_ids::Micros;
    use shouhu_module::ports::{Drive, RoadTimesPort, Traveller};
    use shouhu_place::Wgs84;
    use shouhu_roads::{CitySize, demo_city};
    use shouhu_wire::{Role, UnitKind};

    static MODULES: &[Module] = &[crate::MODULE];

    #[tokio::test]
    async fn an_imported_city_is_drawn_and_driven_and_a_broken_file_changes_nothing() {
        let house = House::open(MODULES).await;
        let operator = house.person(Role::Operator);
        let empty = house.call(&operator, "GET", "/v1/map/tiles/12/3415/1783", Value::Null).await;
        assert_eq!(empty.status, 204);

        let city = demo_city(7, CitySize::Town).to_bytes();
        let imported = house.call_with(&operator, "POST", "/v1/map/import?attribution=demo", &[], city).await;
        assert_eq!((imported.status, imported.json.get("version")), (200, Some(&1.into())), "{}", imported.json);
        let info = house.call(&operator, "GET", "/v1/map", Value::Null).await;
        let (Some(lon), Some(lat)) = (
            info.json.pointer("/center/lon").and_then(Value::as_f64),
            info.json.pointer("/center/lat").and_then(Value::as_f64),
        ) else {
            panic!("{}", info.json)
        };
        let n = f64::from(1 << 14);
        let x = ((lon + 180.0) / 360.0 * n).floor();
        let y = ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * n).floor();
        let tile = house.call(&operator, "GET", &format!("/v1/map/tiles/14/{x}/{y}"), Value::Null).await;
        assert!(tile.status == 200 && tile.bytes.len() > 100, "{} bytes", tile.bytes.len());
        let (Ok(here), Ok(there)) = (Wgs84::new(lon, lat), Wgs84::new(lon + 0.003, lat)) else { panic!("on the globe") };
        let (from, drive) = (Traveller { at: there, by: UnitKind::Car }, Drive { at: Micros(0), with_siren: false });
        let times = house.app.room::<RoadTimesPort>().0.times_to(here, &[from], drive);
        assert!(times.is_some_and(|times| times.first().is_some_and(|t| t.time().is_some_and(|t| t.duration_s > 1.0))));
        assert_eq!(info.json.pointer("/ways/version"), Some(&1.into()), "the first map is asked at once: {}", info.json);

        for (body, key) in [(b"PK\x03\x04 not roads".to_vec(), "roads.import.not_a_road_file"), (b"<osm><way".to_vec(), "")] {
            let refused = house.call_with(&operator, "POST", "/v1/map/import", &[], body).await;
            assert_eq!(refused.status, 422);
            assert!(key.is_empty() || refused.json.get("key") == Some(&key.into()), "{}", refused.json);
        }
        let after = house.call(&operator, "GET", "/v1/map", Value::Null).await;
        assert_eq!(after.json.get("version"), Some(&1.into()));
    }
}
