//! Where a said place is: the street names of the map and the imported address files, indexed in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use shouhu_bus::ReactionError;
use shouhu_geocode::{Book, Builder, Candidate, Doubt, Geocoder as Index, Hint, MatchedBy, Nearby, Summary, WhyNot};
use shouhu_module::App;
use shouhu_module::ports::{Geocoder, NoPlaces, PLACES_MAX, PlaceAnswer, PlaceCandidate, PlaceHint, PlaceKind, PlaceRemark};
use shouhu_store::params;

use crate::map::{LoadedMap, MapState};

/// A database that was away for a moment is back soon; one that stays away is not asked every moment.
const RETRY_FIRST: Duration = Duration::from_secs(5);
const RETRY_MOST: Duration = Duration::from_secs(300);

/// The versions that an index was made of; 0 where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Made {
    map: i64,
    files: i64,
}

#[derive(Default)]
struct Known {
    index: Option<(Made, Arc<Index>)>,
    /// There is something to be indexed, whether it is indexed already or not.
    is_expected: bool,
}

/// The newest index, exchanged as a whole; cheap to clone.
#[derive(Clone, Default)]
pub struct Places {
    known: Arc<RwLock<Known>>,
    building: Arc<tokio::sync::Mutex<()>>,
}

impl Places {
    /// Builds the index anew when the map or an address file is newer than it. Questions are answered from the old one until then.
    ///
    /// Measured in a development build on a loaded machine: 3 s and 5 MB for 15,000 named road pieces and 5,000 records; for 800,000 doors
    /// 9 s to read the file and 14 s to index it, 62 MB held and 121 MB at the peak. So it is never built on a request's thread, and one at a time.
    ///
    /// # Errors
    /// When the files cannot be read back.
    pub async fn renew(&self, app: &App) -> Result<(), ReactionError> {
        let _one_at_a_time = self.building.lock().await;
        let map = app.room::<MapState>().loaded();
        let sql = "SELECT COALESCE(MAX(version), 0) AS version FROM operations_address_file";
        let files = app.store.fetch_one(sql, vec![]).await?.int("version")?;
        let made = Made { map: map.as_ref().map_or(0, |map| map.info.version), files };
        if made == Made::default() || self.made() == Some(made) {
            return Ok(());
        }
        self.known.write().unwrap_or_else(PoisonError::into_inner).is_expected = true;
        let books = books(app).await?;
        let index = tokio::task::spawn_blocking(move || index(books, map.as_deref())).await?;
        let Summary { records, road_pieces, towns, bytes, .. } = index.summary();
        tracing::info!(records, road_pieces, towns, bytes, "index of places built");
        self.known.write().unwrap_or_else(PoisonError::into_inner).index = Some((made, Arc::new(index)));
        Ok(())
    }

    /// As [`Self::renew`], while something else goes on, and again until it is done: nothing else would try before the next import.
    pub fn renew_soon(&self, app: App) {
        let places = self.clone();
        tokio::spawn(async move {
            let mut pause = RETRY_FIRST;
            while let Err(error) = places.renew(&app).await {
                tracing::error!(%error, again_s = pause.as_secs(), "index of places could not be built: calls are placed by hand");
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(RETRY_MOST);
            }
        });
    }

    fn made(&self) -> Option<Made> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).index.as_ref().map(|(made, _)| *made)
    }

    fn index(&self) -> Result<Arc<Index>, NoPlaces> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let missing = if known.is_expected { NoPlaces::NotReady } else { NoPlaces::NoMap };
        known.index.as_ref().map(|(_, index)| index.clone()).ok_or(missing)
    }

    /// One line for the operator.
    pub fn told(&self) -> String {
        match self.index() {
            Ok(index) => {
                let Summary { records, ways, .. } = index.summary();
                format!("{ways} streets and lanes and {records} addresses to find places by")
            }
            Err(NoPlaces::NotReady) => "the index of places is not built yet".into(),
            Err(NoPlaces::NoMap) => "no addresses to find places by".into(),
        }
    }
}

