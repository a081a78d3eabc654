//! A TCP stream of units as events of Cursor on Target, for TAK clients and servers. Off unless an operator turns it on.
//!
//! TAK clients on a plain stream cannot prove who they are, so that the operator names the networks that may connect: a closed
//! one of the police, or a tunnel. Nothing is read of what a client sends. Each connection leaves a leaf when it begins.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use shouhu_audit::Entry;
use shouhu_env::BoxStream;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::App;
use shouhu_module::ports::UnitNow;
use shouhu_store::Eyes;
use shouhu_wire::UnitState;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use crate::ops::cot_out::event_of;
use crate::ops::units::units;

/// Clients at once; the next one is closed.
const CLIENTS_MAX: usize = 32;
const SEND_EVERY: Duration = Duration::from_secs(1);
/// A client that takes so long to read is closed.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// A unit that stands still is sent again after this: clients drop what becomes stale.
const REPEAT_US: i64 = 30 * Micros::SECOND;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An address with the bits that count: `10.8.0.0/16`, `::1/128`, or a whole address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: expected an address, a slash and a number of bits, such as 10.8.0.0/16")]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.chars().take(60).collect());
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), str::parse).map_err(|_| wrong())?;
        if bits > all { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

impl Network {
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differ = u32::from(ours) ^ u32::from(theirs);
                self.bits == 0 || differ >> (32 - u32::from(self.bits)) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differ = u128::from(ours) ^ u128::from(theirs);
                self.bits == 0 || differ >> (128 - u32::from(self.bits)) == 0
            }
            _ => false,
        }
    }
}

/// Put on the shelf by the program before the rooms start, when the operator turned the stream on.
#[derive(Debug, Clone)]
pub struct TakStream {
    pub listen: SocketAddr,
    /// Nobody else may connect.
    pub allow: Vec<Network>,
}

type Units = Arc<Vec<UnitNow>>;

/// Serves until the process ends; gives where it listens.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(app: App, stream: TakStream) -> std::io::Result<SocketAddr> {
    let mut listener = app.env.net.listen(stream.listen).await?;
    let at = listener.local_addr()?;
    let (news, seen) = watch::channel(Units::default());
    tokio::spawn(Eyes::House.look(look(app.clone(), news)));
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(CLIENTS_MAX));
        loop {
            let Ok((client, peer)) = listener.accept().await else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            if !stream.allow.iter().any(|network| network.contains(peer.ip())) {
                tracing::warn!(%peer, "a TAK client of a network that is not allowed was closed");
                continue;
            }
            let Ok(place) = places.clone().try_acquire_owned() else {
                tracing::warn!(%peer, "too many TAK clients; the newest was closed");
                continue;
            };
            let (app, seen) = (app.clone(), seen.clone());
            tokio::spawn(async move {
                if let Err(error) = Eyes::House.look(one(&app, client, peer, seen)).await {
                    tracing::info!(%peer, %error, "a TAK client is gone");
                }
                drop(place);
            });
        }
    });
    Ok(at)
}

/// Asks once for all clients, and only while there are some.
async fn look(app: App, news: watch::Sender<Units>) {
    loop {
        // One receiver stays with the listener.
        if news.receiver_count() > 1 {
            match units(&app).await {
                Ok(units) => drop(news.send(Arc::new(units))),
                Err(problem) => tracing::warn!(key = problem.key, "units are not known; TAK clients keep what they have"),
            }
        }
        tokio::time::sleep(SEND_EVERY).await;
    }
}

async fn one(app: &App, client: BoxStream, peer: SocketAddr, mut seen: watch::Receiver<Units>) -> std::io::Result<()> {
    let leaf = Entry {
        at_us: app.env.now(),
        actor: "tak".into(),
        actor_name: peer.ip().to_string(),
        action: "TAK stream".into(),
        class: "work_read".into(),
        purpose: None,
        case_ref: None,
        object: "positions of units as CoT, from now on".into(),
        outcome: 200,
    };
    app.audit.append(leaf).await.map_err(std::io::Error::other)?;
    let (mut reader, mut writer) = tokio::io::split(client);
    let mut sent: HashMap<UnitId, (Micros, Micros)> = HashMap::new();
    let mut unread = [0; 1_024];
    seen.mark_changed();
    loop {
        tokio::select! {
            read = reader.read(&mut unread) => if read? == 0 { return Ok(()) },
            changed = seen.changed() => {
                if changed.is_err() { return Ok(()) }
                let units = seen.borrow_and_update().clone();
                let text = due(&units, &mut sent, app.env.now());
                timeout(WRITE_TIME, writer.write_all(text.as_bytes())).await??;
            }
        }
    }
}

