/* Making this phone ready for no network: the worker is set up, and when the page has nothing to do, the pages of accepted
   visits are fetched once and kept. #ready (on the list) says since when and how much. */
"use strict";

(async () => {
  const person = document.querySelector("[data-person]")?.dataset.person;
  if (!person || !navigator.serviceWorker || !window.caches) return;
  try { localStorage.setItem("who", person); } catch { /* Only the warning at sign-out knows less. */ }
  const idle = () => new Promise((go) => { (window.requestIdleCallback ?? setTimeout)(go, { timeout: 5000 }); });
  const loaded = () => new Promise((go) => { if (document.readyState === "complete") go(); else addEventListener("load", go, { once: true }); });

  const place = document.getElementById("ready");
  const say = (note) => {
    if (!place || !note) return;
    const { words, day, bytes } = window.Phone;
    place.hidden = false;
    place.querySelector("[data-ready-text]").textContent = words.ready.replace("{when}", day(note.at)).replace("{size}", bytes(note.bytes));
  };
  const readiness = async () => say(await Store.take(person, "notes", "ready").catch(() => null));

  await loaded();
  await idle();
  // What waits and was on this phone when it was last asked, but is not any more: the browser has emptied its storage.
  const counted = Object.keys(localStorage).filter((key) => key.startsWith(`unsent-${person}-`) && Number(localStorage[key]) > 0);
  const there = new Set((await Store.unsent(person).catch(() => [])).map((row) => row.visit));
  if (counted.some((key) => !there.has(key.slice(`unsent-${person}-`.length))) && !(await Store.take(person, "notes", "here").catch(() => 1))) {
    window.Phone.words.lost && window.toast?.({ text: window.Phone.words.lost });
    for (const key of counted) localStorage.removeItem(key);
  }
  await Store.write(person, "notes", { key: "here", at: Date.now() }).catch(() => {});
  await readiness();
  await navigator.serviceWorker.register("/my/worker.js", { scope: "/my/", updateViaCache: "none" }).catch(() => null);

  const fetchAll = async () => {
    const now = await Outbox.who();
    if (now?.person !== person) return;
    await (await caches.open("who")).put("/who", new Response(person));
    const pages = await caches.open(`pages-${person}`);
    const before = (await Store.take(person, "notes", "ready")) ?? { marks: {}, bytes: 0 };
    const marks = {}, wanted = now.pages.map((one) => one.path);
    for (const { path, mark } of now.pages) {
      if (before.marks[path] === mark && (await pages.match(path))) { marks[path] = mark; continue; }
      await idle();
      const answer = await Outbox.ask(path, { headers: { Accept: "text/html" } });
      if (!answer) return;
      if (answer.ok && answer.headers.get("x-person") === person && !answer.redirected) { await pages.put(path, answer); marks[path] = mark; }
    }
    let size = 0;
    for (const request of await pages.keys()) {
      const path = new URL(request.url).pathname;
      if (path.startsWith("/my/") && !wanted.includes(path)) await pages.delete(request);
      else size += (await (await pages.match(request)).blob()).size;
    }
    const files = await caches.open(`files-${now.edition}`);
    for (const url of now.files) {
      if (!(await files.match(url))) await files.add(url).catch(() => {});
      size += (await (await files.match(url))?.blob())?.size ?? 0;
    }
    const whole = wanted.every((path) => marks[path]);
    if (whole) for (const name of await caches.keys()) if (name.startsWith("files-") && name !== `files-${now.edition}`) await caches.delete(name);
    await Store.write(person, "notes", { key: "ready", at: Date.now(), bytes: size, names: { ...before.names, ...now.names }, marks });
    if (whole) await readiness();
    document.documentElement.dataset.kept = whole ? "all" : "some";
  };
  await idle();
  await navigator.locks.request(`ready-${person}`, { ifAvailable: true }, (lock) => lock && fetchAll()).catch((fault) => console.warn(fault));
  await Store.tidy(person).catch(() => {});
})();
