/* The form on the phone: every answer is kept at once, questions appear and go, progress is counted, nothing is lost.
   Without this file the same page works by plain forms. Storing and sending is drafts.js, photos are shots.js. */
"use strict";

(async () => {
  const root = document.getElementById("fill");
  if (!root || !window.indexedDB) return;
  const { words } = window.Fill;
  const all = (selector, from = root) => [...from.querySelectorAll(selector)];
  const asks = all(".ask");
  const byCode = new Map(asks.map((ask) => [ask.dataset.q, ask]));
  const icon = (name) => {
    const svg = document.querySelector(".icon").cloneNode(true);
    const use = svg.querySelector("use");
    use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${name}`);
    return svg;
  };

  /* What stands in a question, and putting something there. */
  const photosIn = (ask) => all("[data-shots] > li[data-sha], [data-shots] button[name=remove]", ask).map((one) => one.dataset.sha ?? one.value.split(":")[1]).filter((sha, i, list) => list.indexOf(sha) === i);
  const answerIn = (ask) => {
    const given = all("[name^='answer.']", ask).filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked).filter((one) => one.type !== "hidden").map((one) => one.value.trim()).filter(Boolean);
    return given.includes("na") ? "na" : given.join(";");
  };
  const entryOf = (ask) => {
    const entry = { answer: answerIn(ask), comment: ask.querySelector("[name^='comment.']")?.value.trim() ?? "", evidence: photosIn(ask) };
    if (!entry.answer && !entry.comment && !entry.evidence.length) return null;
    return { ...entry, at: new Date().toISOString() };
  };
  const show = (ask, entry) => {
    const answer = entry?.answer ?? "";
    const chosen = answer.split(";");
    for (const one of all("[name^='answer.']", ask)) {
      if (["radio", "checkbox"].includes(one.type)) one.checked = one.value === "na" ? answer === "na" : chosen.includes(one.value);
      else if (one.type !== "hidden") one.value = answer === "na" ? "" : answer;
    }
    const comment = ask.querySelector("[name^='comment.']");
    if (comment) comment.value = entry?.comment ?? "";
    const list = ask.querySelector("[data-shots]");
    if (list) {
      const wanted = entry?.evidence ?? [];
      for (const li of [...list.children]) if (!wanted.includes(shaOf(li))) li.remove();
      for (const sha of wanted) if (![...list.children].some((li) => shaOf(li) === sha)) list.append(shot(ask, sha, thumbs.get(sha)));
      list.hidden = !list.children.length;
    }
  };
  const shaOf = (li) => li.dataset.sha ?? li.querySelector("button[name=remove]")?.value.split(":")[1];
  const thumbs = new Map();
  for (const li of all("[data-shots] > li")) if (shaOf(li)) thumbs.set(shaOf(li), li.querySelector("img")?.getAttribute("src"));

  const shot = (ask, sha, src) => {
    const li = document.createElement("li");
    li.dataset.sha = sha;
    const frame = document.createElement("span");
    frame.className = "photo";
    if (src) {
      const image = document.createElement("img");
      image.src = src;
      image.alt = words.photo;
      image.width = 320;
      image.height = 240;
      frame.append(image);
    } else {
      const coming = document.createElement("span");
      coming.className = "coming";
      coming.append(icon("photo"));
      frame.append(coming);
    }
    const remove = document.createElement("button");
    remove.type = "button";
    remove.name = "remove";
    remove.value = `${ask.dataset.q}:${sha}`;
    remove.className = "btn small";
    remove.append(icon("trash"), words.remove);
    li.append(frame, remove);
    return li;
  };

  /* Conditions, as the server knows them: true, false, or null where an answer is missing; undefined: not on this page. */
  const number = (ask, text) => {
    const kind = ask.dataset.kind;
    if (kind === "time" || kind === "duration") {
      const parts = text.split(":").map(Number);
      if (!parts.every(Number.isFinite)) return NaN;
      return kind === "time" ? parts[0] * 60 + parts[1] : parts.reduce((sum, part) => sum * 60 + part, 0);
    }
    return Number(text.replace(",", "."));
  };
  const truth = (rule) => {
    if (rule.all || rule.any) {
      const parts = (rule.all ?? rule.any).map(truth);
      const decisive = Boolean(rule.any);
      if (parts.includes(decisive)) return decisive;
      return parts.includes(undefined) ? undefined : parts.includes(null) ? null : !decisive;
    }
    if (rule.not) { const inner = truth(rule.not); return inner == null ? inner : !inner; }
    const ask = byCode.get(rule.item);
    if (!ask) return undefined;
    const answer = answerIn(ask) || (photosIn(ask).length ? "given" : "");
    if (ask.hidden || !answer) return null;
    if (rule.is) return answer === "na" && !rule.is.includes("na") ? null : answer.split(";").some((code) => rule.is.includes(code));
    const value = number(ask, answer);
    if (answer === "na" || !Number.isFinite(value)) return null;
    return rule.from !== undefined ? value >= rule.from : value <= rule.to;
  };
  const look = (ask, hidden) => {
    ask.hidden = hidden;
    const chip = root.querySelector(`[data-number="${ask.dataset.q}"]`);
    if (chip) chip.hidden = hidden;
  };
  const appear = () => {
    for (const ask of asks) {
      if (!ask.dataset.show) continue;
      const seen = truth(JSON.parse(ask.dataset.show));
      if (seen !== undefined) look(ask, seen !== true);
    }
  };

  /* What an answer must be shown by opens in place. */
  const demand = (ask, kinds) => {
    const note = ask.querySelector("[data-asked]");
    if (!note) return;
    note.hidden = !kinds.length;
    for (const one of all("[data-kind]", note)) one.hidden = !kinds.includes(one.dataset.kind);
    if (kinds.length) ask.querySelector("details.extra").open = true;
  };
  const demanded = (ask) => {
    const rules = JSON.parse(ask.dataset.asks ?? "{}");
    const answer = answerIn(ask) || (photosIn(ask).length ? "given" : "");
    if (!answer) return [];
    if (answer === "na") return rules.na ?? [];
    return [...new Set([...(rules["*"] ?? []), ...answer.split(";").flatMap((code) => rules[code] ?? [])])];
  };

  /* Progress, in words. */
  const plural = new Intl.PluralRules(document.documentElement.lang);
  const left = (n) => ({ one: words.leftOne, few: words.leftFew }[plural.select(n)] ?? words.leftMany).replace(/\d+/, n);
  const of = (done, total) => words.of.replace("{done}", done).replace("{total}", total);
  const isAnswered = (ask) => Boolean(answerIn(ask) || (["photo", "signature"].includes(ask.dataset.kind) && photosIn(ask).length));
  const count = () => {
    let done = 0, total = 0, missing = 0;
    for (const part of all("[data-part]")) {
      const mine = all(".ask", part).filter((ask) => !ask.hidden);
      const answered = mine.filter(isAnswered);
      const needed = mine.filter((ask) => ask.querySelector("[data-required]") && !isAnswered(ask)).length;
      part.querySelector("[data-part-progress]").textContent = of(answered.length, mine.length);
      const link = root.querySelector(`.parts a[href="#${part.id}"] > span`);
      if (link) link.textContent = needed ? left(needed) : of(answered.length, mine.length);
      done += answered.length; total += mine.length; missing += needed;
    }
    for (const ask of asks) {
      const yes = isAnswered(ask);
      ask.querySelector(".q").classList.toggle("answered", yes);
      const clear = ask.querySelector("[data-clear]");
      if (clear) clear.hidden = !yes;
      const chip = root.querySelector(`[data-number="${ask.dataset.q}"] a`);
      if (chip && chip.classList.toggle("done", yes) !== undefined) chip.querySelector(".sr").textContent = ` ${yes ? words.answered : words.open}`;
    }
    const box = root.querySelector(".actionbar [data-progress]");
    box.querySelector("[data-progress-text]").textContent = of(done, total);
    let rest = box.querySelector("[data-progress-left]");
    if (!rest) { rest = document.createElement("span"); rest.dataset.progressLeft = ""; box.querySelector("span").append(rest); }
    rest.textContent = missing ? ` · ${left(missing)}` : "";
    const bar = box.querySelector("progress");
    bar.max = total || 1;
    bar.value = done;
    const next = root.querySelector("[data-next]");
    const open = asks.some((ask) => !ask.hidden && !isAnswered(ask));
    next.querySelector("span").textContent = open ? words.next : words.check;
    next.href = open ? next.href : root.dataset.check;
  };

  /* The state of keeping and sending, always in sight. */
  const sync = root.querySelector("[data-sync]");
  const state = (name, n) => {
    const shown = { phone: ["saved", words.phone], saved: n ? ["waiting", words.waiting] : ["saved", words.saved], sending: ["sending", words.sending], waiting: ["waiting", words.waiting], offline: ["offline", words.offline], "sign-in": ["attention", words.signIn], attention: ["attention", words.attention] }[name];
    const text = shown[1].replace("{n}", n);
    sync.dataset.state = shown[0];
    const place = sync.querySelector("[data-sync-text]");
    if (place.textContent !== text) place.textContent = text;
    if (name === "sign-in") say(words.signIn.replace("{n}", n), `/sign-in?next=${location.pathname}`);
  };
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
  const wrong = (ask, text) => {
    let line = ask.querySelector(".error");
    if (!line) { line = document.createElement("p"); line.className = "error"; line.setAttribute("role", "alert"); ask.querySelector("legend").after(line); }
    line.textContent = text;
  };

  const draft = await window.Fill.draft({
    person: root.dataset.person, visit: root.dataset.fill, url: root.dataset.draft, evidence: root.dataset.evidence, base: Number(root.dataset.base),
    tell: {
      state,
      saved(said) {
        for (const [item, entry] of Object.entries(said.others)) if (byCode.has(item) && !(item in draft.kept.changes)) show(byCode.get(item), entry);
        const shown = new Set(said.shown);
        if (!Object.keys(draft.kept.changes).length) for (const ask of asks) { look(ask, !shown.has(ask.dataset.q)); demand(ask, said.asks[ask.dataset.q] ?? []); }
        if (Object.keys(said.conflicts).length) say(words.twice, location.pathname);
        count();
      },
      refused(fields, message) {
        for (const [item, text] of Object.entries(fields)) if (byCode.has(item)) wrong(byCode.get(item), text);
        if (message) say(message);
      },
      photo(photo) { thumbs.set(photo.sha, thumbs.get(photo.sha) ?? ""); },
      photoRefused(photo, message) { if (byCode.has(photo.item)) wrong(byCode.get(photo.item), message); },
    },
  });

  const changed = (ask) => {
    appear();
    demand(ask, demanded(ask));
    count();
    return draft.change(ask.dataset.q, entryOf(ask));
  };

  /* Toast with a way back, for eight seconds. */
  const undoable = (text, undo, after) => {
    const place = document.getElementById("toasts");
    const box = document.createElement("div");
    box.className = "toast";
    const line = document.createElement("span");
    line.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn small";
    button.textContent = words.undo;
    box.append(line, button);
    place.replaceChildren(box);
    const timer = setTimeout(() => { box.remove(); after?.(); }, 8000);
    button.addEventListener("click", () => { clearTimeout(timer); box.remove(); undo(); });
  };
  const clear = (ask) => {
    const before = entryOf(ask);
    show(ask, before?.comment ? { comment: before.comment } : null);
    changed(ask);
    undoable(words.cleared, () => { show(ask, before); changed(ask); });
  };
  const remove = (ask, sha) => {
    const before = entryOf(ask);
    draft.hold(sha, Date.now() + 8000);
    show(ask, { ...before, evidence: before.evidence.filter((one) => one !== sha) });
    changed(ask);
    undoable(words.removed, async () => { await draft.hold(sha, 0); show(ask, before); changed(ask); }, () => draft.drop(sha));
  };
  const add = async (ask, made, only = false) => {
    thumbs.set(made.sha, URL.createObjectURL(made.blob));
    await draft.photo(ask.dataset.q, made.sha, made.blob);
    const now = entryOf(ask) ?? {};
    show(ask, { ...now, evidence: only ? [made.sha] : [...(now.evidence ?? []), made.sha] });
    await changed(ask);
  };

  /* What people do. */
  let typing = 0;
  root.addEventListener("input", ({ target }) => {
    const ask = target.closest(".ask");
    if (!ask || !target.matches("textarea, input:not([type=radio]):not([type=checkbox]):not([type=file])")) return;
    if (target.value && target.name.startsWith("answer.")) for (const na of all("input[value=na]", ask)) na.checked = false;
    clearTimeout(typing);
    typing = setTimeout(() => changed(ask), 200);
  });
  root.addEventListener("change", async ({ target }) => {
    const ask = target.closest(".ask");
    if (!ask) return;
    if (target.type === "file") {
      ask.querySelector(".error")?.remove();
      for (const file of [...target.files]) {
        try { await add(ask, await window.Fill.shrink(file)); } catch { wrong(ask, words.unreadable); }
      }
      target.value = "";
      return;
    }
    if (target.type === "checkbox" && target.checked) {
      for (const other of all("[name^='answer.']", ask)) {
        if (other === target || (other.value === "na") === (target.value === "na")) continue;
        if (other.type === "checkbox") other.checked = false;
        else if (target.value === "na" && other.type !== "hidden") other.value = "";
      }
    }
    clearTimeout(typing);
    ask.querySelector(".error")?.remove();
    changed(ask);
  });
  root.addEventListener("submit", (event) => { event.preventDefault(); draft.start(); });

  const goTo = (ask) => {
    const field = ask.querySelector(".q");
    field.scrollIntoView({ block: "start" });
    field.focus({ preventScroll: true });
    draft.keep({ last: ask.dataset.q });
  };
  const leave = async (href, ms) => {
    if (await draft.flush(ms)) location.href = href;
    else say(words.keepOpen);
  };
  root.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    const ask = on(".ask");
    const stop = () => event.preventDefault();
    if (on("[data-clear]")) { stop(); clear(ask); }
    else if (on("button[name=remove]")) { stop(); remove(ask, on("button[name=remove]").value.split(":")[1]); }
    else if (on("[data-choose]")) {
      stop();
      show(ask, JSON.parse(on("[data-choose]").dataset.entry));
      on(".twice").remove();
      document.getElementById("fill-note").hidden = true;
      changed(ask);
    } else if (on("[data-now]")) {
      const now = new Intl.DateTimeFormat("en-GB", { timeZone: root.dataset.zone, hour: "2-digit", minute: "2-digit" }).format(new Date());
      show(ask, { ...entryOf(ask), answer: now });
      changed(ask);
    } else if (on("[data-watch]")) watch(ask, on("[data-watch]"));
    else if (on("[data-next]") && asks.some((one) => !one.hidden && !isAnswered(one))) {
      stop();
      const open = asks.filter((one) => !one.hidden && !isAnswered(one));
      const here = asks.indexOf(byCode.get(draft.kept.last));
      goTo(open.find((one) => asks.indexOf(one) > here) ?? open[0]);
    } else if (on("[data-next], [data-finish]")) { stop(); leave(root.dataset.check, 8000); }
    else if (on("[data-leave]")) { stop(); draft.flush(1500).then(() => { location.href = on("[data-leave]").href; }); }
    else if (on("[data-hide]")) { stop(); hide(); }
    else if (on(".numbers a")) { stop(); on("details").open = false; goTo(byCode.get(on("li").dataset.number)); }
  });

  /* Stopwatch: one tap starts, one stops and fills in; it goes on over a reload. */
  const spell = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
  const tick = (button, since) => {
    button.setAttribute("aria-pressed", "true");
    const label = button.querySelector("span");
    const step = () => { if (draft.kept.watches[button.dataset.watch]) { label.textContent = `${words.stop} ${spell(Date.now() - since)}`; setTimeout(step, 500); } };
    step();
  };
  const watch = async (ask, button) => {
    const since = draft.kept.watches[ask.dataset.q];
    if (since) {
      delete draft.kept.watches[ask.dataset.q];
      button.setAttribute("aria-pressed", "false");
      button.querySelector("span").textContent = words.start;
      show(ask, { ...entryOf(ask), answer: spell(Date.now() - since) });
      await changed(ask);
    } else {
      draft.kept.watches[ask.dataset.q] = Date.now();
      await draft.keep({});
      tick(button, Date.now());
    }
  };
  for (const button of all("[data-watch]")) if (draft.kept.watches[button.dataset.watch]) tick(button, draft.kept.watches[button.dataset.watch]);

  /* Hiding: the page becomes a clock, also in its title; a tap brings it back. */
  const cover = document.getElementById("cover");
  const title = document.title;
  const hide = () => {
    const time = () => { cover.querySelector("[data-cover-time]").textContent = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }).format(new Date()); };
    time();
    document.title = words.clock;
    cover.showModal();
    const timer = setInterval(time, 5000);
    cover.addEventListener("close", () => { clearInterval(timer); document.title = title; }, { once: true });
  };

  for (const canvas of all("[data-sign]")) {
    const ask = canvas.closest(".ask");
    const wipe = window.Fill.pad(canvas, (made) => add(ask, made, true));
    ask.querySelector("[data-sign-clear]")?.addEventListener("click", () => { wipe(); show(ask, null); changed(ask); });
  }

  /* One form, one tab. */
  navigator.locks?.request(`form-${root.dataset.fill}`, { ifAvailable: true }, (lock) => {
    if (lock) return new Promise(() => {});
    say(words.twoTabs, location.pathname);
    for (const form of all("form")) form.inert = true;
    return undefined;
  });

  /* Where the person was: what waits on the phone is shown, then sent; the page opens at the last question. */
  for (const photo of await draft.blobs()) thumbs.set(photo.sha, URL.createObjectURL(photo.blob));
  for (const [item, one] of Object.entries(draft.kept.changes)) if (byCode.has(item)) show(byCode.get(item), one.entry);
  appear();
  for (const ask of asks) if (Object.hasOwn(draft.kept.changes, ask.dataset.q)) demand(ask, demanded(ask));
  count();
  const last = byCode.get(draft.kept.last);
  if (last && !last.hidden && !location.hash) last.scrollIntoView({ block: "start" });
  navigator.storage?.persist?.();
  root.dataset.ready = "";
  draft.start();
})();
