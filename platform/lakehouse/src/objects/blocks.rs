//! Hot pages of remote files in memory, in blocks of one size, up to a number of bytes.
//!
//! One block is fetched once however many ask for it at the same time. A reader that goes through a file from block to block
//! is taken for one that will go on: the next megabytes come with one request.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use object_store::ObjectStoreExt;
use shouhu_files::{FilesError, ReadAt};
use tokio::sync::{OnceCell, Semaphore};

use super::{Remote, refused};

/// A page is some kilobytes, a round trip some milliseconds: fetching more than a page costs nothing more.
const BLOCK_BYTES: u64 = 64 << 10;
/// Blocks that a sequential reader gets at once.
const AHEAD_BLOCKS: u64 = 32;
/// Requests for what will be needed that run at the same time.
const PREFETCHES_MAX: usize = 64;

type Cell = Arc<OnceCell<Bytes>>;
/// Number of the file, number of the block.
type Place = (u64, u64);

/// Blocks by when they were last wanted.
pub(super) struct Blocks {
    bytes_max: u64,
    kept: Mutex<Kept>,
    prefetches: Arc<Semaphore>,
}

#[derive(Default)]
struct Kept {
    cells: HashMap<Place, (Cell, u64)>,
    by_use: BTreeMap<u64, Place>,
    uses: u64,
}

impl Blocks {
    pub fn new(bytes_max: u64) -> Self {
        Self { bytes_max, kept: Mutex::default(), prefetches: Arc::new(Semaphore::new(PREFETCHES_MAX)) }
    }

    fn cell(&self, place: Place) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let cell = match kept.cells.get_mut(&place) {
            Some((cell, used)) => {
                let before = std::mem::replace(used, now);
                let cell = Arc::clone(cell);
                kept.by_use.remove(&before);
                cell
            }
            None => {
                let cell = Cell::default();
                kept.cells.insert(place, (Arc::clone(&cell), now));
                cell
            }
        };
        kept.by_use.insert(now, place);
        // Every block counts as a whole one; who holds the cell keeps it alive while it is fetched.
        while kept.cells.len() as u64 > self.bytes_max / BLOCK_BYTES {
            let Some((_, oldest)) = kept.by_use.pop_first() else { break };
            kept.cells.remove(&oldest);
        }
        cell
    }
}

pub(super) struct RemoteFile {
    remote: Remote,
    blocks: Arc<Blocks>,
    name: String,
    number: u64,
    len: u64,
    /// The block read last, to notice who reads in order.
    last_block: AtomicU64,
}

impl RemoteFile {
    pub fn new(remote: Remote, blocks: Arc<Blocks>, name: &str, number: u64, len: u64) -> Self {
        Self { remote, blocks, name: name.to_owned(), number, len, last_block: AtomicU64::new(u64::MAX - 1) }
    }

    fn block(&self, index: u64) -> Result<Bytes, FilesError> {
        let cell = self.blocks.cell((self.number, index));
        let before = self.last_block.swap(index, Ordering::Relaxed);
        if let Some(bytes) = cell.get() {
            return Ok(bytes.clone());
        }
        if before.wrapping_add(1) == index && self.blocks.bytes_max >= 2 * AHEAD_BLOCKS * BLOCK_BYTES {
            return self.run(index);
        }
        let fetch = fetch(&self.remote, &self.name, index * BLOCK_BYTES, ((index + 1) * BLOCK_BYTES).min(self.len));
        self.remote.bridge.wait(cell.get_or_try_init(|| fetch)).cloned()
    }

    /// This block and those that follow, with one request.
    fn run(&self, first: u64) -> Result<Bytes, FilesError> {
        let from = first * BLOCK_BYTES;
        let until = (from + AHEAD_BLOCKS * BLOCK_BYTES).min(self.len);
        let bytes = self.remote.bridge.wait(fetch(&self.remote, &self.name, from, until))?;
        let block_bytes = usize::try_from(BLOCK_BYTES).unwrap_or(usize::MAX);
        for (place, block) in bytes.chunks(block_bytes).enumerate() {
            // A copy, so that one block that stays does not keep all of them.
            let _ = self.blocks.cell((self.number, first + place as u64)).set(Bytes::copy_from_slice(block));
        }
        Ok(bytes.slice(..bytes.len().min(block_bytes)))
    }
}

async fn fetch(remote: &Remote, name: &str, from: u64, until: u64) -> Result<Bytes, FilesError> {
    let bytes = remote.store.get_range(&remote.path(name), from..until).await.map_err(|e| refused("read", name, &e))?;
    if bytes.len() as u64 != until - from {
        return Err(FilesError::Short { name: name.to_owned(), len: from + bytes.len() as u64, offset: from, until });
    }
    Ok(bytes)
}

impl ReadAt for RemoteFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FilesError> {
        let until = offset.saturating_add(bytes.len() as u64);
        let short = || FilesError::Short { name: self.name.clone(), len: self.len, offset, until };
        if until > self.len {
            return Err(short());
        }
        if bytes.len() as u64 >= AHEAD_BLOCKS * BLOCK_BYTES {
            bytes.copy_from_slice(&self.remote.bridge.wait(fetch(&self.remote, &self.name, offset, until))?);
            return Ok(());
        }
        let mut at = offset;
        let mut rest = bytes;
        while !rest.is_empty() {
            let block = self.block(at / BLOCK_BYTES)?;
            let within = block.get(usize::try_from(at % BLOCK_BYTES).unwrap_or(usize::MAX)..).ok_or_else(short)?;
            let taken = within.len().min(rest.len());
            let (now, later) = rest.split_at_mut_checked(taken).filter(|_| taken > 0).ok_or_else(short)?;
            now.copy_from_slice(within.get(..taken).ok_or_else(short)?);
            rest = later;
            at += taken as u64;
        }
        Ok(())
    }

    fn will_need(&self, offset: u64, len: u64) {
        let until = offset.saturating_add(len).min(self.len);
        if offset >= until || self.blocks.bytes_max < BLOCK_BYTES * PREFETCHES_MAX as u64 {
            return;
        }
        for index in offset / BLOCK_BYTES..=(until - 1) / BLOCK_BYTES {
            let cell = self.blocks.cell((self.number, index));
            if cell.initialized() {
                continue;
            }
            // Who finds no free place has the block fetched when it is read.
            let Ok(permit) = Arc::clone(&self.blocks.prefetches).try_acquire_owned() else { return };
            let (remote, name) = (self.remote.clone(), self.name.clone());
            let (from, until) = (index * BLOCK_BYTES, ((index + 1) * BLOCK_BYTES).min(self.len));
            self.remote.bridge.spawn(async move {
                // An error is met again, and told, by the read.
                let _ = cell.get_or_try_init(|| fetch(&remote, &name, from, until)).await;
                drop(permit);
            });
        }
    }
}
