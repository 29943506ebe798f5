/* The form on the phone: every answer is kept at once, questions appear and go, progress is counted, nothing is lost.
   Without this file the same page works by plain forms. What a question means is phone/rules.js, what is kept is
   phone/store.js, what leaves is phone/outbox.js, photos are shots.js, looking it over and sending is checking.js. */
"use strict";

(async () => {
  const root = document.getElementById("fill");
  if (!root || !window.indexedDB || !navigator.locks) return;
  const { person, fill: visit } = root.dataset;
  const page = JSON.parse(document.getElementById("fill-form").dataset.form);
  const { words, icon, plural, undoable } = window.Phone;
  const all = (selector, from = root) => [...from.querySelectorAll(selector)];
  const one = (selector, from = root) => from.querySelector(selector);

  /* The questions, each with its places on the page: one walk over all, not eight in each of two hundred. */
  const asks = all(".ask").map((box) => ({ box, code: box.dataset.q, kind: box.dataset.kind, field: box.firstElementChild, inputs: [], kinds: "" }));
  const byCode = new Map(asks.map((ask) => [ask.code, ask]));
  for (const form of all("form")) for (const input of form.elements) {
    const at = input.name.indexOf(".");
    const ask = byCode.get(at < 0 ? input.dataset.clear : input.name.slice(at + 1));
    if (!ask) continue;
    if (at < 0) ask.clear = input;
    else if (input.name.startsWith("answer.")) ask.inputs.push(input);
    else if (input.name.startsWith("comment.")) ask.comment = input;
  }
  for (const [name, part] of [["shots", "shots"], ["asked", "demand"], ["extra", "extra"], ["number", "chip"]]) {
    for (const node of all(`[data-${name}]`)) { const ask = byCode.get(node.dataset[name]); if (ask) ask[part] ??= node; }
  }
  // As the page came: only what differs from it is touched.
  for (const ask of asks) {
    ask.answered = ask.field.classList.contains("answered");
    if (ask.demand && !ask.demand.hidden) ask.kinds = null;
  }
  const askOf = (node) => byCode.get(node?.closest(".ask")?.dataset.q);
  const choice = (input) => input.type === "radio" || input.type === "checkbox";

  const say = (text, href = "") => {
    const box = document.getElementById("fill-note");
    const note = document.createElement("div");
    note.className = "note fair";
    const line = document.createElement(href ? "a" : "p");
    if (href) line.href = href;
    line.textContent = text;
    note.append(icon("alert"), line);
    box.replaceChildren(note);
    box.hidden = false;
  };

  /* One form, one tab: the second waits, and takes over when the first is closed. */
  await new Promise((mine) => {
    navigator.locks.request(`form-${visit}`, { ifAvailable: true }, (lock) => {
      if (lock) { mine(); return new Promise(() => {}); }
      say(words.twoTabs);
      for (const form of all("form")) form.inert = true;
      root.dataset.second = "";
      navigator.locks.request(`form-${visit}`, () => { location.reload(); return new Promise(() => {}); });
      return undefined;
    });
  });

  // A page kept from before the report left (the worker may have sent it): it is not filled a second time.
  const receipt = await Store.take(person, "receipts", visit).catch(() => null);
  if (receipt?.number > page.number) { location.replace(root.dataset.receipt); return; }

  /* What stands here: the page's answers, or the phone's where those are newer; over them what was not yet acknowledged. */
  // A reading that fails once is tried again: an empty form must not be written over a full one.
  const kept = await Store.draft(person, visit).catch(() => Store.draft(person, visit)).catch(() => null) ?? { visit, device: crypto.randomUUID(), number: 0, base: 0, seen: 0, answers: {}, changes: {}, last: "", watches: {}, begun: "" };
  const waits = () => Object.keys(kept.changes).length;
  if (page.number > kept.number) {
    // It came back: what this phone had not sent and may still be changed goes on, the rest is only kept.
    const mine = Object.entries(kept.changes);
    const open = ([item]) => !page.rules.opened || page.rules.opened.includes(item);
    Object.assign(kept, { number: page.number, base: page.base, seen: page.base, answers: page.answers, twice: [], changes: Object.fromEntries(mine.filter(open)), earlier: Object.fromEntries(mine.filter((one) => !open(one))) });
  }
  else if (page.number === kept.number && page.base >= kept.seen) Object.assign(kept, { answers: page.answers, seen: page.base, ...(!waits() && { base: page.base }) });
  Object.assign(kept, { form: page.rules, stuck: "" });
  for (const change of Object.values(kept.changes)) delete change.stuck;

  /* What stands in a question, and putting something there. */
  const shaOf = (li) => li.dataset.sha ?? one("button[name=remove]", li)?.value.split(":")[1];
  const photosIn = (ask) => (ask.shots ? [...new Set([...ask.shots.children].map(shaOf).filter(Boolean))] : []);
  const answerIn = (ask) => {
    const given = ask.inputs.filter((input) => (choice(input) ? input.checked : input.type !== "hidden")).map((input) => input.value.trim()).filter(Boolean);
    return given.includes("na") ? "na" : given.join(";");
  };
  const entryIn = (ask) => {
    const entry = { answer: answerIn(ask), comment: ask.comment?.value.trim() ?? "", evidence: photosIn(ask) };
    return entry.answer || entry.comment || entry.evidence.length ? { ...entry, at: new Date().toISOString() } : null;
  };
  const thumbs = new Map();
  for (const li of all("[data-shots] > li")) if (shaOf(li)) thumbs.set(shaOf(li), one("img", li)?.getAttribute("src"));
  const show = (ask, entry) => {
    const answer = entry?.answer ?? "";
    const chosen = answer.split(";");
    for (const input of ask.inputs) {
      if (choice(input)) input.checked = input.value === "na" ? answer === "na" : chosen.includes(input.value);
      else if (input.type !== "hidden" && input.value !== answer) input.value = answer === "na" ? "" : answer;
    }
    if (ask.comment && ask.comment.value !== (entry?.comment ?? "")) ask.comment.value = entry?.comment ?? "";
    if (!ask.shots) return;
    const wanted = entry?.evidence ?? [];
    for (const li of [...ask.shots.children]) if (!wanted.includes(shaOf(li))) li.remove();
    const there = photosIn(ask);
    for (const sha of wanted) if (!there.includes(sha)) ask.shots.append(window.Shots.item(ask.code, sha, thumbs.get(sha)));
    ask.shots.hidden = !ask.shots.children.length;
  };

  /* What an answer changes: which questions are seen, what they ask for, how far it is. Only what differs is touched. */
  const left = (n) => plural("left", n);
  const of = (done, total) => words.of.replace("{done}", done).replace("{total}", total);
  const put = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };
  const parts = all("[data-part]").map((part) => ({ code: part.dataset.part, here: one("[data-part-progress]", part), link: one(`.parts a[href="#${part.id}"] > span`) }));
  const bar = one(".actionbar [data-progress]");
  const measure = one("progress", bar);
  const rest = one("[data-progress-left]", bar) ?? one("span", bar).appendChild(document.createElement("span"));
  const next = one("[data-next]");
  let now = null;
  const draw = () => {
    now = Rules.standing(page.rules, Store.answers(kept));
    const shown = new Set(now.shown);
    for (const ask of asks) {
      const hidden = !shown.has(ask.code);
      if (ask.box.hidden !== hidden) { ask.box.hidden = hidden; if (ask.chip) ask.chip.hidden = hidden; }
      const kinds = now.asks[ask.code] ?? [];
      if (ask.demand && ask.kinds !== kinds.join()) {
        ask.kinds = kinds.join();
        ask.demand.hidden = !kinds.length;
        for (const word of all("[data-kind]", ask.demand)) word.hidden = !kinds.includes(word.dataset.kind);
        if (kinds.length) ask.extra.open = true;
      }
      const answered = Boolean(now.given[ask.code]?.answer);
      if (ask.answered !== answered) {
        ask.answered = answered;
        ask.field.classList.toggle("answered", answered);
        const link = ask.chip && one("a", ask.chip);
        if (link) { link.classList.toggle("done", answered); put(one(".sr", link), ` ${answered ? words.answered : words.open}`); }
      }
      const something = Boolean(answered || now.given[ask.code]?.odd);
      if (ask.clear && ask.clear.hidden === something) ask.clear.hidden = !something;
    }
    for (const row of now.sections) {
      const part = parts.find((one) => one.code === row.section);
      put(part?.here, of(row.answered, row.total));
      put(part?.link, row.required_left ? left(row.required_left) : of(row.answered, row.total));
    }
    put(one("[data-progress-text]", bar), of(now.whole.answered, now.whole.total));
    put(rest, now.whole.required_left ? ` · ${left(now.whole.required_left)}` : "");
    measure.max = now.whole.total || 1;
    measure.value = now.whole.answered;
    put(one("span", next), unanswered().length ? words.next : words.check);
  };
  const unanswered = () => asks.filter((ask) => !ask.box.hidden && !now.given[ask.code]?.answer);
  const wrong = (ask, text) => {
    let line = one(".error", ask.box);
    if (!text) { line?.remove(); return; }
    if (!line) { line = document.createElement("p"); line.className = "error"; line.setAttribute("role", "alert"); one("legend", ask.box).after(line); }
    line.textContent = text;
  };
  const oddly = (ask) => { const odd = now.given[ask.code]?.odd; wrong(ask, odd ? words[`odd${odd[0].toUpperCase()}${odd.slice(1)}`] ?? words.oddOptions : ""); };

  /* The state of keeping and sending, always in sight. Photos are counted again when something happened to one. */
  const sync = one("[data-sync]");
  const syncText = one("[data-sync-text]", sync);
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  let full = false, sending = false, result = "ok", fresh = false, pictures = null;
  const counted = async () => (await Store.all(person, "photos", visit).catch(() => [])).filter((photo) => photo.blob);
  const state = async () => {
    pictures ??= counted();
    const photos = await pictures;
    const n = waits() + photos.length;
    const stuck = kept.stuck || Object.values(kept.changes).some((change) => change.stuck) || photos.some((photo) => photo.stuck) || kept.twice?.length;
    const time = kept.synced ? clock.format(kept.synced) : "";
    const [mark, text] = full ? ["attention", words.full]
      : stuck ? ["attention", words.attention]
        : result === "sign-in" ? ["attention", words.signIn]
          : sending && n ? ["sending", words.sending]
            : n && !navigator.onLine ? ["offline", words.offline]
              : n && fresh ? ["phone", words.phone]
                : n ? ["waiting", words.waiting] : ["saved", time ? words.savedAt.replace("{time}", time) : words.saved];
    sync.dataset.state = mark;
    put(syncText, text.replace("{n}", n));
    try { const key = `unsent-${person}-${visit}`; if (n) localStorage.setItem(key, n); else localStorage.removeItem(key); } catch { /* Full or refused: only the warning at sign-out knows less. */ }
    if (result === "sign-in") say(words.signIn.replace("{n}", n), `/sign-in?next=${location.pathname}`);
  };

  /* Keeping: the whole draft in one write; what is typed while it is written goes with the next. */
  let writing = null, dirty = false;
  const save = () => {
    dirty = true;
    writing ??= (async () => {
      while (dirty) {
        dirty = false;
        try { await Store.write(person, "drafts", { ...kept, saved: Date.now() }); full = false; } catch (fault) { full = true; console.warn(fault); }
      }
    })().finally(() => { writing = null; });
    return writing;
  };
  const desk = {
    kept, save,
    async done() { await Store.drop(person, "drafts", visit); },
    tell(what, more) {
      sending = what === "sending";
      if (what.startsWith("photo")) pictures = null;
      if (what === "saved") {
        for (const [item, entry] of Object.entries(more.others ?? {})) if (byCode.has(item) && !(item in kept.changes)) show(byCode.get(item), entry);
        if (kept.twice.length) say(words.twice, location.pathname);
        draw();
      }
      if (what === "refused") {
        for (const [item, text] of Object.entries(more.fields)) if (byCode.has(item)) wrong(byCode.get(item), text);
        if (more.message) say(more.message);
      }
      if (what === "photo-refused" && byCode.has(more.photo.item)) wrong(byCode.get(more.photo.item), more.message);
      window.Checking?.told(what, more);
      state();
    },
  };
  const kick = Outbox.start(person, { open: desk, after: (what) => { sending = false; fresh = false; pictures = null; result = what; window.Checking?.told("pass", what); return state(); } });

  const change = async (ask, entry = entryIn(ask)) => {
    const before = kept.changes[ask.code];
    kept.changes[ask.code] = { entry, mark: crypto.randomUUID() };
    kept.begun ||= entry?.at ?? "";
    kept.last = ask.code;
    kept.stuck = "";
    if (before?.stuck) wrong(ask, "");
    fresh = true;
    const done = save();
    draw();
    await done;
    await state();
    kick(250);
  };

  /* Toast with a way back, for eight seconds. */
  const clear = (ask) => {
    const before = entryIn(ask);
    show(ask, before?.comment ? { comment: before.comment } : null);
    wrong(ask, "");
    change(ask);
    undoable(words.cleared, () => { show(ask, before); change(ask); });
  };
  const hold = async (sha, until) => {
    const photo = await Store.take(person, "photos", `${visit}:${sha}`);
    if (photo) await Store.write(person, "photos", { ...photo, held: until });
    pictures = null;
  };
  const remove = async (ask, sha) => {
    const before = entryIn(ask);
    await hold(sha, Date.now() + 8000);
    show(ask, { ...before, evidence: before.evidence.filter((one) => one !== sha) });
    change(ask);
    undoable(words.removed, async () => { await hold(sha, 0); show(ask, before); change(ask); }, async () => { await Store.drop(person, "photos", `${visit}:${sha}`); pictures = null; });
  };
  const add = async (ask, made, only = false) => {
    thumbs.set(made.sha, URL.createObjectURL(made.thumb ?? made.blob));
    const photo = { key: `${visit}:${made.sha}`, visit, item: ask.code, sha: made.sha, blob: made.blob, bytes: made.blob.size, thumb: made.thumb, from: made.from, saved: Date.now() };
    // First the picture, then the answer that names it: whatever happens between, nothing is named that is not here.
    await Store.write(person, "photos", photo);
    pictures = null;
    const entry = entryIn(ask) ?? {};
    show(ask, { ...entry, evidence: only ? [made.sha] : [...(entry.evidence ?? []), made.sha] });
    await change(ask);
  };

  /* What people do. */
  let typing = 0, typed = null;
  const settle = () => { clearTimeout(typing); const ask = typed; typed = null; return ask && change(ask); };
  root.addEventListener("input", ({ target }) => {
    const ask = askOf(target);
    if (!ask || choice(target) || target.type === "file" || !target.matches("textarea, input")) return;
    if (target.value && target.name.startsWith("answer.")) for (const input of ask.inputs) if (choice(input) && input.value === "na") input.checked = false;
    if (typed !== ask) settle();
    clearTimeout(typing);
    typed = ask;
    typing = setTimeout(settle, 40);
  });
  root.addEventListener("change", async ({ target }) => {
    const ask = askOf(target);
    if (!ask) return;
    if (target.type === "file") {
      wrong(ask, "");
      for (const file of [...target.files]) {
        try { await add(ask, await window.Shots.shrink(file, target.hasAttribute("capture") ? "camera" : "library")); } catch (fault) { wrong(ask, fault?.name === "QuotaExceededError" ? words.full : words.unreadable); }
      }
      target.value = "";
      return;
    }
    if (target.type === "checkbox" && target.checked) {
      for (const other of ask.inputs) {
        if (other === target || (other.value === "na") === (target.value === "na")) continue;
        if (other.type === "checkbox") other.checked = false;
        else if (target.value === "na" && other.type !== "hidden") other.value = "";
      }
    }
    if (typed !== ask) settle();
    clearTimeout(typing);
    typed = null;
    await change(ask);
    oddly(ask);
  });
  root.addEventListener("submit", (event) => { event.preventDefault(); kick(); });

  const goTo = (ask) => {
    ask.field.scrollIntoView({ block: "start" });
    ask.field.focus({ preventScroll: true });
    kept.last = ask.code;
    save();
  };
  root.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    const ask = askOf(event.target);
    const stop = () => event.preventDefault();
    if (on("[data-clear]")) { stop(); clear(ask); }
    else if (on("button[name=remove]")) { stop(); remove(ask, on("button[name=remove]").value.split(":")[1]); }
    else if (on("[data-choose]")) {
      stop();
      show(ask, JSON.parse(on("[data-choose]").dataset.entry));
      on(".twice").remove();
      kept.twice = (kept.twice ?? []).filter((item) => item !== ask.code);
      document.getElementById("fill-note").hidden = true;
      change(ask);
    } else if (on("[data-now]")) {
      const time = new Intl.DateTimeFormat("en-GB", { timeZone: root.dataset.zone, hour: "2-digit", minute: "2-digit" }).format(new Date());
      show(ask, { ...entryIn(ask), answer: time });
      change(ask);
    } else if (on("[data-watch]")) watch(ask, on("[data-watch]"));
    else if (on("[data-next]") && unanswered().length) {
      stop();
      const open = unanswered();
      const here = asks.indexOf(byCode.get(kept.last));
      goTo(open.find((one) => asks.indexOf(one) > here) ?? open[0]);
    } else if (on("[data-next], [data-finish]")) { stop(); save().then(() => window.Checking.open()); }
    else if (on("[data-leave]")) { stop(); save().then(() => { if (!window.Checking.close()) location.href = on("[data-leave]").href; }); }
    else if (on("[data-hide]")) { stop(); hide(); }
    else if (on(".numbers a")) { stop(); on("details").open = false; goTo(byCode.get(on("li").dataset.number)); }
  });

  /* Silent stopwatch: one tap starts, one stops and fills in; it goes on over a locked screen and a reload. */
  const spell = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
  const tick = (button) => {
    const since = kept.watches[button.dataset.watch];
    button.setAttribute("aria-pressed", String(Boolean(since)));
    put(one("span", button), since ? `${words.stop} ${spell(Date.now() - since)}` : words.start);
    if (since) setTimeout(tick, 500, button);
  };
  const watch = async (ask, button) => {
    const since = kept.watches[ask.code];
    if (since) {
      delete kept.watches[ask.code];
      show(ask, { ...entryIn(ask), answer: spell(Math.max(0, Date.now() - since)) });
      await change(ask);
    } else { kept.watches[ask.code] = Date.now(); await save(); }
    tick(button);
  };

  /* Hiding: the page becomes a clock, also in its title; a tap brings it back. */
  const cover = document.getElementById("cover");
  const hide = () => {
    const title = document.title;
    const time = () => { one("[data-cover-time]", cover).textContent = clock.format(new Date()); };
    time();
    document.title = words.clock;
    cover.showModal();
    const timer = setInterval(time, 5000);
    cover.addEventListener("close", () => { clearInterval(timer); document.title = title; }, { once: true });
  };

  for (const canvas of all("[data-sign]")) {
    const ask = askOf(canvas);
    const wipe = window.Shots.pad(canvas, (made) => add(ask, made, true));
    one("[data-sign-clear]", ask.box)?.addEventListener("click", () => { wipe(); show(ask, null); change(ask); });
  }

  /* Where the person was: the answers of this phone are shown, then sent; the page opens at the last question. */
  const here = await Store.all(person, "photos", visit).catch(() => []);
  for (const photo of here) {
    thumbs.set(photo.sha, URL.createObjectURL(photo.thumb ?? photo.blob));
    // What this phone has itself is shown without asking the network for it.
    for (const button of all(`button[name=remove][value$=":${photo.sha}"]`)) { const picture = one("img", button.closest("li")); if (picture) picture.src = thumbs.get(photo.sha); }
  }
  pictures = here.filter((photo) => photo.blob);
  const standing = Store.answers(kept);
  for (const ask of asks) show(ask, standing[ask.code]);
  draw();
  for (const button of all("[data-watch]")) if (kept.watches[button.dataset.watch]) tick(button);
  for (const ask of asks) if (now.given[ask.code]?.odd) oddly(ask);
  const last = byCode.get(kept.last);
  if (last && !last.box.hidden && !location.hash) last.field.scrollIntoView({ block: "start" });
  await window.Checking.wake({ root, person, visit, page, kept, asks, byCode, goTo, kick });
  addEventListener("offline", state);
  addEventListener("pagehide", () => { settle(); Outbox.farewell(kept); });
  navigator.storage?.persist?.();
  await save();
  await state();
  root.dataset.ready = "";
  kick();
})();
