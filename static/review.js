/* The review by keys: a then Enter approves, j and k go to the next and previous visit, r sends back, ? lists the keys (app.js).
   Never while typing, and silent when the reader turned the keys off. Without this file every button and link still works. */
"use strict";

(() => {
  const page = document.querySelector("[data-review]");
  if (!page) return;
  const ready = page.querySelector("[data-ready]");
  const arm = page.querySelector("[data-arm]");

  /* The first key only puts the focus on the button: approving takes a second one, so a slip of the hand decides nothing. */
  const armIt = () => {
    if (!arm) return;
    arm.focus();
    if (ready) ready.textContent = ready.dataset.text;
  };
  arm?.addEventListener("blur", () => { if (ready) ready.textContent = ""; });

  const openReturn = () => {
    const box = document.getElementById("return-fold");
    if (!box) return;
    box.open = true;
    const ticked = page.querySelector('input[name="item"]:checked');
    (ticked ? document.getElementById("f-note") : page.querySelector('input[name="item"]'))?.focus();
  };

  const typing = (target) => target.closest?.('textarea, select, [contenteditable], dialog[open], input:not([type="checkbox"])');
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || localStorage.getItem("keys") === "off") return;
    const go = { j: () => page.querySelector('a[data-key="j"]')?.click(), k: () => page.querySelector('a[data-key="k"]')?.click(), a: armIt, r: openReturn }[event.key];
    if (!go) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    go();
  }, { capture: true });

  page.addEventListener("click", (event) => {
    if (!event.target.closest("[data-open]")) return;
    event.preventDefault();
    openReturn();
  });

  /* How many questions are ticked, beside the button that sends them back. */
  const said = page.querySelector("[data-ticked-text]");
  const count = () => {
    const n = page.querySelectorAll('input[name="item"]:checked').length;
    if (said) said.textContent = n ? said.dataset.some + n : said.dataset.none;
  };
  page.addEventListener("change", (event) => {
    if (!event.target.matches('input[name="item"]')) return;
    count();
    const box = document.getElementById("return-fold");
    if (box && event.target.checked) box.open = true;
  });
  count();
})();
