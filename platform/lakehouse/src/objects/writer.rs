//! A new object, sent in parts while it is written and visible only when it is whole.

use bytes::BytesMut;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use shouhu_files::{Append, FilesError};

use super::{Remote, refused};

/// S3 wants at least 5 MiB in every part but the last.
const PART_BYTES: usize = 8 << 20;

pub(super) struct Upload {
    remote: Remote,
    name: String,
    waiting: BytesMut,
    parts: Option<Box<dyn MultipartUpload>>,
    is_whole: bool,
}

impl Upload {
    pub fn new(remote: Remote, name: &str) -> Self {
        Self { remote, name: name.to_owned(), waiting: BytesMut::new(), parts: None, is_whole: false }
    }

    fn send_part(&mut self) -> Result<(), FilesError> {
        let part = PutPayload::from_bytes(self.waiting.split().freeze());
        let (remote, name) = (&self.remote, &self.name);
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => {
                let begun = remote.bridge.wait(remote.store.put_multipart(&remote.path(name)));
                none.insert(begun.map_err(|error| refused("write", name, &error))?)
            }
        };
        remote.bridge.wait(parts.put_part(part)).map_err(|error| refused("write", name, &error))
    }
}

impl Append for Upload {
    fn append(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        if self.is_whole {
            let reason = "an object cannot grow once it is whole".to_owned();
            return Err(FilesError::Failed { act: "append to", name: self.name.clone(), reason });
        }
        for piece in bytes.chunks(PART_BYTES) {
            self.waiting.extend_from_slice(piece);
            if self.waiting.len() >= PART_BYTES {
                self.send_part()?;
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), FilesError> {
        if self.is_whole {
            return Ok(());
        }
        if self.parts.is_some() && !self.waiting.is_empty() {
            self.send_part()?;
        }
        let (remote, name) = (&self.remote, &self.name);
        let done = match &mut self.parts {
            Some(parts) => remote.bridge.wait(parts.complete()),
            None => {
                let payload = PutPayload::from_bytes(self.waiting.split().freeze());
                remote.bridge.wait(remote.store.put(&remote.path(name), payload))
            }
        };
        done.map_err(|error| refused("write", name, &error))?;
        self.is_whole = true;
        Ok(())
    }
}

impl Drop for Upload {
    /// Parts of an object that is never finished would be stored, and paid for, for ever.
    fn drop(&mut self) {
        if let Some(mut parts) = self.parts.take().filter(|_| !self.is_whole) {
            self.remote.bridge.spawn(async move {
                // Best effort: buckets are usually told to drop old parts by themselves.
                let _ = parts.abort().await;
            });
        }
    }
}
