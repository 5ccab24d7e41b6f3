// What the server gives for the service worker of a page without a server that was looked at under
// its address before: ends that one, forgets what it kept, and loads its pages from the server.

self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('activate', (event) => event.waitUntil((async () => {
  const kept = (name) => name.startsWith(`${self.registration.scope} `);
  for (const name of (await caches.keys()).filter(kept)) await caches.delete(name);
  const pages = await self.clients.matchAll({ type: 'window' });
  await self.registration.unregister();
  for (const page of pages) page.navigate(page.url);
})()));
