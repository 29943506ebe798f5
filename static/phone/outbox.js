/* Sending what the phone keeps: changed answers, photos, reports, parcels. Pages and the worker share this file; whoever
   sends holds the lock `send-<person>`, so nothing leaves twice at once. Everything repeats itself safely: changes carry
   the base they saw and this device's name, photos their hash, parcels and reports their id. Nothing is forgotten before
   the server has answered that it has it, and what the server refuses stays here until a person has looked. */
"use strict";

self.Outbox = (() => {
  const WAIT = 60000;
  let csrf = self.document?.querySelector('meta[name="csrf-token"]')?.content ?? "";

  const ask = async (url, options) => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), WAIT);
    try { return await fetch(url, { ...options, signal: stop.signal, headers: { Accept: "application/json", ...options?.headers } }); } catch { return null; } finally { clearTimeout(timer); }
  };
  const said = async (answer) => { try { const news = await answer.json(); return news && typeof news === "object" ? news : {}; } catch { return {}; } };
  const put = (url, body, type, { headers, ...more } = {}) => ask(url, { method: "PUT", body, headers: { "Content-Type": type, "X-CSRF-Token": csrf, ...headers }, ...more });
  /* Who is signed in here, with a fresh token for what is sent; null when nobody can say. */
  const who = async () => {
    const answer = await ask("/my/phone", { cache: "no-store" });
    if (!answer?.ok) return answer?.status === 401 ? { person: "" } : null;
    const news = await said(answer);
    if (!news.person || !news.csrf) return null;
    csrf = news.csrf;
    return news;
  };

  /* ok · retry (later, by itself) · sign-in · refused (a person must look). Before a refusal is believed, it is made sure
     that the answer was meant for this person: after a new sign-in the page holds an old token. */
  const meaning = (answer) => {
    if (!answer || [408, 425, 429].includes(answer.status) || answer.status >= 500) return "retry";
    if (answer.ok) return "ok";
    return answer.status === 401 ? "sign-in" : "refused";
  };
  const send = async (person, url, body, type, headers = {}) => {
    const sure = async () => {
      const now = await who();
      return now ? (now.person === person ? "" : "sign-in") : "retry";
    };
    const first = csrf ? "" : await sure();
    if (first) return { what: first };
    let answer = await put(url, body, type, { headers });
    if (meaning(answer) === "refused") {
      const doubt = await sure();
      if (doubt) return { what: doubt };
      if (answer.status === 403) answer = await put(url, body, type, { headers });
    }
    const news = answer ? await said(answer) : {};
    const what = answer?.status === 403 ? "sign-in" : meaning(answer);
    // An answer that broke off, or the page of a hotel's network, is no answer: only our own words count.
    return { what: what === "ok" && !Object.keys(news).length ? "retry" : what, news, status: answer?.status };
  };
  const pause = (tries) => Math.min(300, 2 ** tries) * 1000 * (.5 + Math.random() / 2);

  const batchOf = (kept) => Object.entries(kept.changes).filter(([, one]) => !one.stuck);
  const draftBody = (kept, batch) => JSON.stringify({ base: kept.base, device: kept.device, brief: true, answers: Object.fromEntries(batch.map(([item, one]) => [item, one.entry])) });
  const draftUrl = (visit) => `/api/v1/visits/${visit}/draft`;

  /* Changed answers. `desk` is the draft in memory with its ways to keep it and to tell what happened. */
  const pushChanges = async (person, desk) => {
    const { kept } = desk;
    while (!kept.stuck && batchOf(kept).length) {
      const batch = batchOf(kept);
      desk.tell("sending");
      const { what, news, status } = await send(person, draftUrl(kept.visit), draftBody(kept, batch), "application/json");
      if (what === "ok") {
        if (!Number.isInteger(news.base)) return "retry";
        for (const [item, one] of batch) {
          kept.answers[item] = one.entry;
          if (!one.entry) delete kept.answers[item];
          if (kept.changes[item]?.mark === one.mark) delete kept.changes[item];
        }
        for (const [item, entry] of Object.entries(news.others ?? {})) kept.answers[item] = entry;
        kept.base = kept.seen = news.base;
        kept.twice = Object.keys(news.conflicts ?? {});
        kept.stuck = "";
        kept.synced = Date.now();
        await desk.save();
        desk.tell("saved", news);
      } else if (what === "refused") {
        const wrong = Object.entries(news.fields ?? {}).filter(([item]) => kept.changes[item]);
        for (const [item, text] of wrong) kept.changes[item].stuck = text;
        if (!wrong.length) kept.stuck = news.message || String(status);
        await desk.save();
        desk.tell("refused", { fields: Object.fromEntries(wrong), message: wrong.length ? "" : kept.stuck });
        if (!wrong.length) return "stuck";
      } else return what;
    }
    return kept.stuck ? "stuck" : "ok";
  };

  /* A big file goes in parts: the server says how far it is, so a cut line costs one part at most. */
  const BIG = 256 * 1024, PART = 128 * 1024;
  const sendFile = async (person, { sha, blob }) => {
    const url = `/api/v1/evidence/${sha}`;
    if (blob.size < BIG) return send(person, url, blob, "image/jpeg");
    const known = await ask(url, { cache: "no-store" });
    const begun = known?.ok ? await said(known) : {};
    if (begun.state === "uploaded" && begun.sha256 === sha) return { what: "ok", news: begun };
    const from = (news) => (Number.isInteger(news?.received) ? Math.min(Math.max(0, news.received), blob.size - 1) : 0);
    for (let at = from(begun), corrected = 0; ;) {
      const end = Math.min(at + PART, blob.size);
      const answer = await send(person, url, blob.slice(at, end), "image/jpeg", { "Content-Range": `bytes ${at}-${end - 1}/${blob.size}` });
      const wrong = answer.news?.code === "wrong_offset";
      if (!wrong && (answer.what !== "ok" || answer.news.state !== "part")) return answer;
      const next = from(answer.news);
      // Going back is believed a few times only: whoever says so again and again is not to be trusted with the network.
      if (next <= at && ++corrected > 3) return { what: "retry" };
      at = next;
    }
  };

  const pushPhotos = async (person, desk, named) => {
    let result = "ok";
    for (const photo of await Store.all(person, "photos", desk.kept.visit)) {
      if (!photo.blob || photo.held > Date.now() || photo.stuck) continue;
      desk.tell("sending");
      const { what, news, status } = await sendFile(person, photo);
      if (what === "ok") {
        if (news.sha256 !== photo.sha) return "retry";
        await Store.write(person, "photos", { ...photo, blob: null, sent: Date.now() });
        desk.tell("photo", photo);
      } else if (what === "refused" && status === 404) {
        // No answer on the server names it (yet): wait for the answer, or forget it when nothing here names it either.
        if (named(photo.sha)) result = result === "ok" ? "early" : result;
        else await Store.drop(person, "photos", photo.key);
      } else if (what === "refused") {
        await Store.write(person, "photos", { ...photo, stuck: news.message || String(status) });
        desk.tell("photo-refused", { photo, message: news.message ?? "" });
        result = "stuck";
      } else return what;
    }
    return result;
  };

  /* The parcel: made of what stands here once, the same bytes ever after. */
  const textOf = async (person, kept, parcel) => {
    const entries = Store.answers(kept);
    const shown = new Set(Rules.standing(kept.form, entries).shown);
    const photos = new Map((await Store.all(person, "photos", kept.visit)).map((one) => [one.sha, one]));
    const answers = Object.keys(entries).filter((item) => shown.has(item)).sort().map((item) => {
      const { answer, comment, evidence, at } = entries[item];
      return { item, ...(answer && { answer }), ...(comment && { comment }), ...(evidence?.length && { evidence }), ...(at && { at }) };
    });
    const evidence = [...new Set(answers.flatMap((one) => one.evidence ?? []))].filter((sha) => photos.has(sha)).map((sha) => ({ sha256: sha, bytes: photos.get(sha).bytes, type: "image/jpeg", from: photos.get(sha).from }));
    return JSON.stringify({
      submission_id: parcel.id, base_version: kept.number, started_at: kept.begun || null, finished_at: parcel.finished,
      device_now: new Date().toISOString(), ...(parcel.here && { place: parcel.here }), answers, evidence,
    });
  };
  const hex = async (text) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const pushParcel = async (person, desk) => {
    const { kept } = desk;
    let parcel = await Store.take(person, "parcels", kept.visit);
    if (!parcel) return "ok";
    if (parcel.stuck) return "stuck";
    if (!parcel.text) {
      if (kept.twice?.length) return "stuck";
      parcel = { ...parcel, text: await textOf(person, kept, parcel) };
      await Store.write(person, "parcels", parcel);
    }
    desk.tell("sending");
    const { what, news, status } = await send(person, `/api/v1/visits/${kept.visit}/submission`, parcel.text, "application/json");
    if (what === "ok") {
      // A receipt for other bytes is none.
      if (news.id !== parcel.id || news.sha256 !== (await hex(parcel.text))) return "retry";
      await Store.write(person, "receipts", { ...news, visit: kept.visit, message: news.message ?? "" });
      await Store.drop(person, "parcels", kept.visit);
      kept.changes = {};
      await desk.done();
      desk.tell("sent", news);
      return "ok";
    }
    if (what !== "refused") return what;
    // What was answered wrongly can be mended and sent under the same id: the server has kept nothing of it.
    const stuck = news.message || String(status);
    await Store.write(person, "parcels", { ...parcel, ...(status === 422 && { text: "" }), stuck, code: news.code ?? "", fields: news.fields ?? {} });
    desk.tell("parcel-refused", { message: stuck, fields: news.fields ?? {}, code: news.code ?? "" });
    return "stuck";
  };

  const pushReports = async (person, visit) => {
    for (const report of await Store.all(person, "reports", visit)) {
      if (report.stuck) continue;
      const { id, kind, words, at } = report;
      const { what, news, status } = await send(person, `/api/v1/visits/${visit}/reports/${id}`, JSON.stringify({ kind, words, at }), "application/json");
      if (what === "ok") await Store.drop(person, "reports", id);
      else if (what === "refused") await Store.write(person, "reports", { ...report, stuck: news.message || String(status) });
      else return what;
    }
    return "ok";
  };

  const worst = (results) => ["sign-in", "retry", "stuck", "early"].find((one) => results.includes(one)) ?? "ok";
  const sendVisit = async (person, desk) => {
    const { kept } = desk;
    const results = [await pushReports(person, kept.visit)];
    const frozen = (await Store.take(person, "parcels", kept.visit))?.text;
    if (!frozen) results.push(await pushChanges(person, desk));
    const names = () => new Set(Object.values(Store.answers(kept)).flatMap((one) => one.evidence ?? []));
    if (["ok", "stuck"].includes(worst(results))) results.push(await pushPhotos(person, desk, (sha) => names().has(sha)));
    if (!["retry", "sign-in"].includes(worst(results))) results.push(await pushParcel(person, desk));
    // Photos that no answer named before the parcel arrived.
    if (results.includes("early") && worst(results) === "early") results.push(await pushPhotos(person, desk, () => true));
    return worst(results.map((one) => (one === "early" ? "retry" : one)));
  };

  /* A draft that no page has open. */
  const quiet = async (person, visit, tell) => {
    const kept = await Store.draft(person, visit);
    return {
      kept,
      tell: (what, more) => tell(visit, what, more),
      save: async () => { await Store.write(person, "drafts", { ...kept, saved: Date.now() }); },
      done: async () => { await Store.drop(person, "drafts", visit); },
    };
  };

  /* Send everything of this person; `open` is the draft this page holds. One stuck visit never stops the next. */
  const run = (person, { open = null, only = "", tell = () => {} } = {}) => navigator.locks.request(`send-${person}`, async () => {
    const results = ["ok"];
    const visits = (await Store.unsent(person)).map((row) => row.visit);
    const mine = open?.kept.visit;
    for (const visit of mine ? [mine, ...visits.filter((one) => one !== mine)] : visits) {
      if (only && visit !== only) continue;
      const what = visit === mine
        ? await sendVisit(person, open)
        : await navigator.locks.request(`form-${visit}`, { ifAvailable: true }, async (lock) => (lock ? sendVisit(person, await quiet(person, visit, tell)) : "ok"));
      results.push(what);
      if (what === "sign-in" || (what === "retry" && !navigator.onLine)) break;
    }
    return worst(results);
  });

  /* Sending by itself: at once when something changed, again and again until it is through. Gives `kick(ms)`. */
  const start = (person, { open = null, tell = () => {}, after = () => {} } = {}) => {
    let timer = 0, tries = 0, busy = false, again = false;
    const kick = (ms = 0) => { clearTimeout(timer); timer = setTimeout(go, ms); };
    async function go() {
      if (busy) { again = true; return; }
      busy = true;
      let what = "retry";
      try { what = await run(person, { open, tell }); } catch (fault) { console.warn(fault); } finally { busy = false; }
      if (what === "retry") { tries += 1; kick(pause(tries)); later(); } else tries = 0;
      await after(what);
      if (again) { again = false; kick(); }
    }
    addEventListener("online", () => { tries = 0; kick(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) kick(); });
    return kick;
  };

  /* The last thing a page can do when it is closed: the answers go once more, without waiting for what comes back. */
  const farewell = (kept) => { const batch = batchOf(kept); if (batch.length && csrf) put(draftUrl(kept.visit), draftBody(kept, batch), "application/json", { keepalive: true }); };

  /* Ask the browser to go on sending when the network is back, also without a page. */
  const later = async () => { try { await (await navigator.serviceWorker?.getRegistration("/my/"))?.sync?.register("send"); } catch { /* Without it the page itself tries again. */ } };

  return { run, start, who, farewell, ask };
})();
