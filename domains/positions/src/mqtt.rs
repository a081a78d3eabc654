//! OwnTracks over MQTT 3.1.1: devices connect here themselves, and there is no broker. Off unless an operator turns it on.
//!
//! A device proves itself as over HTTP, by the secret of its tracker as password, and each publication is judged as a message
//! there. It is answered once it is kept; what cannot be kept is not answered, and the device sends it again when it comes back.
//! Nothing that a device publishes reaches another device: it may subscribe to what it likes, and gets nothing. A device that
//! connects again takes its place over: the old connection, which a phone that changed networks left behind, is closed.
//!
//! Not in the ledger of sharing: a tracker is registered by a person of the house and rides in a unit of ours, so that it is nobody's partner. Its
//! switch is to revoke it, which is heeded with its next publication or ping.
//!
//! MQTT without TLS shows the secret to everybody on the way, so that the operator names the networks that may connect: a tunnel,
//! or the proxy that ends TLS.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shouhu_env::BoxStream;
use shouhu_ids::TrackerId;
use shouhu_module::{App, Keyed};
use shouhu_store::Eyes;
use shouhu_trackers::mqtt::{self, Connect, Packet, Publish, Refused};
use shouhu_trackers::owntracks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::book::Known;
use crate::model::Protocol;
use crate::room::{self, Room};
use crate::tak::Network;
use crate::take::{self, TakeError};

/// Devices at once; the next one is closed.
const DEVICES_MAX: usize = 4_000;
/// From the connection to the first whole packet.
const HELLO_TIME: Duration = Duration::from_secs(10);
/// Of the first packet: who has not said who it is takes no memory.
const HELLO_BYTES_MAX: usize = 4 * 1024;
/// A device that asked for no keep-alive, or for a longer one, is gone after such a silence.
const SILENCE_MAX: Duration = Duration::from_secs(30 * 60);
const WRITE_TIME: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const READ_BYTES: usize = 4 * 1024;

/// Put on the shelf by the program before the rooms start, when the operator turned it on.
#[derive(Debug, Clone)]
pub struct MqttDoor {
    pub listen: SocketAddr,
    /// Nobody else may connect.
    pub allow: Vec<Network>,
}

/// Why a device was hung up on.
#[derive(Debug, thiserror::Error)]
enum Gone {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Packet(#[from] mqtt::MqttError),
    #[error("silent for too long")]
    Silent,
    #[error("the first packet is no CONNECT")]
    NoHello,
    #[error("the first packet is longer than {HELLO_BYTES_MAX} bytes")]
    LongHello,
    #[error("a second CONNECT")]
    SecondHello,
    #[error("it has connected again")]
    TakenOver,
    #[error("{key}")]
    Refused { key: &'static str },
}

/// Serves until the process ends; gives where it listens.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(app: App, door: MqttDoor) -> std::io::Result<SocketAddr> {
    let mut listener = app.env.net.listen(door.listen).await?;
    let at = listener.local_addr()?;
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(DEVICES_MAX));
        let present = Present::default();
        loop {
            let Ok((stream, peer)) = listener.accept().await else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            if !door.allow.iter().any(|network| network.contains(peer.ip())) {
                tracing::warn!(%peer, "an MQTT device of a network that is not allowed was closed");
                continue;
            }
            let Ok(place) = places.clone().try_acquire_owned() else {
                tracing::warn!(%peer, "too many MQTT devices; the newest was closed");
                continue;
            };
            let (app, present) = (app.clone(), present.clone());
            tokio::spawn(async move {
                let device = Device { room: room::of(&app), app, line: Line { stream, read: Vec::new() }, present, peer };
                if let Err(gone) = Eyes::House.look(device.serve()).await {
                    tracing::info!(%peer, %gone, "an MQTT device is gone");
                }
                drop(place);
            });
        }
    });
    Ok(at)
}

/// Whose tracker, and which device of it.
type Name = (TrackerId, String);

/// Devices that are connected. Who comes again closes who was there (§3.1.4).
#[derive(Clone, Default)]
struct Present(Arc<Mutex<Places>>);

#[derive(Default)]
struct Places {
    /// Counts connections and never goes back, so that one that ends late is not taken for its successor.
    serial: u64,
    held: HashMap<Name, (u64, oneshot::Sender<()>)>,
}

/// A place among those that are connected, until it is dropped.
struct Place {
    present: Present,
    name: Name,
    serial: u64,
}

