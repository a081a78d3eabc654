//! Sends what is queued, hits before everything else, until the server says that it has it.
//!
//! Two of these run, one per lane, each with a connection of its own: a hit never waits behind a backlog.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rand::RngCore;
use rand::rngs::OsRng;
use shouhu_wire::{BATCH_BYTES_MAX, BATCH_PICTURED_MAX, BATCH_VERSION, BatchReceipt, ReportedSighting, SightingBatch};
use tracing::{error, info, warn};

use crate::client::{Client, ClientError};
use crate::clock::DeviceClock;
use crate::contact::Contact;
use crate::keeper::Keeper;
use crate::queue::{Lane, Queued};
use crate::rejected::{Rejected, RejectedList};
use crate::stop::Stop;
use crate::vouched::Vouched;

const BATCH_BYTES_START: usize = 1 << 20;
const BATCH_BYTES_LEAST: usize = 128 << 10;
/// The limit is on the whole body; the estimate per sighting is rounded up, but leave room for the envelope.
const BATCH_BYTES_MOST: usize = BATCH_BYTES_MAX - (64 << 10);
/// A batch that took less doubles the next one.
const QUICK: Duration = Duration::from_secs(1);
const BACK_OFF_START: Duration = Duration::from_millis(200);
/// A device that the server does not know asks again this often, in case an operator has put it right.
const REFUSED_PAUSE: Duration = Duration::from_secs(60);

pub struct Uplink {
    pub lane: Lane,
    pub keeper: Arc<Keeper>,
    pub client: Client,
    pub clock: DeviceClock,
    pub rejected: Arc<RejectedList>,
    pub contact: Arc<Contact>,
    /// Of a device with a TPM: its fresh quote goes before anything that is queued.
    pub vouched: Option<Arc<Vouched>>,
    /// Set: send what is there as long as it goes well, then end.
    pub stop: Arc<Stop>,
}

/// Which pictures are left out of a sighting that is too large for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pictures {
    All,
    CropOnly,
    None,
}

struct Pace {
    max_bytes: usize,
    /// A refused batch is sent one by one, so that one bad sighting does not hold up the rest.
    singles: usize,
    failures: u32,
    pictures: Pictures,
}

impl Uplink {
    pub fn run(self) {
        let mut pace = Pace { max_bytes: BATCH_BYTES_START, singles: 0, failures: 0, pictures: Pictures::All };
        loop {
            let is_waiting = self.keeper.wait(self.lane, Duration::from_millis(250));
            let is_ending = self.stop.is_set();
            if !is_waiting {
                if is_ending {
                    return;
                }
                continue;
            }
            if self.vouched.as_ref().is_some_and(|vouched| !vouched.wait(&self.stop)) {
                return;
            }
            let max_count = if pace.singles > 0 { 1 } else { BATCH_PICTURED_MAX };
            let batch = self.keeper.waiting(self.lane, max_count, pace.max_bytes);
            if batch.is_empty() {
                if self.stop.wait(Duration::from_secs(1)) {
                    return;
                }
                continue;
            }
            let started = Instant::now();
            match self.send(&batch, pace.pictures) {
                Ok(receipt) => {
                    self.accept(&batch, &receipt);
                    if started.elapsed() < QUICK {
                        pace.max_bytes = (pace.max_bytes * 2).min(BATCH_BYTES_MOST);
                    }
                    pace.singles = pace.singles.saturating_sub(1);
                    pace.pictures = Pictures::All;
                    pace.failures = 0;
                }
                Err(e) => {
                    let pause = self.pause_after(&e, &batch, &mut pace);
                    if pause.is_some_and(|pause| is_ending || self.stop.wait(pause)) {
                        return;
                    }
                }
            }
        }
    }

    fn send(&self, batch: &[Queued], pictures: Pictures) -> Result<BatchReceipt, ClientError> {
        let body = SightingBatch {
            version: BATCH_VERSION,
            model: batch.first().map(|q| q.model.clone()).unwrap_or_default(),
            sent_at_us: self.clock.device_us(),
            sightings: batch.iter().map(|queued| reported(queued, pictures)).collect(),
        };
        let body = serde_json::to_vec(&body).map_err(|e| self.nonsense(e.to_string()))?;
        let receipt: BatchReceipt = self.client.post("/v1/sightings", &body)?;
        let answered = receipt.accepted as usize + receipt.duplicates as usize + receipt.quarantined.len();
        if answered == batch.len() {
            Ok(receipt)
        } else {
            Err(self.nonsense(format!("it accounts for {answered} of {} sightings", batch.len())))
        }
    }

