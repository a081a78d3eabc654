//! A device with a TPM after an outage: its fresh quote goes before what is queued.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::thread;

use ed25519_dalek::SigningKey;
use shouhu_edge::attest::Attestor;
use shouhu_edge::client::Client;
use shouhu_edge::clock::DeviceClock;
use shouhu_edge::contact::Contact;
use shouhu_edge::keeper::Keeper;
use shouhu_edge::queue::{Lane, NewSighting, Queue, QueueConfig, RealDisk};
use shouhu_edge::rejected::RejectedList;
use shouhu_edge::stop::Stop;
use shouhu_edge::tpm::{Evidence, Quoted, Tpm, TpmError};
use shouhu_edge::uplink::Uplink;
use shouhu_edge::vouched::Vouched;
use shouhu_ids::{EntryId, Micros};
use shouhu_wire::ReportedSighting;
use support::{KEY, Mood, Server, device, enrolled};

/// A TPM that quotes anything, or has broken.
struct SomeTpm {
    is_broken: bool,
}

impl Tpm for SomeTpm {
    fn evidence(&self) -> Result<Evidence, TpmError> {
        Err(TpmError::NoCertificate)
    }

    fn open(&self, _: &[u8], _: &[u8]) -> Result<Vec<u8>, TpmError> {
        Err(TpmError::NoCertificate)
    }

    fn quote(&self, _: &str, _: &[u8]) -> Result<Quoted, TpmError> {
        if self.is_broken {
            return Err(TpmError::NoCertificate);
        }
        Ok(Quoted { attest: vec![1], signature: vec![2], pcr_values: vec![[3; 32]] })
    }

    fn measure(&self, _: &str) -> Result<(), TpmError> {
        Ok(())
    }
}

fn hit(number: u8) -> NewSighting {
    NewSighting {
        origin: [number; 16],
        model: "test".into(),
        sighting: ReportedSighting {
            sequence: 0,
            plate: format!("ABC123{number}"),
            confidence: 0.9,
            char_confidence: vec![],
            alternatives: vec![],
            captured_at_us: 1,
            lon: None,
            lat: None,
            direction: None,
            speed_kmh: None,
            seen: shouhu_plate::SeenVehicle::default(),
            reads: 1,
            crop_jpeg: None,
            frame_jpeg: None,
            local_hits: vec![EntryId::new(Micros(1), [7; 16])],
            source: None,
        },
        crop_jpeg: vec![],
        frame_jpeg: None,
    }
}

/// An agent's way out, with three hits that wait since the outage.
struct WayOut {
    stop: Arc<Stop>,
    threads: Vec<thread::JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl WayOut {
    fn open(server: &Server, tpm: SomeTpm) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = enrolled(folder.path(), &server.address);
        let disk = RealDisk::open(data.join("queue")).unwrap();
        let (queue, _) = Queue::open(Arc::new(disk), QueueConfig { reserve_bytes: 0, ..QueueConfig::default() }).unwrap();
        let keeper = Arc::new(Keeper::new(queue));
        for number in 1..=3 {
            keeper.keep(&hit(number)).unwrap();
        }
        let (clock, stop, vouched) = (DeviceClock::system(0), Arc::new(Stop::default()), Arc::new(Vouched::default()));
        let client = Client::new(&server.address, None, clock.clone()).unwrap();
        let client = client.signing(device().device, Arc::new(SigningKey::from_bytes(&KEY)));
        let uplink = Uplink {
            lane: Lane::Hits,
            keeper,
            client: client.clone(),
            clock: clock.clone(),
            rejected: Arc::new(RejectedList::open(data.join("rejected")).unwrap()),
            contact: Arc::new(Contact::default()),
            vouched: Some(Arc::clone(&vouched)),
            stop: Arc::clone(&stop),
        };
        let attestor = Attestor { client, clock, tpm: Box::new(tpm), vouched, stop: Arc::clone(&stop) };
        let threads = vec![thread::spawn(move || uplink.run()), thread::spawn(move || attestor.run())];
        Self { stop, threads, _folder: folder }
    }
}

impl Drop for WayOut {
    fn drop(&mut self) {
        self.stop.set();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn at(paths: &[String], end: &str) -> usize {
    paths.iter().position(|path| path.ends_with(end)).unwrap_or(usize::MAX)
}

#[test]
fn after_an_outage_the_quote_is_answered_before_the_backlog_is_sent() {
    let server = Server::start(Mood::Fine);
    server.with(|state| state.answers_quotes = false);
    let _way = WayOut::open(&server, SomeTpm { is_broken: false });
    // The way is bad for quotes only: the queue does not slip through before them.
    server.until("two tries of a quote", |state| state.paths.iter().filter(|path| path.ends_with("/nonce")).count() >= 2);
    assert_eq!(server.with(|state| state.kept.len()), 0);
    server.with(|state| state.answers_quotes = true);
    server.until("the backlog", |state| state.kept.len() == 3);
    let paths = server.with(|state| state.paths.clone());
    assert!(at(&paths, "/attestation/quote") < at(&paths, "/v1/sightings"), "{paths:?}");
}

#[test]
fn a_tpm_that_fails_keeps_no_hit_back() {
    let server = Server::start(Mood::Fine);
    let _way = WayOut::open(&server, SomeTpm { is_broken: true });
    server.until("the backlog", |state| state.kept.len() == 3);
    assert_eq!(server.with(|state| at(&state.paths, "/attestation/quote")), usize::MAX);
}
