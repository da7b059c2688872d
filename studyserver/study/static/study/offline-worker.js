// A service worker that shows the page of trials while the server cannot be reached, and only then. Pages from the
// network get their code and sounds from the network; a page from this cache gets the code that was kept with it.
//
// The server puts SETTINGS before this file: participation, version, page (the address of the kept page), addresses
// (those that it replaces), files (its code) and expires (ms since 1970). Each version has a cache of its own.

const PATIENCE = 15_000; // ms
const KEPT = `${SETTINGS.participation}/${SETTINGS.version}`;
const revived = new Set(); // clients whose page came from this cache

const isOurs = (name) => name === SETTINGS.participation || name.startsWith(`${SETTINGS.participation}/`);

async function drop(which) {
  const names = (await caches.keys()).filter(isOurs).filter(which);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function keep() {
  const cache = await caches.open(KEPT);
  const request = (address) => new Request(address, { cache: "reload", credentials: "same-origin", redirect: "error" });
  await cache.addAll([SETTINGS.page, ...SETTINGS.files].map(request));
}

const find = (address) => caches.match(address, { cacheName: KEPT, ignoreVary: true });

/** The network's response, if it comes in time. */
function ask(request) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  return Promise.race([fetch(request).catch(() => undefined), late]);
}

async function bring({ request, resultingClientId }) {
  const answer = await ask(request);
  if (answer?.status === 404) await drop(() => true); // the participation has been deleted
  if (answer && answer.status < 500) return answer;
  const page = Date.now() < SETTINGS.expires && (await find(SETTINGS.page));
  if (!page) return answer ?? Response.error();
  revived.add(resultingClientId);
  return page;
}

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));

self.addEventListener("activate", (event) =>
  event.waitUntil(drop((name) => name !== KEPT && name !== SETTINGS.participation)),
);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (SETTINGS.addresses.includes(pathname)) event.respondWith(bring(event));
  } else if (revived.has(event.clientId) && SETTINGS.files.includes(pathname)) {
    event.respondWith(find(request.url).then((kept) => kept ?? fetch(request)));
  }
});
