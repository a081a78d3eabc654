//! Load classes: when the machine has more to do than it can, the least urgent is refused first.
//!
//! Each class has its own places; a class that is full refuses (503 with `Retry-After`) and takes nothing from the others. `Life` has more places than
//! connections are accepted, and what it works on after its asker has hung up still counts as a connection, so it is never refused here. But for what only reads: a list of hits that thousands ask for at once waits behind the cry for
//! help that one sends, and whoever reads asks again.
//!
//! Places alone do not keep a cry for help quick: a hundred questions that are worked on at once share the processors with it. So the number of places **follows the lag**: how long work that is ready waits for a turn, which [`Shedder::watch`] tries out all
//! the time. While it lags, the classes that can wait lose places, down to one for each processor; when it does not, a class that was full gets some back.
//! (Additive increase, multiplicative decrease: Chiu and Jain, Computer Networks and ISDN Systems 17, 1989.)
//!
//! And whoever waits in a line that does not get shorter waits in vain: once a class has been full for [`STANDING`], no more than [`LINE_MIN`], or two for each
//! place, stand in its line, and the others are refused at once, most of them before anything is made of their request ([`crate::Turnstile`]); whoever brings
//! nothing by which he could be known stands in the line of a flooded class not at all, where the gate would not let him in. A burst is served, a flood refused,
//! which costs least. (A queue that stands: Nichols and Jacobson, Controlled Delay, RFC 8289; of servers: Maurer, Fail at Scale, ACM
//! Queue 13(8), 2015.)

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use shouhu_module::{Load, Method, Problem, Route};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::Metrics;

/// A class that has been full for so long is flooded, until nobody has had to wait for as long.
const STANDING: Duration = Duration::from_secs(1);
/// So many may wait for a flooded class however few places it has.
const LINE_MIN: usize = 32;
/// When whoever was refused may come again.
pub(crate) const RETRY_AFTER_S: u32 = 2;
/// Work that is ready and waits longer than this for a turn lags.
const LAG_MAX: Duration = Duration::from_micros(2_000);
/// Below this, there is room for more.
const LAG_GOOD: Duration = Duration::from_micros(1_000);
/// The lag is tried out so often, and the median of so many tries decides.
const TRY_EVERY: Duration = Duration::from_millis(5);
const TRIES: usize = 10;
/// A try that takes longer has said enough.
const TRY_MAX: Duration = Duration::from_millis(50);

/// Where a request stands: its load class, and apart from those that save lives by what they do, those that are read for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Of(Load),
    LifeReads,
}

impl Line {
    pub const fn of(route: &Route) -> Self {
        match (route.load, route.method) {
            (Load::Life, Method::Get) => Self::LifeReads,
            (load, _) => Self::Of(load),
        }
    }

    pub fn name(self) -> String {
        match self {
            Self::Of(load) => format!("{load:?}").to_lowercase(),
            Self::LifeReads => "life_reads".to_owned(),
        }
    }

    pub fn refusal(self) -> Problem {
        let detail = format!("too many requests of class {} at once", self.name());
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "http.overloaded", detail).retry_after_s(RETRY_AFTER_S)
    }
}

/// What the places of a class are for, which decides whether they may become fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// For the memory's sake, or for none: as many at any lag.
    Fixed,
    /// For the processors' sake: at a lag down to so many for each of them.
    EachProcessor(usize),
    /// Down to a single one.
    One,
}

/// Places of each class, and how long a request waits for one.
const PLACES: [(Line, usize, Duration, Bound); 7] = [
    (Line::Of(Load::Life), 8_192, Duration::from_secs(10), Bound::Fixed),
    (Line::LifeReads, 512, Duration::from_secs(10), Bound::EachProcessor(2)),
    (Line::Of(Load::Ingest), 64, Duration::from_secs(2), Bound::EachProcessor(1)),
    // Held while bodies come in slowly: it is full without being busy.
    (Line::Of(Load::Upload), 24, Duration::from_secs(5), Bound::Fixed),
    // So are these. One question of each receiver waits, and there are 16 of them: as many places are left for those that are answered at once.
    (Line::Of(Load::Waiting), 32, Duration::from_secs(2), Bound::Fixed),
    (Line::Of(Load::Interactive), 128, Duration::from_secs(2), Bound::EachProcessor(1)),
    (Line::Of(Load::Bulk), 4, Duration::from_millis(500), Bound::One),
];

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shedder(Arc<[Arc<Class>]>);

