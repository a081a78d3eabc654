//! The lake as somebody sees it who only asks: the segments of the moment of opening.

use std::sync::Arc;

use shouhu_files::Files;
use shouhu_lake::plates::PlateBook;
use shouhu_lake::segment::Segment;
use shouhu_lake::{Part, Partial, SegmentMeta, Sources, View};
use shouhu_store::Store;

use crate::LakehouseError;
use crate::catalogue::{behind_in, segments_in, unflushed_in};
use crate::lakehouse::off_thread;

/// No node has this number.
const NOBODY: u32 = 0;

pub struct ReadOnly {
    view: View,
    segments: Vec<SegmentMeta>,
    /// In the log of servers and in no segment, as they said last.
    unflushed_rows: u64,
}

impl ReadOnly {
    /// `local` has the book of plates where a server on this machine keeps one.
    pub async fn open(
        store: &Store,
        local: Arc<dyn Files>,
        shared: Arc<dyn Files>,
        sources: Arc<Sources>,
    ) -> Result<Self, LakehouseError> {
        let segments = segments_in(store).await?;
        let mut behind = behind_in(store, NOBODY).await?;
        let unflushed_rows = unflushed_in(store).await?;
        let metas = segments.clone();
        let (parts, damaged, plates) = off_thread(move || {
            let mut parts: Vec<Arc<dyn Part>> = Vec::with_capacity(metas.len());
            let mut damaged = Vec::new();
            for meta in &metas {
                match Segment::open(&shared, meta) {
                    Ok(segment) => parts.push(Arc::new(segment)),
                    Err(error) => damaged.push(Partial::Damaged(error)),
                }
            }
            let live: Vec<_> = metas.iter().map(|meta| meta.id).collect();
            // Without a book, or with one that a server is just exchanging, patterns are looked up in the segments.
            let plates = PlateBook::load(local.as_ref(), &live).map(|loaded| loaded.book).unwrap_or_default();
            (parts, damaged, plates)
        })
        .await;
        behind.extend(damaged);
        Ok(Self { view: View { parts, plates: Arc::new(plates), sources, behind, hidden: Arc::default() }, segments, unflushed_rows })
    }

    pub fn view(&self) -> View {
        self.view.clone()
    }

    pub const fn unflushed_rows(&self) -> u64 {
        self.unflushed_rows
    }

    pub fn segments(&self) -> &[SegmentMeta] {
        &self.segments
    }
}
