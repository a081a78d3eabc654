//! `shouhu`: the server and its command line.

use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use shouhu::{MODULES, Options, audit, backup, build, lake, policy, run};
use shouhu_env::{Env, ScaledClock};
use shouhu_ids::Micros;
use shouhu_lakehouse::{OnDamage, Opening};
use shouhu_module::App;
use shouhu_positions::mqtt::MqttDoor;
use shouhu_positions::tak::{Allowed, Network, TakStream};
use shouhu_wire::Role;
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
#[command(name = "shouhu", version, about = "Shouhu 守護: an open, integrated policing platform")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and the web app until Ctrl-C.
    Serve {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        nightly: backup::Nightly,
    },
    /// Print a one-time link with which a person makes a passkey and so an account.
    Invite {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        name: String,
        /// officer, dispatcher, detective, supervisor, auditor or operator.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Print only the token.
        #[arg(long)]
        token_only: bool,
    },
    /// Print the OpenAPI 3.1 document.
    Openapi,
    /// Recompute the audit log, an export of it, or one proof, and say whether it is intact.
    Verify {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        what: audit::Verify,
    },
    /// Take the audit log, or one proof, out of the house.
    #[command(arg_required_else_help = true)]
    Audit {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        act: audit::Act,
    },
    /// Ask and look after the lake of sightings, beside a running server.
    #[command(arg_required_else_help = true)]
    Lake {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        act: lake::Act,
    },
    /// Who may do what in this house, whether a file of rules holds, and what it would change.
    #[command(arg_required_else_help = true)]
    Policy {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        act: policy::Act,
    },
    /// Copy the house to a second place while its server runs; list and verify what is there; write the keys out.
    #[command(arg_required_else_help = true)]
    Backup {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        backup: backup::Backup,
    },
    /// Bring a house back from a backup, into an empty folder.
    Restore(backup::Restore),
    /// Restore the newest backup beside the house, open it, ask it, time it, and throw it away.
    Drill {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        drill: backup::Drill,
    },
}

