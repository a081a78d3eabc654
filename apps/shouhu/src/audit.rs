//! `shouhu verify` and `shouhu audit`: checking the log here or offline, and taking it or one proof out of the house.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use shouhu_audit::Entry;
use shouhu_audit::offline::{Trust, verify_folder, verify_proof};
use shouhu_env::{Env, RealFiles};
use shouhu_lakehouse::Opening;
use shouhu_module::App;
use shouhu_tlog::{Note, VerifierKey};

use crate::{Options, build};

const OK: u16 = 200;

/// What to check. Without --export and --proof: this server's own log.
#[derive(Args)]
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
    #[arg(long)]
    witnesses_needed: Option<usize>,
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
    },
    /// Print the proof of one leaf with its entry. Leaves an audit leaf first.
    Proof {
        /// Number of the leaf, from 1.
        seq: i64,
        #[arg(long)]
        reason: String,
    },
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
        Ok(Trust { log, witnesses: self.witnesses.clone(), witnesses_needed, remembered: self.remembered()? })
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
        _ => here(args, options).await?,
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
        Act::Export { folder, reason } => {
            leaf(&app, "shouhu audit export", &reason, "the whole log").await?;
            let leaves = app.audit.export(&RealFiles::below(&folder)).await?;
            eprintln!("{leaves} leaves in {}; log key {}", folder.display(), app.audit.log_key().await?);
        }
        Act::Proof { seq, reason } => {
            leaf(&app, "shouhu audit proof", &reason, &format!("leaf {seq}")).await?;
            print!("{}", app.audit.proof(seq).await?.text);
        }
    }
    app.store.close().await;
    Ok(())
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