async fn books(app: &App) -> Result<Vec<Book>, ReactionError> {
    let sources = app.store.fetch("SELECT source FROM operations_address_file ORDER BY source", vec![]).await?;
    let mut books = Vec::with_capacity(sources.len());
    for source in sources {
        let sql = "SELECT content FROM operations_address_file WHERE source = $1";
        let source = source.text("source")?;
        let Some(row) = app.store.fetch_opt(sql, params![source.as_str()]).await? else { continue };
        let content = row.blob("content")?;
        match tokio::task::spawn_blocking(move || Book::read(&content).map(|(book, _)| book)).await? {
            Ok(book) => books.push(book),
            // A file that an older program took and this one refuses must not cost the others.
            Err(error) => tracing::error!(source = %source, %error, "stored address file left out of the index: import it anew"),
        }
    }
    Ok(books)
}

fn index(books: Vec<Book>, map: Option<&LoadedMap>) -> Index {
    let mut builder = Builder::new();
    for book in books {
        book.fill(&mut builder);
    }
    if let Some(map) = map {
        let network = map.router().network();
        for edge in network.edges() {
            if let Some(name) = network.name(edge) {
                builder.road(name, network.polyline(edge).iter().copied());
            }
        }
    }
    builder.build()
}

impl Geocoder for Places {
    fn find(&self, text: &str, hint: PlaceHint) -> Result<PlaceAnswer, NoPlaces> {
        let index = self.index()?;
        let hint = Hint { near: hint.near, town: None };
        let answer = index.find(text, &hint);
        let mut candidates: Vec<PlaceCandidate> = answer.candidates.into_iter().map(candidate).collect();
        for suggestion in index.complete(text, &hint) {
            if candidates.len() >= PLACES_MAX {
                break;
            }
            if candidates.iter().any(|known| known.address == suggestion.text) {
                continue;
            }
            // A suggestion has no radius; asked for as an address, it has one.
            let found = index.find(&suggestion.text, &hint).candidates.into_iter().next();
            if let Some(found) = found.filter(|found| found.display == suggestion.text) {
                candidates.push(PlaceCandidate { is_completion: true, ..candidate(found) });
            }
        }
        if candidates.len() > 1 {
            for one in &mut candidates {
                one.beside = beside(&index.reverse(one.position), &one.address);
            }
        }
        Ok(PlaceAnswer {
            candidates,
            is_ambiguous: answer.is_ambiguous,
            why_not: answer.why_not.iter().map(why_not).collect(),
            unread: answer.parsed.unread.into_iter().map(|unread| unread.text).collect(),
        })
    }
}

/// 忠孝 is short for 忠孝路, which is no slip.
fn is_shortened(doubt: &Doubt) -> bool {
    matches!(doubt, Doubt::NameGuessed { asked, taken } if taken.starts_with(asked.as_str()))
}

fn candidate(found: Candidate) -> PlaceCandidate {
    PlaceCandidate {
        address: found.display,
        position: found.place,
        radius_m: found.radius_m,
        kind: kind(found.matched_by),
        score: found.score,
        town: found.town,
        beside: None,
        is_completion: found.doubts.iter().any(is_shortened),
        doubts: found.doubts.iter().filter(|doubt| !is_shortened(doubt)).map(doubt).collect(),
    }
}

/// What is near that the address itself does not say.
fn beside(nearby: &Nearby, address: &str) -> Option<String> {
    let is_news = |name: &&str| !address.contains(*name);
    let village = nearby.village.as_deref().filter(is_news);
    let street = nearby.streets.iter().map(|street| street.display.as_str()).find(is_news);
    let parts: Vec<&str> = [village, street].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("・"))
}