impl Present {
    /// Takes the place of a device. What comes with it ends when somebody else takes it.
    fn take(&self, name: Name) -> (Place, oneshot::Receiver<()>) {
        let (sender, closed) = oneshot::channel();
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.serial += 1;
        let serial = places.serial;
        // The old sender goes, which its connection hears.
        places.held.insert(name.clone(), (serial, sender));
        (Place { present: self.clone(), name, serial }, closed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.present.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.held.get(&self.name).is_some_and(|(serial, _)| *serial == self.serial) {
            places.held.remove(&self.name);
        }
    }
}

/// Packets of a stream.
struct Line {
    stream: BoxStream,
    /// Bytes that are no whole packet yet; never more than the longest packet and what is read at once.
    read: Vec<u8>,
}

impl Line {
    fn whole(&mut self) -> Result<Option<Packet>, Gone> {
        let Some((packet, taken)) = mqtt::read(&self.read)? else { return Ok(None) };
        self.read.drain(..taken);
        Ok(Some(packet))
    }

    /// Reads some bytes; false when the device has hung up.
    async fn more(&mut self) -> Result<bool, Gone> {
        let mut some = [0; READ_BYTES];
        let count = self.stream.read(&mut some).await?;
        self.read.extend_from_slice(some.get(..count).unwrap_or_default());
        Ok(count > 0)
    }

    /// The first packet, which must be whole in time: who sends a byte now and then gets no longer than who sends none.
    async fn hello(&mut self, within: Duration) -> Result<Option<Packet>, Gone> {
        let first = async {
            loop {
                if let Some(packet) = self.whole()? {
                    return Ok(Some(packet));
                }
                if self.read.len() >= HELLO_BYTES_MAX {
                    return Err(Gone::LongHello);
                }
                if !self.more().await? {
                    return Ok(None);
                }
            }
        };
        timeout(within, first).await.map_err(|_| Gone::Silent)?
    }

    /// The next packet; none when the device has hung up.
    async fn packet(&mut self, silence: Duration) -> Result<Option<Packet>, Gone> {
        loop {
            if let Some(packet) = self.whole()? {
                return Ok(Some(packet));
            }
            if !timeout(silence, self.more()).await.map_err(|_| Gone::Silent)?? {
                return Ok(None);
            }
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        timeout(WRITE_TIME, self.stream.write_all(bytes)).await.map_err(|_| Gone::Silent)??;
        Ok(())
    }
}

struct Device {
    app: App,
    room: Arc<Room>,
    line: Line,
    present: Present,
    peer: SocketAddr,
}

const fn code_of(error: &TakeError) -> Refused {
    match error {
        TakeError::Secret => Refused::Password,
        TakeError::TooManyGuesses | TakeError::Protocol => Refused::NotAllowed,
        _ => Refused::Unavailable,
    }
}

/// One and a half times what the device promised (§3.1.2.10).
fn silence_of(hello: &Connect) -> Duration {
    match hello.keep_alive_s {
        0 => SILENCE_MAX,
        seconds => (Duration::from_secs(u64::from(seconds)) * 3 / 2).min(SILENCE_MAX),
    }
}

impl Device {
    /// Whose secret it is, asked again for each publication: a tracker may be revoked while it is connected.
    fn whose(&self, hello: &Connect) -> Result<Arc<Known>, TakeError> {
        take::whose(&self.room, hello.password.as_deref(), Protocol::Owntracks, Some(self.peer.ip()), self.app.env.now())
    }

    async fn serve(mut self) -> Result<(), Gone> {
        let hello = match self.line.hello(HELLO_TIME).await {
            Ok(Some(Packet::Connect(hello))) => hello,
            Ok(Some(_)) => return Err(Gone::NoHello),
            Ok(None) => return Ok(()),
            Err(Gone::Packet(mqtt::MqttError::Protocol)) => {
                self.line.say(&mqtt::connected(Some(Refused::Protocol))).await?;
                return Err(mqtt::MqttError::Protocol.into());
            }
            Err(gone) => return Err(gone),
        };
        let known = match self.whose(&hello) {
            Ok(known) => known,
            Err(refused) => {
                self.line.say(&mqtt::connected(Some(code_of(&refused)))).await?;
                return Err(Gone::Refused { key: refused.key() });
            }
        };
        // A device without a name is nobody's successor (§3.1.3.1): it is told apart from all others until it is silent.
        let mut held = (!hello.client.is_empty()).then(|| self.present.take((known.id, hello.client.clone())));
        self.line.say(&mqtt::connected(None)).await?;
        let silence = silence_of(&hello);
        loop {
            let taken_over = async {
                match &mut held {
                    Some((_, closed)) => drop(closed.await),
                    None => std::future::pending().await,
                }
            };
            let packet = tokio::select! {
                packet = self.line.packet(silence) => packet,
                () = taken_over => return Err(Gone::TakenOver),
            };
            let packet = match packet {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(()),
                Err(gone) => {
                    self.note(&hello, &gone);
                    return Err(gone);
                }
            };
            match packet {
                Packet::Publish(publish) => self.published(&hello, &publish).await?,
                Packet::Release(id) => self.line.say(&mqtt::completed(id)).await?,
                Packet::Subscribe { id, filters } => self.line.say(&mqtt::subscribed(id, filters)).await?,
                Packet::Unsubscribe(id) => self.line.say(&mqtt::unsubscribed(id)).await?,
                Packet::Ping => {
                    self.whose(&hello).map_err(|refused| Gone::Refused { key: refused.key() })?;
                    self.line.say(&mqtt::PONG).await?;
                }
                Packet::Disconnect => return Ok(()),
                Packet::Connect(_) => return Err(Gone::SecondHello),
            }
        }
    }

