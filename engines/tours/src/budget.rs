//! How long a search may go on. The library has no clock: a caller who wants seconds hands one in.

/// Told how many iterations are done, says what share of the effort is spent.
pub trait Budget {
    /// The share spent, from 0; the search stops at 1 or above. Never falls from one call to the next.
    fn spent(&mut self, iterations: u64) -> f64;
}

/// A count of iterations: the budget under which a seed fixes the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iterations(pub u64);

impl Budget for Iterations {
    fn spent(&mut self, iterations: u64) -> f64 {
        if self.0 == 0 { 1.0 } else { iterations as f64 / self.0 as f64 }
    }
}

/// A caller's clock (seconds since the search began, CPU or wall) and how many of its seconds may be used.
#[derive(Debug)]
pub struct Deadline<C> {
    clock_s: C,
    limit_s: f64,
}

impl<C: FnMut() -> f64> Deadline<C> {
    pub fn new(limit_s: f64, clock_s: C) -> Self {
        Self { clock_s, limit_s }
    }
}

impl<C: FnMut() -> f64> Budget for Deadline<C> {
    fn spent(&mut self, _iterations: u64) -> f64 {
        if self.limit_s > 0.0 { (self.clock_s)() / self.limit_s } else { 1.0 }
    }
}
