//! From threads for blocking work to the database and the bucket, which only speak async.

use std::future::Future;

use tokio::runtime::Handle;

/// The runtime that the program runs on.
#[derive(Clone)]
pub struct Bridge(Handle);

impl Bridge {
    /// # Panics
    /// When there is no runtime around it: a mistake of the program.
    pub fn here() -> Self {
        Self(Handle::current())
    }

    /// Waits for the future on this thread.
    ///
    /// # Panics
    /// On a thread that runs async tasks, where waiting would stop everybody: a mistake of the program.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on(future)
    }

    /// Runs it beside whatever happens now; nobody waits for it.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(future);
    }
}
