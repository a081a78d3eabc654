//! The end of the log, where groups are written.

use std::sync::Arc;

use shouhu_files::{Append, Files, FilesError};

use super::file::{FileHeader, GROUP_HEADER_BYTES, HEADER_BYTES, name_of, seal_group};

/// A group holds no more: what a reader must be able to hold at once.
pub(crate) const GROUP_BYTES_MAX: usize = 1 << 28;

/// Whoever has it is the only one that writes.
pub(crate) struct Log {
    files: Arc<dyn Files>,
    node: u32,
    file_bytes_max: u64,
    open: Option<OpenFile>,
    /// Made ahead, empty: the next file costs no more than a group.
    prepared: Option<(u64, Box<dyn Append>)>,
    /// The newest file that counts, and where it ends; number 0: there is none.
    last: (u64, u64),
    /// A number that no file has.
    next: u64,
    /// The last group of the log before this start: readable, but perhaps never synced. It is written again before anything else.
    carry: Option<Carry>,
    /// Its rows are being flushed and it could not be written: it must not come behind the flush, or they would be read twice.
    is_carry_sealed: bool,
    carried_to: Option<u64>,
}

/// A group that has to be written again.
pub(crate) struct Carry {
    /// Begins with the room that [`new_group`] leaves.
    pub group: Vec<u8>,
    /// Its rows are in segments: only what follows from them may have to be done again.
    pub is_flushed: bool,
}

struct OpenFile {
    append: Box<dyn Append>,
    number: u64,
    end: u64,
    groups: u32,
    /// Another group stands behind the last one that has rows.
    is_proven: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogError {
    /// Nothing of the group is kept; another may be tried.
    Refused(FilesError),
    /// A sync failed: nobody knows what is on the disk behind the group before, and no later sync of that file can tell. It is never written
    /// again: [`Log::begin_anew`].
    Broken(FilesError),
}

/// An empty group: room for its header.
pub(crate) fn new_group(bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.resize(GROUP_HEADER_BYTES, 0);
}

impl Log {
    /// `last`: the newest file that counts and where it ends. `next`: above every file there is or was.
    pub fn new(
        files: Arc<dyn Files>,
        node: u32,
        file_bytes_max: u64,
        last: (u64, u64),
        next: u64,
        carry: Option<Carry>,
    ) -> Self {
        Self { files, node, file_bytes_max, open: None, prepared: None, last, next, carry, is_carry_sealed: false, carried_to: None }
    }

    /// The file that begins with what was carried over.
    pub const fn carried_to(&self) -> Option<u64> {
        self.carried_to
    }

    pub const fn has_to_carry(&self) -> bool {
        self.carry.is_some()
    }

    /// Writes again what the start before may not have made durable.
    pub fn carry_over(&mut self) -> Result<(), LogError> {
        if self.is_carry_sealed {
            let (name, reason) = (name_of(self.next), "a flush has to end first".to_owned());
            return Err(LogError::Refused(FilesError::Failed { act: "go on to", name, reason }));
        }
        let Some(mut carry) = self.carry.take() else { return Ok(()) };
        let written = self.write_to_new(&mut carry.group, carry.is_flushed);
        match &written {
            Ok(number) => self.carried_to = Some(*number),
            Err(_) => self.carry = Some(carry),
        }
        written.map(drop)
    }

    /// Makes a group durable. `group` begins with the room that [`new_group`] leaves. Gives the number of its file.
    pub fn write(&mut self, group: &mut [u8]) -> Result<u64, LogError> {
        self.carry_over()?;
        if self.open.as_ref().is_some_and(|open| open.end >= self.file_bytes_max) {
            self.rotate();
        }
        let Some(open) = &mut self.open else { return self.write_to_new(group, false) };
        seal_group(group, open.number, open.end, open.groups + 1, false);
        if let Err(error) = open.append.append(group) {
            // Its tail is unknown: the next file's header says where it ends.
            self.open = None;
            return Err(LogError::Refused(error));
        }
        if let Err(error) = open.append.sync() {
            self.open = None;
            return Err(LogError::Broken(error));
        }
        open.end += group.len() as u64;
        open.groups += 1;
        open.is_proven = group.len() == GROUP_HEADER_BYTES;
        self.last = (open.number, open.end);
        Ok(open.number)
    }

