/* The worker of the phone's pages (scope /my/): opens them without a network, and sends what waits when the network is
   back. Above this line the server writes EDITION (a mark of its files), PARTS (what the worker runs) and FILES. It keeps
   no answers and decides nothing about them, so a new edition can take over at once and lose nothing.

   files-<edition>  styles and scripts; an older edition stays until its pages were fetched anew (phone/offline.js)
   pages-<person>   pages of one person; only those of whoever was signed in last are ever shown
   who              that person's mark */
"use strict";

importScripts(...PARTS);

const PATIENCE = 5000;
const who = async () => (await (await caches.open("who")).match("/who"))?.text();
const become = async (person) => {
  if ((await who()) === person) return;
  await (await caches.open("who")).put("/who", new Response(person));
  for (const name of await caches.keys()) if (name.startsWith("pages-") && name !== `pages-${person}`) await caches.delete(name);
};

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(`files-${EDITION}`).then((files) => files.addAll(FILES)));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const KEPT = /^\/my\/(visits(\/[0-9a-f-]{36}(\/checklist)?)?|queue|clock)$/;
const keep = async (answer, path) => {
  const person = answer.headers.get("x-person");
  if (!person) return;
  await become(person);
  if (KEPT.test(path)) await (await caches.open(`pages-${person}`)).put(path, answer);
};
const fromPhone = async (path) => {
  const person = await who();
  if (!person) return undefined;
  const pages = await caches.open(`pages-${person}`);
  return (await pages.match(path)) ?? (await pages.match(path.replace(/\/check$/, "/checklist"))) ?? (await pages.match("/my/visits"));
};

/* A page: from the network while it answers in time, else the one on this phone. */
const visit = async (event, path) => {
  const network = fetch(event.request).then((answer) => {
    if (answer.status === 200 && answer.type === "basic") event.waitUntil(keep(answer.clone(), path));
    return answer;
  });
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
  try {
    const first = await Promise.race([network, late]);
    if (first && first.status < 500) return first;
    return (await fromPhone(path)) ?? first ?? (await network);
  } catch {
    return (await fromPhone(path)) ?? Response.error();
  }
};
const file = async (request) => (await caches.match(request.url)) ?? fetch(request).catch(async (fault) => {
  const other = await caches.match(request.url, { ignoreSearch: true });
  if (other) return other;
  throw fault;
});
const thumb = async (request) => {
  const person = await who();
  const pages = await caches.open(`pages-${person}`);
  try {
    const answer = await fetch(request);
    if (answer.ok && person) await pages.put(request, answer.clone());
    return answer;
  } catch { return (await pages.match(request)) ?? Response.error(); }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (/^\/(static|joined)\//.test(url.pathname)) event.respondWith(file(request));
  else if (request.mode === "navigate" && url.pathname.startsWith("/my/")) event.respondWith(visit(event, url.pathname));
  else if (/^\/(evidence\/[0-9a-f-]+\/thumb|my\/pictures\/[0-9a-f-]+)$/.test(url.pathname)) event.respondWith(thumb(request));
});

/* The network is back and no page may be open: what waits is sent under the same locks as from a page. */
self.addEventListener("sync", (event) => {
  if (event.tag === "send") event.waitUntil(who().then(async (person) => {
    if (person && (await Outbox.run(person)) === "retry") throw new Error("not yet");
  }));
});
