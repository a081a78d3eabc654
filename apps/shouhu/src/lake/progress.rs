//! Says on stderr how far something is once it has taken a second, so that nobody thinks that it hangs.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A counter that a task shows.
pub struct Progress {
    done: Arc<AtomicU64>,
    shown: tokio::task::JoinHandle<()>,
}

const FIRST: Duration = Duration::from_secs(1);
/// Where stderr is a file, a line now and then is enough.
const QUIET: Duration = Duration::from_secs(10);

impl Progress {
    /// `total` 0: nobody knows how much it is.
    pub fn begin(what: &'static str, total: u64) -> Self {
        let done = Arc::new(AtomicU64::new(0));
        let seen = done.clone();
        let shown = tokio::spawn(async move {
            let is_screen = std::io::stderr().is_terminal();
            for second in 1_u64.. {
                tokio::time::sleep(if is_screen { FIRST } else { QUIET }).await;
                let seconds = if is_screen { second } else { second * QUIET.as_secs() };
                let count = seen.load(Ordering::Relaxed);
                let far = if total == 0 { count.to_string() } else { format!("{} %", (count * 100 / total).min(100)) };
                let (start, end) = if is_screen { ("\r\u{1b}[K", "") } else { ("", "\n") };
                eprint!("{start}{what}: {far}, {seconds} s{end}");
                // A screen that is gone is no reason to stop the work.
                let _ = std::io::stderr().flush();
            }
        });
        Self { done, shown }
    }

    pub fn counter(&self) -> Arc<AtomicU64> {
        self.done.clone()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.shown.abort();
        if std::io::stderr().is_terminal() {
            eprint!("\r\u{1b}[K");
        }
    }
}
