//! The map in memory: tiles to draw, and roads to find places on. Driving times are asked of `ways`.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::Envelope;
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_intercept::{Flight, Streets};
use shouhu_module::ports::{ClosingRingsPort, GeocoderPort, RoadSheetsPort, RoadTimesPort};
use shouhu_place::Wgs84;
use shouhu_roads::{Matcher, NodeId, Profile, RoadNetwork, Router, TileSource, VehicleClass, WeightSet};
use shouhu_store::Row;

use crate::closures;
use crate::places::Places;
use crate::pursuits::Pursuits;
use crate::ways::Roads;

/// What a screen needs to show the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MapInfo {
    /// 0 while no map is imported; part of the tile address, so that a new map is not hidden by old tiles.
    pub version: i64,
    /// West, south, east, north in degrees.
    pub bounds: Option<[f64; 4]>,
    pub center: Option<Wgs84>,
    pub roads: u64,
    pub attribution: String,
    pub imported_at_us: Option<Micros>,
}

pub struct LoadedMap {
    pub info: MapInfo,
    pub tiles: TileSource,
    router: Router,
    /// Prepared with the first pursuit on this map.
    streets: OnceLock<Option<Arc<Streets>>>,
    /// Where roads leave this map; found with the first pursuit.
    exits: OnceLock<Vec<NodeId>>,
    /// Prepared with the first track on this map.
    matcher: OnceLock<Matcher>,
}

/// The newest map, exchanged as a whole; cheap to clone.
#[derive(Clone, Default)]
pub struct MapState(Arc<RwLock<Option<Arc<LoadedMap>>>>);

impl MapState {
    #[must_use]
    pub fn loaded(&self) -> Option<Arc<LoadedMap>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the map unless a newer one is there already.
    pub fn replace(&self, map: LoadedMap) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_none_or(|known| known.info.version <= map.info.version) {
            *current = Some(Arc::new(map));
        }
    }
}

impl LoadedMap {
    /// Indexes a network: up to seconds of arithmetic for a large city, so never on a request's thread.
    pub fn build(network: RoadNetwork, version: i64, attribution: String, imported_at: Micros) -> Self {
        let bounds = network.bounds();
        let center = bounds.and_then(|b| Wgs84::new(f64::midpoint(b.west, b.east), f64::midpoint(b.south, b.north)).ok());
        let info = MapInfo {
            version,
            bounds: bounds.map(|b| [b.west, b.south, b.east, b.north]),
            center,
            roads: network.edges().len() as u64,
            attribution,
            imported_at_us: Some(imported_at),
        };
        let tiles = TileSource::new(&network);
        let router = Router::new(Arc::new(network));
        Self { info, tiles, router, streets: OnceLock::new(), exits: OnceLock::new(), matcher: OnceLock::new() }
    }

    pub const fn router(&self) -> &Router {
        &self.router
    }

    /// What units with lights and siren and a fugitive need between junctions; none for a network too large to number.
    pub fn streets(&self) -> Option<Arc<Streets>> {
        let profile = Profile::new(VehicleClass::Car, WeightSet::Emergency);
        let prepared = self.streets.get_or_init(|| Streets::new(self.router.network(), profile, Flight::default()).ok().map(Arc::new));
        prepared.clone()
    }

    /// Where roads leave the map, by rising number.
    pub fn exits(&self) -> &[NodeId] {
        self.exits.get_or_init(|| self.router.network().map_exits())
    }

    /// Puts tracks of patrols on roads: turn bans do not bind them.
    pub fn matcher(&self) -> &Matcher {
        let profile = Profile::new(VehicleClass::Car, WeightSet::Emergency);
        self.matcher.get_or_init(|| Matcher::new(Arc::clone(self.router.network()), profile))
    }

    fn from_row(row: &Row) -> Result<Self, ReactionError> {
        let network = RoadNetwork::from_bytes(&row.blob("network")?)?;
        Ok(Self::build(network, row.int("version")?, row.text("attribution")?, row.micros("imported_at_us")?))
    }
}

async fn load_newest(app: &App, state: &MapState) -> Result<(), ReactionError> {
    let newest = app
        .store
        .fetch_opt("SELECT version, network, attribution, imported_at_us FROM operations_map ORDER BY version DESC LIMIT 1", vec![])
        .await?;
    let Some(row) = newest else { return Ok(()) };
    if state.loaded().is_some_and(|map| row.int("version").is_ok_and(|version| map.info.version >= version)) {
        return Ok(());
    }
    let map = tokio::task::spawn_blocking(move || LoadedMap::from_row(&row)).await??;
    state.replace(map);
    Ok(())
}

pub fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let state = MapState::default();
        load_newest(&app, &state).await?;
        let roads = Roads::default();
        roads.renew_soon(&state);
        closures::learn(&app, &roads).await?;
        tokio::spawn(closures::watch_for_ever(app.clone(), roads.clone()));
        app.put(RoadTimesPort(Arc::new(roads.clone())));
        app.put(RoadSheetsPort(Arc::new(state.clone())));
        app.put(ClosingRingsPort(Arc::new(Pursuits::new(state.clone(), roads.clone()))));
        app.put(roads);
        app.put(state);
        let places = Places::default();
        app.put(GeocoderPort(Arc::new(places.clone())));
        app.put(places.clone());
        // The server answers before the index is there: whoever asks for a place until then is told to ask again.
        places.renew_soon(app.clone());
        tokio::spawn(follow_for_ever(app));
        Ok(())
    })
}

/// How often a server looks for a map that another one has imported and that it has not taken: the fact of an import is tried again ever more seldom.
const LOOK_EVERY: Duration = Duration::from_secs(4);

async fn take_newest(app: &App) -> Result<(), ReactionError> {
    let state = app.room::<MapState>();
    load_newest(app, &state).await?;
    app.room::<Roads>().renew_soon(&state);
    // Facts wait for their reactions; an index takes too long to be waited for.
    app.room::<Places>().renew_soon(app.clone());
    Ok(())
}

/// Follows what other servers import, for as long as the program runs. The number alone is asked: a network has megabytes.
async fn follow_for_ever(app: App) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let newest = app.store.fetch_one("SELECT COALESCE(MAX(version), 0) AS version FROM operations_map", vec![]).await;
        let Ok(newest) = newest.and_then(|row| row.int("version")) else { continue };
        if app.room::<MapState>().loaded().is_none_or(|map| map.info.version < newest) && newest > 0 {
            if let Err(error) = take_newest(&app).await {
                tracing::error!(newest, %error, "a map that another server imported cannot be loaded: the one before is asked");
            }
        }
    }
}

/// Another process may have imported it, or an address file.
pub fn reload(app: App, _: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        take_newest(&app).await
    })
}

/// This server or another one has closed a road, or opened it.
pub fn heed(app: App, _: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move { closures::learn(&app, &app.room::<Roads>()).await })
}
