//! How many devices one machine takes, and how late the map is.
//!
//! `cargo run --release -p shouhu-positions --example devices -- [devices] [seconds] [connections]`
//!
//! Starts a server with a database file of its own in a temporary folder, and a second process that is the devices: each sends
//! an OsmAnd fix once a second over HTTP, and one listener reads the live stream. The delay of a fix is the time from the
//! millisecond that the device wrote into it until the line of the stream that carries it has been read whole. Both processes
//! share one clock. The last line is a row of the table in `docs/guide/positions.md`. The processor time of the server is told apart from that of the devices.

mod devices;
mod server;

use shouhu_passkey::SessionKey;

/// One session, one secret per device: made up, the same in both processes.
const SESSION_TOKEN: &str = "bench-session-token";

/// The key of the session's browser, the same in both processes.
fn browser() -> SessionKey {
    SessionKey::new([7; 32]).unwrap_or_else(|e| panic!("{e}"))
}

fn secret_of(device: usize) -> String {
    format!("bench{device:06}")
}

/// The numbered argument, or a default.
fn argument(at: usize, default: usize) -> usize {
    std::env::args().nth(at).and_then(|text| text.parse().ok()).unwrap_or(default)
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if std::env::args().nth(1).as_deref() == Some("as-devices") {
        let at = std::env::args().nth(2).ok_or("where is the server?")?.parse()?;
        return runtime.block_on(devices::run(at, argument(3, 1), argument(4, 1), argument(5, 1)));
    }
    runtime.block_on(server::run(argument(1, 10_000), argument(2, 60), argument(3, 100)))
}
