//! A whole house in a folder that vanishes, for tests of rooms.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use shouhu_audit::Audit;
use shouhu_blobs::Blobs;
use shouhu_bus::Reactor;
use shouhu_env::Env;
use shouhu_ids::{ActorId, DeviceId, SessionId};
use shouhu_lakehouse::{Lakehouse, LakehouseConfig, Opening};
use shouhu_module::{App, Caller, DevicePeer, Module, Person};
use shouhu_store::{Eyes, Store};
use shouhu_wire::{DeviceKind, Role};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{Metrics, ServerLimits, Site, router, serve, wiring};

pub struct House {
    pub app: App,
    router: Router,
    reactors: Vec<Reactor>,
    workers: Vec<shouhu_jobs::Worker>,
    /// Of the first of several servers.
    _folder: Option<tempfile::TempDir>,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Null when the body is no JSON.
    pub json: Value,
    pub bytes: Vec<u8>,
    pub headers: HeaderMap,
}

impl House {
    /// SQLite in a new folder, the real clock; `start` of every module has run.
    ///
    /// # Panics
    /// When it cannot be built.
    pub async fn open(modules: &'static [Module]) -> Self {
        Self::open_in(modules, Env::real()).await
    }

    /// # Panics
    /// As `open`.
    pub async fn open_in(modules: &'static [Module], env: Env) -> Self {
        Self::open_as(modules, env, |_| {}).await
    }

    /// With what an operator has set, such as another public address, put there before the rooms start.
    ///
    /// # Panics
    /// As `open`.
    pub async fn open_as(modules: &'static [Module], env: Env, set: impl FnOnce(&mut App)) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let url = format!("sqlite:{}", folder.path().join("house.db").display());
        let store = Store::open(&url, env.clone()).await.unwrap_or_else(|e| panic!("{e}"));
        let schemas = wiring::schemas(modules);
        store.migrate(&schemas).await.unwrap_or_else(|e| panic!("{e}"));
        let blobs = Blobs::open(env.clone(), &folder.path().join("blobs"), &folder.path().join("keys"));
        let blobs = blobs.unwrap_or_else(|e| panic!("{e}"));
        let audit = Audit::start(store.clone(), blobs.keys()).unwrap_or_else(|e| panic!("{e}"));
        let mut app = App::new(env, store, blobs, audit, modules, "http://localhost:8470");
        set(&mut app);
        app.put(Opening::Serve);
        // Only who has sightings needs the lake.
        if modules.iter().any(|module| module.name == "sightings") {
            let config = LakehouseConfig::in_folder(folder.path().join("lake"));
            let lake = Lakehouse::open(config, app.store.clone(), app.env.clone()).await;
            app.put(lake.unwrap_or_else(|e| panic!("{e}")));
        }
        Self::started(app, Some(folder)).await
    }

    /// Another server of this house, or this one after a restart, with some of its rooms: its database, keys, log and clock, and nothing of what it has in memory. It has
    /// no lake. It must not outlive this one, whose folder it uses.
    ///
    /// # Panics
    /// When it cannot be built.
    pub async fn beside(&self, modules: &'static [Module]) -> Self {
        let own = &self.app;
        let app = App::new(own.env.clone(), own.store.clone(), own.blobs.clone(), own.audit.clone(), modules, &own.public_url);
        app.put(Opening::Serve);
        Self::started(app, None).await
    }

    async fn started(app: App, folder: Option<tempfile::TempDir>) -> Self {
        app.hub.begin_after(app.store.last_seq().await.unwrap_or_else(|e| panic!("{e}")));
        for module in app.modules {
            Eyes::House.look((module.start)(app.clone())).await.unwrap_or_else(|e| panic!("{}: {e}", module.name));
        }
        let router = router(&app, &Metrics::default(), Site::default()).unwrap_or_else(|e| panic!("{e:?}"));
        let (reactors, workers) = (wiring::reactors(&app), wiring::workers(&app));
        Self { app, router, reactors, workers, _folder: folder }
    }

    /// Somebody new of that role.
    #[must_use]
    pub fn person(&self, role: Role) -> Caller {
        let env = &self.app.env;
        Caller::Person(Person {
            id: env.id(ActorId::new),
            name: format!("{} {}", role.as_str(), env.now().0),
            role,
            unit: None,
            office: None,
            session: env.id(SessionId::new),
            session_expires_at: env.now().plus(shouhu_ids::Micros::HOUR),
        })
    }

    /// A new device.
    #[must_use]
    pub fn device(&self, name: &str) -> Caller {
        self.device_of(name, DeviceKind::FixedCamera)
    }

    /// A new device of a kind.
    #[must_use]
    pub fn device_of(&self, name: &str, kind: DeviceKind) -> Caller {
        Caller::Device(DevicePeer {
            id: self.app.env.id(DeviceId::new),
            name: name.to_owned(),
            kind,
            camera: None,
            clock_offset_us: 0,
        })
    }

    /// A JSON call.
    ///
    /// # Panics
    /// When the router itself fails, which it does not.
    pub async fn call(&self, caller: &Caller, method: &str, path: &str, body: Value) -> Answer {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.call_with(caller, method, path, &[("shouhu-purpose", "patrol")], bytes).await
    }

    /// Any call.
    ///
    /// # Panics
    /// As `call`.
    pub async fn call_with(&self, caller: &Caller, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).extension(caller.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request.body(Body::from(body)).unwrap_or_else(|e| panic!("{e}"))).await
    }

    /// A request as it comes from the network: who asks is what its headers prove.
    ///
    /// # Panics
    /// As `call`.
    pub async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap_or_else(|e| match e {});
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.into_body().collect().await.map(|b| b.to_bytes().to_vec()).unwrap_or_default();
        Answer { status, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null), bytes, headers }
    }

    /// Serves the house on a port of this machine until the test's runtime ends; where. Whoever comes that way is nobody until he signs.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn listen(&self) -> SocketAddr {
        let (tell, told) = tokio::sync::oneshot::channel();
        let (net, router) = (self.app.env.net.clone(), self.router.clone());
        tokio::spawn(async move {
            let (limits, stop) = (ServerLimits::default(), CancellationToken::new());
            let ready = move |at| _ = tell.send(at);
            serve(&*net, ([127, 0, 0, 1], 0).into(), router, limits, Metrics::default(), stop, ready).await
        });
        told.await.unwrap_or_else(|e| panic!("nobody listens: {e}"))
    }

    /// Runs reactions and due jobs until nothing is left to do now.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn settle(&self) {
        loop {
            let published = shouhu_bus::publish_waiting(&self.app.store, &self.app.hub, &self.reactors).await;
            let published = published.unwrap_or_else(|e| panic!("{e}"));
            let ran = shouhu_jobs::run_due(&self.app.store, &self.workers).await.unwrap_or_else(|e| panic!("{e}"));
            if published + ran == 0 {
                return;
            }
        }
    }
}
