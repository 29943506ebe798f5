/* Small help for the phone's scripts: sentences in the reader's language, plural forms, icons, toasts with a way back. */
"use strict";

window.Phone = (() => {
  const words = document.getElementById("fill-words")?.dataset ?? {};
  const forms = new Intl.PluralRules(document.documentElement.lang);
  /* words.leftOne, words.leftFew, words.leftMany with the number put in. */
  const plural = (name, n) => (words[`${name}${{ one: "One", few: "Few" }[forms.select(n)] ?? "Many"}`] ?? "").replace(/\d+/, n);
  const icon = (name) => {
    const svg = document.querySelector(".icon").cloneNode(true);
    const use = svg.querySelector("use");
    use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${name}`);
    return svg;
  };
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
  const time = (when) => new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }).format(new Date(when));
  const day = (when) => new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(new Date(when));
  const bytes = (n) => (n < 1e6 ? `${Math.max(1, Math.round(n / 1e3))} ${words.kb}` : `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(n / 1e6)} ${words.mb}`);
  return { words, plural, icon, undoable, time, day, bytes };
})();
