//! What every operation may use: the platform's services, and what other rooms' `start` has put there.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use shouhu_audit::Audit;
use shouhu_blobs::Blobs;
use shouhu_bus::Hub;
use shouhu_env::Env;
use shouhu_store::Store;

use crate::Module;

type Shelf = Arc<RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>;

/// Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub env: Env,
    pub store: Store,
    pub blobs: Blobs,
    pub audit: Audit,
    pub hub: Hub,
    /// Every room of this program, for health, permissions and the stream.
    pub modules: &'static [Module],
    /// Where people reach this server, without a trailing slash: `http://localhost:8470`.
    pub public_url: Arc<str>,
    shelf: Shelf,
}

impl App {
    #[must_use]
    pub fn new(
        env: Env,
        store: Store,
        blobs: Blobs,
        audit: Audit,
        modules: &'static [Module],
        public_url: &str,
    ) -> Self {
        Self {
            env,
            store,
            blobs,
            audit,
            hub: Hub::default(),
            modules,
            public_url: public_url.trim_end_matches('/').into(),
            shelf: Shelf::default(),
        }
    }

    /// Makes a room's memory known under its type. A second one of the same type replaces the first.
    pub fn put<T: Any + Send + Sync>(&self, value: T) {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// What a room has put there.
    ///
    /// # Panics
    /// When no room has: its `start` did not run, which is a mistake of the program, not of its input.
    #[must_use]
    pub fn room<T: Any + Send + Sync>(&self) -> Arc<T> {
        let found = self.try_room::<T>();
        assert!(found.is_some(), "no module has put a {} on the shelf", std::any::type_name::<T>());
        #[allow(clippy::unwrap_used, reason = "asserted one line above, with the message that says why")]
        found.unwrap()
    }

    #[must_use]
    pub fn try_room<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let shelf = self.shelf.read().unwrap_or_else(PoisonError::into_inner);
        shelf.get(&TypeId::of::<T>()).cloned().and_then(|any| any.downcast::<T>().ok())
    }

    /// Names of everything that the rooms' lists give to a role. Whether a person may is [`App::decide`].
    #[must_use]
    pub fn permissions_of(&self, role: shouhu_wire::Role) -> Vec<&'static str> {
        let all = self.modules.iter().flat_map(|module| module.permissions);
        all.filter(|permission| permission.roles.contains(&role)).map(|permission| permission.name).collect()
    }
}
