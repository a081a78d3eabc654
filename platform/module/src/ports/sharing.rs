//! What passes between the house and its partners. Whoever is about to hand something to a partner, or to take something from one, asks here
//! first: oversight writes it down, and refuses what a person has switched off or nobody has agreed to.

use shouhu_env::BoxFuture;
use shouhu_ids::{DeviceId, WebhookId};

use crate::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the partner.
    Out,
    /// From the partner.
    In,
}

/// Somebody outside of the house, by what he is known by here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// `device …`, `webhook …` or `signals …`.
    pub key: String,
    pub title: String,
}

impl Partner {
    /// One that sends under a key of its own.
    #[must_use]
    pub fn device(id: DeviceId, title: &str) -> Self {
        Self { key: format!("device {id}"), title: title.to_owned() }
    }

    /// One that is told of facts.
    #[must_use]
    pub fn webhook(id: WebhookId, title: &str) -> Self {
        Self { key: format!("webhook {id}"), title: title.to_owned() }
    }

    /// One that tells, or is told, what becomes of accounts: by the name of its stream.
    #[must_use]
    pub fn signals(name: &str) -> Self {
        Self { key: format!("signals {name}"), title: name.to_owned() }
    }
}

/// Something that is about to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    pub partner: Partner,
    pub direction: Direction,
    /// The kind of fact, or the route.
    pub kind: String,
    /// A call for help: no date on a paper stops it. A person who switches the partner off does.
    pub is_life: bool,
}

/// Answered by oversight.
pub trait SharingGate: Send + Sync {
    /// Written down before this returns; what is refused is counted too.
    ///
    /// # Errors
    /// `oversight.sharing.off` where a person has switched the partner off, `oversight.sharing.no_agreement` where nobody has agreed with it, or
    /// no longer.
    fn pass(&self, sharing: Sharing) -> BoxFuture<'static, Result<(), Problem>>;
}
