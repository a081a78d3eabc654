//! Claims about the stream: who gets it, what the ledger of sharing is told before, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;

use axum::http::StatusCode;
use shouhu_env::BoxFuture;
use shouhu_http::testing::House;
use shouhu_ids::UnitId;
use shouhu_module::ports::{Direction, Sharing, SharingGate, SharingPort};
use shouhu_module::{Module, Problem};
use shouhu_store::params;
use tokio::net::{TcpSocket, TcpStream};

use super::*;

static MODULES: &[Module] = &[shouhu_identity::MODULE, shouhu_dispatch::MODULE, crate::MODULE];
const PATIENCE: Duration = Duration::from_secs(30);

/// A house with one unit on duty, and its ledger.
async fn house() -> (House, Arc<Ledger>) {
    let house = House::open(MODULES).await;
    let mut tx = house.app.store.begin().await.unwrap();
    let (id, now) = (house.app.env.id(UnitId::new), house.app.env.now());
    let sql = "INSERT INTO dispatch_unit (id, call_sign, kind, state, created_at_us, lon, lat, position_at_us) \
         VALUES ($1, '永康 21', 'car', 'available', $2, 120.25, 23.03, $2)";
    tx.execute(sql, params![id, now]).await.unwrap();
    tx.commit().await.unwrap();
    let ledger = Arc::new(Ledger::default());
    house.app.put(SharingPort(ledger.clone()));
    (house, ledger)
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    key: String,
    kind: String,
    count: u32,
    passed: bool,
}

#[derive(Default)]
struct Book {
    off: Option<String>,
    /// Kinds that cannot be written down: the database is gone.
    failing: &'static [&'static str],
    asked: Vec<Asked>,
}

/// As oversight would answer.
#[derive(Default)]
struct Ledger(Mutex<Book>);

impl SharingGate for Ledger {
    fn pass_many(&self, sharing: Sharing, count: u32) -> BoxFuture<'static, Result<(), Problem>> {
        assert_eq!(sharing.direction, Direction::Out, "nothing comes in");
        assert!(!sharing.is_life, "whom a date stops is for the ledger to say");
        let mut book = self.0.lock().unwrap();
        let answer = if book.off.as_ref() == Some(&sharing.partner.key) {
            Err(Problem::new(StatusCode::FORBIDDEN, "oversight.sharing.off", "this partner was switched off"))
        } else if book.failing.contains(&sharing.kind.as_str()) {
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store.unavailable", "the database is gone"))
        } else {
            Ok(())
        };
        let passed = answer.is_ok();
        book.asked.push(Asked { key: sharing.partner.key, kind: sharing.kind, count, passed });
        Box::pin(async move { answer })
    }

    fn refuse_if_off(&self, _: Sharing) -> BoxFuture<'static, Result<(), Problem>> {
        Box::pin(async { Ok(()) })
    }
}

impl Ledger {
    fn asked_of(&self, key: &str, kind: &str) -> Vec<Asked> {
        self.0.lock().unwrap().asked.iter().filter(|one| one.key == key && one.kind == kind).cloned().collect()
    }

    fn passed_of(&self, key: &str) -> u32 {
        self.asked_of(key, crowd::POSITION).iter().filter(|one| one.passed).map(|one| one.count).sum()
    }

    async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let reached = async {
            while !is_so(self) {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, reached).await.unwrap();
    }
}

async fn stream(house: &House, allow: &[&str]) -> SocketAddr {
    let allow = allow.iter().map(|said| said.parse::<Allowed>().unwrap()).collect();
    serve(house.app.clone(), TakStream { listen: SocketAddr::from(([127, 0, 0, 1], 0)), allow }).await.unwrap()
}

/// From an address of this machine that ends so.
async fn client_of(last: u8, at: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
    socket.connect(at).await.unwrap()
}

/// Reads until an event is whole.
async fn event(client: &mut TcpStream) -> String {
    let (mut text, mut part) = (String::new(), [0; 4_096]);
    let whole = async {
        while !text.ends_with("</event>\n") {
            let n = client.read(&mut part).await.unwrap();
            assert!(n > 0, "closed after {text:?}");
            text.push_str(&String::from_utf8_lossy(part.get(..n).unwrap()));
        }
    };
    timeout(PATIENCE, whole).await.unwrap();
    text
}

