//! `shouhu verify` and `shouhu audit`: checking the log here or offline, and taking it or one proof out of the house.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use shouhu_audit::Entry;
use shouhu_audit::offline::{Trust, verify_folder, verify_proof};
use shouhu_env::{Env, RealFiles};
use shouhu_ids::Micros;
use shouhu_lakehouse::Opening;
use shouhu_module::App;
use shouhu_oversight::{Room, Whom};
use shouhu_tlog::{Note, VerifierKey};

use crate::{Options, build};

const OK: u16 = 200;

/// What to check. Without --export and --proof: this server's own log.
#[derive(Args)]
// The subcommand that holds it is a group of the same name already, which clap's checks in debug builds refuse.
#[group(skip)]
pub struct Verify {
    /// A folder that `shouhu audit export` wrote; nothing else is opened.
    #[arg(long, requires = "log_key", conflicts_with = "proof")]
    export: Option<PathBuf>,
    /// A file that `shouhu audit proof` wrote; nothing else is opened.
    #[arg(long, requires = "log_key")]
    proof: Option<PathBuf>,
    /// The log's public key (name+id+key), from elsewhere than what is checked.
    #[arg(long)]
    log_key: Option<VerifierKey>,
    /// A checkpoint that was kept from before; may be given more than once.
    #[arg(long = "remembered", value_name = "FILE")]
    remembered: Vec<PathBuf>,
    /// A witness's public key; may be given more than once.
    #[arg(long = "witness", value_name = "KEY")]
    witnesses: Vec<VerifierKey>,
    /// How many of the witnesses must have signed. Default: all that are given.
    #[arg(long, requires = "witnesses")]
    witnesses_needed: Option<usize>,
    /// Signatures of witnesses that are older do not count, such as 2026-11-22 or "2026-11-22 08:00", Taipei time. Without it an
    /// old checkpoint stays good for ever, and says nothing about what came after it.
    #[arg(long, requires = "witnesses", value_name = "TIME")]
    witnessed_since: Option<String>,
}

#[derive(Subcommand)]
pub enum Act {
    /// Write the whole log, entries included, into a folder that anybody can check. Leaves an audit leaf first.
    Export {
        /// Made when it is missing; should be empty.
        folder: PathBuf,
        /// Why, by which rule, for whom.
        #[arg(long)]
        reason: String,
        /// Up to the newest entry, also when not enough witnesses have signed it.
        #[arg(long)]
        newest: bool,
    },
    /// Print the proof of one leaf with its entry. Leaves an audit leaf first.
    Proof {
        /// Number of the leaf, from 1.
        seq: i64,
        #[arg(long)]
        reason: String,
        /// Under the newest checkpoint, also when not enough witnesses have signed it.
        #[arg(long)]
        newest: bool,
    },
    /// Print this server's public keys: of its log, for those who check it or witness it, and, where it is a witness, its own.
    Keys,
}

impl Verify {
    fn remembered(&self) -> anyhow::Result<Vec<Note>> {
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            text.parse().with_context(|| format!("{} is no checkpoint", path.display()))
        };
        self.remembered.iter().map(read).collect()
    }

    fn trust(&self, log: VerifierKey) -> anyhow::Result<Trust> {
        let witnesses_needed = self.witnesses_needed.unwrap_or(self.witnesses.len());
        let since = self.witnessed_since.as_deref().map(crate::lake::window::moment).transpose()?;
        let witnessed_since_s = since.map_or(0, |at| u64::try_from(at.0.div_euclid(Micros::SECOND)).unwrap_or_default());
        if let Some(key) = self.witnesses.iter().find(|key| !key.is_cosigner()) {
            anyhow::bail!("{} is a log's key; a witness's is of type 4", key.name());
        }
        Ok(Trust { log, witnesses: self.witnesses.clone(), witnesses_needed, witnessed_since_s, remembered: self.remembered()? })
    }
}

/// # Errors
/// When something cannot be read, or the log is not whole.
pub async fn verify(args: &Verify, options: &Options) -> anyhow::Result<()> {
    match (&args.export, &args.proof, &args.log_key) {
        (Some(folder), _, Some(key)) => {
            let verdict = verify_folder(&RealFiles::below(folder), &args.trust(key.clone())?)?;
            println!("{} leaves, {} entries, {} withheld, root {}", verdict.leaves, verdict.entries, verdict.withheld, verdict.root);
            println!("{} witnesses signed", verdict.witnesses);
            if let Some(at_s) = verdict.witnessed_at_s.filter(|_| args.witnesses_needed != Some(0)) {
                let at = Micros(i64::try_from(at_s).unwrap_or_default().saturating_mul(Micros::SECOND));
                println!("enough of them had seen it at {}; what was logged later is not in it", shouhu_exchange::Moment::taipei(at));
            }
            if let Some(bad) = verdict.first_bad {
                let leaf = bad.seq.map(|seq| format!(", leaf {seq}")).unwrap_or_default();
                anyhow::bail!("the export is not the log that was signed: {}{leaf}: {}", bad.file, bad.reason);
            }
        }
        (None, Some(file), Some(key)) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            let (entry, checkpoint) = verify_proof(&text, &args.trust(key.clone())?)?;
            println!("{}", serde_json::to_string_pretty(&entry)?);
            println!("is in the log {} of {} leaves, root {}", checkpoint.origin, checkpoint.size, root(&checkpoint.root));
        }
        _ => {
            // Without what they are checked against they would be passed over, and the answer would seem to speak of them too.
            ensure!(
                args.log_key.is_none() && args.witnesses.is_empty(),
                "--log-key and --witness check what was taken out of the house: name it with --export or --proof"
            );
            here(args, options).await?;
        }
    }
    Ok(())
}