#[derive(Args)]
struct Place {
    /// Folder of everything that is kept.
    #[arg(long, global = true, env = "SHOUHU_DATA", default_value = ".shouhu")]
    data: PathBuf,
    /// Folder of the keys; put it on another disk. Default: <data>/keys.
    #[arg(long, global = true, env = "SHOUHU_KEYS")]
    keys: Option<PathBuf>,
    /// sqlite:<path> or postgres://<user>@<host>/<database>. Default: SQLite in <data>.
    #[arg(long, global = true, env = "SHOUHU_STORE")]
    store: Option<String>,
    #[arg(long, global = true, env = "SHOUHU_LISTEN", default_value = "127.0.0.1:8470")]
    listen: SocketAddr,
    /// Where people reach the server; passkeys are bound to its host name. Needs https everywhere but on localhost.
    #[arg(long, global = true, env = "SHOUHU_PUBLIC_URL")]
    public_url: Option<String>,
    /// Addresses of the proxies before this server, several with commas between. What they say about who asks (X-Forwarded-For) is
    /// believed; of anybody else it is not.
    #[arg(long, global = true, env = "SHOUHU_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<IpAddr>,
    /// Folder of the built web app.
    #[arg(long, global = true, env = "SHOUHU_WEB", default_value = "web/dist")]
    web: PathBuf,
    /// Where sightings lie: a folder, or s3://bucket/prefix. Default: <data>/lake.
    #[arg(long, global = true, env = "SHOUHU_LAKE")]
    lake: Option<String>,
    /// Name of this server among those that share a lake and a database; the same at every start.
    #[arg(long, global = true, env = "SHOUHU_NODE")]
    node: Option<String>,
    /// What to do about a write-ahead log of the lake that cannot be read to its end: refuse to start, or set-aside: keep the
    /// damaged file under damaged/, read what is around the damage, and say what may be missing.
    #[arg(long, global = true, env = "SHOUHU_LAKE_LOG_DAMAGE", default_value = "refuse", value_parser = parse_on_damage)]
    lake_log_damage: OnDamage,
    /// Where TAK clients may connect and get units as Cursor on Target, such as 10.8.0.1:8087. Off unless given; --tak-allow
    /// says who may.
    #[arg(long, global = true, env = "SHOUHU_TAK_LISTEN", requires = "tak_allow")]
    tak_listen: Option<SocketAddr>,
    /// Networks of TAK clients, such as 10.8.0.0/16, or 消防局=10.9.0.0/16 where it is a partner's; several with commas between. They are not asked
    /// who they are: the ledger of sharing counts and stops each network.
    #[arg(long, global = true, env = "SHOUHU_TAK_ALLOW", value_delimiter = ',')]
    tak_allow: Vec<Allowed>,
    /// Where OwnTracks devices may connect by MQTT 3.1.1, such as 127.0.0.1:1883. Off unless given; --mqtt-allow says who may.
    #[arg(long, global = true, env = "SHOUHU_MQTT_LISTEN", requires = "mqtt_allow")]
    mqtt_listen: Option<SocketAddr>,
    /// Networks of MQTT devices, several with commas between: what is sent here is not encrypted, so only a tunnel, or the proxy
    /// that ends TLS.
    #[arg(long, global = true, env = "SHOUHU_MQTT_ALLOW", value_delimiter = ',')]
    mqtt_allow: Vec<Network>,
    /// File that names the witnesses of the audit log, and the logs that this server witnesses. Default: <data>/witness.toml,
    /// where there is one.
    #[arg(long, global = true, env = "SHOUHU_WITNESS_FILE")]
    witness_file: Option<PathBuf>,
    /// File that names the networks of the house and addresses that are a threat. Default: <data>/trust.toml, where there is one.
    #[arg(long, global = true, env = "SHOUHU_TRUST_FILE")]
    trust_file: Option<PathBuf>,
    /// File of the force's own rules. Default: <data>/policy.cedar, where there is one.
    #[arg(long, global = true, env = "SHOUHU_POLICY_FILE")]
    policy_file: Option<PathBuf>,
    /// File that names the systems that tell this house of accounts, and that it tells. Default: <data>/signals.toml, where there is one.
    #[arg(long, global = true, env = "SHOUHU_SIGNALS_FILE")]
    signals_file: Option<PathBuf>,
    /// File that names the identity providers by whose word people may sign in. Default: <data>/oidc.toml, where there is one.
    #[arg(long, global = true, env = "SHOUHU_OIDC_FILE")]
    oidc_file: Option<PathBuf>,
    /// File that names the force's own tools that may ask this house who somebody is. Default: <data>/sso.toml, where there is one.
    #[arg(long, global = true, env = "SHOUHU_SSO_FILE")]
    sso_file: Option<PathBuf>,
    /// File that says which passkeys people may have. Default: <data>/passkeys.toml, where there is one.
    #[arg(long, global = true, env = "SHOUHU_PASSKEYS_FILE")]
    passkeys_file: Option<PathBuf>,
    /// For simulations: the clock runs so many times as fast since --clock-origin-us.
    #[arg(long, global = true, hide = true, requires = "clock_origin_us")]
    clock_speed: Option<u32>,
    #[arg(long, global = true, hide = true)]
    clock_origin_us: Option<i64>,
}

impl Place {
    fn env(&self) -> Env {
        let mut env = Env::real();
        if let Some((speed, origin)) = self.clock_speed.zip(self.clock_origin_us) {
            tracing::warn!(speed, "the clock is a simulation's: nothing recorded here happened at that time");
            env.clock = Arc::new(ScaledClock::new(Micros(origin), speed));
        }
        env
    }

    fn options(self) -> Options {
        let public_url = self.public_url.unwrap_or_else(|| format!("http://localhost:{}", self.listen.port()));
        Options {
            keys: self.keys.unwrap_or_else(|| self.data.join("keys")),
            data: self.data,
            store: self.store,
            listen: self.listen,
            public_url,
            trusted_proxies: self.trusted_proxy,
            web: self.web,
            lake: self.lake,
            node: self.node,
            on_lake_log_damage: self.lake_log_damage,
            tak: self.tak_listen.map(|listen| TakStream { listen, allow: self.tak_allow }),
            mqtt: self.mqtt_listen.map(|listen| MqttDoor { listen, allow: self.mqtt_allow }),
            witness_file: self.witness_file,
            trust_file: self.trust_file,
            policy_file: self.policy_file,
            signals_file: self.signals_file,
            oidc_file: self.oidc_file,
            sso_file: self.sso_file,
            passkeys_file: self.passkeys_file,
        }
    }
}

