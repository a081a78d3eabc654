//! Claims about the whole way: a log that grows, two witnesses behind real doors, and an administrator with every key.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use shouhu_audit::offline::{Trust, verify_folder, verify_proof};
use shouhu_audit::{Audit, Entry};
use shouhu_blobs::Blobs;
use shouhu_env::Env;
use shouhu_files::SimFiles;
use shouhu_http::{Metrics, ServerLimits, Site, router, serve, wiring};
use shouhu_ids::Micros;
use shouhu_module::{App, Module};
use shouhu_outgoing::{Address, Answer, Outgoing, Use};
use shouhu_store::testing::on_each_database;
use shouhu_store::{Store, params};
use shouhu_tlog::{
    AddCheckpoint, Checkpoint, EMPTY_ROOT, Hash, Note, Refusal, Signer, VerifierKey, consistency_spans, leaf_hash, root_of,
};
use tokio_util::sync::CancellationToken;

use crate::asked::{self, Outcome};
use crate::room::Room;
use crate::settings::Settings;
use crate::witnessed::{self, AddError};
use crate::witnesses::{Whom, ask, ask_for};

static MODULES: &[Module] = &[crate::MODULE];

pub(crate) fn app_on(store: Store, folder: &Path) -> App {
    let env = store.env().clone();
    let blobs = Blobs::open(env.clone(), &folder.join("blobs"), &folder.join("keys")).unwrap();
    let audit = Audit::start(store.clone(), blobs.keys()).unwrap();
    let app = App::new(env, store, blobs, audit, MODULES, "http://localhost:8470");
    app.put(Outgoing::new(app.env.net.clone(), true).unwrap());
    app
}

/// A server's folder, opened as at a start.
async fn app_in(folder: &Path) -> App {
    std::fs::create_dir_all(folder).unwrap();
    let url = format!("sqlite:{}", folder.join("house.db").display());
    let store = Store::open(&url, Env::real()).await.unwrap();
    store.migrate(&wiring::schemas(MODULES)).await.unwrap();
    app_on(store, folder)
}

fn configured(app: &App, text: &str) {
    let settings = Settings::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    app.put(Room::open(app, &settings).unwrap());
}

/// A witness behind a real door.
struct Witness {
    app: App,
    url: String,
    key: String,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

impl Witness {
    async fn open(folder: &Path, name: &str, log_key: &VerifierKey) -> Self {
        let app = app_in(folder).await;
        configured(&app, &format!("name = \"{name}\"\n[[log]]\nkey = \"{log_key}\""));
        let key = app.room::<Room>().signing.as_ref().unwrap().cosigner.verifier().to_string();
        let stop = CancellationToken::new();
        let doors = router(&app, &Metrics::default(), Site::default()).unwrap();
        let (net, until) = (app.env.net.clone(), stop.clone());
        let (tell, ready) = tokio::sync::oneshot::channel();
        let serving = tokio::spawn(async move {
            let at = ([127, 0, 0, 1], 0).into();
            let tell = move |at| tell.send(at).unwrap();
            serve(&*net, at, doors, ServerLimits::default(), Metrics::default(), until, tell).await.unwrap();
        });
        let at: std::net::SocketAddr = ready.await.unwrap();
        Self { app, url: format!("http://{at}"), key, stop, serving }
    }

    fn entry(&self) -> String {
        format!("[[witness]]\nurl = \"{}\"\nkey = \"{}\"\n", self.url, self.key)
    }

    async fn close(self) {
        self.stop.cancel();
        self.serving.await.unwrap();
        self.app.store.close().await;
    }

