//! `shouhu backup keys`: the keys, sealed, apart from what they open.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use shouhu_backup::{forget_key, keys_in, sealed, signer};
use shouhu_env::Env;

use super::{open, passphrase};
use crate::Options;
use crate::lake::feed::leaf;

#[derive(clap::Args)]
pub struct Keys {
    /// File to write; what was there before is replaced, as it should be: it may hold keys that are destroyed since.
    #[arg(long)]
    to: PathBuf,
    /// File whose first line is the passphrase.
    #[arg(long)]
    passphrase_file: PathBuf,
}

pub async fn run(args: Keys, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let passphrase = passphrase(&args.passphrase_file)?;
    let app = open(options, env.clone()).await?;
    leaf(&app, "backup.keys", format!("all keys, sealed, to {}", args.to.display())).await?;
    // Made now if they were not there, so that the file has them.
    let key = signer(app.blobs.keys())?.verifier();
    forget_key(app.blobs.keys())?;
    let keys = keys_in(&options.keys)?;
    app.store.close().await;
    // A bare name has no folder that could be synced.
    let to = std::path::absolute(&args.to)?;
    env.disk.write_durably(&to, &sealed(&env, &keys, &passphrase)?).context("the file of keys could not be written")?;
    println!("{} keys in {}; backups are signed by {key}", keys.len(), args.to.display());
    Ok(ExitCode::SUCCESS)
}
