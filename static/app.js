/* Small behaviours for every page. Nothing here is needed for a page to work: forms post, links lead, menus open without it.
   data-… attributes say which behaviour is at work; each is described where it is found below. */
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = () => document.getElementById("words")?.dataset ?? {};
  const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const icon = (name) => {
    const from = document.querySelector(".icon use")?.getAttribute("href")?.split("#")[0];
    if (!from) return "";
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${from}#${name}`);
    svg.append(use);
    return svg;
  };

  /* htmx: every request carries the token of this session. */
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRF-Token"] = csrf();
  });

  /* Toast: HX-Trigger {"toast": {"target": "body", "text": "…", "undo": "/address", "undo_label": "…"}}, or window.toast({...});
     the target is named because the element that asked may be gone after the swap.
     Undo is a plain POST to that address; the toast stays 10 seconds, longer while it is pointed at or focused. */
  const toast = ({ text, undo = "", undo_label = "" }) => {
    const place = document.getElementById("toasts");
    if (!place || !text) return;
    const box = document.createElement("div");
    box.className = "toast";
    const say = document.createElement("span");
    say.textContent = text;
    box.append(say);
    if (undo && new URL(undo, location.href).origin === location.origin) {
      const form = document.createElement("form");
      form.method = "post";
      form.action = undo;
      const token = document.createElement("input");
      token.type = "hidden";
      token.name = "csrf_token";
      token.value = csrf();
      const button = document.createElement("button");
      button.className = "btn small";
      button.textContent = undo_label || words().undo || "Undo";
      form.append(token, button);
      box.append(form);
    }
    place.replaceChildren(box);
    let timer = 0;
    const wait = () => { timer = setTimeout(() => box.remove(), 10000); };
    for (const kind of ["pointerenter", "focusin"]) box.addEventListener(kind, () => clearTimeout(timer));
    for (const kind of ["pointerleave", "focusout"]) box.addEventListener(kind, wait);
    wait();
  };
  window.toast = toast;
  document.addEventListener("toast", ({ detail }) => toast(typeof detail?.value === "string" ? { text: detail.value } : detail ?? {}));

  /* data-peek="id": show or hide what is typed into a password field. */
  const peek = (button) => {
    const input = document.getElementById(button.dataset.peek);
    if (!input) return;
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.replaceChildren(icon(shown ? "eye-off" : "eye"));
    input.focus();
  };

  /* data-sign-out: pages kept on this phone for no network are forgotten; what was not sent is counted first and stays. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset?.signOut || !window.caches || form.dataset.sure) return;
    event.preventDefault();
    const mine = `unsent-${localStorage.getItem("who")}-`;
    const n = Object.keys(localStorage).filter((key) => key.startsWith(mine) && Number(localStorage[key]) > 0).length;
    if (n && !window.confirm(form.dataset.signOut.replace("{n}", n))) return;
    form.dataset.sure = "yes";
    const gone = async () => {
      for (const name of await caches.keys()) if (name.startsWith("pages-") || name === "who") await caches.delete(name);
      if (!n && localStorage.getItem("who")) indexedDB.deleteDatabase(`form-${localStorage.getItem("who")}`);
      localStorage.removeItem("who");
    };
    Promise.race([gone(), new Promise((go) => { setTimeout(go, 1500); })]).catch(() => {}).finally(() => form.submit());
  });

  /* data-langs: several long texts become tabs; the boxes themselves stay in the form. */
  const tabbed = (box) => {
    const parts = all(".lang", box);
    const bar = document.createElement("div");
    bar.className = "lang-tabs";
    bar.setAttribute("role", "tablist");
    const show = (index, focus) => parts.forEach((part, i) => {
      part.hidden = i !== index;
      bar.children[i].setAttribute("aria-selected", String(i === index));
      bar.children[i].tabIndex = i === index ? 0 : -1;
      if (i === index && focus) bar.children[i].focus();
    });
    parts.forEach((part, i) => {
      const input = part.querySelector("input, textarea");
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = part.querySelector(".sr")?.textContent ?? input.lang;
      tab.setAttribute("role", "tab");
      tab.id = `t-${input.id}`;
      part.id ||= `p-${input.id}`;
      part.setAttribute("role", "tabpanel");
      part.setAttribute("aria-labelledby", tab.id);
      tab.setAttribute("aria-controls", part.id);
      const mark = () => tab.classList.toggle("empty", !input.value.trim());
      input.addEventListener("input", mark);
      mark();
      tab.addEventListener("click", () => show(i));
      bar.append(tab);
    });
    bar.addEventListener("keydown", (event) => {
      const now = [...bar.children].findIndex((tab) => tab.tabIndex === 0);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) show((now + step + parts.length) % parts.length, true);
    });
    box.prepend(bar);
    box.classList.add("tabbed");
    const wrong = parts.findIndex((part) => part.classList.contains("wrong"));
    const mine = parts.findIndex((part) => part.querySelector(`[lang="${document.documentElement.lang}"]`));
    show(wrong >= 0 ? wrong : Math.max(mine, 0));
  };

  /* data-viewer with a[data-view]: photos open in place; arrows go on, Esc closes. */
  let viewed = 0;
  const look = (index) => {
    const viewer = document.querySelector("dialog[data-viewer]");
    const links = all("a[data-view]");
    if (!viewer || !links.length) return false;
    viewed = (index + links.length) % links.length;
    const link = links[viewed];
    const image = viewer.querySelector("img");
    image.src = link.href;
    image.alt = link.querySelector("img")?.alt ?? "";
    viewer.querySelector("[data-caption]").textContent = `${viewed + 1} / ${links.length}  ${link.closest("figure")?.querySelector("figcaption")?.textContent ?? ""}`;
    if (!viewer.open) viewer.showModal();
    return true;
  };

  const open = (id) => {
    const box = document.getElementById(id);
    if (!box?.showModal) return false;
    box.showModal();
    return true;
  };

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest?.(selector);
    const opener = on("[data-dialog]");
    if (opener && open(opener.dataset.dialog)) event.preventDefault();
    const photo = on("a[data-view]");
    if (photo && !event.ctrlKey && !event.metaKey && look(all("a[data-view]").indexOf(photo))) event.preventDefault();
    const step = on("[data-step]");
    if (step) look(viewed + Number(step.dataset.step));
    const eye = on("[data-peek]");
    if (eye) peek(eye);
    if (on("[data-keys-switch]")) setKeys(!keysOn());
    if (event.target instanceof HTMLDialogElement) event.target.close();
    for (const menu of all("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  /* Keys. data-key="a" on a link, button or field: that key presses it. j and k walk through rows, Enter opens one, ? lists the keys.
     Never while typing, never with Ctrl or Alt; "Turn the keys off" in the list keeps them off on this device. */
  const keysOn = () => localStorage.getItem("keys") !== "off";
  const setKeys = (on) => { localStorage.setItem("keys", on ? "on" : "off"); listKeys(); };
  const listKeys = () => {
    let box = document.getElementById("keys");
    if (!box) {
      box = document.createElement("dialog");
      box.id = "keys";
      box.setAttribute("aria-label", words().keys ?? "Keys");
      document.body.append(box);
    }
    const list = document.createElement("dl");
    list.className = "facts";
    const add = (key, what) => {
      const row = document.createElement("div");
      const dt = document.createElement("dt");
      const kbd = document.createElement("kbd");
      const dd = document.createElement("dd");
      kbd.textContent = key;
      dd.textContent = what;
      dt.append(kbd);
      row.append(dt, dd);
      list.append(row);
    };
    for (const owner of all("[data-key]")) add(owner.dataset.key, (owner.getAttribute("aria-label") || owner.labels?.[0]?.textContent || owner.childNodes[owner.querySelector(".icon") ? 1 : 0]?.textContent || "").trim());
    if (document.querySelector("tr.go")) add("j k", words().rows ?? "Next and previous row");
    const head = document.createElement("h2");
    head.textContent = words().keys ?? "Keys";
    const turn = document.createElement("button");
    turn.className = "btn";
    turn.dataset.keysSwitch = "";
    turn.textContent = keysOn() ? words().keysOff ?? "Turn the keys off" : words().keysOn ?? "Turn the keys on";
    const space = document.createElement("div");
    space.className = "flow";
    space.append(head, list, turn);
    box.replaceChildren(space);
    if (!box.open) box.showModal();
  };
  const walk = (step) => {
    const links = all("tr.go a.go-link");
    const now = links.indexOf(document.activeElement);
    links[Math.min(Math.max(now + step, 0), links.length - 1)]?.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details[data-menu][open]") ?? document.querySelector("details[data-menu][open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[data-viewer][open]")) {
      if (event.key === "ArrowRight") look(viewed + 1);
      if (event.key === "ArrowLeft") look(viewed - 1);
      return;
    }
    if (event.target.closest?.("input, textarea, select, [contenteditable], dialog[open]")) return;
    if (event.key === "?") return listKeys();
    if (!keysOn()) return;
    if (event.key === "j") return walk(1);
    if (event.key === "k") return walk(-1);
    const owner = all("[data-key]").find((one) => one.dataset.key === event.key && one.offsetParent !== null);
    if (!owner) return;
    event.preventDefault();
    if (owner.matches("input, textarea, select")) owner.focus();
    else owner.click();
  });

  /* What each page, and each part htmx puts in, needs once. */
  const wake = (root) => {
    for (const button of all("[data-peek][hidden]", root)) button.hidden = false;
    for (const box of all("[data-langs]:not(.tabbed)", root)) tabbed(box);
    const focus = root.querySelector?.("[data-focus]");
    if (focus) {
      focus.focus();
      if (focus.id === "error-summary" && words().error && !document.title.startsWith(words().error)) document.title = `${words().error} ${document.title}`;
    }
    const bar = document.querySelector(".actionbar");
    document.body.classList.toggle("has-bar", Boolean(bar));
  };
  document.addEventListener("htmx:after:swap", () => wake(document));
  wake(document);
})();
