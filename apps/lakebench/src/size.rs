//! Bytes a row: by file kind, and within the Parquet files by column.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Map, Value, json};

use crate::measure::{Report, disk_bytes, rounded};

#[derive(Args)]
pub struct Size {
    #[arg(long)]
    lake: PathBuf,
    #[arg(long)]
    report: Option<PathBuf>,
}

/// Compressed bytes of each column's pages, and what the files have besides.
#[derive(Default)]
struct Kind {
    rows: u64,
    files: u64,
    bytes: u64,
    columns: BTreeMap<String, u64>,
}

impl Size {
    pub fn run(&self) -> anyhow::Result<()> {
        let report = Report::new("shouhu", self.report.clone());
        let mut rows = 0;
        let mut total = 0;
        for (folder, name) in [("by_plate", "plate order"), ("by_source", "source order")] {
            let mut kind = Kind::default();
            walk(&self.lake.join(folder), &mut |path| kind.add(path))?;
            rows = kind.rows;
            total += kind.bytes;
            let each = |bytes: u64| rounded(bytes as f64 / kind.rows.max(1) as f64, 3);
            let in_pages: u64 = kind.columns.values().sum();
            let mut columns: Map<String, Value> = kind.columns.iter().map(|(name, bytes)| (name.clone(), json!(each(*bytes)))).collect();
            columns.insert("footers and page indexes".into(), json!(each(kind.bytes - in_pages)));
            let figures = json!({ "rows": kind.rows, "files": kind.files, "columns": columns, "B_row": each(kind.bytes) });
            report.line(&format!("bytes per row, {name}"), figures)?;
        }
        let mut index = 0;
        walk(&self.lake.join("index"), &mut |path| {
            index += std::fs::metadata(path)?.len();
            Ok(())
        })?;
        let each = |bytes: u64| rounded(bytes as f64 / rows.max(1) as f64, 3);
        report.line("bytes per row, index", json!({ "rows": rows, "B_row": each(index) }))?;
        let figures = json!({ "rows": rows, "B_row": each(total + index), "whole_folder_on_disk_B_row": each(disk_bytes(&self.lake)) });
        report.line("bytes per row, both orders and index", figures)
    }
}

impl Kind {
    fn add(&mut self, path: &Path) -> anyhow::Result<()> {
        let file = File::open(path)?;
        self.bytes += file.metadata()?.len();
        self.files += 1;
        let reader = SerializedFileReader::new(file)?;
        for group in reader.metadata().row_groups() {
            self.rows += u64::try_from(group.num_rows())?;
            for column in group.columns() {
                *self.columns.entry(column.column_path().string()).or_default() += u64::try_from(column.compressed_size())?;
            }
        }
        Ok(())
    }
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), each)?;
        } else {
            each(&entry.path())?;
        }
    }
    Ok(())
}
