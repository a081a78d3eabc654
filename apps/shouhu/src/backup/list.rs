//! `shouhu backup list`.

use std::process::ExitCode;

use serde::Serialize;
use shouhu_backup::{DatabaseKind, Manifest};

use super::{From, mib, place_to_read};
use crate::lake::table::local;

#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    from: From,
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    id: String,
    taken_at_us: Option<i64>,
    files: Option<u64>,
    bytes: Option<u64>,
    program: Option<String>,
    /// The server whose log it has.
    node: Option<String>,
    /// What its rows were copied from.
    database: Option<DatabaseKind>,
    /// Why it cannot be read.
    damage: Option<String>,
}

impl Line {
    fn of(id: String, manifest: Result<Manifest, shouhu_backup::BackupError>) -> Self {
        match manifest {
            Ok(manifest) => Self {
                id,
                taken_at_us: Some(manifest.taken_at_us.0),
                files: Some(manifest.files()),
                bytes: Some(manifest.bytes()),
                program: Some(manifest.program),
                node: Some(manifest.node),
                database: Some(manifest.database),
                damage: None,
            },
            Err(error) => Self { id, taken_at_us: None, files: None, bytes: None, program: None, node: None, database: None, damage: Some(error.to_string()) },
        }
    }
}

pub fn run(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let place = place_to_read(&args.from.from)?;
    let lines: Vec<Line> = place.ids()?.into_iter().map(|id| Line::of(id.clone(), place.manifest(&id, None))).collect();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
        return Ok(ExitCode::SUCCESS);
    }
    if lines.is_empty() {
        println!("no backups here");
    }
    for line in lines {
        match (line.damage, line.taken_at_us) {
            (None, Some(at)) => {
                let (program, node) = (line.program.unwrap_or_default(), line.node.unwrap_or_default());
                let database = line.database.map_or("", DatabaseKind::as_str);
                println!("{}  {}  {:>9} files  {:>12}  {program}  {database}  {node}", line.id, local(at / 1_000), line.files.unwrap_or_default(), mib(line.bytes.unwrap_or_default()));
            }
            (damage, _) => println!("{}  cannot be read: {}", line.id, damage.unwrap_or_default()),
        }
    }
    Ok(ExitCode::SUCCESS)
}