/// What comes until the connection ends.
async fn rest(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = timeout(PATIENCE, client.read_to_end(&mut bytes)).await.unwrap();
    bytes
}

async fn leaves(house: &House) -> Vec<(u16, String)> {
    let page = house.app.audit.page(None, 20).await.unwrap();
    let of_stream = page.into_iter().filter(|leaf| leaf.entry.action == "TAK stream" && leaf.entry.actor_name.starts_with("127."));
    let mut found: Vec<_> = of_stream.map(|leaf| (leaf.entry.outcome, leaf.entry.object)).collect();
    found.sort_unstable();
    found
}

const LOOPBACK: &str = "unnamed TAK 127.0.0.0 8";

#[tokio::test]
async fn a_client_of_an_allowed_network_gets_units_that_are_counted_first_and_leaves_a_leaf() {
    let (house, ledger) = house().await;
    let at = stream(&house, &["127.0.0.0/8"]).await;
    let mut client = TcpStream::connect(at).await.unwrap();
    let text = event(&mut client).await;
    assert!(text.contains("callsign=\"永康 21\""), "{text}");
    let asked = |kind: &str, count| Asked { key: LOOPBACK.into(), kind: kind.into(), count, passed: true };
    assert_eq!(ledger.0.lock().unwrap().asked.first(), Some(&asked(crowd::CONNECTION, 1)));
    assert_eq!(ledger.asked_of(LOOPBACK, crowd::POSITION).into_iter().find(|one| one.count > 0), Some(asked(crowd::POSITION, 1)));
    assert_eq!(leaves(&house).await, [(200, "positions of units as CoT for TAK 127.0.0.0/8, from now on".to_owned())]);
    assert_eq!(house.app.room::<TakClients>().connected(), 1);
}

#[tokio::test]
async fn a_client_of_another_network_is_closed_without_a_byte() {
    let (house, ledger) = house().await;
    let at = stream(&house, &["10.0.0.0/8"]).await;
    let mut client = TcpStream::connect(at).await.unwrap();
    assert_eq!(rest(&mut client).await, b"");
    assert!(ledger.0.lock().unwrap().asked.is_empty(), "whoever is not let in is nobody's partner");
}

#[tokio::test]
async fn a_network_of_two_partners_is_of_nobody() {
    let (house, _) = house().await;
    let allow = ["127.0.0.0/8", "消防局=127.0.0.0/8"].map(|said| said.parse::<Allowed>().unwrap()).into();
    let refused = serve(house.app.clone(), TakStream { listen: SocketAddr::from(([127, 0, 0, 1], 0)), allow }).await;
    assert_eq!(refused.err().map(|error| error.kind()), Some(io::ErrorKind::InvalidInput));
}

#[tokio::test]
async fn whoever_is_switched_off_loses_the_connection_that_he_has_and_gets_no_other_and_nobody_else_does() {
    let (house, ledger) = house().await;
    let at = stream(&house, &["127.0.0.0/8", "消防局=127.0.0.2"]).await;
    let fire = async || client_of(2, at).await;
    let (mut theirs, mut ours) = (fire().await, TcpStream::connect(at).await.unwrap());
    event(&mut theirs).await;
    event(&mut ours).await;
    let key = "named 消防局";

    ledger.0.lock().unwrap().off = Some(key.to_owned());
    let passed = ledger.passed_of(key);
    assert_eq!(rest(&mut theirs).await, b"", "no byte after the switch");
    assert_eq!(ledger.passed_of(key), passed);
    assert_eq!(ledger.asked_of(key, crowd::POSITION).iter().filter(|one| !one.passed).count(), 1, "the first question after the switch ends it");
    assert_eq!(rest(&mut fire().await).await, b"");
    assert_eq!(ledger.asked_of(key, crowd::CONNECTION).iter().map(|one| one.passed).collect::<Vec<_>>(), [true, false]);

    let asked = ledger.asked_of(LOOPBACK, crowd::POSITION).len();
    ledger.until(|ledger| ledger.asked_of(LOOPBACK, crowd::POSITION).len() > asked + 1).await;
    assert!(matches!(ours.try_read(&mut [0; 1]), Err(error) if error.kind() == io::ErrorKind::WouldBlock), "the other is there still");
    let of = |object: &str, to: &str| object.replace('…', &format!("positions of units as CoT for {to}"));
    let expected = [
        (200, of("…, from now on", "TAK 127.0.0.0/8")),
        (200, of("…, from now on", "消防局")),
        (403, of("no longer handed out: …", "消防局")),
        (403, of("not handed out: …", "消防局")),
    ];
    // The leaf of what was ended is written when the connection is gone already.
    let written = async {
        while leaves(&house).await.len() < expected.len() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, written).await.unwrap();
    assert_eq!(leaves(&house).await, expected);
}

