//! Turns the modules' lists into what the other floors run.

use std::sync::Arc;

use shouhu_bus::{At, ReactionError, Reactor};
use shouhu_env::BoxFuture;
use shouhu_jobs::Worker;
use shouhu_module::{App, Module, Reaction};
use shouhu_store::{Eyes, ModuleMigrations, OUTBOX_MIGRATIONS};

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

/// The reactions of every module and what keeps its memory fresh, bound to the app. They see what is sealed: matching and retention go on.
#[must_use]
pub fn reactors(app: &App) -> Vec<Reactor> {
    let bound = |reaction: &Reaction, at: At| {
        let (app, run) = (app.clone(), reaction.run);
        let run = move |envelope| -> BoxFuture<'static, Result<(), ReactionError>> { Box::pin(Eyes::House.look(run(app.clone(), envelope))) };
        Reactor { name: reaction.name, kinds: reaction.kinds, at, run: Arc::new(run) }
    };
    let once = app.modules.iter().flat_map(|module| module.reactions).map(|reaction| bound(reaction, At::OneServer));
    let each = app.modules.iter().flat_map(|module| module.refreshes).map(|refresh| bound(refresh, At::EachServer));
    once.chain(each).collect()
}

/// The workers of every module, bound to the app, and the one that repeats failed reactions.
#[must_use]
pub fn workers(app: &App) -> Vec<Worker> {
    let all = app.modules.iter().flat_map(|module| module.jobs);
    let mut workers: Vec<Worker> = all
        .map(|kind| {
            let (app, run) = (app.clone(), kind.run);
            let run = move |payload| -> BoxFuture<'static, Result<(), ReactionError>> { Box::pin(Eyes::House.look(run(app.clone(), payload))) };
            Worker { kind: kind.kind, run: Arc::new(run) }
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