    async fn posted(&self, body: &str) -> Answer {
        let to = Address::parse(&format!("{}/add-checkpoint", self.url)).unwrap();
        self.app.room::<Outgoing>().to(Use::Witnesses).ask(&to, body.to_owned(), 10_000).await.unwrap()
    }
}

fn entry(number: i64) -> Entry {
    Entry {
        at_us: Micros(20_000 * Micros::DAY + number),
        actor: "a".into(),
        actor_name: "王小明".into(),
        action: "GET /v1/sightings".into(),
        class: "personal_read".into(),
        purpose: Some("dispatch".into()),
        case_ref: None,
        object: format!("plate ABC-{number:04}"),
        outcome: 200,
    }
}

async fn fill(app: &App, count: i64) {
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..count {
        let audit = app.audit.clone();
        waiting.spawn(async move { audit.append(entry(number)).await });
    }
    for done in waiting.join_all().await {
        done.unwrap();
    }
}

/// What an export of the newest checkpoint is worth to a stranger who trusts these witnesses.
async fn refused_because(app: &App, trust: &Trust) -> Option<String> {
    let files = SimFiles::default();
    app.audit.export(&files).await.unwrap();
    verify_folder(&files, trust).unwrap().first_bad.map(|bad| bad.reason)
}

async fn outcomes(app: &App) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for witness in &app.room::<Room>().witnesses {
        outcomes.push(asked::read(&app.store, &witness.key).await.unwrap().unwrap().outcome);
    }
    outcomes
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let to = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copied(&item.path(), &to);
        } else {
            // A file that is just being replaced may be gone; what is missing shows later.
            let _ = std::fs::copy(item.path(), to);
        }
    }
}

/// A server with all keys and the name of another log, and a past of its own.
async fn forged(keys: &Path, folder: &Path, origin: &str, leaves: i64) -> App {
    copied(keys, &folder.join("keys"));
    for item in std::fs::read_dir(folder.join("keys")).unwrap() {
        let path = item.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let app = app_in(folder).await;
    let mut tx = app.store.begin().await.unwrap();
    let sql = "INSERT INTO audit_log (only_row, origin, chain_leaves, chain_hash, is_chain_done) VALUES (1, $1, 0, '', 0)";
    tx.execute(sql, params![origin]).await.unwrap();
    tx.commit().await.unwrap();
    fill(&app, leaves).await;
    app
}

#[tokio::test]
async fn two_witnesses_sign_a_log_that_grows_and_a_stranger_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    let log = app_in(&folder.path().join("log")).await;
    fill(&log, 3).await;
    let log_key = log.audit.log_key().await.unwrap();
    let one = Witness::open(&folder.path().join("one"), "one.example/w", &log_key).await;
    let two = Witness::open(&folder.path().join("two"), "two.example/w", &log_key).await;
    configured(&log, &format!("needed = 2\n{}{}", one.entry(), two.entry()));
    let room = log.room::<Room>();

    assert_eq!(ask(&log, &room, Whom::Due).await.unwrap(), 2);
    fill(&log, 297).await;
    assert_eq!(ask(&log, &room, Whom::Due).await.unwrap(), 2);
    let trust = Trust {
        witnesses: vec![one.key.parse().unwrap(), two.key.parse().unwrap()],
        witnesses_needed: 2,
        ..Trust::of(log_key.clone())
    };
    assert_eq!(refused_because(&log, &trust).await.as_deref(), Some("0 witnesses signed, 2 are needed"), "the log alone");

    let note = log.audit.cosigned(2).await.unwrap().unwrap();
    let files = SimFiles::default();
    assert_eq!(log.audit.export_under(&files, &note).await, Ok(300));
    let verdict = verify_folder(&files, &trust).unwrap();
    assert_eq!((verdict.first_bad, verdict.witnesses, verdict.leaves), (None, 2, 300));
    let proof = log.audit.proof_under(7, note.clone()).await.unwrap();
    let (proved, checkpoint) = verify_proof(&proof.text, &trust).unwrap();
    assert_eq!((proved.action.as_str(), checkpoint.size), ("GET /v1/sightings", 300));
    assert!(verify_proof(&log.audit.proof(7).await.unwrap().text, &trust).is_err(), "the newest checkpoint has no lines");

    // Signatures of yesterday do not vouch for today.
    let late = Trust { witnessed_since_s: verdict.witnessed_at_s.unwrap() + 1, ..trust.clone() };
    assert!(verify_folder(&files, &late).unwrap().first_bad.is_some() && verify_proof(&proof.text, &late).is_err());
    // One key under two names is one witness.
    let doubled = Trust { witnesses: vec![one.key.parse().unwrap(), one.key.parse().unwrap()], ..trust };
    assert!(verify_folder(&files, &doubled).unwrap().first_bad.is_some());

    // With a witness gone the other still signs, and the row says what happened.
    two.close().await;
    fill(&log, 1).await;
    assert_eq!(ask(&log, &room, Whom::Due).await.unwrap(), 1);
    assert_eq!(outcomes(&log).await, [Outcome::Signed, Outcome::Unreachable]);
    let sizes = [log.audit.cosigned(1).await.unwrap().unwrap(), log.audit.cosigned(2).await.unwrap().unwrap()];
    let sizes = sizes.map(|note| note.text.parse::<Checkpoint>().unwrap().size);
    assert_eq!(sizes, [301, 300]);
    assert_eq!(ask(&log, &room, Whom::Due).await.unwrap(), 1, "nobody is asked before its back-off is over");
    let silent = asked::read(&log.store, &room.witnesses[1].key).await.unwrap().unwrap();
    assert_eq!(silent.failures, 1, "it was not asked again");
    assert!(log.audit.verify().await.unwrap().is_intact);

    // It comes back with the memory and the key that it had.
    let two = Witness::open(&folder.path().join("two"), "two.example/w", &log_key).await;
    configured(&log, &format!("needed = 2\n{}{}", one.entry(), two.entry()));
    assert_eq!(ask(&log, &log.room::<Room>(), Whom::All).await.unwrap(), 2);
    let note = log.audit.cosigned(2).await.unwrap().unwrap();
    assert_eq!(note.text.parse::<Checkpoint>().unwrap().size, 301, "the lines of both rounds are joined");
    let kept = witnessed::logs(&two.app.store, two.app.room::<Room>().signing.as_ref().unwrap()).await.unwrap();
    assert_eq!((kept.len(), kept[0].size), (1, 301));
}