    fn nonsense(&self, reason: String) -> ClientError {
        ClientError::Nonsense { server: self.client.server().to_owned(), reason }
    }

    fn accept(&self, batch: &[Queued], receipt: &BatchReceipt) {
        self.clock.learn_offset(receipt.clock_offset_us);
        self.contact.went_well(self.clock.corrected_us());
        for set_aside in &receipt.quarantined {
            // The server's words may contain the plate.
            warn!(sequence = set_aside.sequence, reason = %set_aside.reason, "the server has set a sighting aside for an operator");
        }
        self.forget(batch);
        if receipt.duplicates > 0 {
            info!(duplicates = receipt.duplicates, "the server had some of these already");
        }
    }

    fn forget(&self, batch: &[Queued]) {
        let sequences: Vec<u64> = batch.iter().map(|q| q.sighting.sequence).collect();
        if let Err(e) = self.keeper.delivered(&sequences) {
            warn!(error = %e, "a receipt cannot be written down; after a restart some sightings are sent twice, which is harmless");
        }
    }

    /// How long to wait before the next try; `None`: at once, as something was changed.
    fn pause_after(&self, error: &ClientError, batch: &[Queued], pace: &mut Pace) -> Option<Duration> {
        self.contact.went_wrong(error);
        if let ClientError::Timeout { .. } = error {
            pace.max_bytes = (pace.max_bytes / 2).max(BATCH_BYTES_LEAST);
        }
        if error.is_transient() {
            let is_first = pace.failures == 0;
            pace.failures = pace.failures.saturating_add(1);
            // The server may have closed an idle connection just as it was used: that is no trouble yet.
            return (!(is_first && matches!(error, ClientError::Network { .. }))).then(|| self.back_off(pace.failures, error));
        }
        match error {
            ClientError::Answer { status, .. } if batch.len() > 1 => {
                warn!(status, sightings = batch.len(), "the server refuses a batch; its sightings are sent one by one");
                pace.singles = batch.len();
                None
            }
            ClientError::Answer { status, .. } => self.refused(*status, &error.to_string(), batch, pace),
            _ => Some(REFUSED_PAUSE),
        }
    }

    /// One sighting that the server will not have: smaller first, then into the list for an operator.
    fn refused(&self, status: u16, reason: &str, batch: &[Queued], pace: &mut Pace) -> Option<Duration> {
        let queued = batch.first()?;
        let smaller = match pace.pictures {
            Pictures::All if queued.frame_jpeg.is_some() => Some(Pictures::CropOnly),
            Pictures::All | Pictures::CropOnly => Some(Pictures::None),
            Pictures::None => None,
        };
        if let (413, Some(smaller)) = (status, smaller) {
            pace.pictures = smaller;
            return None;
        }
        let sequence = queued.sighting.sequence;
        let kept = serde_json::to_vec_pretty(&reported(queued, Pictures::All)).map_err(std::io::Error::other);
        if let Err(e) = kept.and_then(|json| self.rejected.keep_sighting(sequence, &json)) {
            error!(sequence, error = %e, "a refused sighting cannot be written to the rejected folder; it stays in the queue");
            return Some(self.back_off(8, &self.nonsense(String::new())));
        }
        self.rejected.add(&Rejected {
            at_us: self.clock.device_us(),
            input: format!("sighting-{sequence}.json"),
            kind: "sighting".to_owned(),
            reason: reason.to_owned(),
        });
        self.forget(batch);
        pace.singles = pace.singles.saturating_sub(1);
        pace.pictures = Pictures::All;
        None
    }

    fn back_off(&self, failures: u32, error: &ClientError) -> Duration {
        if let ClientError::Answer { retry_after_s: Some(seconds), .. } = error {
            return Duration::from_secs((*seconds).min(300));
        }
        let longest = match self.lane {
            Lane::Hits => Duration::from_secs(3),
            Lane::Rest => Duration::from_secs(20),
        };
        let pause = BACK_OFF_START.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(longest);
        // Half of it by chance, so that a thousand cameras do not come back in the same second.
        pause.mul_f64(0.5 + f64::from(OsRng.next_u32()) / f64::from(u32::MAX) / 2.0)
    }
}

fn reported(queued: &Queued, pictures: Pictures) -> ReportedSighting {
    let mut sighting = queued.sighting.clone();
    if pictures != Pictures::None && !queued.crop_jpeg.is_empty() {
        sighting.crop_jpeg = Some(BASE64.encode(&queued.crop_jpeg));
    }
    if pictures == Pictures::All {
        sighting.frame_jpeg = queued.frame_jpeg.as_ref().map(|jpeg| BASE64.encode(jpeg));
    }
    sighting
}
