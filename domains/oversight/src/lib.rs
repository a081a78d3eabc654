//! Oversight 監督: reading the log that nobody can quietly change, and checking it.
//!
//! | word | meaning |
//! |---|---|
//! | leaf 稽核紀錄 | one use of the system: who, what, why, with what outcome |
//! | root 根雜湊 | one hash over all leaves; an auditor who remembers one can tell whether the past was changed |

mod ops;

use shouhu_module::{Module, Permission};
use shouhu_wire::Role;

pub const MODULE: Module = Module {
    name: "oversight",
    description: "The audit log: reading and verifying it",
    permissions: &[Permission {
        name: "oversight.audit",
        description: "Read and verify the audit log",
        roles: &[Role::Auditor],
    }],
    routes: &[ops::audit_list::ROUTE, ops::audit_verify::ROUTE],
    ..Module::EMPTY
};