/// Events of units that moved since they were sent, or were sent long ago.
fn due(units: &[UnitNow], sent: &mut HashMap<UnitId, (Micros, Micros)>, now: Micros) -> String {
    let mut text = String::new();
    for unit in units.iter().filter(|unit| unit.state != UnitState::OffDuty) {
        let Some((fix, event)) = unit.fix.zip(event_of(unit)) else { continue };
        let is_due =
            sent.get(&unit.unit).is_none_or(|(measured, at)| *measured != fix.measured_at || now.since(*at) >= REPEAT_US);
        if is_due {
            sent.insert(unit.unit, (fix.measured_at, now));
            text.push_str(&event);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_http::testing::House;
    use shouhu_module::Module;
    use shouhu_store::params;
    use tokio::net::TcpStream;

    use super::*;

    static MODULES: &[Module] = &[shouhu_identity::MODULE, shouhu_dispatch::MODULE, crate::MODULE];

    #[test]
    fn a_network_holds_its_addresses_only() {
        let network = |text: &str| text.parse::<Network>();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(network("10.8.0.0/16").unwrap().contains(ip("10.8.255.1")));
        assert!(network("10.8.0.0/16").unwrap().contains(ip("::ffff:10.8.0.1")));
        assert!(!network("10.8.0.0/16").unwrap().contains(ip("10.9.0.1")));
        assert!(network("0.0.0.0/0").unwrap().contains(ip("1.2.3.4")) && !network("0.0.0.0/0").unwrap().contains(ip("::2")));
        assert!(network("::1").unwrap().contains(ip("::1")) && !network("::1").unwrap().contains(ip("::2")));
        for odd in ["", "10.8.0.0/33", "10.8.0/16", "10.8.0.0/x", "a/8"] {
            assert!(network(odd).is_err(), "{odd}");
        }
    }

    async fn house() -> House {
        let house = House::open(MODULES).await;
        let mut tx = house.app.store.begin().await.unwrap();
        let (id, now) = (house.app.env.id(UnitId::new), house.app.env.now());
        let sql = "INSERT INTO dispatch_unit (id, call_sign, kind, state, created_at_us, lon, lat, position_at_us) \
             VALUES ($1, '永康 21', 'car', 'available', $2, 120.25, 23.03, $2)";
        tx.execute(sql, params![id, now]).await.unwrap();
        tx.commit().await.unwrap();
        house
    }

    #[tokio::test]
    async fn a_client_of_an_allowed_network_gets_units_and_leaves_a_leaf() {
        let house = house().await;
        let stream = TakStream { listen: SocketAddr::from(([127, 0, 0, 1], 0)), allow: vec!["127.0.0.0/8".parse().unwrap()] };
        let at = serve(house.app.clone(), stream).await.unwrap();
        let mut client = TcpStream::connect(at).await.unwrap();
        let (mut text, mut part) = (String::new(), [0; 4_096]);
        while !text.contains("</event>") {
            let n = client.read(&mut part).await.unwrap();
            assert!(n > 0, "closed after {text:?}");
            text.push_str(&String::from_utf8_lossy(part.get(..n).unwrap()));
        }
        assert!(text.contains("callsign=\"永康 21\""), "{text}");
        let leaves = house.app.audit.page(None, 10).await.unwrap();
        assert!(leaves.iter().any(|leaf| leaf.entry.action == "TAK stream" && leaf.entry.actor_name == "127.0.0.1"));
    }

    #[tokio::test]
    async fn a_client_of_another_network_is_closed_without_a_byte() {
        let house = house().await;
        let stream = TakStream { listen: SocketAddr::from(([127, 0, 0, 1], 0)), allow: vec!["10.0.0.0/8".parse().unwrap()] };
        let at = serve(house.app.clone(), stream).await.unwrap();
        let mut client = TcpStream::connect(at).await.unwrap();
        assert_eq!(client.read(&mut [0; 16]).await.unwrap_or(0), 0);
    }

    #[test]
    fn a_unit_is_sent_when_it_moved_and_again_before_it_becomes_stale() {
        let fix = |at| shouhu_module::ports::UnitFix {
            position: shouhu_place::Wgs84::new(120.2, 23.0).unwrap(),
            measured_at: Micros(at),
            accuracy_m: None,
            heading_deg: None,
        };
        let unit = |at| UnitNow {
            unit: UnitId::new(Micros(1), [1; 16]),
            call_sign: "x".into(),
            kind: shouhu_wire::UnitKind::Car,
            state: UnitState::Available,
            fix: Some(fix(at)),
        };
        let mut sent = HashMap::new();
        let mut count = |at, now| due(&[unit(at)], &mut sent, Micros(now)).matches("<event").count();
        assert_eq!([count(1, 1), count(1, 2), count(2, 3), count(2, 4), count(2, 3 + REPEAT_US)], [1, 0, 1, 0, 1]);
    }
}
