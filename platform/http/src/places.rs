//! Places for connections. When all are taken, whoever has waited longest without asking anything gives way to who comes.
//!
//! A slow sender (slowloris) holds a connection without ever ending its headers. Were the newest refused instead, a few thousand of them
//! would shut everybody out for as long as headers may take; so they only shut out each other: an honest client has asked
//! within a moment of connecting, and keeps its place from then on until it is answered.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio_util::sync::CancellationToken;

use crate::unread::Unread;

/// Whom a connection waits with, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turn {
    has_asked: bool,
    since: u64,
}

#[derive(Debug, Default)]
struct Held {
    count: usize,
    /// Turns that were ever given.
    turns: u64,
    /// Those that never asked, by when they came.
    fresh: BTreeMap<u64, CancellationToken>,
    /// Those that were answered, by since when they are idle.
    idle: BTreeMap<u64, CancellationToken>,
}

impl Held {
    fn wait(&mut self, has_asked: bool, gone: &CancellationToken) -> Turn {
        self.turns += 1;
        let turn = Turn { has_asked, since: self.turns };
        self.among(has_asked).insert(turn.since, gone.clone());
        turn
    }

    fn among(&mut self, has_asked: bool) -> &mut BTreeMap<u64, CancellationToken> {
        if has_asked { &mut self.idle } else { &mut self.fresh }
    }

    /// Who has waited longest among those that never asked; a quarter of all places is theirs, so that whoever keeps idle connections
    /// in plenty leaves room to come in.
    fn give_way(&mut self, max: usize) -> Option<CancellationToken> {
        let is_idle_first = self.fresh.len() <= max / 4 && !self.idle.is_empty();
        self.among(is_idle_first).pop_first().map(|(_, gone)| gone)
    }
}

#[derive(Debug, Clone)]
pub struct Places {
    held: Arc<Mutex<Held>>,
    max: usize,
}

/// What a thread that panicked left is whole: each change is one call.
pub(crate) fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { held: Arc::default(), max }
    }

    /// A place, for which another connection may have to go; `None` when all are taken by connections that are being answered.
    #[must_use]
    pub fn enter(&self) -> Option<Place> {
        let mut held = lock(&self.held);
        if held.count >= self.max {
            // It still counts until it has let go, and the next who comes sends away another.
            held.give_way(self.max)?.cancel();
        }
        held.count += 1;
        let gone = CancellationToken::new();
        let turn = Mutex::new(Some(held.wait(false, &gone)));
        Some(Place { held: self.held.clone(), turn, gone })
    }
}

/// The place of one connection, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    held: Arc<Mutex<Held>>,
    /// `None` while a request is answered.
    turn: Mutex<Option<Turn>>,
    gone: CancellationToken,
}

impl Place {
    /// Ends when this connection is to give way.
    pub async fn gone(&self) {
        self.gone.cancelled().await;
    }

    /// A request has come whole; until the last byte of its answer has gone, nobody takes this place.
    #[must_use]
    pub fn asked(self: &Arc<Self>) -> Asked {
        if let Some(turn) = lock(&self.turn).take() {
            lock(&self.held).among(turn.has_asked).remove(&turn.since);
        }
        Asked(self.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        if let Some(turn) = lock(&self.turn).take() {
            held.among(turn.has_asked).remove(&turn.since);
        }
        held.count = held.count.saturating_sub(1);
    }
}

/// One request that is being answered.
#[derive(Debug)]
pub struct Asked(Arc<Place>);

impl Drop for Asked {
    fn drop(&mut self) {
        let turn = lock(&self.0.held).wait(true, &self.0.gone);
        *lock(&self.0.turn) = Some(turn);
    }
}

/// The body of a request. Until the last of it has come its connection may give way: whoever sends slowly is no better than who never asks.
#[derive(Debug)]
pub struct Coming {
    /// `None` only while it is let go.
    body: Option<Incoming>,
    place: Arc<Place>,
    asked: Whole,
    unread: Unread,
}

/// Where [`Coming`] puts what holds the place once it has come whole.
pub type Whole = Arc<Mutex<Option<Asked>>>;

impl Coming {
    #[must_use]
    pub fn new(body: Incoming, place: Arc<Place>, asked: Whole, unread: Unread) -> Self {
        let coming = Self { body: Some(body), place, asked, unread };
        if coming.is_end_stream() {
            coming.is_whole();
        }
        coming
    }

    fn is_whole(&self) {
        lock(&self.asked).get_or_insert_with(|| self.place.asked());
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *lock(&self.unread) = Some(body);
        }
    }
}

impl hyper::body::Body for Coming {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || (polled.is_ready() && self.is_end_stream()) {
            self.is_whole();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}

/// The place of a connection that is being answered, whether or not its request was read whole.
#[must_use]
pub fn asked_of(place: &Arc<Place>, whole: &Whole) -> Asked {
    lock(whole).take().unwrap_or_else(|| place.asked())
}

/// The body of an answer, which holds the connection's place until it has gone out or was given up.
#[derive(Debug)]
pub struct Answering {
    body: Body,
    _asked: Asked,
}

impl Answering {
    #[must_use]
    pub const fn new(body: Body, asked: Asked) -> Self {
        Self { body, _asked: asked }
    }
}

impl hyper::body::Body for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn is_gone(place: &Place) -> bool {
        place.gone.is_cancelled()
    }

    #[test]
    fn who_never_asked_gives_way_first_then_who_has_been_idle_longest_and_never_who_is_being_answered() {
        let places = Places::new(3);
        let [answered, idle, slow] = [(); 3].map(|()| Arc::new(places.enter().unwrap()));
        drop(idle.asked());
        let asked = answered.asked();
        let first = Arc::new(places.enter().unwrap());
        assert_eq!([is_gone(&answered), is_gone(&idle), is_gone(&slow)], [false, false, true]);
        drop(slow);
        let asked_first = first.asked();
        let second = Arc::new(places.enter().unwrap());
        assert_eq!([is_gone(&answered), is_gone(&idle), is_gone(&first)], [false, true, false]);
        drop(idle);
        let asked_second = second.asked();
        assert!(places.enter().is_none(), "three requests are being answered");
        drop(asked_second);
        assert!(places.enter().is_some() && is_gone(&second));
        drop((asked, asked_first));
    }

    #[test]
    fn a_place_comes_back_once_whatever_its_connection_was_doing() {
        let places = Places::new(2);
        for _ in 0..10 {
            let (one, two) = (Arc::new(places.enter().unwrap()), Arc::new(places.enter().unwrap()));
            let asked = one.asked();
            drop(one);
            drop(two);
            drop(asked);
        }
        let held = lock(&places.held);
        assert_eq!((held.count, held.fresh.len(), held.idle.len()), (0, 0, 0));
    }
}
