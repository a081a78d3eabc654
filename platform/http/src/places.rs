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
use hyper::body::{Frame, SizeHint};
use tokio_util::sync::CancellationToken;

/// Who gives way first: those that never asked, then those that were answered and are idle; among equals who has waited longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    has_asked: bool,
    since: u64,
}

#[derive(Debug, Default)]
struct Held {
    count: usize,
    /// Turns that were ever given.
    turns: u64,
    waiting: BTreeMap<Turn, CancellationToken>,
}

impl Held {
    fn wait(&mut self, has_asked: bool, gone: &CancellationToken) -> Turn {
        self.turns += 1;
        let turn = Turn { has_asked, since: self.turns };
        self.waiting.insert(turn, gone.clone());
        turn
    }
}

#[derive(Debug, Clone)]
pub struct Places {
    held: Arc<Mutex<Held>>,
    max: usize,
}

/// What a thread that panicked left is whole: each change is one call.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
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
            let (_, gone) = held.waiting.pop_first()?;
            gone.cancel();
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

    /// A request has come; until the last byte of its answer has gone, nobody takes this place.
    #[must_use]
    pub fn asked(self: &Arc<Self>) -> Asked {
        if let Some(turn) = lock(&self.turn).take() {
            lock(&self.held).waiting.remove(&turn);
        }
        Asked(self.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        if let Some(turn) = lock(&self.turn).take() {
            held.waiting.remove(&turn);
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
        assert_eq!((held.count, held.waiting.len()), (0, 0));
    }
}
