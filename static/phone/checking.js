/* Looking the form over and sending it, with or without a network: what is missing leads back to its question; what is
   sent waits on the phone under its id until the server's receipt is here. */
"use strict";

window.Checking = (() => {
  const { words, plural, icon, time } = window.Phone;
  const byId = (id) => document.getElementById(id);
  let form = null, parcel = null, place = null;

  const text = (tag, said, cls = "") => Object.assign(document.createElement(tag), { textContent: said, className: cls });
  const lackOf = (why) => words[{ answer: "lackAnswer", comment: "lackComment", photo: "lackPhoto" }[why]] ?? words.lackOdd;
  const titleOf = (ask) => ask.field.querySelector("legend > span:nth-child(2)").firstChild?.textContent.trim() ?? ask.code;
  const saidIn = (ask, entry) => {
    if (!entry) return words.noAnswer;
    const chosen = ask.inputs.filter((input) => (input.type === "radio" || input.type === "checkbox") && input.checked).map((input) => input.closest("label").textContent.trim());
    if (chosen.length) return chosen.join(", ");
    return (entry.answer !== "given" && entry.answer) || (entry.evidence?.length ? plural("photos", entry.evidence.length) : words.noAnswer);
  };

  const list = (problems) => {
    const entries = Store.answers(form.kept);
    byId("check-list").replaceChildren(...[...form.root.querySelectorAll("[data-part]")].flatMap((part) => {
      const mine = form.asks.filter((ask) => part.contains(ask.box) && !ask.box.hidden);
      if (!mine.length) return [];
      const head = text("h2", part.querySelector("h2").firstChild.textContent.trim());
      head.append(" ", text("small", part.querySelector("[data-part-progress]").textContent));
      const rows = mine.map((ask) => {
        const row = text("div", "", problems[ask.code] ? "lacks" : "");
        const dd = document.createElement("dd");
        const edit = text("a", words.edit, "change");
        edit.href = `#q-${ask.code}`;
        edit.dataset.go = ask.code;
        edit.append(text("span", ` ${titleOf(ask)}`, "sr"));
        dd.append(text("strong", saidIn(ask, entries[ask.code])), ...(entries[ask.code]?.comment ? [document.createElement("br"), text("span", entries[ask.code].comment)] : []), " ", edit);
        row.append(text("dt", `${ask.field.querySelector(".q-no").textContent}. ${titleOf(ask)}`), dd);
        return row;
      });
      const section = text("section", "", "said");
      section.append(head, Object.assign(document.createElement("dl"), {}));
      section.lastChild.append(...rows);
      return [section];
    }));
  };

  const draw = async () => {
    const problems = Rules.problems(form.page.rules, Store.answers(form.kept));
    const lacking = form.asks.filter((ask) => problems[ask.code]);
    const twice = form.kept.twice ?? [];
    byId("check-missing").hidden = !lacking.length;
    byId("check-missing-count").textContent = lacking.length ? plural("missing", lacking.length) : "";
    byId("check-missing-list").replaceChildren(...lacking.map((ask) => {
      const link = text("a", `${ask.field.querySelector(".q-no").textContent}. ${titleOf(ask)} `);
      link.href = `#q-${ask.code}`;
      link.dataset.go = ask.code;
      link.append(text("span", lackOf(problems[ask.code])));
      const row = document.createElement("li");
      row.append(link);
      return row;
    }));
    byId("check-good").hidden = Boolean(lacking.length || parcel);
    const waiting = (await Store.all(form.person, "photos", form.visit).catch(() => [])).filter((photo) => photo.blob).length;
    byId("check-photos").hidden = !waiting;
    byId("check-photos-count").textContent = waiting ? plural("photosWait", waiting) : "";
    byId("check-send").hidden = Boolean(parcel && !parcel.stuck);
    byId("check-here").hidden = Boolean(parcel) || !navigator.geolocation;
    byId("check-send").querySelector("button").disabled = twice.length > 0;
    byId("check-waiting").hidden = !parcel;
    byId("check-back").hidden = !parcel || Boolean(parcel.text && !parcel.stuck);
    if (parcel) byId("check-state").textContent = parcel.stuck || words.sendWaiting;
    byId("check-waiting").className = `note ${parcel?.stuck ? "bad" : ""}`;
    list(problems);
  };

  const open = async () => {
    await draw();
    byId("filling").hidden = true;
    byId("checking").hidden = false;
    byId("checking-title").focus();
    scrollTo(0, 0);
    if (location.hash !== "#check") history.pushState(null, "", "#check");
  };
  /* Back to the questions; false when they are in sight already. */
  const close = (ask) => {
    if (byId("checking").hidden) return false;
    byId("checking").hidden = true;
    byId("filling").hidden = false;
    if (location.hash === "#check") history.replaceState(null, "", location.pathname);
    if (ask) form.goTo(ask); else scrollTo(0, 0);
    return true;
  };

  const send = async () => {
    const problems = Object.keys(Rules.problems(form.page.rules, Store.answers(form.kept)));
    if (problems.length) {
      await draw();
      if (!document.title.startsWith(words.error)) document.title = `${words.error} ${document.title}`;
      byId("check-missing").classList.replace("fair", "bad");
      byId("check-missing").focus();
      return;
    }
    const finished = new Date().toISOString();
    parcel = { visit: form.visit, id: parcel?.id ?? crypto.randomUUID(), finished, here: place, text: "", saved: Date.now() };
    await Store.write(form.person, "parcels", parcel);
    freeze();
    await draw();
    form.kick();
  };
  /* What is on its way is not changed any more; taking it back is possible until it has left for the first time. */
  const freeze = () => { for (const box of form.root.querySelectorAll("[data-part] form")) box.inert = Boolean(parcel && !parcel.stuck); };
  const back = async () => {
    const now = await Store.take(form.person, "parcels", form.visit);
    if (now?.text && !now.stuck) { parcel = now; await draw(); return; }
    await Store.drop(form.person, "parcels", form.visit);
    parcel = null;
    freeze();
    close();
  };

  const here = () => {
    const line = byId("check-here-said");
    line.textContent = words.hereAsking;
    navigator.geolocation.getCurrentPosition(({ coords, timestamp }) => {
      place = { latitude: Math.round(coords.latitude * 1e5) / 1e5, longitude: Math.round(coords.longitude * 1e5) / 1e5, accuracy: Math.round(coords.accuracy), at: new Date(timestamp).toISOString() };
      line.textContent = words.hereGot.replace("{n}", place.accuracy);
    }, () => { place = null; line.textContent = words.hereNot; }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  };

  /* What happened while sending. */
  const told = async (what, more) => {
    if (!form) return;
    if (what === "sent") { location.href = form.root.dataset.receipt; return; }
    if (!parcel) { if (!byId("checking").hidden && what === "pass") draw(); return; }
    const now = await Store.take(form.person, "parcels", form.visit);
    if (now) parcel = now;
    freeze();
    if (what === "sending") { if (!byId("checking").hidden) byId("check-state").textContent = words.sending; return; }
    if (what === "parcel-refused") {
      for (const [item, message] of Object.entries(more.fields)) if (form.byCode.has(item)) form.byCode.get(item).field.classList.add("wrong");
      if (["closed", "withdrawn"].includes(more.code)) byId("check-back").hidden = true;
    }
    await draw();
    if (what === "pass" && now && !now.stuck) byId("check-state").textContent = more === "sign-in" ? words.signIn.replace("{n}", 1) : navigator.onLine ? words.sendWaiting : words.sendOffline;
  };

  const wake = async (given) => {
    form = given;
    parcel = (await Store.take(form.person, "parcels", form.visit).catch(() => null)) ?? null;
    if (parcel?.stuck) { parcel = { ...parcel, stuck: "" }; await Store.write(form.person, "parcels", parcel); }
    byId("checking").addEventListener("click", (event) => {
      const link = event.target.closest("[data-go]");
      if (link) { event.preventDefault(); close(form.byCode.get(link.dataset.go)); }
    });
    byId("check-send").addEventListener("click", send);
    byId("check-back").addEventListener("click", back);
    byId("check-here").querySelector("button").addEventListener("click", here);
    addEventListener("popstate", () => { if (location.hash === "#check") open(); else close(); });
    freeze();
    if (parcel || location.hash === "#check") await open();
  };

  return { open, close, told, wake };
})();
