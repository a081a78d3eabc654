//! `shouhu lake verify`: every page of every file against its checksum, and the catalogue against the files.

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use shouhu_env::Env;
use shouhu_files::{Files, FilesError};
use shouhu_lakehouse::lake::SegmentMeta;
use shouhu_lakehouse::lake::catalogue::Order;
use shouhu_lakehouse::lake::segment::Segment;

use super::progress::Progress;
use super::{close, open};
use crate::Options;

/// Folders that hold nothing but segments.
const FOLDERS: [&str; 3] = ["by_plate", "by_source", "index"];

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    pub file: String,
    pub reason: String,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub segments: u64,
    pub bytes: u64,
    pub damaged: Vec<Damage>,
    /// Files that no segment names: left by a crash, waiting for their removal, or just being written by a running server.
    pub unnamed: Vec<String>,
}

/// Reads everything. `done` counts bytes.
pub fn verify(files: &Arc<dyn Files>, segments: &[SegmentMeta], done: &AtomicU64) -> Result<Verdict, FilesError> {
    let mut verdict = Verdict { segments: segments.len() as u64, ..Verdict::default() };
    // Listed before anything is read: what is written meanwhile is not called unnamed.
    let mut unnamed: HashSet<String> = HashSet::new();
    for folder in FOLDERS {
        unnamed.extend(files.list(folder)?);
    }
    for meta in segments {
        let mut is_there = true;
        for (order, bytes) in Order::ALL.into_iter().zip(meta.bytes) {
            let name = meta.name(order);
            unnamed.remove(&name);
            match files.open(&name).map(|file| file.len()) {
                Ok(len) if len == bytes => {}
                Ok(len) => {
                    is_there = false;
                    verdict.damaged.push(Damage { file: name, reason: format!("{len} bytes instead of {bytes}") });
                }
                Err(error) => {
                    is_there = false;
                    verdict.damaged.push(Damage { file: name, reason: error.to_string() });
                }
            }
        }
        if is_there && let Err(error) = Segment::open(files, meta).and_then(|segment| segment.verify()) {
            verdict.damaged.push(Damage { file: meta.name(Order::Index), reason: error.to_string() });
        }
        let bytes: u64 = meta.bytes.iter().sum();
        verdict.bytes += bytes;
        done.fetch_add(bytes, Ordering::Relaxed);
    }
    verdict.unnamed = unnamed.into_iter().collect();
    verdict.unnamed.sort();
    Ok(verdict)
}

pub async fn run(args: Args, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let (app, lake) = open(options, env).await?;
    let (files, segments) = (lake.files(), lake.segments());
    let progress = Progress::begin("verifying", segments.iter().flat_map(|meta| meta.bytes).sum());
    let counter = progress.counter();
    let verdict = tokio::task::spawn_blocking(move || verify(&files, &segments, &counter)).await??;
    drop(progress);
    close(&app).await;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&verdict)?);
    } else {
        for damage in &verdict.damaged {
            println!("damaged: {}: {}", damage.file, damage.reason);
        }
        for file in &verdict.unnamed {
            println!("unnamed: {file}");
        }
        println!("{} segments, {} bytes read, {} damaged, {} files that no segment names", verdict.segments, verdict.bytes, verdict.damaged.len(), verdict.unnamed.len());
    }
    Ok(if verdict.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