    /// Bytes that are no packet stand on the tracker's page beside its other refusals.
    fn note(&self, hello: &Connect, gone: &Gone) {
        if let (Gone::Packet(error), Ok(known)) = (gone, self.whose(hello)) {
            self.room.counts.refused(known.id, self.app.env.now(), "positions.message.unreadable", &error.to_string());
        }
    }

    async fn published(&mut self, hello: &Connect, publish: &Publish) -> Result<(), Gone> {
        let gone = |refused: TakeError| Gone::Refused { key: refused.key() };
        let sender = self.whose(hello).map_err(gone)?;
        let device = owntracks::device_of_topic(&publish.topic);
        match owntracks::read(&publish.body, device.as_deref()) {
            Ok(records) => drop(take::take(&self.app, &self.room, &sender, records).await.map_err(gone)?),
            // Counted there; sending it again would not make it better, so it is answered.
            Err(error) => drop(take::unreadable(&self.room, &sender, self.app.env.now(), error)),
        }
        match mqtt::taken(publish) {
            Some(answer) => self.line.say(&answer).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use tokio::io::duplex;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_first_packet_that_comes_byte_by_byte_is_not_waited_for() {
        let (mut device, stream) = duplex(64);
        let mut line = Line { stream: Box::new(stream), read: Vec::new() };
        tokio::spawn(async move {
            // CONNECT of 127 bytes, each of them well within the time that all may take.
            for byte in [0x10, 127].into_iter().chain([0; 127]) {
                let _ = device.write_all(&[byte]).await;
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        });
        let began = Instant::now();
        assert!(matches!(line.hello(Duration::from_millis(200)).await, Err(Gone::Silent)));
        assert!(began.elapsed() < Duration::from_secs(3), "127 bytes take five");
    }

    #[tokio::test]
    async fn a_first_packet_that_is_too_long_is_not_kept() {
        let (mut device, stream) = duplex(READ_BYTES);
        let mut line = Line { stream: Box::new(stream), read: Vec::new() };
        let sent = tokio::spawn(async move { device.write_all(&[&[0x10, 0xff, 0xff, 0x03], [0; 60_000].as_slice()].concat()).await });
        assert!(matches!(line.hello(HELLO_TIME).await, Err(Gone::LongHello)));
        assert!(line.read.len() < HELLO_BYTES_MAX + READ_BYTES);
        drop(line);
        assert!(sent.await.unwrap().is_err(), "it is hung up on");
    }

    #[tokio::test]
    async fn who_comes_again_closes_who_was_there_and_leaves_no_place_behind() {
        let present = Present::default();
        let tracker = |n: u8| TrackerId::new(shouhu_ids::Micros(1), [n; 16]);
        let name = |n: u8, client: &str| (tracker(n), client.to_owned());
        let (old, mut closed) = present.take(name(1, "phone"));
        let (_other, mut other) = present.take(name(1, "tablet"));
        let (_stranger, mut stranger) = present.take(name(2, "phone"));
        let (second, _) = present.take(name(1, "phone"));
        assert!((&mut closed).await.is_err());
        // The second goes before the first, which still writes, has gone.
        drop(second);
        let (new, mut open) = present.take(name(1, "phone"));
        drop(old);
        for still in [&mut other, &mut stranger, &mut open] {
            assert!(matches!(still.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
        }
        drop(new);
        assert_eq!(present.0.lock().unwrap().held.len(), 2);
    }
}
