//! Who sits at the machine, for the audit log.

use std::os::unix::fs::MetadataExt;

use shouhu_env::Env;
use shouhu_ids::{ActorId, Micros, SessionId, uuid_v7};
use shouhu_module::{Caller, Person};
use shouhu_wire::Role;

/// The account that runs this program. Whoever may read the keys' folder may ask; who they are is what the system says, not
/// what the environment says.
pub fn shell_user() -> (u32, String) {
    // The owner of this process's own entry is the user that it runs as.
    let uid = std::fs::metadata("/proc/self").map_or(u32::MAX, |entry| entry.uid());
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let own = uid.to_string();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id == own).then(|| name.to_owned())
    });
    (uid, name.unwrap_or_else(|| "unknown".into()))
}

/// As a person of the house. The id is the same for the same account, so that an auditor can follow it.
pub fn person(env: &Env, role: Role) -> Person {
    let (uid, name) = shell_user();
    let mut tail = [0; 16];
    if let Some(last) = tail.last_chunk_mut::<4>() {
        *last = uid.to_be_bytes();
    }
    Person {
        id: ActorId(uuid_v7(Micros(0), tail)),
        name: format!("{name} (uid {uid}), command line"),
        role,
        unit: None,
        office: None,
        session: env.id(SessionId::new),
        session_expires_at: env.now().plus(Micros::HOUR),
    }
}

pub fn caller(env: &Env, role: Role) -> Caller {
    Caller::Person(person(env, role))
}
