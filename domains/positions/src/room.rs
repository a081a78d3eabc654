//! What the room keeps in memory, and what it does by itself.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use shouhu_ids::{Micros, TrackerId, UnitId};
use shouhu_module::App;
use shouhu_module::ports::{SortedTracksPort, TrackKeeperPort, UnitFixesPort, UnitTracksPort};
use shouhu_store::{Eyes, StoreError};

use crate::book::Book;
use crate::counts::Counts;
use crate::fold::{self, FOLD_AFTER_US};
use crate::guesses::Guesses;
use crate::keeper::{Keeper, KeepsApps};
use crate::model::Source;
use crate::sorted::FromPieces;
use crate::store;
use crate::track::TracksKept;

/// How late another server may learn of a tracker that was revoked here.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const DUTY_EVERY: Duration = Duration::from_secs(5);
const COUNT_EVERY: Duration = Duration::from_secs(30);
const FOLD_EVERY: Duration = Duration::from_secs(30);
/// Between two transactions of folding, so that others write too.
const FOLD_PAUSE: Duration = Duration::from_millis(100);
/// The same cry of the same tracker is one alarm for so long: a pressed button repeats itself each second.
const CRY_AGAIN_US: i64 = Micros::MINUTE;

pub struct Room {
    pub keeper: Keeper,
    pub counts: Counts,
    pub guesses: Guesses,
    book: RwLock<Arc<Book>>,
    off_duty: RwLock<HashSet<UnitId>>,
    /// Whose fix a unit's newest one is.
    sources: Mutex<HashMap<UnitId, (Option<TrackerId>, Micros)>>,
    cries: Mutex<HashMap<TrackerId, (String, Micros)>>,
}

/// The shelf's form of [`Room`].
#[derive(Clone)]
pub struct SharedRoom(pub Arc<Room>);

#[must_use]
pub fn of(app: &App) -> Arc<Room> {
    app.room::<SharedRoom>().0.clone()
}

/// # Errors
/// When the register cannot be read.
pub async fn open(app: &App) -> Result<(), StoreError> {
    let book = store::book(&app.store).await?;
    let room = SharedRoom(Arc::new(Room {
        keeper: Keeper::start(app.store.clone()),
        counts: Counts::default(),
        guesses: Guesses::new(app.env.random.bytes16()),
        book: RwLock::new(Arc::new(book)),
        off_duty: RwLock::default(),
        sources: Mutex::default(),
        cries: Mutex::default(),
    }));
    app.put(room.clone());
    app.put(TrackKeeperPort(Arc::new(KeepsApps(room.clone(), app.store.clone()))));
    app.put(SortedTracksPort(Arc::new(FromPieces(app.store.clone()))));
    app.put(UnitTracksPort(Arc::new(TracksKept(room.clone(), app.store.clone()))));
    tokio::spawn(Eyes::House.look(look(app.clone(), room.0.clone())));
    tokio::spawn(Eyes::House.look(watch_duty(app.clone(), room.0.clone())));
    tokio::spawn(count(app.clone(), room.0.clone()));
    tokio::spawn(fold_for_ever(app.clone()));
    Ok(())
}

impl Room {
    pub fn book(&self) -> Arc<Book> {
        self.book.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the register again: after each change of ours, and when another server changed it.
    ///
    /// # Errors
    /// When the database fails; the old book stays.
    pub async fn reread(&self, app: &App) -> Result<(), StoreError> {
        let book = Arc::new(store::book(&app.store).await?);
        let mut known = self.book.write().unwrap_or_else(PoisonError::into_inner);
        // Two readings may finish in the other order.
        if book.version >= known.version {
            *known = book;
        }
        Ok(())
    }

    pub fn is_off_duty(&self, unit: UnitId) -> bool {
        self.off_duty.read().unwrap_or_else(PoisonError::into_inner).contains(&unit)
    }

    /// Learns which crews are off duty.
    pub async fn ask_duty(&self, app: &App) {
        let Some(port) = app.try_room::<UnitFixesPort>() else { return };
        match port.0.off_duty().await {
            Ok(units) => *self.off_duty.write().unwrap_or_else(PoisonError::into_inner) = units,
            Err(problem) => tracing::warn!(key = problem.key, "who is off duty is not known; the last answer holds"),
        }
    }

    pub fn came_from(&self, unit: UnitId, source: Option<TrackerId>, at: Micros) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).insert(unit, (source, at));
    }

    /// Where the fix of that time came from.
    pub fn source_of(&self, unit: UnitId, at: Micros) -> Source {
        let known = self.sources.lock().unwrap_or_else(PoisonError::into_inner).get(&unit).copied();
        match known {
            Some((None, of)) if of == at => Source::App,
            Some((Some(id), of)) if of == at => Source::Tracker { id, name: self.book().name(id).unwrap_or_default() },
            _ => Source::Unknown,
        }
    }

    /// Whether this cry was not heard a moment ago. To be remembered with [`Room::heard`] once it is on disk.
    pub fn is_new_cry(&self, tracker: TrackerId, alarm: &str, now: Micros) -> bool {
        let cries = self.cries.lock().unwrap_or_else(PoisonError::into_inner);
        !cries.get(&tracker).is_some_and(|(kind, at)| kind == alarm && now.since(*at) < CRY_AGAIN_US)
    }

    pub fn heard(&self, tracker: TrackerId, alarm: &str, now: Micros) {
        let mut cries = self.cries.lock().unwrap_or_else(PoisonError::into_inner);
        cries.retain(|_, (_, at)| now.since(*at) < CRY_AGAIN_US);
        cries.insert(tracker, (alarm.to_owned(), now));
    }
}

async fn look(app: App, room: Arc<Room>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let looked = match store::version(&app.store).await {
            Ok(version) if version == room.book().version => Ok(()),
            Ok(_) => room.reread(&app).await,
            Err(error) => Err(error),
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "register of trackers not read; the last one holds");
        }
    }
}

async fn watch_duty(app: App, room: Arc<Room>) {
    loop {
        room.ask_duty(&app).await;
        tokio::time::sleep(DUTY_EVERY).await;
    }
}

async fn count(app: App, room: Arc<Room>) {
    loop {
        tokio::time::sleep(COUNT_EVERY).await;
        if let Err(error) = store::write_counts(&app.store, &room.counts).await {
            tracing::warn!(%error, "what trackers did is not written down; it is tried again");
        }
    }
}

async fn fold_for_ever(app: App) {
    loop {
        tokio::time::sleep(FOLD_EVERY).await;
        loop {
            match fold::fold(&app.store, app.env.now().plus(-FOLD_AFTER_US)).await {
                Ok(0) => break,
                Ok(_) => tokio::time::sleep(FOLD_PAUSE).await,
                Err(error) => {
                    tracing::warn!(%error, "log of tracks not folded; it is tried again");
                    break;
                }
            }
        }
    }
}
