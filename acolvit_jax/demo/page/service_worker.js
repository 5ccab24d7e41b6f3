// Keeps the site for later visits without a network, and isolates the page, so that the model may
// use threads on hosts that send no isolation headers, and under its policy, in its workers too.
// `site.js` is written beside it and names this build, its files and the policy.

importScripts('site.js'); // self.SITE = {build, files, samples, policy}

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': SITE.policy, // a worker heeds that of its own file, not the page's
};

// Other sites of the same host have caches too: names begin with where this one lies.
const PLACE = `${self.registration.scope} `;
const NAME = PLACE + SITE.build;

// Whatever else lies below this one, other sites too, is none of its business.
const pathOf = (name) => new URL(name, self.registration.scope).pathname;
const OWN = new Set([...SITE.files, ...SITE.samples].map(pathOf));

// A new build waits while pages of the one before are open: they would get files of both.
self.addEventListener('install', (event) => {
  // From the host: what the browser still holds of an earlier build would not fit this one.
  const files = SITE.files.map((file) => new Request(file, { cache: 'no-cache' }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(files)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const old = (name) => name.startsWith(PLACE) && name !== NAME;
    for (const name of (await caches.keys()).filter(old)) await caches.delete(name);
    await self.clients.claim();
  })());
});

/** A page that has just begun asks whether this build, which waits, goes on: not beside others. */
async function goOn(port) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const alone = pages.filter(({ url }) => url.startsWith(self.registration.scope)).length < 2;
  if (alone) await self.skipWaiting();
  port.postMessage(alone);
}

self.addEventListener('message', (event) => event.waitUntil(goOn(event.ports[0])));

async function answer(request) {
  const cache = await caches.open(NAME);
  let response = await cache.match(request, { ignoreSearch: true });
  if (!response) {
    response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone()).catch(() => {}); // no room: not kept
  }
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin || !OWN.has(pathname)) return;
  event.respondWith(answer(request));
});
