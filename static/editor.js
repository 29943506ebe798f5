/* The editor of a draft. Without it every form is saved by its button; with it
   - what one types is saved after a short rest, and the answer's parts are put in: state, outline, problems, preview;
   - problems stand beside their field while one types; a new empty row appears when the last one is used;
   - items are dragged to another place in the outline (the buttons Up, Down and Move do the same). */
"use strict";

(() => {
  const editor = document.querySelector("[data-editor]");
  if (!editor) return;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const form = document.querySelector("form[data-autosave]");
  const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

  /* On a wide screen the outline is always open. */
  const fold = document.querySelector("[data-outline]");
  const wide = window.matchMedia("(min-width: 60rem)");
  const widen = () => { if (wide.matches) fold.open = true; };
  wide.addEventListener("change", widen);
  widen();

  const say = (text, bad = false) => {
    const place = document.querySelector("[data-status]");
    if (!place) return;
    place.textContent = text;
    place.dataset.state = bad ? "bad" : "";
  };

  const edition = (value) => { for (const box of all('input[name="edition"]')) box.value = value; };

  /* Problems beside their fields. The field of "options.1.points" is #f-options.1.points; a deeper one falls back to its parent. */
  const fieldOf = (name) => {
    for (let left = name; left; left = left.includes(".") ? left.slice(0, left.lastIndexOf(".")) : "") {
      const found = document.getElementById(`f-${left}`);
      if (found && form.contains(found)) return found;
    }
    return null;
  };
  const mark = (errors) => {
    for (const old of all(".error", form)) old.remove();
    for (const old of all(".wrong", form)) old.classList.remove("wrong");
    for (const old of all('[aria-invalid="true"]', form)) old.removeAttribute("aria-invalid");
    for (const [name, text] of Object.entries(errors)) {
      const target = fieldOf(name);
      const box = target?.closest(".lang") ?? target?.closest(".field");
      if (!box || box.querySelector(":scope > .error")) continue;
      box.classList.add("field", "wrong");
      const said = document.createElement("p");
      said.className = "error";
      said.id = `e-${name}`;
      said.textContent = text;
      if (box.classList.contains("lang")) box.append(document.createElement("span"), said);
      else (box.querySelector(":scope > .hint") ?? box.querySelector(":scope > legend, :scope > label") ?? box.firstElementChild).after(said);
      if (target.matches("input, select, textarea")) {
        target.setAttribute("aria-invalid", "true");
        target.setAttribute("aria-describedby", [...new Set([...(target.getAttribute("aria-describedby") ?? "").split(" "), said.id])].join(" ").trim());
      }
    }
  };

  const swap = (answer) => {
    const live = new DOMParser().parseFromString(answer, "text/html").getElementById("live");
    if (!live) return false;
    for (const part of live.children) {
      const place = document.getElementById(part.id);
      if (!place) continue;
      if (part.id === "outline" && place.contains(document.activeElement)) continue;
      place.replaceChildren(...[...part.childNodes].map((node) => document.importNode(node, true)));
    }
    edition(live.dataset.edition);
    if (live.dataset.conflict !== "yes") mark(JSON.parse(live.dataset.errors || "{}"));
    drags();
    return live.dataset.conflict !== "yes";
  };

  let timer = 0;
  let running = false;
  let again = false;
  let last = form ? new URLSearchParams(new FormData(form)).toString() : "";
  const save = async () => {
    clearTimeout(timer);
    if (running) { again = true; return false; }
    const data = new URLSearchParams(new FormData(form));
    running = true;
    say(editor.dataset.saving);
    let good = false;
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { "HX-Request": "true", "X-CSRF-Token": csrf() }, redirect: "follow" });
      if (answer.status === 200 || answer.status === 409) {
        good = swap(await answer.text());
        if (good) { data.delete("edition"); last = data.toString(); }
        else editor.dataset.stopped = "yes";
      } else say(editor.dataset.failed, true);
    } catch {
      say(editor.dataset.offline, true);
      timer = setTimeout(save, 5000);
    }
    running = false;
    if (again) { again = false; return save(); }
    return good;
  };
  const rest = (wait) => {
    if (editor.dataset.stopped) return;
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };
  const typed = () => { const data = new URLSearchParams(new FormData(form)); data.delete("edition"); return data.toString(); };

  /* The last row of options, ranges, bands or conditions is empty; using it makes the next one. */
  const grow = (target) => {
    const row = target.closest("[data-spare]");
    if (!row || !target.value) return;
    const name = row.closest("[data-rows]").dataset.rows;
    const index = Number(row.dataset.row);
    const next = row.cloneNode(true);
    next.dataset.row = index + 1;
    const from = `${name}.${index}`;
    const to = `${name}.${index + 1}`;
    for (const node of [next, ...all("*", next)]) {
      for (const attribute of ["id", "name", "for", "aria-describedby", "aria-labelledby", "aria-controls"]) {
        const value = node.getAttribute(attribute);
        if (value?.includes(from)) node.setAttribute(attribute, value.replaceAll(from, to));
      }
      if (node.matches("input:not([type=checkbox]):not([type=radio]), textarea")) node.value = "";
      if (node.matches("select")) node.selectedIndex = 0;
    }
    delete row.dataset.spare;
    row.after(next);
  };

  if (form) {
    last = typed();
    form.addEventListener("input", (event) => { grow(event.target); if (typed() !== last) rest(900); });
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-reload]")) { form.requestSubmit(); return; }
      if (event.target.matches("[data-subject]")) hint(event.target);
      if (typed() !== last) rest(200);
    });
    form.addEventListener("submit", () => { clearTimeout(timer); last = typed(); });
    /* A press on another button or link first lets the running edit be saved. */
    document.addEventListener("submit", async (event) => {
      if (event.target === form || !event.target.querySelector('input[name="edition"]') || typed() === last || editor.dataset.stopped) return;
      event.preventDefault();
      const other = event.target;
      const submitter = event.submitter;
      if (await save()) {
        if (document.contains(other)) other.requestSubmit(submitter && other.contains(submitter) ? submitter : undefined);
        else document.querySelector(`form[action="${CSS.escape ? other.getAttribute("action").replaceAll('"', '\\"') : other.action}"]`)?.requestSubmit();
      }
    });
    window.addEventListener("pagehide", () => {
      if (typed() === last || editor.dataset.stopped) return;
      fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true", "X-CSRF-Token": csrf() }, keepalive: true }).catch(() => {});
    });
  }

  /* Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y are the buttons Undo and Redo; inside a field they stay the browser's own. */
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=hidden])")) return;
    const key = event.key.toLowerCase();
    const way = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" && !event.shiftKey ? "redo" : "";
    const button = way && document.querySelector(`button[data-step="${way}"]`);
    if (!button) return;
    event.preventDefault();
    if (!button.disabled) button.click();
  });

  /* The answers an item can have, as the hint of the box beside it. */
  const hint = (select) => {
    const box = select.closest(".row-item")?.querySelector('input[name$=".value"]');
    if (box) box.placeholder = select.selectedOptions[0]?.dataset.answers || "";
  };
  for (const select of all("[data-subject]")) if (select.value) hint(select);

  /* Dragging in the outline, with a mouse or a pen; a finger scrolls there. */
  const place = document.getElementById("outline");
  let dragged = null;
  const drags = () => { for (const item of all("[data-item]", place)) item.draggable = true; };
  const clear = () => { for (const one of all(".drop-before, .drop-after", place)) one.classList.remove("drop-before", "drop-after"); };
  place.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-item]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.item);
    dragged.classList.add("dragging");
  });
  place.addEventListener("dragend", () => { dragged?.classList.remove("dragging"); dragged = null; clear(); });
  place.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-item], [data-section]");
    if (!dragged || !over) return;
    event.preventDefault();
    clear();
    if (over.matches("[data-item]") && over !== dragged) {
      const box = over.getBoundingClientRect();
      over.classList.add(event.clientY < box.top + box.height / 2 ? "drop-before" : "drop-after");
    }
  });
  place.addEventListener("drop", (event) => {
    const over = event.target.closest("[data-item], [data-section]");
    if (!dragged || !over) return;
    event.preventDefault();
    const section = over.closest("[data-section]");
    const others = all("[data-item]", section).filter((one) => one !== dragged);
    const at = over.matches("[data-item]") && over !== dragged ? others.indexOf(over) + (over.classList.contains("drop-after") ? 1 : 0) : others.length;
    const put = document.createElement("form");
    put.method = "post";
    put.action = place.dataset.place.replace("CODE", encodeURIComponent(dragged.dataset.item));
    const values = { csrf_token: csrf(), edition: document.querySelector('input[name="edition"]').value, section: section.dataset.section, index: at };
    for (const [name, value] of Object.entries(values)) {
      const box = document.createElement("input");
      box.type = "hidden";
      box.name = name;
      box.value = value;
      put.append(box);
    }
    document.body.append(put);
    put.requestSubmit();
  });
  drags();
})();
