//! A disk in memory that can lose power at any byte, fill up, and keep or lose what was not synced.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::disk::Disk;

/// What a power cut leaves of bytes that were written and not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsynced {
    /// The process was killed, the machine was not: everything written is there.
    Kept,
    Lost,
    /// The first half arrived.
    Half,
    /// The file grew and its new blocks read as zeros.
    Zeros,
}

#[derive(Clone, Default)]
struct Content {
    durable: Vec<u8>,
    now: Vec<u8>,
}

#[derive(Default)]
struct State {
    files: HashMap<String, Content>,
    durable_names: HashMap<String, Vec<u8>>,
    written: u64,
    reads: u64,
    syncs: u64,
    power_fails_after: Option<u64>,
    capacity: Option<u64>,
    is_off: bool,
}

#[derive(Default)]
pub struct SimDisk {
    state: Mutex<State>,
}

fn gone() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl SimDisk {
    pub fn failing_after(bytes: u64) -> Self {
        let disk = Self::default();
        disk.with(|s| s.power_fails_after = Some(bytes));
        disk
    }

    /// From now on.
    pub fn cut_after(&self, bytes: u64) {
        self.with(|s| s.power_fails_after = Some(s.written + bytes));
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.with(|s| s.capacity = bytes);
    }

    pub fn written(&self) -> u64 {
        self.with(|s| s.written)
    }

    /// How often a file was read from, and how often files or names were synced.
    pub fn reads_and_syncs(&self) -> (u64, u64) {
        self.with(|s| (s.reads, s.syncs))
    }

    pub fn used(&self) -> u64 {
        self.with(|s| s.used())
    }

    pub fn flip(&self, name: &str, at: usize) {
        self.with(|s| {
            if let Some(byte) = s.files.get_mut(name).and_then(|f| f.now.get_mut(at)) {
                *byte ^= 0x55;
            }
        });
    }

    /// The disk as it is found when the power comes back.
    pub fn after_power_cut(&self, unsynced: Unsynced) -> Self {
        self.with(|s| {
            let mut files = HashMap::new();
            if unsynced == Unsynced::Kept {
                for (name, file) in &s.files {
                    files.insert(name.clone(), Content { durable: file.now.clone(), now: file.now.clone() });
                }
            } else {
                for (name, at_name_sync) in &s.durable_names {
                    let file = s
                        .files
                        .get(name)
                        .cloned()
                        .unwrap_or(Content { durable: at_name_sync.clone(), now: at_name_sync.clone() });
                    let mut left = file.durable.clone();
                    let extra = file.now.get(file.durable.len()..).unwrap_or_default();
                    match unsynced {
                        Unsynced::Half => left.extend_from_slice(extra.get(..extra.len() / 2).unwrap_or_default()),
                        Unsynced::Zeros => left.extend(std::iter::repeat_n(0, extra.len())),
                        Unsynced::Lost | Unsynced::Kept => {}
                    }
                    files.insert(name.clone(), Content { durable: left.clone(), now: left });
                }
            }
            let durable_names = files.iter().map(|(name, file)| (name.clone(), file.durable.clone())).collect();
            Self { state: Mutex::new(State { files, durable_names, ..State::default() }) }
        })
    }
}

impl State {
    fn used(&self) -> u64 {
        self.files.values().map(|f| f.now.len() as u64).sum()
    }

    /// Metadata operations cost one byte of the power budget, so that power can fail between any two of them.
    fn step(&mut self) -> io::Result<()> {
        match self.spend(1)? {
            1 => Ok(()),
            _ => Err(io::Error::other("the power is off")),
        }
    }

    fn spend(&mut self, bytes: u64) -> io::Result<u64> {
        if self.is_off {
            return Err(io::Error::other("the power is off"));
        }
        let left = self.power_fails_after.map_or(bytes, |limit| limit.saturating_sub(self.written).min(bytes));
        self.written += left;
        if left < bytes {
            self.is_off = true;
        }
        Ok(left)
    }
}

impl Disk for SimDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.with(|s| s.files.keys().cloned().collect()))
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        self.with(|s| s.files.get(name).map(|f| f.now.len() as u64).ok_or_else(gone))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|s| {
            s.reads += 1;
            let file = s.files.get(name).ok_or_else(gone)?;
            let rest = usize::try_from(offset).ok().and_then(|at| file.now.get(at..)).unwrap_or_default();
            let n = rest.len().min(buffer.len());
            buffer[..n].copy_from_slice(&rest[..n]);
            Ok(n)
        })
    }

    fn create(&self, name: &str) -> io::Result<()> {
        self.with(|s| {
            s.step()?;
            s.files.entry(name.to_owned()).or_default().now.clear();
            Ok(())
        })
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|s| {
            let free = s.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(s.used()));
            let fits = (bytes.len() as u64).min(free);
            let done = usize::try_from(s.spend(fits)?).unwrap_or(0);
            let file = s.files.get_mut(name).ok_or_else(gone)?;
            file.now.truncate(usize::try_from(offset).unwrap_or(0));
            file.now.extend_from_slice(&bytes[..done]);
            if s.is_off {
                return Err(io::Error::other("the power is off"));
            }
            if done < bytes.len() { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
        })
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        self.with(|s| {
            s.step()?;
            s.files.get_mut(name).ok_or_else(gone)?.now.truncate(usize::try_from(len).unwrap_or(0));
            Ok(())
        })
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        self.with(|s| {
            s.step()?;
            s.syncs += 1;
            let file = s.files.get_mut(name).ok_or_else(gone)?;
            file.durable = file.now.clone();
            Ok(())
        })
    }

    fn sync_names(&self) -> io::Result<()> {
        self.with(|s| {
            s.step()?;
            s.syncs += 1;
            s.durable_names = s.files.iter().map(|(name, file)| (name.clone(), file.durable.clone())).collect();
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.with(|s| {
            s.step()?;
            s.files.remove(name).map(|_| ()).ok_or_else(gone)
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.with(|s| {
            s.step()?;
            let file = s.files.remove(from).ok_or_else(gone)?;
            s.files.insert(to.to_owned(), file);
            Ok(())
        })
    }
}