#[tokio::test]
async fn a_process_that_comes_late_with_an_older_checkpoint_raises_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let log = app_in(&folder.path().join("log")).await;
    fill(&log, 3).await;
    let log_key = log.audit.log_key().await.unwrap();
    let one = Witness::open(&folder.path().join("one"), "one.example/w", &log_key).await;
    configured(&log, &format!("needed = 1\n{}", one.entry()));
    let room = log.room::<Room>();
    let older = log.audit.checkpoint().await.unwrap().unwrap();
    fill(&log, 4).await;
    assert_eq!(ask(&log, &room, Whom::All).await.unwrap(), 1);
    let before = asked::read(&log.store, &room.witnesses[0].key).await.unwrap();

    assert_eq!(ask_for(&log, &room, Whom::All, older).await.unwrap(), 0);
    assert_eq!(asked::read(&log.store, &room.witnesses[0].key).await.unwrap(), before, "what the faster one wrote stands");
    assert_eq!(before.map(|asked| (asked.outcome, asked.size)), Some((Outcome::Signed, 7)));
    assert!(witnessed::evidence(&one.app.store).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_administrator_with_every_key_finds_no_witness_for_another_past() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let log = app_in(&at("log")).await;
    fill(&log, 100).await;
    let log_key = log.audit.log_key().await.unwrap();
    let one = Witness::open(&at("one"), "one.example/w", &log_key).await;
    let two = Witness::open(&at("two"), "two.example/w", &log_key).await;
    let settings = format!("needed = 2\n{}{}", one.entry(), two.entry());
    configured(&log, &settings);
    assert_eq!(ask(&log, &log.room::<Room>(), Whom::All).await.unwrap(), 2);
    // A backup of the hundred leaves.
    log.store.close().await;
    drop(log);
    copied(&at("log"), &at("backup"));
    let log = app_in(&at("log")).await;
    configured(&log, &settings);
    fill(&log, 200).await;
    assert_eq!(ask(&log, &log.room::<Room>(), Whom::All).await.unwrap(), 2);

    let trust = Trust {
        witnesses: vec![one.key.parse().unwrap(), two.key.parse().unwrap()],
        witnesses_needed: 2,
        ..Trust::of(log_key.clone())
    };
    let keys = at("log").join("keys");
    let origin = log_key.name();
    let deeds = [
        ("a shorter past", forged(&keys, &at("shorter"), origin, 120).await, Outcome::Ahead),
        ("another past of the same length", forged(&keys, &at("same"), origin, 300).await, Outcome::Fork),
        ("another past that is longer", forged(&keys, &at("longer"), origin, 350).await, Outcome::NotGrown),
    ];
    for (deed, app, expected) in deeds {
        configured(&app, &settings);
        assert_eq!(ask(&app, &app.room::<Room>(), Whom::All).await.unwrap(), 0, "{deed}");
        assert_eq!(outcomes(&app).await, [expected, expected], "{deed}");
        assert_eq!(app.audit.cosigned(1).await.unwrap(), None, "{deed}");
        assert_eq!(refused_because(&app, &trust).await.as_deref(), Some("0 witnesses signed, 2 are needed"), "{deed}");
        let alone = Trust::of(log_key.clone());
        assert_eq!(refused_because(&app, &alone).await, None, "{deed}: without witnesses it looks whole");
    }

    // The backup, set in the place of the log: its old signatures hold, and nothing new gets one.
    let set_back = app_in(&at("backup")).await;
    configured(&set_back, &settings);
    for (more, expected) in [(50, Outcome::Ahead), (200, Outcome::NotGrown)] {
        fill(&set_back, more).await;
        assert_eq!(ask(&set_back, &set_back.room::<Room>(), Whom::All).await.unwrap(), 0);
        assert_eq!(outcomes(&set_back).await, [expected, expected]);
    }
    let old = set_back.audit.cosigned(2).await.unwrap().unwrap();
    assert_eq!(old.text.parse::<Checkpoint>().unwrap().size, 100);

    // Each witness kept what it refused, and its own log says so.
    for witness in [&one, &two] {
        let mut kinds: Vec<(String, i64)> =
            witnessed::evidence(&witness.app.store).await.unwrap().into_iter().map(|found| (found.kind, found.size)).collect();
        kinds.sort();
        assert_eq!(kinds, [("fork".into(), 300), ("not_grown".into(), 350), ("not_grown".into(), 350)]);
        let leaves = witness.app.audit.page(None, 10).await.unwrap();
        assert!(leaves.len() == 3 && leaves.iter().all(|leaf| leaf.entry.action == "oversight.evidence"), "{leaves:?}");
    }
    // And the true log goes on.
    fill(&log, 1).await;
    assert_eq!(ask(&log, &log.room::<Room>(), Whom::All).await.unwrap(), 2);
}

