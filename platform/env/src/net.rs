//! Byte streams between programs.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

/// A connected stream, whatever carries it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub type BoxStream = Box<dyn Stream>;
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes connections, one at a time.
pub trait Listener: Send {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(BoxStream, SocketAddr)>>;
    /// # Errors
    /// When the operating system does not tell.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

pub trait Net: Send + Sync {
    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>>;
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<BoxStream>>;
}

#[derive(Debug, Clone, Copy)]
pub struct RealNet;

struct TcpDoor(tokio::net::TcpListener);

impl Listener for TcpDoor {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(BoxStream, SocketAddr)>> {
        Box::pin(async {
            let (stream, peer) = self.0.accept().await?;
            stream.set_nodelay(true)?;
            Ok((Box::new(stream) as BoxStream, peer))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Net for RealNet {
    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        Box::pin(async move { Ok(Box::new(TcpDoor(tokio::net::TcpListener::bind(at).await?)) as Box<dyn Listener>) })
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            let stream = tokio::net::TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxStream)
        })
    }
}

/// Bytes that one side may be ahead of the other in a simulated connection.
const SIM_PIPE_BYTES: usize = 64 * 1024;
/// Connections that wait to be accepted.
const SIM_BACKLOG: usize = 128;

/// Connections inside one process.
#[derive(Debug, Default)]
pub struct SimNet(Mutex<HashMap<SocketAddr, mpsc::Sender<tokio::io::DuplexStream>>>);

struct SimDoor {
    at: SocketAddr,
    waiting: mpsc::Receiver<tokio::io::DuplexStream>,
}

impl Listener for SimDoor {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(BoxStream, SocketAddr)>> {
        Box::pin(async {
            let stream = self.waiting.recv().await.ok_or(io::ErrorKind::BrokenPipe)?;
            Ok((Box::new(stream) as BoxStream, self.at))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.at)
    }
}

impl Net for SimNet {
    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if doors.get(&at).is_some_and(|door| !door.is_closed()) {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            let (sender, waiting) = mpsc::channel(SIM_BACKLOG);
            doors.insert(at, sender);
            Ok(Box::new(SimDoor { at, waiting }) as Box<dyn Listener>)
        })
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<BoxStream>> {
        let door = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&to).cloned();
        Box::pin(async move {
            let door = door.ok_or(io::ErrorKind::ConnectionRefused)?;
            let (ours, theirs) = tokio::io::duplex(SIM_PIPE_BYTES);
            door.send(theirs).await.map_err(|_| io::ErrorKind::ConnectionRefused)?;
            Ok(Box::new(ours) as BoxStream)
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_simulated_port_is_taken_once_and_carries_bytes() -> io::Result<()> {
        let net = SimNet::default();
        let at = SocketAddr::from(([127, 0, 0, 1], 8470));
        let mut door = net.listen(at).await?;
        assert_eq!(net.listen(at).await.err().map(|e| e.kind()), Some(io::ErrorKind::AddrInUse));
        let mut caller = net.connect(at).await?;
        caller.write_all(b"hello").await?;
        let (mut called, _) = door.accept().await?;
        let mut heard = [0; 5];
        called.read_exact(&mut heard).await?;
        assert_eq!(&heard, b"hello");
        drop(door);
        assert!(net.connect(at).await.is_err());
        Ok(())
    }
}