#[derive(Debug)]
struct Class {
    line: Line,
    most: usize,
    least: usize,
    wait: Duration,
    free: Semaphore,
    waiting: AtomicUsize,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    places: usize,
    /// Places that are no more, and still taken: they are not given back.
    owed: usize,
    /// Since when, and when last, somebody had to wait, with no longer than [`STANDING`] between two of them.
    full: Option<(Instant, Instant)>,
    /// Whether anybody has waited since the lag was last looked at.
    was_full: bool,
    /// Since when strangers who are turned away are counted, for [`STANDING`], and how many were.
    strangers: Option<(Instant, usize)>,
}

/// A place for one request, given back when it is dropped.
#[derive(Debug)]
pub struct Taken(Arc<Class>);

impl Drop for Taken {
    fn drop(&mut self) {
        let mut now = self.0.now();
        if now.owed > 0 {
            now.owed -= 1;
        } else {
            self.0.free.add_permits(1);
        }
    }
}

impl Now {
    fn is_flooded(&self, at: Instant) -> bool {
        self.full.is_some_and(|(since, last)| at.saturating_duration_since(last) < STANDING && last.saturating_duration_since(since) >= STANDING)
    }

    /// One more stranger is turned away. Gives whether they are a flood by themselves: more within [`STANDING`] than there are places, and than the shortest line holds.
    fn count_stranger(&mut self, at: Instant) -> bool {
        let counted = self.strangers.filter(|(since, _)| at.saturating_duration_since(*since) < STANDING);
        let (since, before) = counted.unwrap_or((at, 0));
        self.strangers = Some((since, before + 1));
        before >= self.places.max(LINE_MIN)
    }
}

/// Somebody in the line.
struct Waiting<'c>(&'c AtomicUsize);

