//! `shouhu backup verify`.

use std::process::ExitCode;

use anyhow::Context;
use shouhu_backup::signer;
use shouhu_env::Env;
use shouhu_tlog::VerifierKey;

use super::{From, mib, place_to_read};
use crate::Options;

#[derive(clap::Args)]
pub struct Verify {
    #[command(flatten)]
    from: From,
    /// Only this backup.
    #[arg(long)]
    backup: Option<String>,
    /// The house's public key, as `shouhu backup keys` printed it. Default: that of the house in --data, where there is one.
    #[arg(long)]
    house_key: Option<VerifierKey>,
    #[arg(long)]
    json: bool,
}

pub async fn run(args: Verify, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let place = place_to_read(&args.from.from)?;
    let key = match args.house_key {
        Some(key) => Some(key),
        None if options.keys.join("backup.key").is_file() => {
            let keys = shouhu_blobs::Keys::open(env, &options.keys).context("the house's keys cannot be read")?;
            Some(signer(&keys)?.verifier())
        }
        None => None,
    };
    let verdict = tokio::task::spawn_blocking(move || place.verify(args.backup.as_deref(), key.as_ref())).await??;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&verdict)?);
    } else {
        for damage in &verdict.damaged {
            println!("damaged: {}: {} (backups {})", damage.file, damage.reason, damage.backups.join(", "));
        }
        let signed = if verdict.is_signature_checked { "signatures good" } else { "signatures NOT checked: no --house-key and no house here" };
        println!(
            "{} backups, {} chunks, {} read, {} damaged, {} chunks that no backup names; {}",
            verdict.backups,
            verdict.chunks,
            mib(verdict.bytes),
            verdict.damaged.len(),
            verdict.unnamed,
            if verdict.damaged.is_empty() || !verdict.is_signature_checked { signed } else { "not all good" }
        );
    }
    Ok(if verdict.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
