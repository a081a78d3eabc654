// Keeps the app's own files so that an officer's phone opens without a network.
// Of /v1 only the base map is kept here, which is roads: personal data stays on the server.
const SHELL = "shouhu-shell-v1";
// Tiles along the way that is driven now. They say where somebody went: the page deletes this when the job is over.
const ROADS = "shouhu-roads-v1";
const TILES_MAX = 400;
const TILES_AT_ONCE = 6;
const MAP_INFO = "/v1/map";
const FIRST = ["/", "/manifest.webmanifest", "/icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll(FIRST))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names.filter((name) => name !== SHELL && name !== ROADS).map((name) => caches.delete(name)),
        ),
      )
      .then(() => self.clients.claim()),
  );
});

async function page(request) {
  const cache = await caches.open(SHELL);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put("/", fresh.clone());
    return fresh;
  } catch {
    return (await cache.match("/")) ?? Response.error();
  }
}

// Built files carry their hash in the name, so a kept one is never stale.
async function asset(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(request, fresh.clone());
  return fresh;
}

// The network knows whether there is a newer map; without it the kept one is as good as before.
async function mapInfo(request) {
  const cache = await caches.open(SHELL);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(MAP_INFO, fresh.clone());
    return fresh;
  } catch {
    return (await cache.match(MAP_INFO)) ?? Response.error();
  }
}

// The address carries the version of the map, so a kept tile is never stale.
async function tile(request) {
  const kept = await (await caches.open(ROADS)).match(request);
  return kept ?? fetch(request);
}

/** Keeps these tiles instead of those of the way before. */
async function keepTiles(urls) {
  const cache = await caches.open(ROADS);
  const wanted = new Set(
    urls.filter((url) => isTile(new URL(url, self.location.origin))).slice(0, TILES_MAX),
  );
  for (const request of await cache.keys()) {
    const url = new URL(request.url);
    if (isTile(url) && !wanted.has(request.url)) await cache.delete(request);
  }
  const missing = [];
  for (const url of wanted) if (!(await cache.match(url))) missing.push(url);
  const fetchNext = async () => {
    for (let url = missing.shift(); url !== undefined; url = missing.shift()) {
      try {
        const answer = await fetch(url, { credentials: "same-origin" });
        // Without a body there is nothing on that tile, which is worth knowing too.
        if (answer.ok) await cache.put(url, answer);
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: TILES_AT_ONCE }, fetchNext));
}

const isTile = (url) => url.origin === self.location.origin && url.pathname.startsWith("/v1/map/tiles/");

self.addEventListener("message", (event) => {
  const { data } = event;
  if (data?.kind === "keep-tiles" && Array.isArray(data.urls))
    event.waitUntil(keepTiles(data.urls.map(String)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (isTile(url)) {
    event.respondWith(tile(request));
    return;
  }
  if (url.pathname === MAP_INFO) {
    event.respondWith(mapInfo(request));
    return;
  }
  // A caller's page is a page of its own: kept as the app's it would be what an officer's phone opens without a network.
  if (url.pathname === "/c" || url.pathname.startsWith("/c/")) return;
  if (url.pathname.startsWith("/v1/") || url.pathname === "/healthz" || url.pathname === "/metrics") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (url.pathname.startsWith("/assets/") || FIRST.includes(url.pathname))
    event.respondWith(asset(request));
});
