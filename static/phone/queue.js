/* What waits on this phone: on the list of visits a word beside each, on its own page everything with its size and state,
   to try again, to keep as a file, to delete with a way back. Also sends, as every page of the phone does. */
"use strict";

(async () => {
  const place = document.querySelector("[data-person]");
  if (!place || place.id === "fill" || !window.indexedDB || !navigator.locks) return;
  const { person } = place.dataset;
  const { words, plural, icon, undoable, time, bytes } = window.Phone;
  const list = document.getElementById("queue");
  const LONG = 3 * 864e5;
  const long = (row) => row.since < Date.now() - LONG;
  const date = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "long" }).format(at);
  const el = (tag, text = "", cls = "") => Object.assign(document.createElement(tag), { textContent: text, className: cls });
  const stateOf = (row) => (row.stuck ? ["attention", row.stuck] : row.parcel ? ["waiting", navigator.onLine ? words.sendWaiting : words.sendOffline] : ["phone", words.phone]);
  const whatIn = (row) => [row.parcel ? words.wholeReport : "", row.changes ? plural("answers", row.changes) : "", row.photos ? plural("photos", row.photos) : "", row.reports ? words.report : ""].filter(Boolean).join(", ");

  const again = async (visit) => {
    for (const [store, rows] of Object.entries(await Store.whole(person, visit))) for (const one of rows) {
      const { stuck: _stuck, fields: _fields, code: _code, ...clean } = one;
      if (store === "drafts") for (const change of Object.values(clean.changes)) delete change.stuck;
      await Store.write(person, store, clean);
    }
    kick();
    await draw();
  };
  const asText = (blob) => new Promise((done) => { const reader = new FileReader(); reader.onload = () => done(reader.result); reader.readAsDataURL(blob); });
  const save = async (visit) => {
    const kept = await Store.whole(person, visit);
    const photos = await Promise.all(kept.photos.filter((photo) => photo.blob).map(async ({ sha, item, blob, from, saved }) => ({ sha256: sha, item, from, saved, data: await asText(blob) })));
    const drafts = kept.drafts.map(({ form: _form, ...draft }) => ({ ...draft, answers: Store.answers(draft) }));
    const url = URL.createObjectURL(new Blob([JSON.stringify({ visit, saved: new Date().toISOString(), drafts, parcels: kept.parcels, reports: kept.reports, photos }, null, 1)], { type: "application/json" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: `form-${visit.slice(0, 8)}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  const forget = (visit) => navigator.locks.request(`send-${person}`, async () => {
    const kept = await Store.forget(person, visit);
    localStorage.removeItem(`unsent-${person}-${visit}`);
    undoable(words.deleted, async () => { await Store.restore(person, kept); await draw(); kick(); });
    await draw();
  });

  const draw = async () => {
    const rows = await Store.unsent(person);
    const waiting = new Map(rows.map((row) => [`unsent-${person}-${row.visit}`, row.changes + row.photos + row.reports + (row.parcel ? 1 : 0)]));
    for (const key of Object.keys(localStorage)) if (key.startsWith(`unsent-${person}-`) && !waiting.has(key)) localStorage.removeItem(key);
    for (const [key, n] of waiting) localStorage.setItem(key, n);
    const receipts = new Map((await Store.all(person, "receipts")).map((one) => [one.visit, one]));
    for (const link of document.querySelectorAll("[data-visit-state]")) {
      const row = rows.find((one) => one.visit === link.dataset.visitState), receipt = receipts.get(link.dataset.visitState);
      const text = row ? (row.stuck ? words.attention : row.parcel ? words.waits : words.phone) : receipt && "sentHere" in link.dataset ? words.sentAt.replace("{time}", time(receipt.received_at)) : "";
      link.hidden = !text;
      link.textContent = text;
    }
    const oldest = Math.min(...rows.filter(long).map((row) => row.since)), warning = document.getElementById("queue-old");
    if (warning) { warning.hidden = oldest === Infinity; if (oldest !== Infinity) warning.querySelector("[data-queue-old]").textContent = words.old.replace("{day}", date(oldest)); }
    const door = document.getElementById("queue-door");
    if (door) { door.hidden = !rows.length; door.querySelector("[data-queue-count]").textContent = plural("queue", rows.length); }
    if (!list) return;
    document.getElementById("queue-empty").hidden = rows.length > 0;
    list.replaceChildren(...rows.map((row) => {
      const [mark, text] = stateOf(row);
      const item = el("li", "", "task waits");
      item.dataset.visit = row.visit;
      const link = el("a", row.place || words.form);
      link.href = `/my/visits/${row.visit}/checklist`;
      const state = el("p", "", "sync");
      state.dataset.state = mark;
      state.append(icon({ attention: "alert", waiting: "clock", phone: "phone" }[mark]), el("span", text));
      const buttons = el("div", "", "row answer");
      const button = (name, sign, act) => { const one = el("button", "", "btn small"); one.type = "button"; one.append(icon(sign), name); one.addEventListener("click", () => act(row.visit)); buttons.append(one); };
      button(words.retry, "sync", again);
      button(words.save, "download", save);
      button(words.delete, "trash", forget);
      item.append(link, el("p", `${whatIn(row)} · ${bytes(row.bytes)}`), ...(long(row) ? [el("p", words.since.replace("{day}", date(row.since)), "tone-bad small")] : []), state, buttons);
      return item;
    }));
  };

  let drawn = 0;
  const soon = () => { clearTimeout(drawn); drawn = setTimeout(draw, 150); };
  const kick = Outbox.start(person, { tell: soon, after: draw });
  addEventListener("online", soon);
  addEventListener("offline", soon);

  // The receipt's page: what it says is true now, so the phone need not keep the same any longer.
  if ("receiptPage" in place.dataset) {
    const photos = document.querySelector("[data-photos-left]");
    setInterval(async () => { if (photos && !(await Store.unsent(person)).some((row) => row.visit === place.dataset.visit)) photos.hidden = true; }, 1000);
  }
  // Starting needs no network: the form opens from this phone, and the server learns of it with the first answer.
  document.querySelector("form[data-start]")?.addEventListener("submit", (event) => { event.preventDefault(); location.href = event.target.dataset.start; });
  // “It was closed”, “I was recognised”: kept here first, like everything else.
  for (const form of document.querySelectorAll("form[data-report]")) form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = new FormData(form);
    await Store.write(person, "reports", { id: crypto.randomUUID(), visit: form.dataset.report, kind: said.get("kind"), words: said.get("words") ?? "", at: new Date().toISOString(), saved: Date.now() });
    form.reset();
    window.toast?.({ text: words.reported });
    kick();
  });
  await draw();
  place.dataset.ready = "";
  kick();
})();