const ORIGIN: &str = "log.example/a";

/// A log of leaves in memory.
struct Leaves(Vec<Hash>);

impl Leaves {
    fn of(count: usize, flavour: &str) -> Self {
        Self((0..count).map(|number| leaf_hash(if number == 0 { "first".into() } else { format!("{number} {flavour}") }.as_bytes())).collect())
    }

    fn request(&self, signer: &Signer, old: u64, size: u64) -> AddCheckpoint {
        let hash = |start: u64, end: u64| root_of(&self.0[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()]);
        let proof = consistency_spans(old, size).into_iter().map(|span| hash(span.start, span.end)).collect();
        let root = if size == 0 { EMPTY_ROOT } else { hash(0, size) };
        AddCheckpoint { old_size: old, proof, checkpoint: Checkpoint::of(ORIGIN, size, root).signed_by(signer).unwrap() }
    }
}

#[tokio::test]
async fn of_requests_at_the_same_moment_one_is_signed_and_the_other_past_is_evidence() {
    on_each_database(&wiring::schemas(MODULES)[1..], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app_on(store, folder.path());
        let signer = Signer::new(ORIGIN, &[7; 32]).unwrap();
        configured(&app, &format!("name = \"w.example\"\n[[log]]\nkey = \"{}\"", signer.verifier()));
        let room = app.room::<Room>();
        let signing = room.signing.clone().unwrap();
        let pasts = [Leaves::of(20, "one"), Leaves::of(20, "other")];
        witnessed::add(&app, &signing, &pasts[0].request(&signer, 0, 1)).await.unwrap();

        for round in 0..5 {
            let before = witnessed::logs(&app.store, &signing).await.unwrap()[0].size.unsigned_abs();
            let mut asking = tokio::task::JoinSet::new();
            // All of them follow from the first leaf; from the second round on only those of the past that won.
            for past in &pasts {
                for size in before + 1..=before + 3 {
                    let (app, signing, request) = (app.clone(), signing.clone(), past.request(&signer, before, size));
                    asking.spawn(async move { witnessed::add(&app, &signing, &request).await });
                }
            }
            let (mut signed, mut refused) = (0, Vec::new());
            for done in asking.join_all().await {
                match done {
                    Ok(_) => signed += 1,
                    Err(AddError::Refused(refusal)) => refused.push(refusal),
                    Err(error) => panic!("{error}"),
                }
            }
            assert_eq!((signed, refused.len()), (1, 5), "round {round}: {refused:?}");
        }
        let size = witnessed::logs(&app.store, &signing).await.unwrap()[0].size.unsigned_abs();
        let row = app.store.fetch_one("SELECT root FROM oversight_witnessed", vec![]).await.unwrap();
        let root = row.blob("root").unwrap();
        let won = pasts.iter().position(|past| root_of(&past.0[..usize::try_from(size).unwrap()]).to_vec() == root).unwrap();
        for _ in 0..2 {
            let refused = witnessed::add(&app, &signing, &pasts[1 - won].request(&signer, size, size)).await;
            assert!(matches!(refused, Err(AddError::Refused(Refusal::Fork { .. }))), "{refused:?}");
        }
        let evidence = witnessed::evidence(&app.store).await.unwrap();
        let fork = evidence.iter().find(|found| found.kind == "fork").unwrap();
        let times = (fork.times, fork.sent.parse::<AddCheckpoint>().unwrap().old_size);
        assert_eq!(times, (1, size), "the same within a minute is neither counted nor kept again");
        let known: Note = fork.known_note.parse().unwrap();
        assert_eq!(Checkpoint::opened(&known, &signer.verifier()).unwrap().root.to_vec(), root);
    })
    .await;
}