fn root(hash: &shouhu_tlog::Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn here(args: &Verify, options: &Options) -> anyhow::Result<()> {
    let app = build(options, Env::real(), Opening::Closed).await?;
    let verdict = app.audit.verify_against(&args.remembered()?).await.context("the log could not be read")?;
    println!("{}", serde_json::to_string_pretty(&verdict)?);
    let reason = verdict.reason.unwrap_or_default();
    ensure!(verdict.is_intact, "the audit log is broken at leaf {}: {reason}", verdict.first_bad_seq.unwrap_or_default());
    Ok(())
}

/// # Errors
/// What went wrong, for people.
pub async fn run(act: Act, options: &Options, env: Env) -> anyhow::Result<()> {
    let app = build(options, env, Opening::Closed).await?;
    match act {
        Act::Export { folder, reason, newest } => {
            leaf(&app, "shouhu audit export", &reason, "the whole log").await?;
            let note = checkpoint(&app, newest).await?;
            let leaves = app.audit.export_under(&RealFiles::below(&folder), &note).await?;
            eprintln!("{leaves} leaves in {}; log key {}", folder.display(), app.audit.log_key().await?);
        }
        Act::Proof { seq, reason, newest } => {
            leaf(&app, "shouhu audit proof", &reason, &format!("leaf {seq}")).await?;
            let note = checkpoint(&app, newest).await?;
            let is_in = app.audit.opened(&note).await?.size >= u64::try_from(seq).unwrap_or_default();
            ensure!(is_in || newest, "leaf {seq} is newer than what enough witnesses have signed; --newest proves it without them");
            print!("{}", app.audit.proof_under(seq, note).await?.text);
        }
        Act::Keys => {
            // A log has its name, and so its key, from its first entry on.
            leaf(&app, "shouhu audit keys", "public keys were shown", "keys").await?;
            println!("log {}", app.audit.log_key().await?);
            if let Some(signing) = app.try_room::<Room>().as_ref().and_then(|room| room.signing.as_ref()) {
                println!("witness {}", signing.cosigner.verifier());
            }
        }
    }
    app.store.close().await;
    Ok(())
}

/// The checkpoint to take out: the newest that enough witnesses have signed, after each was asked once more; of a house without
/// witnesses the newest of all.
async fn checkpoint(app: &App, is_newest_wanted: bool) -> anyhow::Result<Note> {
    let Some(room) = app.try_room::<Room>().filter(|room| room.needed > 0 && !is_newest_wanted) else {
        return app.audit.checkpoint().await?.context("the log is empty");
    };
    if let Err(error) = shouhu_oversight::ask(app, &room, Whom::All).await {
        eprintln!("the witnesses could not be asked: {error}");
    }
    let note = app.audit.cosigned(room.needed).await?;
    let note = note.with_context(|| format!("no checkpoint has {} witnesses yet; --newest takes it without", room.needed))?;
    let newest = app.audit.checkpoint().await?.context("the log is empty")?;
    let (size, witnessed) = (app.audit.opened(&newest).await?.size, app.audit.opened(&note).await?.size);
    ensure!(witnessed <= size, "witnesses have signed {witnessed} leaves and this log has {size}: it was set back");
    let left_out = size - witnessed;
    if left_out > 0 {
        eprintln!("{left_out} newer leaves are left out: not enough witnesses have signed them; --newest takes them too");
    }
    Ok(note)
}

/// Log before release: what leaves the house by this door is on the log first.
async fn leaf(app: &App, action: &str, reason: &str, object: &str) -> anyhow::Result<()> {
    let (uid, name) = crate::lake::who::shell_user();
    let entry = Entry {
        at_us: app.env.now(),
        actor: format!("uid {uid}"),
        actor_name: format!("{name} (uid {uid}), command line"),
        action: action.into(),
        class: "personal_read".into(),
        purpose: None,
        case_ref: None,
        object: format!("{object}; reason: {reason}"),
        outcome: OK,
    };
    app.audit.append(entry).await.context("nothing is released without its leaf")?;
    Ok(())
}
