//! A TCP stream of units as events of Cursor on Target, for TAK clients and servers. Off unless an operator turns it on.
//!
//! TAK clients on a plain stream cannot prove who they are, so that the operator names the networks that may connect: a closed
//! one of the police, or a tunnel. Positions of units go out and nothing comes in: what a client sends is thrown away unread. Whoever connects is
//! a partner in the ledger of sharing, by the network that he comes from: the operator says whose it is, and where he does not, it has a switch of
//! its own all the same, since nobody can tell an officer's phone there from anything else. Each connection leaves a leaf when it begins, and
//! one when the ledger ends it. Of connections that the ledger refuses one leaf in an hour is left, for each partner and each reason.

mod crowd;
mod network;
mod places;
mod refusals;

#[cfg(test)]
mod claims;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use shouhu_audit::Entry;
use shouhu_env::BoxStream;
use shouhu_module::App;
use shouhu_module::ports::Partner;
use shouhu_store::Eyes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crowd::Client;
pub use network::{Allowed, AllowedError, Network, NetworkError};
use places::Places;
use refusals::Refusals;

const SEND_EVERY: Duration = Duration::from_secs(1);
/// A client that takes so long to read is closed.
const WRITE_TIME: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Put on the shelf by the program before the rooms start, when the operator turned the stream on.
#[derive(Debug, Clone)]
pub struct TakStream {
    pub listen: SocketAddr,
    /// Nobody else may connect.
    pub allow: Vec<Allowed>,
}

/// On the shelf while the stream is on, for whoever asks how the room is.
#[derive(Debug, Clone)]
pub struct TakClients(Places);

impl TakClients {
    #[must_use]
    pub fn connected(&self) -> usize {
        self.0.taken()
    }
}

/// Serves until the process ends; gives where it listens.
///
/// # Errors
/// When the address cannot be listened on, or a network is said to be of two partners.
pub async fn serve(app: App, stream: TakStream) -> io::Result<SocketAddr> {
    if let Some(network) = network::of_two(&stream.allow) {
        let wrong = format!("the network {network} of TAK clients is said to be of two partners: name it once");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, wrong));
    }
    let mut listener = app.env.net.listen(stream.listen).await?;
    let at = listener.local_addr()?;
    let (places, refusals) = (Places::of(&stream.allow), Arc::new(Refusals::default()));
    app.put(TakClients(places.clone()));
    let (joining, joined) = mpsc::channel(places::OF_ONE);
    tokio::spawn(Eyes::House.look(crowd::send(app.clone(), joined)));
    tokio::spawn(async move {
        loop {
            let Ok((client, peer)) = listener.accept().await else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let Some(to) = network::of(&stream.allow, peer.ip()).map(Allowed::partner) else {
                tracing::warn!(%peer, "a TAK client of a network that is not allowed was closed");
                continue;
            };
            let Some(place) = places.take(&to.key) else {
                tracing::warn!(%peer, "too many TAK clients of one partner; the newest was closed");
                continue;
            };
            let (app, refusals, joining) = (app.clone(), refusals.clone(), joining.clone());
            tokio::spawn(async move {
                if let Err(error) = Eyes::House.look(one(&app, &refusals, client, peer, to, joining)).await {
                    tracing::info!(%peer, %error, "a TAK client is gone");
                }
                drop(place);
            });
        }
    });
    Ok(at)
}

/// What became of a connection, where the auditor reads it.
async fn note(app: &App, peer: SocketAddr, object: String, outcome: u16) -> io::Result<()> {
    let leaf = Entry {
        at_us: app.env.now(),
        actor: "tak".into(),
        actor_name: peer.ip().to_string(),
        action: "TAK stream".into(),
        class: "work_read".into(),
        purpose: None,
        case_ref: None,
        object,
        outcome,
    };
    app.audit.append(leaf).await.map_err(io::Error::other)?;
    Ok(())
}

/// A connection from the question whether it may be until its end, by either side or by the switch.
async fn one(app: &App, refusals: &Refusals, client: BoxStream, peer: SocketAddr, to: Partner, joining: mpsc::Sender<Client>) -> io::Result<()> {
    let what = format!("positions of units as CoT for {}", to.said());
    if let Err(refused) = crowd::pass(app, &to, crowd::CONNECTION, 1).await {
        if refusals.is_news(&to, &refused, app.env.now()) {
            let noted = note(app, peer, format!("not handed out: {what}"), refused.status).await;
            noted.inspect_err(|_| refusals.forget(&to))?;
        }
        return Err(io::Error::other(refused.key));
    }
    refusals.forget(&to);
    note(app, peer, format!("{what}, from now on"), 200).await?;
    let (there, mut line) = Client::new(to);
    if joining.send(there).await.is_err() {
        return Ok(());
    }
    let ended = tokio::select! {
        biased;
        ended = &mut line.ended => ended,
        // What is just being written is cut off when the other comes first.
        gone = talk(client, &mut line.texts) => return gone,
    };
    // Nobody sends any more where nobody said why.
    let Ok(refused) = ended else { return Ok(()) };
    note(app, peer, format!("no longer handed out: {what}"), refused.status).await?;
    Err(io::Error::other(refused.key))
}

/// Hands on what comes until either side hangs up.
async fn talk(client: BoxStream, texts: &mut mpsc::Receiver<String>) -> io::Result<()> {
    let (mut reader, mut writer) = tokio::io::split(client);
    let mut unread = [0; 1_024];
    loop {
        tokio::select! {
            read = reader.read(&mut unread) => if read? == 0 { return Ok(()) },
            text = texts.recv() => {
                let Some(text) = text else { return Ok(()) };
                timeout(WRITE_TIME, writer.write_all(text.as_bytes())).await??;
            }
        }
    }
}