#[tokio::test]
async fn the_door_answers_as_the_specification_says_and_rubbish_is_never_signed() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::new(ORIGIN, &[7; 32]).unwrap();
    let witness = Witness::open(folder.path(), "w.example", &signer.verifier()).await;
    let (ours, other) = (Leaves::of(20, "one"), Leaves::of(20, "other"));
    let good = ours.request(&signer, 0, 5);
    let answer = witness.posted(&good.to_string()).await;
    assert_eq!((answer.status, answer.body.starts_with("— w.example ".as_bytes())), (200, true), "{answer:?}");
    // The same again: it has moved on, and says from where.
    let answer = witness.posted(&good.to_string()).await;
    assert_eq!((answer.status, answer.content_type.as_str(), answer.body.as_slice()), (409, "text/x.tlog.size", b"5\n".as_slice()));

    let stranger = Signer::new("log.example/b", &[8; 32]).unwrap();
    let mut unknown = ours.request(&signer, 5, 9);
    unknown.checkpoint = Checkpoint::of("log.example/b", 9, [1; 32]).signed_by(&stranger).unwrap();
    let forger = Signer::new(ORIGIN, &[9; 32]).unwrap();
    let mut beyond = ours.request(&signer, 5, 9);
    beyond.old_size = 10;
    let cases = [
        (unknown, 404, "oversight.witness.unknown_log"),
        (ours.request(&forger, 5, 9), 403, "oversight.witness.not_theirs"),
        (beyond, 400, "oversight.witness.malformed"),
        (other.request(&signer, 5, 9), 422, "oversight.witness.not_grown"),
        (other.request(&signer, 5, 5), 409, "oversight.witness.fork"),
    ];
    for (request, status, key) in cases {
        let answer = witness.posted(&request.to_string()).await;
        let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, said["key"].as_str()), (status, Some(key)), "{said}");
    }

    let text = ours.request(&signer, 5, 9).to_string();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 7);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let answer = witness.posted(&changed).await;
        assert!([400, 403, 404, 409, 422].contains(&answer.status), "byte {at}: {} {changed}", answer.status);
    }
    assert_eq!(witness.posted(&text).await.status, 200, "and what was not changed is");
}
