// The service worker: keeps static files and data-free shells, so that filling in goes on without a line.
// Not for: drafts (store.js keeps them in IndexedDB, never here), or sending (sync.js).
// Holds always: only GET is answered from here, and only static files, shells, the definition and the list of names are kept;
// whatever signs in or out, and the desk, is never touched; the pages of the network come first.

const BUILD = { static: "", files: [] };

const STATE = "ricognizione-state";
const FILES = `ricognizione-files:${BUILD.static}`;
const SHELLS = `ricognizione-shells:${BUILD.static}:`;
const NAMES = "ricognizione-names";
const PATIENCE = 3000; // ms that a navigation waits for the network
const NAVIGATIONS = /^\/(?:compila|ricevuta)(?:\/|$)/;
const BESIDE = /^\/compila\/(?:definizione|pannello)\//;
const SHEET = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const OTHER = "/other";
const FRAME = ["Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy"];
const BROKEN = new Set([502, 503, 504]);

/** What pages have told: {open: digest, language, keep: [digest…]}; kept in a cache, since a worker forgets. */
async function state() {
  const cache = await caches.open(STATE);
  const found = await cache.match("/state");
  return found ? found.json() : { open: null, language: "it", keep: [] };
}

async function setState(next) {
  const cache = await caches.open(STATE);
  await cache.put("/state", new Response(JSON.stringify(next)));
}

const shellsOf = (digest, language) => `${SHELLS}${language}:${digest}`;

/** The answer to a fetch that may be kept: ours and whole. It is led nowhere: the sign-in page would come with a form token of
 *  its own, and the one in which somebody is signing in just now would be refused. */
async function fetched(address) {
  const response = await fetch(address, { credentials: "same-origin", cache: "no-cache", redirect: "manual" });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response;
}

/** Keep all shells of a definition, which come in one answer; the list is put last, so that one that is there is whole. */
async function keepShells(digest, language) {
  if (await listOf(digest, language)) return;
  const response = await fetched(`/compila/guscio/${digest}`);
  const { shells, other, ...list } = await response.json();
  const cache = await caches.open(shellsOf(digest, list.language));
  const headers = new Headers({ "Content-Type": "text/html; charset=utf-8" });
  for (const name of FRAME) if (response.headers.has(name)) headers.set(name, response.headers.get(name));
  for (const [page, html] of Object.entries({ ...shells, [OTHER]: other })) await cache.put(page, new Response(html, { headers }));
  for (const address of [list.definition, list.panel]) await cache.put(address, await fetched(address));
  await cache.put("/list", Response.json(list));
}

async function listOf(digest, language) {
  const list = await (await caches.open(shellsOf(digest, language))).match("/list");
  return list ? list.json() : null;
}

async function keepFiles() {
  const cache = await caches.open(FILES);
  const known = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  const lacking = BUILD.files.map((file) => BUILD.static + file).filter((address) => !known.has(address));
  // Their addresses hold a digest, so that what the page has just loaded is taken from the browser's own cache.
  await Promise.all(lacking.map(async (address) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    await cache.put(address, response);
  }));
}

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    await keepFiles();
    const { language, open, keep } = await state();
    for (const digest of new Set([open, ...keep])) if (digest) await keepShells(digest, language);
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    await dropOld(await state());
    await self.clients.claim();
  })());
});

/** Forget the files of other releases, and the shells of definitions that no draft needs. */
async function dropOld({ open, keep, language }) {
  const wanted = new Set([STATE, NAMES, FILES, ...[open, ...keep].map((digest) => shellsOf(digest, language))]);
  for (const name of await caches.keys()) {
    if (name.startsWith("ricognizione-") && !wanted.has(name)) await caches.delete(name);
  }
}

self.addEventListener("message", (event) => {
  const reply = (content) => event.ports[0]?.postMessage(content);
  const deed = DEEDS[event.data?.type];
  if (deed) event.waitUntil(deed(event.data).then((more) => reply({ done: true, ...more }), (error) => reply({ done: false, error: String(error) })));
});

const DEEDS = {
  /** A page of a response is open: keep the shells of its definition; `keep`: the definitions of all drafts. */
  async open({ definition, language, keep = [] }) {
    const next = { open: definition, language, keep };
    await keepShells(definition, language);
    await setState(next);
    await dropOld(next);
    return { list: await listOf(definition, language) };
  },
  /** A municipality may be asked for: keep the names. */
  async names({ definition, language }) {
    await keepNames(definition, language);
  },
  /** The person agrees to a new release, or nothing waits to be sent. */
  async renew() {
    await self.skipWaiting();
  },
  async wipe() {
    for (const name of await caches.keys()) if (name.startsWith("ricognizione-")) await caches.delete(name);
  },
};

async function keepNames(definition, language) {
  const { names } = await listOf(definition, language);
  const cache = await caches.open(NAMES);
  if (await cache.match(names)) return;
  const response = await fetched(names);
  for (const old of await cache.keys()) await cache.delete(old);
  await cache.put(names, response);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith(BUILD.static)) event.respondWith(keptFile(request));
  else if (BESIDE.test(pathname)) event.respondWith(keptBeside(request));
  else if (pathname === "/compila/comuni.txt") event.respondWith(keptNames(request));
  else if (request.mode === "navigate" && NAVIGATIONS.test(pathname)) event.respondWith(page(request, pathname));
});

async function keptFile(request) {
  return (await (await caches.open(FILES)).match(request)) ?? fetch(request);
}

async function keptBeside(request) {
  return (await caches.match(request)) ?? fetch(request);
}

async function keptNames(request) {
  return (await (await caches.open(NAMES)).match(request, { ignoreSearch: true })) ?? fetch(request);
}

/** The page of the network; the shell where the network fails, keeps silent, or only a broken gateway answers. */
async function page(request, pathname) {
  const network = fetch(request).then((response) => (BROKEN.has(response.status) ? Promise.reject(response) : response));
  const silence = new Promise((_resolve, reject) => { setTimeout(reject, PATIENCE, new Error("no answer")); });
  try {
    return await Promise.race([network, silence]);
  } catch (error) {
    const kept = await shell(pathname);
    if (kept) {
      network.catch(() => {});
      return kept;
    }
    return error instanceof Response ? error : network;
  }
}

async function shell(pathname) {
  const { open, language } = await state();
  if (!open) return null;
  const cache = await caches.open(shellsOf(open, language));
  return (await cache.match(pathname.replace(SHEET, "*"))) ?? cache.match(OTHER);
}
