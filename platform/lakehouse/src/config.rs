//! Where the lake lies and how it is kept.

use std::path::PathBuf;
use std::str::FromStr;

use shouhu_lake::LakeConfig;
use shouhu_lake::lake::OnDamage;

use crate::{ForgetKey, LakehouseError};

/// Where segments lie. The write-ahead log is always on the node's own disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LakePlace {
    Folder(PathBuf),
    /// S3 or what speaks like it; endpoint, region and keys come from the usual `AWS_*` variables of the environment.
    Bucket { bucket: String, prefix: String },
}

impl FromStr for LakePlace {
    type Err = LakehouseError;

    fn from_str(text: &str) -> Result<Self, LakehouseError> {
        let refused = || LakehouseError::Place { text: text.chars().take(200).collect() };
        let Some(rest) = text.strip_prefix("s3://") else {
            return if text.is_empty() || text.contains("://") { Err(refused()) } else { Ok(Self::Folder(text.into())) };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(refused());
        }
        Ok(Self::Bucket { bucket: bucket.into(), prefix: prefix.trim_matches('/').into() })
    }
}

/// How a node keeps the lake.
#[derive(Debug, Clone)]
pub struct LakehouseConfig {
    pub place: LakePlace,
    /// This node's own folder: write-ahead log, book of plates, copies of what lies in the bucket.
    pub home: PathBuf,
    /// Unique among the nodes that share a catalogue; the same at every start of this one.
    pub node: String,
    /// Rows in memory that are written out as segments.
    pub flush_rows: u64,
    /// Rows in memory beyond which devices are told to come back.
    pub memory_rows_max: u64,
    /// Age of the oldest row in memory that is written out: other nodes see it no later.
    pub flush_age_ms: i64,
    /// How often changes by other nodes are looked for.
    pub refresh_ms: u64,
    /// Rows of a full segment: memory that compaction takes is 100 to 200 bytes for each.
    pub segment_rows_max: u64,
    /// Files that no segment needs any more are kept for so long, because other nodes may be reading them.
    pub grace_ms: i64,
    /// Bytes of a bucket's pages that are kept in memory.
    pub page_cache_bytes: u64,
    /// Bytes of a bucket's index files that are kept on this node's disk.
    pub index_cache_bytes: u64,
    /// Questions that run at the same time; more wait.
    pub questions_max: usize,
    /// What to do about a damaged write-ahead log; an operator's decision.
    pub on_damage: OnDamage,
    /// Settings of the bucket over those of the environment: `aws_endpoint`, `aws_region`, …
    pub bucket_options: Vec<(String, String)>,
    /// With it everything that is dropped or erased is also put on the list of what an older backup has to forget again.
    pub forget_key: Option<ForgetKey>,
}

/// What a program of the house does with the lake; it puts one on the shelf before the rooms start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Takes passages in and answers.
    Serve,
    /// Answers, beside a server that runs or not, and writes nothing.
    ReadOnly,
    /// Has no business with the lake.
    Closed,
}

impl LakehouseConfig {
    /// A lake in a folder, as one server keeps it.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            home: folder.join("node"),
            place: LakePlace::Folder(folder),
            node: "shouhu".into(),
            flush_rows: LakeConfig::FLUSH_ROWS,
            memory_rows_max: LakeConfig::MEMTABLE_ROWS_MAX,
            flush_age_ms: 45 * 60 * 1_000,
            refresh_ms: 200,
            segment_rows_max: 8 << 20,
            grace_ms: 60 * 1_000,
            page_cache_bytes: 256 << 20,
            index_cache_bytes: 4 << 30,
            questions_max: 16,
            on_damage: OnDamage::Refuse,
            bucket_options: Vec::new(),
            forget_key: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        let bucket = |bucket: &str, prefix: &str| Some(LakePlace::Bucket { bucket: bucket.into(), prefix: prefix.into() });
        assert_eq!("s3://city/lake/".parse().ok(), bucket("city", "lake"));
        assert_eq!("s3://city".parse().ok(), bucket("city", ""));
        assert_eq!("/srv/lake".parse().ok(), Some(LakePlace::Folder("/srv/lake".into())));
        for text in ["", "s3://", "s3:///x", "gs://city/lake"] {
            assert!(text.parse::<LakePlace>().is_err(), "{text:?}");
        }
    }
}
