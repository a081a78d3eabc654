//! What the fault harness (`e2e/faults`) starts, kills and asks again.
//!
//! `shouhu-faults write FOLDER --seed N` appends to a lake until it is killed. Each acknowledged batch is one line on standard
//! output, written after the acknowledgement: `ack DEVICE FIRST LAST`. `shouhu-faults check FOLDER` opens the lake again and
//! says which sequences of which device are there, how often, and whether each row is the one that was sent.

mod check;
mod rows;
mod write;

use std::path::PathBuf;

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(act), Some(folder)) = (args.next(), args.next().map(PathBuf::from)) else {
        bail!("usage: shouhu-faults write|check FOLDER [--seed N]");
    };
    let mut seed = 1;
    while let Some(flag) = args.next() {
        match (flag.as_str(), args.next()) {
            ("--seed", Some(text)) => seed = text.parse().with_context(|| format!("seed {text:?} is no number"))?,
            (other, _) => bail!("unknown option {other:?}"),
        }
    }
    match act.as_str() {
        "write" => write::until_killed(&folder, seed),
        "check" => check::report(&folder),
        other => bail!("unknown act {other:?}: write or check"),
    }
}
