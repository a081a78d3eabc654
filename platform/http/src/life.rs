//! Threads of their own for what saves lives. A cry for help takes some twenty steps from thread to thread and back; were they the threads that answer all else, each
//! step would stand in line behind whatever else is ready. Here the operating system alone decides, who lets whoever has slept long go first.

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

/// Such steps are short: more threads would wait for the same two processors.
const THREADS: usize = 2;

/// On the app's shelf while a house serves. The router sends there what its load class says saves lives, but for what only reads.
pub struct LifeRuntime(Option<Runtime>);

impl LifeRuntime {
    /// # Errors
    /// When no threads can be had.
    pub fn start() -> std::io::Result<Self> {
        Builder::new_multi_thread().worker_threads(THREADS).thread_name("life").enable_all().build().map(|runtime| Self(Some(runtime)))
    }

    /// What is spawned while the guard lives runs here: the log's writer, whom each cry waits for.
    pub fn enter(&self) -> Option<EnterGuard<'_>> {
        self.0.as_ref().map(Runtime::enter)
    }

    /// `None` once it has ended.
    pub(crate) fn handle(&self) -> Option<Handle> {
        self.0.as_ref().map(|runtime| runtime.handle().clone())
    }
}

impl Drop for LifeRuntime {
    /// A runtime that is dropped among another's tasks must not wait for its own.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
