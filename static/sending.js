/* Sending: the parcel is kept on the phone before it leaves and tried again until the server has said that it has it.
   The same bytes go each time. Without this file the plain form sends. Also on the receipt and the list: photos that wait. */
"use strict";

(async () => {
  if (!window.indexedDB || !window.Fill) return;
  const { words, store, put, meaning, pause, sendPhotos } = window.Fill;
  const place = document.querySelector("[data-person][data-evidence]");
  if (!place) return;
  const db = await store(place.dataset.person);
  const visit = place.dataset.visit;
  const say = (text) => { const line = document.getElementById("send-state"); if (line) line.textContent = text; };

  let tries = 0;
  const photos = async () => {
    const what = await sendPhotos(db, place.dataset.evidence, visit ?? "");
    if (what === "retry") { tries += 1; setTimeout(photos, pause(tries)); return; }
    if (what === "ok" && visit && !(await db.countFromIndex("photos", "visit", visit))) for (const note of document.querySelectorAll("[data-photos-left]")) note.hidden = true;
  };
  addEventListener("online", () => { tries = 0; });
  photos();

  if ("receiptPage" in place.dataset) {
    await db.delete("drafts", visit);
    await db.delete("parcels", visit);
    return;
  }
  const form = document.querySelector("form[data-send]");
  if (!form) return;
  const button = form.querySelector("button:not([type=button])");

  const content = (text) => { const { finished_at: _f, device_now: _d, submission_id: _s, ...rest } = JSON.parse(text); return JSON.stringify(rest); };
  const parcel = async () => {
    const kept = await db.get("parcels", visit);
    if (kept && content(kept.text) === content(form.dataset.body)) return kept.text;
    const now = new Date().toISOString();
    const text = JSON.stringify({ ...JSON.parse(form.dataset.body), finished_at: now, device_now: now });
    await db.put("parcels", { visit, text, saved: Date.now() });
    return text;
  };
  const send = async (text, turn = 0) => {
    say(words.sending);
    const answer = await put(form.dataset.send, text, "application/json");
    const what = meaning(answer);
    if (what === "ok") {
      await db.delete("drafts", visit);
      await db.delete("parcels", visit);
      location.href = form.dataset.receipt;
    } else if (what === "retry") {
      say(words.keepOpen);
      const again = () => { clearTimeout(timer); removeEventListener("online", again); send(text, turn + 1); };
      const timer = setTimeout(again, pause(turn));
      addEventListener("online", again);
    } else if (what === "sign-in") {
      say(words.signIn.replace("{n}", 1));
      button.disabled = false;
    } else {
      const said = await answer.json().catch(() => ({}));
      await db.delete("parcels", visit);
      if (answer.status === 422) { form.submit(); return; }
      if (said.code === "different_bytes") { location.href = form.dataset.receipt; return; }
      say(said.message ?? words.attention);
      button.disabled = false;
    }
  };
  form.addEventListener("submit", async (event) => {
    if ("incomplete" in form.dataset) return;
    event.preventDefault();
    button.disabled = true;
    const text = await parcel();
    form.elements.submission_id.value = JSON.parse(text).submission_id;
    send(text);
  });
  form.dataset.ready = "";
})();
