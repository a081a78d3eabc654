//! How the lake is, for operators and for the page of metrics.

/// Healthy, or every reason why not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LakehouseHealth {
    pub reasons: Vec<String>,
}

impl LakehouseHealth {
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Numbers since the start of this node, and of this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    pub segments: u64,
    pub rows_in_segments: u64,
    pub bytes_in_segments: u64,
    pub rows_in_memory: u64,
    pub rows_appended: u64,
    pub batches_appended: u64,
    pub rows_duplicate: u64,
    pub rows_conflicting: u64,
    pub flushes: u64,
    pub rows_flushed: u64,
    pub compactions: u64,
    pub rows_compacted: u64,
    pub segments_removed: u64,
    pub failures: u64,
    pub sources: u64,
    pub version: u64,
}

impl Figures {
    /// Name, meaning, whether it only grows, value: for a page of metrics.
    #[must_use]
    pub const fn each(&self) -> [(&'static str, &'static str, bool, u64); 16] {
        [
            ("lakehouse_segments", "Segments that the catalogue names", false, self.segments),
            ("lakehouse_segment_rows", "Passages in segments", false, self.rows_in_segments),
            ("lakehouse_segment_bytes", "Bytes of segments, both orders and index", false, self.bytes_in_segments),
            ("lakehouse_memory_rows", "Passages of this node in no segment yet", false, self.rows_in_memory),
            ("lakehouse_appended_rows_total", "Passages taken in", true, self.rows_appended),
            ("lakehouse_appended_batches_total", "Batches taken in", true, self.batches_appended),
            ("lakehouse_duplicate_rows_total", "Passages that were there already", true, self.rows_duplicate),
            ("lakehouse_conflicting_rows_total", "Passages whose sequence number another one has", true, self.rows_conflicting),
            ("lakehouse_flushes_total", "Times memory was written out", true, self.flushes),
            ("lakehouse_flushed_rows_total", "Passages written out of memory", true, self.rows_flushed),
            ("lakehouse_compactions_total", "Merges of small segments", true, self.compactions),
            ("lakehouse_compacted_rows_total", "Passages written again by merges", true, self.rows_compacted),
            ("lakehouse_removed_segments_total", "Segments whose files were removed", true, self.segments_removed),
            ("lakehouse_failures_total", "Background work that failed and is tried again", true, self.failures),
            ("lakehouse_sources", "Sources in the register", false, self.sources),
            ("lakehouse_version", "Version of the catalogue that this node knows", false, self.version),
        ]
    }
}