fn parse_on_damage(text: &str) -> Result<OnDamage, String> {
    match text {
        "refuse" => Ok(OnDamage::Refuse),
        "set-aside" => Ok(OnDamage::SetAside),
        other => Err(format!("{other:?} is neither refuse nor set-aside")),
    }
}

fn parse_role(text: &str) -> Result<Role, String> {
    let all: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::parse(text).ok_or_else(|| format!("role {text:?} is none of {}", all.join(", ")))
}

/// The threads that answer what can wait step back behind those that start from this one: [`shouhu_http::LifeRuntime`] and the database's writer. (A writer whose
/// connection was given up, after a full disk, starts anew from whoever asks next, and is as nice as that thread until the next start.)
fn main() -> anyhow::Result<ExitCode> {
    let niceness = shouhu_env::niceness().saturating_add(shouhu_env::OF_REQUESTS);
    let behind = move || shouhu_env::step_to(niceness);
    tokio::runtime::Builder::new_multi_thread().enable_all().on_thread_start(behind).build()?.block_on(act())
}

async fn act() -> anyhow::Result<ExitCode> {
    let command = Cli::parse().command;
    shouhu_env::raise_open_files_limit();
    let usual = if matches!(command, Command::Serve { .. }) { "info,sqlx=warn" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SHOUHU_LOG").unwrap_or_else(|_| usual.into());
    let is_screen = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_screen).with_writer(std::io::stderr).init();
    match command {
        Command::Serve { place, nightly } => {
            let env = place.env();
            serve(&place.options(), nightly, env).await?;
        }
        Command::Invite { place, name, role, token_only } => {
            let env = place.env();
            invite(&place.options(), env, &name, role, token_only).await?;
        }
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&shouhu_http::document(MODULES))?);
        }
        Command::Verify { place, what } => audit::verify(&what, &place.options()).await?,
        Command::Audit { place, act } => {
            let env = place.env();
            audit::run(act, &place.options(), env).await?;
        }
        Command::Lake { place, act } => {
            let env = place.env();
            return lake::run(act, &place.options(), env).await;
        }
        Command::Policy { place, act } => {
            let env = place.env();
            policy::run(&act, &place.options(), &env)?;
        }
        Command::Backup { place, backup } => {
            let env = place.env();
            return backup::run(backup, &place.options(), env).await;
        }
        Command::Drill { place, drill } => {
            let env = place.env();
            return backup::run_drill(drill, &place.options(), env).await;
        }
        Command::Restore(args) => return backup::run_restore(args, Env::real()).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(options: &Options, nightly: backup::Nightly, env: Env) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let (url, for_backups) = (options.public_url.clone(), options.clone());
    run(options, env, stop, move |app, at| {
        tracing::info!(%at, url, "ready");
        tokio::spawn(backup::nightly::run(app.clone(), for_backups, nightly));
        tokio::spawn(greet(app.clone()));
    })
    .await?;
    Ok(())
}

/// Ctrl-C and SIGTERM let open requests finish; a second one ends at once, as ever.
async fn stop_on_signal(stop: CancellationToken) {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! { _ = tokio::signal::ctrl_c() => {}, () = terminated => {} }
    stop.cancel();
}

/// A house without people needs a first operator.
async fn greet(app: App) {
    match shouhu_identity::has_operators(&app).await {
        Ok(true) => {}
        Ok(false) => match shouhu_identity::invite(&app, "operator", Role::Operator, None, None).await {
            Ok(invitation) => println!("No account yet. One-time link for the first operator:\n  {}", invitation.link),
            Err(error) => tracing::error!(%error, "the first operator could not be invited"),
        },
        Err(error) => tracing::error!(%error, "accounts could not be counted"),
    }
}

async fn invite(options: &Options, env: Env, name: &str, role: Role, token_only: bool) -> anyhow::Result<()> {
    let app = build(options, env, Opening::Closed).await?;
    let invitation = shouhu_identity::invite(&app, name, role, None, None).await.context("no invitation")?;
    println!("{}", if token_only { &invitation.token } else { &invitation.link });
    app.store.close().await;
    Ok(())
}
