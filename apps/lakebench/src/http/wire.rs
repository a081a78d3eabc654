//! The least of HTTP/1.1 that a device needs: one connection, a request, its answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("no server at {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a whole request; gives status and body of the answer, which must say its length.
    pub fn exchange(&mut self, request: &[u8]) -> anyhow::Result<(u16, &[u8])> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let head = loop {
            self.more()?;
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = String::from_utf8_lossy(self.buffer.get(..head).unwrap_or_default()).to_ascii_lowercase();
        let status = text.split(' ').nth(1).and_then(|text| text.parse().ok()).context("no status line")?;
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.context("the answer does not say its length")?.trim().parse()?;
        while self.buffer.len() < head + length {
            self.more()?;
        }
        Ok((status, self.buffer.get(head..head + length).unwrap_or_default()))
    }

    fn more(&mut self) -> anyhow::Result<()> {
        let mut bytes = [0; 16 * 1024];
        let read = self.stream.read(&mut bytes)?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        self.buffer.extend_from_slice(bytes.get(..read).unwrap_or_default());
        Ok(())
    }
}
