//! `shouhu backup keys`: the keys, sealed, apart from what they open.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use shouhu_backup::{forget_key, keys_in, sealed, signer};
use shouhu_env::Env;
use shouhu_module::App;

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
    let app = open(options, env).await?;
    let written = write(&app, options, &args.to, &passphrase).await;
    app.store.close().await;
    println!("{}", written?);
    Ok(ExitCode::SUCCESS)
}

/// Writes the file, with its leaf first, and says what is in it.
pub(super) async fn write(app: &App, options: &Options, to: &Path, passphrase: &str) -> anyhow::Result<String> {
    leaf(app, "backup.keys", format!("all keys, sealed, to {}", to.display())).await?;
    // Made now if they were not there, so that the file has them.
    let key = signer(app.blobs.keys())?.verifier();
    forget_key(app.blobs.keys())?;
    let keys = keys_in(&options.keys)?;
    // A bare name has no folder that could be synced.
    let absolute = std::path::absolute(to)?;
    let (env, secret) = (app.env.clone(), passphrase.to_owned());
    let number = keys.len();
    // Sealing is slow on purpose.
    let bytes = tokio::task::spawn_blocking(move || sealed(&env, &keys, &secret)).await??;
    app.env.disk.write_durably(&absolute, &bytes).context("the file of keys could not be written")?;
    Ok(format!("{number} keys in {}; backups are signed by {key}", to.display()))
}
