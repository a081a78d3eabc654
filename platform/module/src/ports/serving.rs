//! Who serves where and when. Oversight asks: who judges a colleague sits in another office, and a question asked off shift looks otherwise.

use std::collections::HashMap;

use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, Micros};
use shouhu_wire::Role;

use crate::Problem;

/// Somebody who has an account, in force or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    pub id: ActorId,
    pub name: String,
    pub role: Role,
    pub office: Option<String>,
}

/// Answered by identity.
pub trait People: Send + Sync {
    /// Everybody, in no order.
    fn everybody(&self) -> BoxFuture<'static, Result<Vec<Serving>, Problem>>;
    /// One of them; `None` of an id that is no account's.
    fn one(&self, id: ActorId) -> BoxFuture<'static, Result<Option<Serving>, Problem>>;
}

/// From when until when.
pub type Span = (Micros, Micros);

/// Answered by dispatch, which keeps the rosters.
pub trait Rosters: Send + Sync {
    /// The shifts of these people that touch a time. Who is on no roster then has no entry: of him nothing is known, and not that he was off.
    fn shifts_of(&self, people: Vec<Serving>, from: Micros, until: Micros) -> BoxFuture<'static, Result<HashMap<ActorId, Vec<Span>>, Problem>>;
}
