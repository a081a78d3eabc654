//! The camera agent: reads plates at the roadside, alerts with no network, and loses nothing on the way to the server.
//!
//! | word | meaning |
//! |---|---|
//! | source | a folder of pictures, a video file, or a live camera |
//! | passage | one vehicle past one camera; becomes one sighting |
//! | local alert | a match with the device's own copy of the watchlist: a lead that nobody has confirmed |
//! | queue | sightings on disk that the server has not acknowledged |
//! | lane | one of the two ways out of the queue: hits, and the rest |
//! | rejected | an input that could not be read or delivered, listed with its reason |
//!
//! Threads: one per source (two for a live camera), one that looks at what kept pictures show besides plates, one that prints alerts, one per
//! lane, one for everything else that is said to the server.
//! The queue stands between them: no source ever waits for the network, and no upload for a source. Nor does one source wait for another's
//! decoder, or for whoever reads the alerts.

pub mod alert;
pub mod attest;
pub mod client;
pub mod clock;
pub mod config;
pub mod contact;
pub mod describe;
pub mod enrol;
pub mod files;
pub mod keeper;
pub mod pipeline;
pub mod queue;
pub mod read;
pub mod rejected;
pub mod run;
pub mod source;
pub mod status;
pub mod stop;
pub mod tpm;
pub mod uplink;
pub mod vouched;
pub mod watch;
