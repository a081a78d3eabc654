//! From options to a running house.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use shouhu_audit::{Audit, AuditError, Entry};
use shouhu_blobs::{BlobError, Blobs};
use shouhu_env::{DiskError, Env};
use shouhu_http::{LifeRuntime, Metrics, RouterError, ServeError, ServerLimits, Shedder, Site, StopStreams, TrustedProxies, Turnstile, built_in_policies, router, serve, wiring};
use shouhu_identity::{OidcSettings, OidcSettingsError, PasskeySettings, PasskeySettingsError, TrustSettings, TrustSettingsError};
use shouhu_lakehouse::{Lakehouse, LakehouseConfig, LakehouseError, OnDamage, Opening};
use shouhu_module::App;
use shouhu_outgoing::{Outgoing, PRIVATE_VARIABLE, Reach, ReachError, Use};
use shouhu_oversight::{Settings as WitnessSettings, SettingsError};
use shouhu_policy::{Policies, PolicyError};
use shouhu_positions::mqtt::MqttDoor;
use shouhu_positions::tak::TakStream;
use shouhu_sightings::feeds::drop::DropFolder;
use shouhu_signals::{SignalSettings, SignalSettingsError};
use shouhu_sso::{SsoSettings, SsoSettingsError};
use shouhu_store::{Eyes, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::policy::name_of;
use crate::{DESTROYING, MODULES};

#[derive(Debug, Clone)]
pub struct Options {
    /// Everything that is kept, except keys.
    pub data: PathBuf,
    /// Keys; not inside the blobs.
    pub keys: PathBuf,
    /// `sqlite:<path>` or `postgres://…`; the default is SQLite in `data`.
    pub store: Option<String>,
    pub listen: SocketAddr,
    /// Where people reach the server; passkeys are bound to it.
    pub public_url: String,
    /// The built web app.
    pub web: PathBuf,
    /// A folder, or `s3://bucket/prefix`; the default is a folder in `data`.
    pub lake: Option<String>,
    /// Name of this server among those that share a lake.
    pub node: Option<String>,
    /// An operator's decision about a damaged write-ahead log.
    pub on_lake_log_damage: OnDamage,
    /// A stream for TAK clients; none unless an operator says so.
    pub tak: Option<TakStream>,
    /// A door for OwnTracks devices by MQTT; none unless an operator says so.
    pub mqtt: Option<MqttDoor>,
    /// Proxies whose word about who asks is believed; none unless an operator names them.
    pub trusted_proxies: Vec<IpAddr>,
    /// Witnesses, and logs to witness; the default is `witness.toml` in `data`, where there is one.
    pub witness_file: Option<PathBuf>,
    /// Networks of the house and threats; the default is `trust.toml` in `data`, where there is one.
    pub trust_file: Option<PathBuf>,
    /// The force's own rules; the default is `policy.cedar` in `data`, where there is one.
    pub policy_file: Option<PathBuf>,
    /// Systems that tell us of accounts, and that we tell; the default is `signals.toml` in `data`, where there is one.
    pub signals_file: Option<PathBuf>,
    /// Identity providers whose word about who somebody is counts here; the default is `oidc.toml` in `data`, where there is one.
    pub oidc_file: Option<PathBuf>,
    /// The force's own tools that may ask this house who somebody is; the default is `sso.toml` in `data`, where there is one.
    pub sso_file: Option<PathBuf>,
    /// Which passkeys people may have; the default is `passkeys.toml` in `data`, where there is one.
    pub passkeys_file: Option<PathBuf>,
}

impl Options {
    /// A house that has everything below one folder and nothing set: for tests and measurements.
    #[must_use]
    pub fn below(folder: &Path) -> Self {
        Self {
            data: folder.join("house"),
            keys: folder.join("keys"),
            store: None,
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: "http://localhost:8470".into(),
            trusted_proxies: Vec::new(),
            web: folder.join("web"),
            lake: None,
            node: None,
            on_lake_log_damage: OnDamage::Refuse,
            tak: None,
            mqtt: None,
            witness_file: None,
            trust_file: None,
            policy_file: None,
            signals_file: None,
            oidc_file: None,
            sso_file: None,
            passkeys_file: None,
        }
    }

    /// How this server keeps the lake.
    ///
    /// # Errors
    /// When the place is neither a folder nor a bucket.
    pub fn lake_config(&self) -> Result<LakehouseConfig, LakehouseError> {
        let mut config = LakehouseConfig::in_folder(self.data.join("lake"));
        if let Some(place) = &self.lake {
            config.place = place.parse()?;
        }
        if let Some(node) = &self.node {
            config.node.clone_from(node);
        }
        config.on_damage = self.on_lake_log_damage;
        Ok(config)
    }

    /// Where files of feeds are dropped: `<here>/<feed>/<file>`.
    #[must_use]
    pub fn drop_folder(&self) -> PathBuf {
        self.data.join("drop")
    }

    /// What the file of witnesses says; `None` without one.
    ///
    /// # Errors
    /// When it was named and is missing, or something in it is wrong.
    pub fn witnesses(&self, env: &Env) -> Result<Option<WitnessSettings>, StartError> {
        let path = self.witness_file.clone().unwrap_or_else(|| self.data.join("witness.toml"));
        let bytes = match env.disk.read(&path) {
            Err(DiskError::Missing { .. }) if self.witness_file.is_none() => return Ok(None),
            other => other.map_err(|reason| StartError::WitnessFile { path: path.clone(), reason })?,
        };
        let settings = WitnessSettings::parse(&String::from_utf8_lossy(&bytes));
        settings.map(Some).map_err(|reason| StartError::Witnesses { path, reason })
    }

    /// What the file of networks and threats says; `None` without one.
    ///
    /// # Errors
    /// When it was named and is missing, or something in it is wrong.
    pub fn trust(&self, env: &Env) -> Result<Option<TrustSettings>, StartError> {
        let path = self.trust_file.clone().unwrap_or_else(|| self.data.join("trust.toml"));
        let bytes = match env.disk.read(&path) {
            Err(DiskError::Missing { .. }) if self.trust_file.is_none() => return Ok(None),
            other => other.map_err(|reason| StartError::TrustFile { path: path.clone(), reason })?,
        };
        let settings = TrustSettings::parse(&String::from_utf8_lossy(&bytes));
        settings.map(Some).map_err(|reason| StartError::Trust { path, reason })
    }

    /// Who may do what: by the rooms' lists, and by the force's own rules where there are some.
    ///
    /// # Errors
    /// When the file was named and is missing, or something in it is wrong.
    pub fn policies(&self, env: &Env) -> Result<Policies, StartError> {
        let path = self.policy_file.clone().unwrap_or_else(|| self.data.join("policy.cedar"));
        let wrong = |reason| StartError::Policy { path: path.clone(), reason };
        let built_in = built_in_policies(MODULES).map_err(wrong)?;
        let bytes = match env.disk.read(&path) {
            Err(DiskError::Missing { .. }) if self.policy_file.is_none() => return Ok(built_in),
            other => other.map_err(|reason| StartError::PolicyFile { path: path.clone(), reason })?,
        };
        built_in.and_file(&bytes, &name_of(&path)).map_err(wrong)
    }

    /// What the file of systems that tell or are told says; `None` without one.
    ///
    /// # Errors
    /// When it was named and is missing, or something in it is wrong.
    pub fn signals(&self, env: &Env) -> Result<Option<SignalSettings>, StartError> {
        let path = self.signals_file.clone().unwrap_or_else(|| self.data.join("signals.toml"));
        let bytes = match env.disk.read(&path) {
            Err(DiskError::Missing { .. }) if self.signals_file.is_none() => return Ok(None),
            other => other.map_err(|reason| StartError::SignalsFile { path: path.clone(), reason })?,
        };
        let settings = SignalSettings::parse(&String::from_utf8_lossy(&bytes));
        settings.map(Some).map_err(|reason| StartError::Signals { path, reason })
    }

    /// What the file of identity providers says; `None` without one.
    ///
    /// # Errors
    /// When it was named and is missing, or something in it is wrong.
    pub fn oidc(&self, env: &Env) -> Result<Option<OidcSettings>, StartError> {
        let path = self.oidc_file.clone().unwrap_or_else(|| self.data.join("oidc.toml"));
        let bytes = match env.disk.read(&path) {
            Err(DiskError::Missing { .. }) if self.oidc_file.is_none() => return Ok(None),
            other => other.map_err(|reason| StartError::OidcFile { path: path.clone(), reason })?,
        };
        let settings = OidcSettings::parse(&String::from_utf8_lossy(&bytes));
        settings.map(Some).map_err(|reason| StartError::Oidc { path, reason })
    }

    /// What the file of the force's own tools says; `None` without one.
    ///
    /// # Errors
    /// When it was named and is missing, or something in it is wrong.
    pub fn sso(&self, env: &Env) -> Result<Option<SsoSettings>, StartError> {
        let path = self.sso_file.clone().unwrap_or_else(|| self.data.join("sso.toml"));
        let bytes = match env.disk.read(&path) {
            Err(DiskError::Missing { .. }) if self.sso_file.is_none() => return Ok(None),
            other => other.map_err(|reason| StartError::SsoFile { path: path.clone(), reason })?,
        };
        let settings = SsoSettings::parse(&String::from_utf8_lossy(&bytes));
        settings.map(Some).map_err(|reason| StartError::Sso { path, reason })
    }

    /// What the file about passkeys says; `None` without one. Certificates that it names lie in the data folder, wherever the file lies.
    ///
    /// # Errors
    /// When it was named and is missing, or something in it or in a certificate is wrong.
    pub fn passkeys(&self, env: &Env) -> Result<Option<PasskeySettings>, StartError> {
        let path = self.passkeys_file.clone().unwrap_or_else(|| self.data.join("passkeys.toml"));
        let bytes = match env.disk.read(&path) {
            Err(DiskError::Missing { .. }) if self.passkeys_file.is_none() => return Ok(None),
            other => other.map_err(|reason| StartError::PasskeysFile { path: path.clone(), reason })?,
        };
        let read = |name: &str| env.disk.read(&self.data.join(name)).map_err(|reason| reason.to_string());
        let settings = PasskeySettings::parse(&String::from_utf8_lossy(&bytes), &read);
        settings.map(Some).map_err(|reason| StartError::Passkeys { path, reason })
    }

    #[must_use]
    pub fn store_url(&self) -> String {
        self.store.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("shouhu.db").display()))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot make the folder {path:?}: {reason}")]
    Folder { path: PathBuf, reason: std::io::Error },
    #[error("database: {0}")]
    Store(#[from] StoreError),
    #[error("blobs: {0}")]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Outgoing(#[from] shouhu_outgoing::SetupError),
    /// Begins with the variable.
    #[error(transparent)]
    Reach(#[from] ReachError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("no thread for what saves lives, or for watching how busy this machine is: {0}")]
    Thread(std::io::Error),
    #[error("web app: {0}")]
    Site(#[from] DiskError),
    #[error("lake: {0}")]
    Lake(#[from] LakehouseError),
    #[error("the file of witnesses {path:?}: {reason}")]
    WitnessFile { path: PathBuf, reason: DiskError },
    #[error("the file of witnesses {path:?}: {reason}")]
    Witnesses { path: PathBuf, reason: SettingsError },
    #[error("the file of networks and threats {path:?}: {reason}")]
    TrustFile { path: PathBuf, reason: DiskError },
    #[error("the file of networks and threats {path:?}: {reason}")]
    Trust { path: PathBuf, reason: TrustSettingsError },
    #[error("the force's rules {path:?}: {reason}")]
    PolicyFile { path: PathBuf, reason: DiskError },
    /// `reason` begins with the file's name and line.
    #[error("the force's rules {path:?}: {reason}")]
    Policy { path: PathBuf, reason: PolicyError },
    #[error("the file of systems that tell or are told {path:?}: {reason}")]
    SignalsFile { path: PathBuf, reason: DiskError },
    #[error("the file of systems that tell or are told {path:?}: {reason}")]
    Signals { path: PathBuf, reason: SignalSettingsError },
    #[error("the file of identity providers {path:?}: {reason}")]
    OidcFile { path: PathBuf, reason: DiskError },
    #[error("the file of identity providers {path:?}: {reason}")]
    Oidc { path: PathBuf, reason: OidcSettingsError },
    #[error("the file of the force's own tools {path:?}: {reason}")]
    SsoFile { path: PathBuf, reason: DiskError },
    /// `reason` begins with the line.
    #[error("the file of the force's own tools {path:?}: {reason}")]
    Sso { path: PathBuf, reason: SsoSettingsError },
    #[error("the file of passkeys {path:?}: {reason}")]
    PasskeysFile { path: PathBuf, reason: DiskError },
    #[error("the file of passkeys {path:?}: {reason}")]
    Passkeys { path: PathBuf, reason: PasskeySettingsError },
    #[error("module {module} cannot start: {reason}")]
    Module { module: &'static str, reason: String },
    #[error("the modules' lists are wrong: {0:?}")]
    Routes(Vec<RouterError>),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

fn folder(path: &Path) -> Result<(), StartError> {
    std::fs::create_dir_all(path).map_err(|reason| StartError::Folder { path: path.to_owned(), reason })
}

/// Opens everything and starts the rooms; listens to nobody yet.
///
/// # Errors
/// What is wrong with the folders, the database, or a room.
pub async fn build(options: &Options, env: Env, opening: Opening) -> Result<App, StartError> {
    folder(&options.data)?;
    folder(&options.keys)?;
    let witnesses = options.witnesses(&env)?;
    let trust = options.trust(&env)?;
    let policies = options.policies(&env)?;
    let signals = options.signals(&env)?;
    let oidc = options.oidc(&env)?;
    let sso = options.sso(&env)?;
    let passkeys = options.passkeys(&env)?;
    let store = Store::open(&options.store_url(), env.clone()).await?;
    let applied = store.migrate(&wiring::schemas(MODULES)).await?;
    if applied > 0 {
        tracing::info!(applied, "database schema brought up to date");
    }
    let blobs = Blobs::open(env.clone(), &options.data.join("blobs"), &options.keys)?;
    let life = matches!(opening, Opening::Serve).then(LifeRuntime::start).transpose().map_err(StartError::Thread)?;
    let audit = {
        let _on = life.as_ref().and_then(LifeRuntime::enter);
        Audit::start(store.clone(), blobs.keys())?
    };
    let app = App::new(env, store, blobs, audit, MODULES, &options.public_url);
    app.put(opening);
    if let Some(life) = life {
        app.put(life);
    }
    app.put(TrustedProxies(options.trusted_proxies.clone()));
    if let Some(witnesses) = witnesses {
        app.put(witnesses);
    }
    app.put(trust.unwrap_or_default());
    if matches!(opening, Opening::Serve) && !policies.rules().is_empty() {
        note_rules(&app, &policies).await?;
    }
    if matches!(opening, Opening::Serve) {
        app.rule_by(policies);
    } else {
        // Whoever runs a command on the machine is asked by no rule.
        app.put(policies);
    }
    app.put(signals.unwrap_or_default());
    app.put(oidc.unwrap_or_default());
    app.put(sso.unwrap_or_default());
    app.put(passkeys.unwrap_or_default());
    // The server's owner decides what the house may reach, not who may press buttons in it.
    app.put(Outgoing::reaching(app.env.net.clone(), reach()?)?);
    let (store, env) = (app.store.clone(), app.env.clone());
    match opening {
        Opening::Serve => {
            let forget_key = Some(shouhu_backup::forget_key(app.blobs.keys()).map_err(BlobError::from)?);
            app.put(Lakehouse::open(LakehouseConfig { forget_key, ..options.lake_config()? }, store, env).await?);
            app.put(DropFolder(options.drop_folder()));
            if let Some(tak) = &options.tak {
                app.put(tak.clone());
            }
            if let Some(door) = &options.mqtt {
                app.put(door.clone());
            }
        }
        Opening::ReadOnly => app.put(Lakehouse::open_read_only(options.lake_config()?, store, env).await?),
        Opening::Closed => {}
    }
    // Before the rooms read: what another server tells from here on reaches their memory by the relay.
    app.hub.begin_after(app.store.last_seq().await?);
    for module in MODULES {
        Eyes::House
            .look((module.start)(app.clone()))
            .await
            .map_err(|error| StartError::Module { module: module.name, reason: error.to_string() })?;
    }
    Ok(app)
}

/// What the house may call beyond the public internet, by the environment.
fn reach() -> Result<Reach, ReachError> {
    let variable = |name: &str| std::env::var(name).ok();
    if variable(PRIVATE_VARIABLE).is_some_and(|said| said == "1") {
        let instead = Use::ALL.map(Use::variable).join(", ");
        tracing::warn!(instead, "{PRIVATE_VARIABLE}=1 opens private networks to every use, webhooks too: name what each may reach instead");
    }
    Reach::of(variable)
}

/// Which rules of the force hold from now on, before anybody is judged by them.
async fn note_rules(app: &App, policies: &Policies) -> Result<(), StartError> {
    let named: Vec<String> = policies.rules().iter().map(|rule| rule.id.clone()).collect();
    let texts: Vec<&str> = policies.rules().iter().map(|rule| rule.text.as_str()).collect();
    let sha256 = hex::encode(Sha256::digest(texts.join("\n")));
    let leaf = Entry {
        at_us: app.env.now(),
        actor: "none".into(),
        actor_name: "shouhu".into(),
        action: "policy.in_force".into(),
        class: "security".into(),
        purpose: None,
        case_ref: None,
        object: format!("{} rules of the force, sha256 {sha256}: {}", named.len(), named.join(", ")),
        outcome: 200,
    };
    app.audit.append(leaf).await?;
    Ok(())
}

/// Serves until `stop` is cancelled. `ready` is called once, when requests are answered.
///
/// # Errors
/// As `build`, and when the address cannot be listened on.
pub async fn run(
    options: &Options,
    env: Env,
    stop: CancellationToken,
    ready: impl FnOnce(&App, SocketAddr),
) -> Result<(), StartError> {
    let app = build(options, env.clone(), Opening::Serve).await?;
    app.put(StopStreams(stop.clone()));
    let site = Site::load(&*env.disk, &options.web)?;
    if site.is_empty() {
        tracing::warn!(folder = %options.web.display(), "the web app is not built: only the API is served (make run builds it)");
    }
    let metrics = Metrics::default();
    let shedder = Shedder::default();
    shedder.watch(tokio::runtime::Handle::current(), metrics.clone()).map_err(StartError::Thread)?;
    app.put(shedder.clone());
    let router = router(&app, &metrics, site).map_err(StartError::Routes)?;
    let front = Turnstile::of(&app, &shedder, &metrics).before(router);
    let relay = tokio::spawn(shouhu_bus::relay(app.store.clone(), app.hub.clone(), wiring::reactors(&app)));
    let jobs = tokio::spawn(shouhu_jobs::run(app.store.clone(), wiring::workers(&app), DESTROYING));
    let quotes = tokio::spawn(shouhu_identity::watch_quotes(app.clone()));
    let sessions = tokio::spawn(shouhu_sso::watch_sessions(app.clone()));
    let polls = tokio::spawn(shouhu_signals::poll_for_ever(app.clone()));
    let for_ready = app.clone();
    let served =
        serve(&*env.net, options.listen, front, ServerLimits::default(), metrics, stop, |at| ready(&for_ready, at)).await;
    // What they have not done yet is in the outbox and the job table, and is done at the next start.
    relay.abort();
    jobs.abort();
    quotes.abort();
    sessions.abort();
    polls.abort();
    if let Some(lake) = app.try_room::<Lakehouse>()
        && let Err(error) = lake.close().await
    {
        tracing::warn!(%error, "the lake did not write its memory out; the next start reads its log instead");
    }
    app.store.close().await;
    served.map_err(StartError::from)
}
