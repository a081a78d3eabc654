//! What all questions share: going through the parts, stopping, and noting what is missing.

use super::side_by_side::{Brake, Given, of_each};
use super::{Answer, AskError, Limits, Partial, View};
use crate::code::PlateCode;
use crate::part::{Moment, Part, PartError, Want, Window};
use crate::row::{DAY_MS, HOUR_MS, Seen};

/// Rows that one question may hold before it aggregates them: 40 bytes each.
pub const GATHERED_MAX: usize = 4_000_000;
/// Sources that one question may name.
pub const SOURCES_MAX: usize = 200_000;
/// Rows between two looks at whether the asker has stopped.
const ROWS_PER_LOOK: usize = 4_096;
/// So many parts are worth more than one core when one plate is looked up in each: a look-up takes some 10 µs.
const PARTS_SIDE_BY_SIDE: usize = if cfg!(test) { 3 } else { 64 };
/// So many are when the plate is a busy one: a look-up then takes 50 µs and more.
const BUSY_PARTS_SIDE_BY_SIDE: usize = if cfg!(test) { 2 } else { 12 };
/// Parts that show whether a plate is busy, and what is enough for that.
pub const PARTS_ONE_BY_ONE: usize = if cfg!(test) { 1 } else { 8 };
const BUSY_ROWS: usize = if cfg!(test) { 2 } else { 160 };
/// So many moments are, within one part or many: finding one takes some 5 µs.
const MOMENTS_SIDE_BY_SIDE: usize = if cfg!(test) { 3 } else { 128 };
/// What one thread takes at a time: neighbours share pages, which are decoded once for all of them.
const MOMENTS_AT_ONCE: usize = if cfg!(test) { 2 } else { 64 };

/// So many parts are looked up on all cores, after so many rows of the plate in parts before.
pub const fn worth_side_by_side(rows: usize) -> usize {
    if rows < BUSY_ROWS { PARTS_SIDE_BY_SIDE } else { BUSY_PARTS_SIDE_BY_SIDE }
}

/// Which sighting of a part comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// A question that is being answered.
pub struct Asking<'a> {
    pub view: &'a View,
    pub limits: Limits<'a>,
    partial: Vec<Partial>,
    has_stopped: bool,
}

impl<'a> Asking<'a> {
    pub fn new(view: &'a View, window: Window, limits: Limits<'a>) -> Result<Self, AskError> {
        if window.from_ms >= window.until_ms {
            return Err(AskError::EmptyWindow { from_ms: window.from_ms, until_ms: window.until_ms });
        }
        let concerns = |behind: &&Partial| !matches!(behind, Partial::Behind { from_ms, .. } if *from_ms >= window.until_ms);
        let partial = view.behind.iter().filter(concerns).cloned().collect();
        Ok(Self { view, limits, partial, has_stopped: false })
    }