#[tokio::test]
async fn while_the_ledger_cannot_be_written_nothing_is_sent_and_nobody_is_hung_up_on() {
    let (house, ledger) = house().await;
    ledger.0.lock().unwrap().failing = &[crowd::POSITION];
    let at = stream(&house, &["127.0.0.0/8"]).await;
    let mut client = TcpStream::connect(at).await.unwrap();
    ledger.until(|ledger| ledger.asked_of(LOOPBACK, crowd::POSITION).len() > 1).await;
    assert!(ledger.asked_of(LOOPBACK, crowd::POSITION).iter().all(|one| one.count == 1), "what is due stays due");
    assert!(matches!(client.try_read(&mut [0; 1]), Err(error) if error.kind() == io::ErrorKind::WouldBlock));
    ledger.0.lock().unwrap().failing = &[];
    event(&mut client).await;
    assert_eq!(ledger.passed_of(LOOPBACK), 1);
}

#[tokio::test]
async fn whoever_is_refused_and_comes_again_leaves_one_leaf_for_each_reason_until_he_is_let_in() {
    let (house, ledger) = house().await;
    let at = stream(&house, &["127.0.0.0/8"]).await;
    let set = |off: Option<&str>, failing: &'static [&'static str]| {
        let mut book = ledger.0.lock().unwrap();
        (book.off, book.failing) = (off.map(ToOwned::to_owned), failing);
    };
    let refused_thrice = async || {
        for _ in 0..3 {
            assert_eq!(rest(&mut TcpStream::connect(at).await.unwrap()).await, b"");
        }
        let told = leaves(&house).await.into_iter().filter(|(_, object)| object.starts_with("not handed out"));
        told.map(|(outcome, _)| outcome).collect::<Vec<_>>()
    };
    set(Some(LOOPBACK), &[]);
    assert_eq!(refused_thrice().await, [403]);
    assert_eq!(ledger.asked_of(LOOPBACK, crowd::CONNECTION).len(), 3, "the ledger has each");
    set(None, &[crowd::CONNECTION]);
    assert_eq!(refused_thrice().await, [403, 503], "whoever comes while it cannot be written is closed");
    set(None, &[]);
    event(&mut TcpStream::connect(at).await.unwrap()).await;
    set(Some(LOOPBACK), &[]);
    assert_eq!(refused_thrice().await, [403, 403, 503]);
}

#[tokio::test]
async fn who_takes_all_his_places_shuts_nobody_else_out() {
    let (house, ledger) = house().await;
    let at = stream(&house, &["127.0.0.0/8", "消防局=127.0.0.2", "消防局=127.0.0.3"]).await;
    let clients = house.app.room::<TakClients>();
    let mut theirs = Vec::new();
    for _ in 0..places::OF_ONE {
        theirs.push(client_of(2, at).await);
    }
    ledger.until(|_| clients.connected() == places::OF_ONE).await;
    assert_eq!(rest(&mut client_of(3, at).await).await, b"", "his networks share what is his");
    event(&mut client_of(1, at).await).await;
    drop(theirs);
    ledger.until(|_| clients.connected() == 0).await;
    event(&mut client_of(3, at).await).await;
}