impl<'c> Waiting<'c> {
    fn new(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Class {
    fn new(line: Line, most: usize, wait: Duration, bound: Bound) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
        let least = match bound {
            Bound::Fixed => most,
            Bound::EachProcessor(count) => (count * processors).min(most),
            Bound::One => 1,
        };
        let now = Mutex::new(Now { places: most, owed: 0, full: None, was_full: false, strangers: None });
        Self { line, most, least, wait, free: Semaphore::new(most), waiting: AtomicUsize::new(0), now }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Told that somebody has to wait. Gives whether there is room in the line.
    fn begin_to_wait(&self, at: Instant) -> bool {
        let mut now = self.now();
        now.was_full = true;
        let since = now.full.filter(|(_, last)| at.saturating_duration_since(*last) < STANDING).map_or(at, |(since, _)| since);
        now.full = Some((since, at));
        !self.is_line_full(&now, at)
    }

    fn is_line_full(&self, now: &Now, at: Instant) -> bool {
        // Where places are for the memory's sake, to be full is nothing unusual.
        self.least < self.most && now.is_flooded(at) && self.waiting.load(Ordering::Relaxed) >= LINE_MIN.max(2 * now.places)
    }

    /// Whether a newcomer is turned away: there is no room even in the line, or the class is flooded and he is a stranger. He counts as one who had to
    /// wait; a stranger only where no place is free, or where so many come that they would take them all.
    fn turns_away(&self, at: Instant, is_stranger: bool) -> bool {
        let mut now = self.now();
        let is_away = if is_stranger { now.is_flooded(at) } else { self.is_line_full(&now, at) };
        // A few strangers who come while nobody has to wait keep no flood going.
        let is_flood = is_away && (!is_stranger || now.count_stranger(at) || self.free.available_permits() == 0);
        if is_flood && let Some((_, last)) = &mut now.full {
            *last = at;
        }
        is_away
    }

    /// Free places are handed to those who wait before anybody else may take one: that one is free says that nobody waits.
    fn try_enter(self: &Arc<Self>) -> Option<Taken> {
        let permit = self.free.try_acquire().ok()?;
        permit.forget();
        Some(Taken(Arc::clone(self)))
    }

    async fn enter(self: &Arc<Self>) -> Option<Taken> {
        if let Some(place) = self.try_enter() {
            return Some(place);
        }
        if !self.begin_to_wait(Instant::now()) {
            return None;
        }
        let _waiting = Waiting::new(&self.waiting);
        let permit = tokio::time::timeout(self.wait, self.free.acquire()).await.ok()?.ok()?;
        permit.forget();
        Some(Taken(Arc::clone(self)))
    }

    /// More or fewer places, as the lag says.
    fn follow(&self, lag: Duration) {
        let mut now = self.now();
        let was_full = std::mem::take(&mut now.was_full);
        let places = now.places;
        if lag > LAG_MAX {
            now.places = (places - places.div_ceil(4)).max(self.least);
            let fewer = places - now.places;
            // Those that are taken go when they are given back.
            now.owed += fewer - self.free.forget_permits(fewer);
        } else if lag < LAG_GOOD && was_full {
            now.places = (places + places.div_ceil(8)).min(self.most);
            let more = now.places - places;
            let kept = more.min(now.owed);
            now.owed -= kept;
            self.free.add_permits(more - kept);
        }
    }
}

impl Default for Shedder {
    fn default() -> Self {
        Self(PLACES.iter().map(|(line, most, wait, bound)| Arc::new(Class::new(*line, *most, *wait, *bound))).collect())
    }
}

impl Shedder {
    /// A place for one request.
    ///
    /// # Errors
    /// 503 when the class stays full for as long as it may wait.
    pub async fn enter(&self, route: &Route) -> Result<Taken, Problem> {
        let line = Line::of(route);
        let class = self.class(line).ok_or_else(|| line.refusal())?;
        class.enter().await.ok_or_else(|| line.refusal())
    }

    fn class(&self, line: Line) -> Option<&Arc<Class>> {
        self.0.iter().find(|class| class.line == line)
    }

    /// Whether the class is flooded and its line full, so that [`Self::enter`] would refuse at once; of a stranger, whom the gate lets in nowhere, whether it is
    /// flooded at all.
    pub(crate) fn turns_away(&self, line: Line, is_stranger: bool) -> bool {
        self.class(line).is_some_and(|class| class.turns_away(Instant::now(), is_stranger))
    }

    /// With a class that is flooded and in whose line so many wait, until another second has passed.
    #[cfg(test)]
    pub(crate) fn flooded(line: Line, waiting: usize) -> Self {
        let shedder = Self::default();
        if let Some(class) = shedder.class(line) {
            let at = Instant::now();
            class.now().full = at.checked_sub(STANDING).map(|since| (since, at));
            class.waiting.store(waiting, Ordering::Relaxed);
        }
        shedder
    }

    fn follow(&self, lag: Duration) {
        for class in self.0.iter() {
            class.follow(lag);
        }
    }

    /// Lets the places follow the lag of this runtime, from a thread of its own, until the last clone is gone.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn watch(&self, runtime: Handle, metrics: Metrics) -> std::io::Result<()> {
        let watched = Arc::downgrade(&self.0);
        std::thread::Builder::new().name("lag".into()).spawn(move || watch(&watched, &runtime, &metrics)).map(drop)
    }
}

/// From outside of the runtime, as the database's answers come: work that its own workers hand to each other may go before all else.
fn lag_of(runtime: &Handle) -> Duration {
    let (tell, told) = mpsc::channel();
    let began = Instant::now();
    runtime.spawn(async move {
        // Nobody listens any more when it took too long.
        let _ = tell.send(began.elapsed());
    });
    told.recv_timeout(TRY_MAX).unwrap_or(TRY_MAX)
}

fn watch(watched: &Weak<[Arc<Class>]>, runtime: &Handle, metrics: &Metrics) {
    let mut lags = Vec::with_capacity(TRIES);
    while let Some(classes) = watched.upgrade() {
        lags.push(lag_of(runtime));
        if lags.len() == TRIES {
            lags.sort_unstable();
            let lag = lags[TRIES / 2];
            lags.clear();
            let shedder = Shedder(classes);
            shedder.follow(lag);
            metrics.lag(lag, shedder.0.iter().map(|class| (class.line.name(), class.now().places)));
        }
        std::thread::sleep(TRY_EVERY);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INTERACTIVE: Line = Line::Of(Load::Interactive);

    fn route(load: Load) -> Route {
        Route::post("/v1/x", "Does something", || axum::routing::post(|| async {})).load(load)
    }

    fn class_of(shedder: &Shedder, line: Line) -> Arc<Class> {
        shedder.0.iter().find(|class| class.line == line).unwrap().clone()
    }

    fn places(shedder: &Shedder, line: Line) -> usize {
        class_of(shedder, line).now().places
    }

    #[tokio::test]
    async fn a_full_class_refuses_and_leaves_the_others_alone() {
        let shedder = Shedder::default();
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(shedder.enter(&route(Load::Bulk)).await);
        }
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(shedder.enter(&route(Load::Bulk)).await.err().map(|p| (p.status, p.retry_after_s)), Some((503, Some(2))));
        assert!(shedder.enter(&route(Load::Life)).await.is_ok());
        held.clear();
        assert!(shedder.enter(&route(Load::Bulk)).await.is_ok());
    }

    #[test]
    fn a_lag_takes_places_from_those_who_can_wait_and_nobody_else() {
        let shedder = Shedder::default();
        for _ in 0..40 {
            shedder.follow(LAG_MAX * 2);
        }
        let least = class_of(&shedder, INTERACTIVE).least;
        let left = [INTERACTIVE, Line::Of(Load::Ingest), Line::LifeReads, Line::Of(Load::Bulk)].map(|line| places(&shedder, line));
        assert_eq!(left, [least, least, 2 * least, 1]);
        let kept = [Line::Of(Load::Life), Line::Of(Load::Upload), Line::Of(Load::Waiting)].map(|line| places(&shedder, line));
        assert_eq!(kept, [8_192, 24, 32]);
    }

    /// Found by two receivers whose questions waited five seconds each: under a lag they held the only places that screens had.
    #[tokio::test]
    async fn questions_that_wait_take_no_place_of_people_at_screens() {
        let shedder = Shedder::default();
        for _ in 0..40 {
            shedder.follow(LAG_MAX * 2);
        }
        let mut waiting = Vec::new();
        for _ in 0..16 {
            waiting.push(shedder.enter(&route(Load::Waiting)).await);
        }
        assert!(waiting.iter().all(Result::is_ok));
        let screens = class_of(&shedder, INTERACTIVE);
        let held: Vec<_> = std::iter::from_fn(|| screens.try_enter()).collect();
        assert_eq!(held.len(), screens.least);
    }

    #[test]
    fn what_saves_lives_by_being_read_stands_apart_from_what_does_it() {
        let read = Route::get("/v1/x", "Shows something", || axum::routing::get(|| async {})).load(Load::Life);
        assert_eq!((Line::of(&read), Line::of(&route(Load::Life))), (Line::LifeReads, Line::Of(Load::Life)));
        assert_eq!(Line::of(&Route::get("/v1/x", "Shows something", || axum::routing::get(|| async {}))), INTERACTIVE);
    }

    #[test]
    fn places_come_back_where_somebody_waits_for_them() {
        let shedder = Shedder::default();
        for _ in 0..40 {
            shedder.follow(LAG_MAX * 2);
        }
        let class = class_of(&shedder, INTERACTIVE);
        shedder.follow(Duration::ZERO);
        assert_eq!(class.now().places, class.least, "nobody has waited");
        let held: Vec<_> = std::iter::from_fn(|| class.try_enter()).collect();
        assert_eq!(held.len(), class.least);
        class.begin_to_wait(Instant::now());
        shedder.follow((LAG_MAX + LAG_GOOD) / 2);
        assert_eq!(class.now().places, class.least, "neither a lag nor room");
        class.begin_to_wait(Instant::now());
        shedder.follow(Duration::ZERO);
        assert!(class.now().places > class.least);
        assert!(class.try_enter().is_some());
    }

    #[test]
    fn a_burst_waits_and_a_flood_is_refused_at_once() {
        let class = class_of(&Shedder::default(), INTERACTIVE);
        let held: Vec<_> = std::iter::from_fn(|| class.try_enter()).collect();
        assert_eq!(held.len(), 128);
        let began = Instant::now();
        let mut line = Vec::new();
        for _ in 0..1_000 {
            assert!(class.begin_to_wait(began), "a burst waits, however large");
            line.push(Waiting::new(&class.waiting));
        }
        assert!(!class.turns_away(began + STANDING / 2, false));
        assert!(class.begin_to_wait(began + STANDING / 2));
        assert!(!class.begin_to_wait(began + STANDING), "full for so long, and nobody gets on: a flood");
        assert!(class.turns_away(began + STANDING, false));
        line.truncate(255);
        assert!(class.begin_to_wait(began + STANDING), "there is room in the line");
        line.push(Waiting::new(&class.waiting));
        assert!(class.turns_away(began + STANDING, false) && !class.begin_to_wait(began + STANDING));
        assert!(!class.turns_away(began + STANDING * 2 + Duration::from_millis(1), false), "nobody came for so long: it was over");
    }

    #[test]
    fn whoever_is_turned_away_is_still_part_of_the_flood() {
        let class = class_of(&Shedder::default(), INTERACTIVE);
        let _held: Vec<_> = std::iter::from_fn(|| class.try_enter()).collect();
        let began = Instant::now();
        class.begin_to_wait(began);
        class.begin_to_wait(began + STANDING / 2);
        class.begin_to_wait(began + STANDING);
        let _line: Vec<_> = (0..256).map(|_| Waiting::new(&class.waiting)).collect();
        for quarters in 5..100 {
            assert!(class.turns_away(began + STANDING * quarters / 4, false), "after {quarters} quarters of a second");
        }
    }

    /// Found by reading: while strangers were sent away the places were free, so the flood was over after a second, and all of them were let in again.
    #[test]
    fn strangers_alone_keep_a_flood_going_while_they_are_many_and_no_longer() {
        const APART: Duration = Duration::from_millis(2);
        let class = class_of(&Shedder::default(), INTERACTIVE);
        let held: Vec<_> = std::iter::from_fn(|| class.try_enter()).collect();
        let began = Instant::now();
        for halves in 0..=2 {
            class.begin_to_wait(began + STANDING * halves / 2);
        }
        drop(held);
        let flooded = began + STANDING;
        for stranger in 1..=5_000 {
            assert!(class.turns_away(flooded + APART * stranger, true), "stranger {stranger}, when every place is free");
        }
        assert!(class.try_enter().is_some(), "who may be known has a place meanwhile");
        let last = flooded + APART * 5_000;
        for quarters in 1..4 {
            assert!(class.turns_away(last + STANDING * quarters / 4, true));
        }
        assert!(!class.turns_away(last + STANDING, true), "a few are no flood");
    }

    #[test]
    fn a_class_that_keeps_its_places_for_memorys_sake_waits_as_ever() {
        let class = class_of(&Shedder::default(), Line::Of(Load::Upload));
        let _held: Vec<_> = std::iter::from_fn(|| class.try_enter()).collect();
        let _line: Vec<_> = (0..1_000).map(|_| Waiting::new(&class.waiting)).collect();
        let began = Instant::now();
        assert!((0..100).all(|quarters| class.begin_to_wait(began + STANDING * quarters / 4)));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn work_that_holds_every_worker_is_seen_as_lag() {
        let shedder = Shedder::default();
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        for _ in 0..2 {
            let stop = stop.clone();
            tokio::spawn(async move {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(5));
                    tokio::task::yield_now().await;
                }
            });
        }
        let metrics = Metrics::default();
        shedder.watch(Handle::current(), metrics.clone()).unwrap();
        let least = class_of(&shedder, INTERACTIVE).least;
        let fell = async {
            while places(&shedder, INTERACTIVE) > least {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let is_fallen = tokio::time::timeout(Duration::from_secs(60), fell).await.is_ok();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(is_fallen, "{} places", places(&shedder, INTERACTIVE));
        assert!(metrics.text().contains("shouhu_http_places"), "{}", metrics.text());
    }

    proptest! {
        /// Whatever the lag does while places are taken and given back: those free, those taken and those owed always add up.
        #[test]
        fn no_place_is_lost_or_made(steps in prop::collection::vec((0_u8..4, 0_u64..4_000), 1..400)) {
            let shedder = Shedder::default();
            let class = class_of(&shedder, INTERACTIVE);
            let mut held = Vec::new();
            for (step, lag_us) in steps {
                match step {
                    0 | 1 => match class.try_enter() {
                        Some(place) => held.push(place),
                        None => {
                            class.begin_to_wait(Instant::now());
                        }
                    },
                    2 => drop(held.pop()),
                    _ => shedder.follow(Duration::from_micros(lag_us)),
                }
                let now = class.now();
                prop_assert_eq!(class.free.available_permits() + held.len(), now.places + now.owed);
                prop_assert!((class.least..=class.most).contains(&now.places));
            }
        }
    }
}
