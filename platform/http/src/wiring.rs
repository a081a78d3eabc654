//! Turns the modules' lists into what the other floors run.

use std::sync::Arc;

use shouhu_bus::Reactor;
use shouhu_jobs::Worker;
use shouhu_module::{App, Module};
use shouhu_store::{ModuleMigrations, OUTBOX_MIGRATIONS};

/// Every migration of a program with these modules. The front door, identity and the lake are always there.
#[must_use]
pub fn schemas(modules: &[Module]) -> Vec<ModuleMigrations> {
    let mut all = vec![OUTBOX_MIGRATIONS, shouhu_audit::MIGRATIONS, shouhu_lakehouse::MIGRATIONS];
    all.extend(modules.iter().map(Module::schema));
    for own in [crate::MODULE.schema(), shouhu_identity::MODULE.schema()] {
        if !all.iter().any(|known| known.module == own.module) {
            all.push(own);
        }
    }
    all
}

/// The reactions of every module, bound to the app.
#[must_use]
pub fn reactors(app: &App) -> Vec<Reactor> {
    let all = app.modules.iter().flat_map(|module| module.reactions);
    all.map(|reaction| {
        let (app, run) = (app.clone(), reaction.run);
        Reactor { name: reaction.name, kinds: reaction.kinds, run: Arc::new(move |envelope| run(app.clone(), envelope)) }
    })
    .collect()
}

/// The workers of every module, bound to the app, and the one that repeats failed reactions.
#[must_use]
pub fn workers(app: &App) -> Vec<Worker> {
    let all = app.modules.iter().flat_map(|module| module.jobs);
    let mut workers: Vec<Worker> = all
        .map(|kind| {
            let (app, run) = (app.clone(), kind.run);
            Worker { kind: kind.kind, run: Arc::new(move |payload| run(app.clone(), payload)) }
        })
        .collect();
    let reactors: Arc<[Reactor]> = reactors(app).into();
    workers.push(Worker {
        kind: shouhu_bus::REACTION_JOB,
        run: Arc::new(move |payload| {
            let reactors = reactors.clone();
            Box::pin(async move { shouhu_bus::repeat(&reactors, &payload).await })
        }),
    });
    workers
}
