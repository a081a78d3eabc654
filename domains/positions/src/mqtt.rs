//! OwnTracks over MQTT 3.1.1: devices connect here themselves, and there is no broker. Off unless an operator turns it on.
//!
//! A device proves itself as over HTTP, by the secret of its tracker as password, and each publication is judged as a message
//! there. It is answered once it is kept; what cannot be kept is not answered, and the device sends it again when it comes back.
//! Nothing that a device publishes reaches another device: it may subscribe to what it likes, and gets nothing.
//!
//! MQTT without TLS shows the secret to everybody on the way, so that the operator names the networks that may connect: a tunnel,
//! or the proxy that ends TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use shouhu_env::BoxStream;
use shouhu_module::{App, Keyed};
use shouhu_trackers::mqtt::{self, Connect, Packet, Publish, Refused};
use shouhu_trackers::owntracks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
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
    #[error("a second CONNECT")]
    SecondHello,
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
            let app = app.clone();
            tokio::spawn(async move {
                let device = Device { room: room::of(&app), app, line: Line { stream, read: Vec::new() }, peer };
                if let Err(gone) = device.serve().await {
                    tracing::info!(%peer, %gone, "an MQTT device is gone");
                }
                drop(place);
            });
        }
    });
    Ok(at)
}

/// Packets of a stream.
struct Line {
    stream: BoxStream,
    /// Bytes that are no whole packet yet; never more than the longest packet and what is read at once.
    read: Vec<u8>,
}

impl Line {
    /// The next packet; none when the device has hung up.
    async fn packet(&mut self, silence: Duration) -> Result<Option<Packet>, Gone> {
        loop {
            if let Some((packet, taken)) = mqtt::read(&self.read)? {
                self.read.drain(..taken);
                return Ok(Some(packet));
            }
            let mut some = [0; READ_BYTES];
            let count = timeout(silence, self.stream.read(&mut some)).await.map_err(|_| Gone::Silent)??;
            if count == 0 {
                return Ok(None);
            }
            self.read.extend_from_slice(some.get(..count).unwrap_or_default());
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
        let hello = match self.line.packet(HELLO_TIME).await {
            Ok(Some(Packet::Connect(hello))) => hello,
            Ok(Some(_)) => return Err(Gone::NoHello),
            Ok(None) => return Ok(()),
            Err(Gone::Packet(mqtt::MqttError::Protocol)) => {
                self.line.say(&mqtt::connected(Some(Refused::Protocol))).await?;
                return Err(mqtt::MqttError::Protocol.into());
            }
            Err(gone) => return Err(gone),
        };
        if let Err(refused) = self.whose(&hello) {
            self.line.say(&mqtt::connected(Some(code_of(&refused)))).await?;
            return Err(Gone::Refused { key: refused.key() });
        }
        self.line.say(&mqtt::connected(None)).await?;
        let silence = silence_of(&hello);
        loop {
            let packet = match self.line.packet(silence).await {
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
                Packet::Ping => self.line.say(&mqtt::PONG).await?,
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
