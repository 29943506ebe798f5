/* What this phone keeps until the server has it: one database a person, so that two people on one device never see each
   other's answers. Pages and the worker share this file. Whoever holds the lock `form-<visit>` is the only one who writes
   that visit's draft.

   drafts   visit → answers (as the server last had them, `number` and `base` say when), changes (not yet acknowledged),
            form (the rules, so that the worker can finish without the page), last, watches
   photos   visit:sha256 → the picture until the server has acknowledged it, then its thumb alone
   parcels  visit → what is to be sent: its id for ever, and its text once it has left for the first time
   receipts visit → what the server said when it had it
   reports  id → “closed”, “recognised”, until the server has it
   notes    small things: when this phone was ready for no network */
"use strict";

self.Store = (() => {
  const STRICT = { durability: "strict" };
  const OLD = 60 * 864e5;
  let opened = null, whose = "";

  const open = (person) => {
    if (opened && whose === person) return opened;
    whose = person;
    opened = idb.openDB(`form-${person}`, 2, {
      upgrade(db, before) {
        if (before < 1) {
          db.createObjectStore("drafts", { keyPath: "visit" });
          db.createObjectStore("photos", { keyPath: "key" }).createIndex("visit", "visit");
          db.createObjectStore("parcels", { keyPath: "visit" });
        }
        if (before < 2) {
          db.createObjectStore("receipts", { keyPath: "visit" });
          db.createObjectStore("reports", { keyPath: "id" }).createIndex("visit", "visit");
          db.createObjectStore("notes", { keyPath: "key" });
        }
      },
      blocking() { opened?.then((db) => db.close()); opened = null; },
      terminated() { opened = null; },
    });
    opened.catch(() => { opened = null; });
    return opened;
  };

  /* One careful write; the promise is fulfilled when it is on the device. */
  const write = async (person, store, value) => {
    const db = await open(person);
    const work = db.transaction(store, "readwrite", STRICT);
    work.store.put(value);
    await work.done;
  };
  const take = async (person, store, key) => (await open(person)).get(store, key);
  const drop = async (person, store, key) => (await open(person)).delete(store, key);
  const all = async (person, store, visit) => {
    const db = await open(person);
    return visit ? db.getAllFromIndex(store, "visit", visit) : db.getAll(store);
  };

  const blank = (visit) => ({ visit, device: crypto.randomUUID(), number: 0, base: 0, seen: 0, answers: {}, changes: {}, last: "", watches: {}, begun: "" });
  const draft = async (person, visit) => {
    const kept = await take(person, "drafts", visit);
    // A draft of an earlier edition of this file has fewer parts.
    return kept ? { ...blank(visit), seen: kept.base ?? 0, ...kept } : blank(visit);
  };

  /* Answers as they stand on this phone. */
  const answers = (kept) => {
    const now = { ...kept.answers };
    for (const [item, one] of Object.entries(kept.changes)) if (one.entry) now[item] = one.entry; else delete now[item];
    return now;
  };

  const size = (value) => new Blob([JSON.stringify(value ?? "")]).size;
  /* Everything of each visit that the server does not have yet: [{ visit, place, changes, photos, parcel, reports, bytes, stuck, saved, since }]. */
  const unsent = async (person) => {
    const [drafts, photos, parcels, reports] = await Promise.all(["drafts", "photos", "parcels", "reports"].map((store) => all(person, store)));
    const rows = new Map();
    const row = (visit) => {
      if (!rows.has(visit)) rows.set(visit, { visit, place: "", changes: 0, photos: 0, parcel: null, reports: 0, bytes: 0, stuck: "", saved: 0, since: Infinity });
      return rows.get(visit);
    };
    const waited = (visit, ...times) => { row(visit).since = Math.min(row(visit).since, ...times.map((time) => time || Date.now())); };
    for (const one of drafts) {
      const n = Object.keys(one.changes).length;
      if (n) Object.assign(row(one.visit), { changes: n, bytes: size(one.changes), stuck: one.stuck ?? "", saved: one.saved });
      if (n) waited(one.visit, ...Object.values(one.changes).map((change) => Date.parse(change.entry?.at) || one.saved));
    }
    for (const one of photos) if (one.blob) {
      const mine = row(one.visit);
      mine.photos += 1;
      mine.bytes += one.blob.size;
      mine.stuck ||= one.stuck ?? "";
      mine.saved = Math.max(mine.saved, one.saved);
      waited(one.visit, one.saved);
    }
    for (const one of parcels) {
      const mine = row(one.visit);
      mine.parcel = one;
      mine.bytes += size(one.text);
      mine.stuck = one.stuck || mine.stuck;
      mine.saved = Math.max(mine.saved, one.saved);
      waited(one.visit, one.saved);
    }
    for (const one of reports) { row(one.visit).reports += 1; row(one.visit).saved ||= one.saved; waited(one.visit, one.saved); }
    const names = (await take(person, "notes", "ready"))?.names ?? {};
    for (const one of rows.values()) one.place = names[one.visit] ?? "";
    return [...rows.values()].sort((a, b) => a.saved - b.saved);
  };

  /* All of one visit, to export it, to delete it, and to bring it back. */
  const whole = async (person, visit) => ({
    drafts: [await take(person, "drafts", visit)].filter(Boolean), photos: await all(person, "photos", visit),
    parcels: [await take(person, "parcels", visit)].filter(Boolean), reports: await all(person, "reports", visit),
  });
  const forget = async (person, visit) => {
    const kept = await whole(person, visit);
    const work = (await open(person)).transaction(["drafts", "photos", "parcels", "reports"], "readwrite", STRICT);
    for (const [store, rows] of Object.entries(kept)) for (const one of rows) work.objectStore(store).delete(one.key ?? one.id ?? one.visit);
    await work.done;
    return kept;
  };
  const restore = async (person, kept) => {
    const work = (await open(person)).transaction(Object.keys(kept), "readwrite", STRICT);
    for (const [store, rows] of Object.entries(kept)) for (const one of rows) work.objectStore(store).put(one);
    await work.done;
  };

  /* What the server has and nobody opened for two months. */
  const tidy = async (person) => {
    const waiting = new Set((await unsent(person)).map((row) => row.visit));
    for (const one of await all(person, "drafts")) if (!waiting.has(one.visit) && (one.saved ?? 0) < Date.now() - OLD) await forget(person, one.visit);
  };

  return { open, write, take, drop, all, draft, answers, unsent, whole, forget, restore, tidy };
})();
