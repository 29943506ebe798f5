/* What the form keeps on this phone until the server has it: changed answers, photos, the parcel that is being sent.
   One database a person (data-person), so that two people on one device never see each other's answers. Everything here
   repeats itself safely: changes carry the base they saw and this device's name, photos their hash, parcels their id. */
"use strict";

window.Fill = (() => {
  const DAYS = 14;
  const words = document.getElementById("fill-words")?.dataset ?? {};
  const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  let opened = null;

  const store = (person) => {
    opened ??= idb.openDB(`form-${person}`, 1, {
      upgrade(db) {
        db.createObjectStore("drafts", { keyPath: "visit" });
        db.createObjectStore("photos", { keyPath: "key" }).createIndex("visit", "visit");
        db.createObjectStore("parcels", { keyPath: "visit" });
      },
      blocking() { opened?.then((db) => db.close()); opened = null; },
      terminated() { opened = null; },
    }).then(async (db) => {
      const old = Date.now() - DAYS * 864e5;
      for (const draft of await db.getAll("drafts")) if (draft.saved < old) await db.delete("drafts", draft.visit);
      for (const photo of await db.getAll("photos")) if (photo.saved < old) await db.delete("photos", photo.key);
      return db;
    });
    return opened;
  };

  const put = async (url, body, type, more = {}) => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 60000);
    try {
      return await fetch(url, { method: "PUT", body, signal: stop.signal, headers: { "Content-Type": type, "X-CSRF-Token": csrf(), Accept: "application/json" }, ...more });
    } catch { return null; } finally { clearTimeout(timer); }
  };

  /* ok · retry (later, by itself) · sign-in · refused (a person must look) */
  const meaning = (answer) => {
    if (!answer || answer.status === 408 || answer.status === 425 || answer.status === 429 || answer.status >= 500) return "retry";
    if (answer.ok) return "ok";
    return answer.status === 401 || answer.status === 403 ? "sign-in" : "refused";
  };
  const pause = (tries) => Math.min(300, 2 ** tries) * 1000 * (.5 + Math.random() / 2);

  /* Send the photos that wait; tell = { done(photo), refused(photo, message) }. Gives "ok", "retry" or "sign-in". */
  const sendPhotos = async (db, url, visit, tell = {}) => {
    const waiting = visit ? await db.getAllFromIndex("photos", "visit", visit) : await db.getAll("photos");
    for (const photo of waiting) {
      if (photo.held > Date.now()) continue;
      const answer = await put(url + photo.sha, photo.blob, "image/jpeg");
      const what = meaning(answer);
      if (what === "retry" || what === "sign-in") return what;
      if (what === "refused" && answer.status === 404 && (photo.tries ?? 0) < 4) {
        await db.put("photos", { ...photo, tries: (photo.tries ?? 0) + 1 });
        return "retry";
      }
      await db.delete("photos", photo.key);
      if (what === "ok") tell.done?.(photo);
      else if (answer.status !== 404) tell.refused?.(photo, (await answer.json().catch(() => ({}))).message ?? "");
    }
    return "ok";
  };

  /* The draft of one visit. tell = { state(name, n), saved(answer), refused(fields), photo(photo), photoRefused(photo, message) } */
  const draft = async ({ person, visit, url, evidence, base, tell }) => {
    const db = await store(person);
    const kept = (await db.get("drafts", visit)) ?? { visit, device: crypto.randomUUID(), changes: {}, last: "", watches: {} };
    let timer = 0, busy = false, again = false, tries = 0, count = 0, blocked = "";
    if (!Object.keys(kept.changes).length) kept.base = base;
    kept.base ??= base;

    const save = () => { kept.saved = Date.now(); return db.put("drafts", kept); };
    const waiting = async () => Object.keys(kept.changes).length + (await db.countFromIndex("photos", "visit", visit));
    const say = async (name) => tell.state(name, await waiting());
    const later = (ms) => { clearTimeout(timer); timer = setTimeout(push, ms); };
    const body = (batch) => JSON.stringify({ base: kept.base, device: kept.device, answers: Object.fromEntries(Object.entries(batch).map(([item, one]) => [item, one.entry])) });

    const settle = async (answer, batch) => {
      const said = await answer.json();
      kept.base = said.base;
      for (const [item, one] of Object.entries(batch)) if (kept.changes[item]?.n === one.n && kept.changes[item]?.mark === one.mark) delete kept.changes[item];
      await save();
      tell.saved(said);
    };

    const refuse = async (answer, batch) => {
      const said = await answer.json().catch(() => ({}));
      const fields = said.fields ?? {};
      const wrong = Object.keys(fields).filter((item) => item in batch);
      for (const item of wrong.length ? wrong : Object.keys(batch)) delete kept.changes[item];
      await save();
      tell.refused(wrong.length ? fields : {}, said.message ?? "");
      blocked = "attention";
    };

    async function push() {
      if (busy) { again = true; return; }
      busy = true;
      clearTimeout(timer);
      let what = "ok";
      try {
        while (Object.keys(kept.changes).length && what === "ok") {
          const batch = { ...kept.changes };
          await say("sending");
          const answer = await put(url, body(batch), "application/json");
          what = meaning(answer);
          if (what === "ok") await settle(answer, batch);
          if (what === "refused") { await refuse(answer, batch); what = "ok"; }
        }
        if (what === "ok") what = await sendPhotos(db, evidence, visit, { done: tell.photo, refused: tell.photoRefused });
      } finally { busy = false; }
      if (what === "ok") { tries = 0; await say(blocked || "saved"); }
      else if (what === "sign-in") await say("sign-in");
      else { tries += 1; await say(navigator.onLine ? "waiting" : "offline"); later(pause(tries)); }
      if (again) { again = false; later(0); }
    }

    addEventListener("online", () => { tries = 0; later(0); });
    addEventListener("offline", () => say("offline"));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) later(0); });
    addEventListener("pagehide", () => {
      if (!busy && Object.keys(kept.changes).length) put(url, body(kept.changes), "application/json", { keepalive: true });
    });

    return {
      kept,
      /* Kept on the phone first, sent a moment later. */
      async change(item, entry) {
        kept.changes[item] = { entry, n: ++count, mark: kept.changes[item]?.mark ?? crypto.randomUUID() };
        kept.last = item;
        blocked = "";
        await save();
        await say("phone");
        later(250);
      },
      async keep(more) { Object.assign(kept, more); await save(); },
      async photo(item, sha, blob) { await db.put("photos", { key: `${visit}:${sha}`, visit, item, sha, blob, saved: Date.now() }); },
      /* A removed photo is held back while it can still be taken back, then forgotten. */
      async hold(sha, until) {
        const photo = await db.get("photos", `${visit}:${sha}`);
        if (photo) await db.put("photos", { ...photo, held: until });
      },
      async drop(sha) { await db.delete("photos", `${visit}:${sha}`); },
      async blobs() { return db.getAllFromIndex("photos", "visit", visit); },
      start: () => later(0),
      /* Whether everything could be sent within `ms`. */
      async flush(ms) {
        const until = Date.now() + ms;
        later(0);
        while (Date.now() < until) {
          await new Promise((go) => setTimeout(go, 60));
          if (!busy && !Object.keys(kept.changes).length) return true;
        }
        return !Object.keys(kept.changes).length;
      },
    };
  };

  return { store, put, meaning, pause, sendPhotos, draft, words };
})();