    /// Parts that may hold rows of the window.
    pub fn parts(&self, window: Window) -> Vec<&'a dyn Part> {
        self.view.parts.iter().map(AsRef::as_ref).filter(|part| part.rows() > 0 && part.span().meets(&window)).collect()
    }

    /// False from the moment that the asker stops.
    pub fn goes_on(&mut self) -> bool {
        if !self.has_stopped && (self.limits.is_stopped)() {
            self.has_stopped = true;
            self.note(Partial::Stopped);
        }
        !self.has_stopped
    }

    pub fn note(&mut self, why: Partial) {
        if !self.partial.contains(&why) {
            self.partial.push(why);
        }
    }

    pub fn note_read(&mut self, read: Result<(), PartError>) {
        if let Err(error) = read {
            self.note(Partial::Damaged(error));
        }
    }

    /// Tells every part of the window which plates come, so that a cold disk fetches for all of them at once.
    pub fn announce(&self, plates: &[PlateCode], window: Window) {
        for part in self.parts(window) {
            for plate in plates {
                part.will_ask_plate(*plate);
            }
        }
    }

    /// Every sighting of one plate, oldest first.
    pub fn all_of_plate(&mut self, plate: PlateCode, window: Window) -> Vec<Seen> {
        let mut rows = Vec::new();
        let mut parts = self.parts(window);
        // Parts give the oldest first: where they do not overlap, there is nothing left to sort.
        parts.sort_unstable_by_key(|part| part.span().from_ms);
        let (first, rest) = parts.split_at(parts.len().min(PARTS_ONE_BY_ONE));
        for parts in [first, rest] {
            if rows.len() <= GATHERED_MAX {
                self.of_plate(parts, plate, window, Order::OldestFirst, &mut rows);
            }
        }
        rows.sort_unstable_by(|a, b| newest_first(b, a));
        rows.dedup_by_key(|row| row.key());
        rows
    }

    /// Appends what each of the parts has of one plate, part by part, until the asker stops or more than [`GATHERED_MAX`] are
    /// held. What `rows` has from parts before says how busy the plate is.
    pub fn of_plate(&mut self, parts: &[&'a dyn Part], plate: PlateCode, window: Window, order: Order, rows: &mut Vec<Seen>) {
        if parts.len() >= worth_side_by_side(rows.len()) {
            let given = of_each(parts.len(), self.limits.is_stopped, &|number, brake| {
                let mut of_part = Vec::new();
                let read = parts.get(number).map_or(Ok(()), |part| part.of_plate(plate, window, &mut of_part));
                brake.hold(of_part.len());
                (of_part, read)
            });
            self.note_given(&given);
            for (mut of_part, read) in given.of_parts.into_iter().flatten() {
                if order == Order::NewestFirst {
                    of_part.reverse();
                }
                rows.append(&mut of_part);
                self.note_read(read);
            }
            return;
        }
        for part in parts {
            if !self.goes_on() {
                break;
            }
            let known = rows.len();
            let read = part.of_plate(plate, window, rows);
            self.note_read(read);
            if order == Order::NewestFirst {
                rows.get_mut(known..).unwrap_or_default().reverse();
            }
            if rows.len() > GATHERED_MAX {
                self.note(Partial::Limit { limit: GATHERED_MAX });
                break;
            }
        }
    }

    /// Hands every row that the moments hold to `found`, until it has been handed [`GATHERED_MAX`] or the asker stops.
    /// Rows that parts share come twice.
    pub fn at_moments(&mut self, moments: &[Moment], want: Want, found: &mut dyn FnMut(usize, Seen)) {
        let (Some(from_ms), Some(until_ms)) =
            (moments.iter().map(|moment| moment.window.from_ms).min(), moments.iter().map(|moment| moment.window.until_ms).max())
        else {
            return;
        };
        let parts = self.parts(Window { from_ms, until_ms });
        let mut gate = Gate::new(self.limits);
        if moments.len() >= MOMENTS_SIDE_BY_SIDE {
            let shares: Vec<(usize, &[Moment])> =
                moments.chunks(MOMENTS_AT_ONCE).enumerate().map(|(number, share)| (number * MOMENTS_AT_ONCE, share)).collect();
            let given = of_each(parts.len() * shares.len(), self.limits.is_stopped, &|number, brake| {
                match (parts.get(number / shares.len()), shares.get(number % shares.len())) {
                    (Some(part), Some((first, share))) => gather_moments(*part, *first, share, want, brake),
                    _ => (Vec::new(), Ok(())),
                }
            });
            self.note_given(&given);
            for (rows, read) in given.of_parts.into_iter().flatten() {
                for (index, seen) in rows {
                    if gate.lets_in() {
                        found(index, seen);
                    }
                }
                self.note_read(read);
            }
        } else {
            for part in parts {
                if !self.goes_on() || gate.is_shut() {
                    break;
                }
                let read = moments_of_part(part, moments, want, &mut |index, seen| {
                    if gate.lets_in() {
                        found(index, seen);
                    }
                });
                self.note_read(read);
            }
        }
        self.note_gate(&gate);
    }

    fn note_given<T>(&mut self, given: &Given<T>) {
        if given.is_full {
            self.note(Partial::Limit { limit: GATHERED_MAX });
        }
        if given.is_stopped {
            self.has_stopped = true;
            self.note(Partial::Stopped);
        }
    }

    pub fn note_gate(&mut self, gate: &Gate<'_>) {
        if gate.is_full() {
            self.note(Partial::Limit { limit: GATHERED_MAX });
        }
        if gate.has_stopped {
            self.has_stopped = true;
            self.note(Partial::Stopped);
        }
    }

    /// At most as many rows as were asked for.
    pub fn answer<T>(mut self, mut rows: Vec<T>) -> Answer<T> {
        if rows.len() > self.limits.rows_max {
            rows.truncate(self.limits.rows_max);
            self.note(Partial::Limit { limit: self.limits.rows_max });
        }
        self.whole_answer(rows)
    }

    /// All the rows: they are not what was to be bounded.
    pub fn whole_answer<T>(self, rows: Vec<T>) -> Answer<T> {
        Answer { rows, partial: self.partial }
    }
}