const fn kind(by: MatchedBy) -> PlaceKind {
    match by {
        MatchedBy::ExactNumber => PlaceKind::ExactNumber,
        MatchedBy::KnownCrossing => PlaceKind::KnownCrossing,
        MatchedBy::KnownMouth => PlaceKind::KnownMouth,
        MatchedBy::KnownMark => PlaceKind::KnownMark,
        MatchedBy::CrossingOfLines => PlaceKind::CrossingOfLines,
        MatchedBy::BetweenMarks => PlaceKind::BetweenMarks,
        MatchedBy::BetweenNumbers => PlaceKind::BetweenNumbers,
        MatchedBy::BesideNumber => PlaceKind::BesideNumber,
        MatchedBy::MouthByNumber => PlaceKind::MouthByNumber,
        MatchedBy::CrossingOfRecords => PlaceKind::CrossingOfRecords,
        MatchedBy::Lane => PlaceKind::Lane,
        MatchedBy::Settlement => PlaceKind::Settlement,
        MatchedBy::Pole => PlaceKind::Pole,
        MatchedBy::Landmark => PlaceKind::Landmark,
        MatchedBy::Highway => PlaceKind::Highway,
        MatchedBy::Street => PlaceKind::Street,
        MatchedBy::Village => PlaceKind::Village,
        MatchedBy::Town => PlaceKind::Town,
    }
}

fn remark<const N: usize>(key: &'static str, params: [(&'static str, String); N]) -> PlaceRemark {
    PlaceRemark { key, params: BTreeMap::from(params) }
}

fn doubt(doubt: &Doubt) -> PlaceRemark {
    match doubt {
        Doubt::NameGuessed { asked, taken } => remark("name_guessed", [("asked", asked.clone()), ("taken", taken.clone())]),
        Doubt::OtherTown { asked, taken, is_near } => {
            let key = if *is_near { "other_town_near" } else { "other_town" };
            remark(key, [("asked", asked.clone()), ("taken", taken.clone())])
        }
        Doubt::SectionIgnored { asked } => remark("section_ignored", [("way", asked.to_string())]),
        Doubt::WayUnknown { way } => remark("way_unknown", [("way", way.to_string())]),
        Doubt::CrossingNotSaid => remark("crossing_not_said", []),
        Doubt::NumberBeyond { last_known } => remark("number_beyond", [("last_known", last_known.to_string())]),
        Doubt::MarkBeyond { last_known_m } => remark("mark_beyond", [("last_known_km", km(*last_known_m))]),
        Doubt::MarkElsewhere { at_m } => remark("mark_elsewhere", [("at_km", km(*at_m))]),
        Doubt::OnlyArea => remark("only_area", []),
        Doubt::PreferredByHint => remark("preferred_by_hint", []),
    }
}

fn why_not(why: &WhyNot) -> PlaceRemark {
    match why {
        WhyNot::NothingSaid => remark("nothing_said", []),
        WhyNot::TownNotCovered { town } => remark("town_not_covered", [("town", town.clone())]),
        WhyNot::UnknownWay { way } => remark("unknown_way", [("way", way.to_string())]),
        WhyNot::NotInTown { way, town } => remark("not_in_town", [("way", way.to_string()), ("town", town.clone())]),
        WhyNot::NoNumberKnown { way } => remark("no_number_known", [("way", way.to_string())]),
        WhyNot::CrossingUnknown { ways } => {
            let ways: Vec<String> = ways.iter().map(ToString::to_string).collect();
            remark("crossing_unknown", [("ways", ways.join("、"))])
        }
        WhyNot::NoMarkKnown { way } => remark("no_mark_known", [("way", way.to_string())]),
        WhyNot::UnknownVillage { village } => remark("unknown_village", [("village", village.clone())]),
        WhyNot::UnknownLandmark { name } => remark("unknown_landmark", [("name", name.clone())]),
        WhyNot::UnknownPole { code } => remark("unknown_pole", [("code", code.clone())]),
    }
}

/// Metres as the marks of a highway say them.
fn km(m: u32) -> String {
    format!("{}.{}", m / 1_000, m % 1_000 / 100)
}