    fn write_to_new(&mut self, group: &mut [u8], is_flushed: bool) -> Result<u64, LogError> {
        self.prepare().map_err(LogError::Refused)?;
        let Some((number, mut append)) = self.prepared.take() else {
            return Err(LogError::Refused(FilesError::Missing { name: name_of(self.next) }));
        };
        let header = FileHeader { node: self.node, number, previous: self.last.0, previous_end: self.last.1 };
        seal_group(group, number, HEADER_BYTES as u64, 1, is_flushed);
        let mut bytes = Vec::with_capacity(HEADER_BYTES + group.len());
        bytes.extend_from_slice(&header.encode());
        bytes.extend_from_slice(group);
        if let Err(error) = append.append(&bytes) {
            drop(append);
            // Best effort: no header names it, so that the next start removes it.
            let _ = self.files.remove(&name_of(number));
            return Err(LogError::Refused(error));
        }
        if let Err(error) = append.sync() {
            drop(append);
            // As above; a disk that stays ill is tried again and again, and must not fill with such files.
            let _ = self.files.remove(&name_of(number));
            return Err(LogError::Broken(error));
        }
        let end = bytes.len() as u64;
        let is_proven = group.len() == GROUP_HEADER_BYTES;
        self.open = Some(OpenFile { append, number, end, groups: 1, is_proven });
        self.last = (number, end);
        Ok(number)
    }

    /// After a sync that failed: makes an empty group durable in a new file. Its header says where the file before ends, so that what that
    /// sync may or may not have left behind there is never read. Gives the new file's number.
    pub fn begin_anew(&mut self) -> Result<u64, LogError> {
        self.rotate();
        let mut group = Vec::new();
        new_group(&mut group);
        self.write(&mut group)
    }

    /// Makes the next file ahead of its need.
    pub fn prepare(&mut self) -> Result<(), FilesError> {
        if self.prepared.is_some() {
            return Ok(());
        }
        let number = self.next;
        self.next += 1;
        let mut append = self.files.create(&name_of(number))?;
        append.expect_bytes(self.file_bytes_max);
        self.prepared = Some((number, append));
        Ok(())
    }

    /// True when the next file will be needed soon.
    pub fn is_filling_up(&self) -> bool {
        self.prepared.is_none() && self.open.as_ref().is_some_and(|open| open.end >= self.file_bytes_max / 2)
    }

    /// The next group goes to a new file.
    fn rotate(&mut self) {
        self.open = None;
    }

    /// What is in memory is to be flushed: gives the number of the last file that has rows of it.
    pub fn seal(&mut self) -> Result<u64, FilesError> {
        match self.carry_over() {
            Ok(()) => {}
            Err(LogError::Refused(_)) => self.is_carry_sealed = true,
            Err(LogError::Broken(error)) => return Err(error),
        }
        self.rotate();
        Ok(self.last.0)
    }

    /// What was sealed is in segments.
    pub fn unseal(&mut self) {
        if std::mem::take(&mut self.is_carry_sealed)
            && let Some(carry) = &mut self.carry
        {
            carry.is_flushed = true;
        }
    }

    /// Writes an empty group behind the last one: from then on a bit that turns in it is damage, and cannot be mistaken for
    /// a write that was torn. Gives the number of its file, which may be a new one that has nothing else.
    pub fn prove(&mut self) -> Result<Option<u64>, LogError> {
        if self.open.as_ref().is_none_or(|open| open.is_proven) {
            return Ok(None);
        }
        let mut group = Vec::new();
        new_group(&mut group);
        self.write(&mut group).map(Some)
    }
}