/// What one part has of those moments that it can have anything of.
fn moments_of_part(
    part: &dyn Part,
    moments: &[Moment],
    want: Want,
    found: &mut dyn FnMut(usize, Seen),
) -> Result<(), PartError> {
    let span = part.span();
    if moments.iter().all(|moment| moment.window.meets(&span)) {
        return part.at_moments(moments, want, found);
    }
    let (indices, some): (Vec<usize>, Vec<Moment>) =
        moments.iter().enumerate().filter(|(_, moment)| moment.window.meets(&span)).map(|(i, m)| (i, *m)).unzip();
    part.at_moments(&some, want, &mut |index, seen| {
        if let Some(index) = indices.get(index) {
            found(*index, seen);
        }
    })
}

/// The same of a share of the moments, held until the other shares are done. `first` is the index of the share's first moment.
fn gather_moments(
    part: &dyn Part,
    first: usize,
    share: &[Moment],
    want: Want,
    brake: &Brake,
) -> (Vec<(usize, Seen)>, Result<(), PartError>) {
    let mut rows = Vec::new();
    let read = moments_of_part(part, share, want, &mut |index, seen| {
        if !brake.is_on() {
            rows.push((first + index, seen));
            if rows.len().is_multiple_of(ROWS_PER_LOOK) {
                brake.hold(ROWS_PER_LOOK);
            }
        }
    });
    brake.hold(rows.len() % ROWS_PER_LOOK);
    (rows, read)
}

/// Counts what is gathered and looks now and then whether the asker has stopped; callbacks of a part cannot end it.
pub struct Gate<'a> {
    limits: Limits<'a>,
    let_in: usize,
    has_stopped: bool,
}

impl<'a> Gate<'a> {
    pub const fn new(limits: Limits<'a>) -> Self {
        Self { limits, let_in: 0, has_stopped: false }
    }

    pub const fn is_full(&self) -> bool {
        self.let_in > GATHERED_MAX
    }

    pub const fn is_shut(&self) -> bool {
        self.has_stopped || self.is_full()
    }

    pub fn lets_in(&mut self) -> bool {
        if self.is_shut() {
            return false;
        }
        self.let_in += 1;
        if self.let_in.is_multiple_of(ROWS_PER_LOOK) && (self.limits.is_stopped)() {
            self.has_stopped = true;
        }
        !self.is_shut()
    }
}

/// Newest first; rows of one millisecond by source, then plate, backwards too.
pub fn newest_first(a: &Seen, b: &Seen) -> std::cmp::Ordering {
    (b.at_ms, b.source, b.plate).cmp(&(a.at_ms, a.source, a.plate))
}

/// Cuts a window into slices from the newest to the oldest, the first an hour long, each twice the one before up to a day,
/// and leaves out times of which no part has rows. A question that is content with a page of rows so reads little, and one
/// that aggregates holds at most a day.
pub struct Slices {
    window: Window,
    width_ms: i64,
}

impl Slices {
    pub const fn growing(window: Window) -> Self {
        Self { window, width_ms: HOUR_MS }
    }

    pub const fn of_days(window: Window) -> Self {
        Self { window, width_ms: DAY_MS }
    }

    pub fn next(&mut self, view: &View) -> Option<Window> {
        let spans = view.parts.iter().filter(|part| part.rows() > 0).map(|part| part.span());
        let until_ms =
            spans.filter(|span| span.from_ms < self.window.until_ms).map(|span| span.until_ms).max()?.min(self.window.until_ms);
        if until_ms <= self.window.from_ms {
            return None;
        }
        let from_ms = until_ms.saturating_sub(self.width_ms).max(self.window.from_ms);
        self.window.until_ms = from_ms;
        self.width_ms = (self.width_ms * 2).min(DAY_MS);
        Some(Window { from_ms, until_ms })
    }
}

/// The sources, sorted and each once.
pub fn checked_sources(sources: &[u32]) -> Result<Vec<u32>, AskError> {
    if sources.is_empty() {
        return Err(AskError::NoneGiven { what: "sources" });
    }
    if sources.len() > SOURCES_MAX {
        return Err(AskError::TooMany { what: "sources", given: sources.len(), max: SOURCES_MAX });
    }
    let mut sources = sources.to_vec();
    sources.sort_unstable();
    sources.dedup();
    Ok(sources)
}

/// One moment for each of the sources, which are sorted.
pub fn moments_of(sources: &[u32], window: Window) -> Vec<Moment> {
    sources.iter().map(|source| Moment { source: *source, window }).collect()
}

pub fn in_range(what: &'static str, given: i64, min: i64, max: i64) -> Result<(), AskError> {
    if (min..=max).contains(&given) { Ok(()) } else { Err(AskError::OutOfRange { what, given, min, max }) }
}
