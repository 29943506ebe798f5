/* The rules of a form, as audit_app/standards/rules knows them: what an answer means, which questions are seen, what an
   answer must be shown by, what is still missing, how far it has come. Pure; tests/visits/test_phone_rules.py holds this
   file and the Python one to the same cases. A form is what visits/rules/phone.py writes: sections of items, attributes
   of the place, and what a correction may change. Numbers are whole numbers of a tiny unit, so nothing is rounded. */
"use strict";

self.Rules = (() => {
  const PLACES = 24;
  const LARGEST = 10n ** BigInt(12 + PLACES);
  const OPTIONS = new Set(["yes_no", "single", "multiple", "pass_partial_fail"]);
  const PICTURES = new Set(["photo", "signature"]);
  const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]/u;

  const exact = (text) => {
    const found = /^([-+]?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
    if (!found) return null;
    const size = BigInt(found[2] + (found[3] ?? "").slice(0, PLACES).padEnd(PLACES, "0"));
    return found[1] === "-" ? -size : size;
  };
  const whole = (number) => BigInt(number) * 10n ** BigInt(PLACES);
  const decimal = (text) => /^[-+]?[0-9]{1,12}(?:[.,][0-9]{1,6})?$/.test(text) ? exact(text.replace(",", ".")) : null;
  const duration = (text) => {
    const hours = /^([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])$/.exec(text);
    if (hours) return whole(hours[1] * 3600 + hours[2] * 60 + Number(hours[3]));
    const minutes = /^([0-9]{1,5}):([0-5][0-9])$/.exec(text);
    if (minutes) return whole(minutes[1] * 60 + Number(minutes[2]));
    const seconds = decimal(text);
    return seconds !== null && seconds >= 0n ? seconds : null;
  };
  const clock = (text) => {
    const found = /^([0-9]{1,2}):([0-5][0-9])$/.exec(text);
    return found && Number(found[1]) < 24 ? whole(found[1] * 60 + Number(found[2])) : null;
  };

  /* The answer, or what is odd about it: "options", "given", "time", "duration", "number", "range", "text". */
  const NOT_APPLICABLE = Object.freeze({ codes: ["na"], number: null, na: true });
  const odd = (why) => ({ odd: why });
  const chosen = (item, said) => {
    const codes = item.options.map((one) => one.code);
    if (item.type === "multiple") {
      const parts = said.split(";").map((part) => part.trim()).filter(Boolean);
      if (!parts.length || !parts.every((part) => codes.includes(part))) return odd("options");
      return { codes: codes.filter((code) => parts.includes(code)), number: null };
    }
    if (codes.includes(said)) return { codes: [said], number: null };
    if ((said === "pass" || said === "fail") && best(item) > 0n) {
      const points = item.options.map((one) => exact(one.points));
      const wanted = said === "pass" ? best(item) : points.reduce((a, b) => (b < a ? b : a));
      const found = codes.filter((_code, i) => points[i] === wanted);
      if (found.length === 1 && (said === "pass" || wanted <= 0n)) return { codes: found, number: null };
    }
    return odd("options");
  };
  const measured = (item, said) => {
    if (item.type === "time") {
      const minutes = clock(said);
      return minutes === null ? odd("time") : { codes: [said.padStart(5, "0")], number: minutes };
    }
    const number = item.type === "duration" ? duration(said) : decimal(said);
    if (number === null || (item.scale && number % whole(1))) return odd(item.type === "duration" ? "duration" : "number");
    const low = item.scale ? whole(item.scale.min) : item.min === undefined ? null : exact(item.min);
    const high = item.scale ? whole(item.scale.max) : item.max === undefined ? null : exact(item.max);
    if ((low !== null && number < low) || (high !== null && number > high) || number > LARGEST || number < -LARGEST) return odd("range");
    return { codes: [spelled(number)], number };
  };
  const spelled = (number) => {
    const size = String(number < 0n ? -number : number).padStart(PLACES + 1, "0");
    const rest = size.slice(-PLACES).replace(/0+$/, "");
    return `${number < 0n ? "-" : ""}${size.slice(0, -PLACES)}${rest && `.${rest}`}`;
  };
  const read = (item, text) => {
    const said = text.trim();
    if ([...said].length > 5000) return odd("text");
    const small = said.toLowerCase();
    if (item.type === "text" && !(item.na && small === "na")) return FORBIDDEN.test(said) ? odd("text") : { codes: [said], number: null };
    if (small === "na") return item.na ? NOT_APPLICABLE : odd("options");
    if (OPTIONS.has(item.type)) return chosen(item, small);
    if (PICTURES.has(item.type)) return small === "given" ? { codes: ["given"], number: null } : odd("given");
    return measured(item, said);
  };

  /* How good an answer is, only as far as “anything short of full marks” needs it. */
  const best = (item) => {
    const points = (item.options ?? item.ranges ?? []).map((one) => exact(one.points));
    if (item.type === "multiple") return points.filter((one) => one > 0n).reduce((sum, one) => sum + one, 0n);
    if (points.length) return points.reduce((a, b) => (b > a ? b : a));
    return item.type === "scale" ? whole(1) : 0n;
  };
  const misses = (item, answer) => {
    if (answer.na || best(item) <= 0n) return false;
    if (item.options) {
      const points = new Map(item.options.map((one) => [one.code, exact(one.points)]));
      return answer.codes.reduce((sum, code) => sum + points.get(code), 0n) < best(item);
    }
    if (item.scale) return answer.number < whole(item.scale.max);
    let points = exact(item.ranges[0].points);
    for (const part of item.ranges.slice(1)) if (part.from !== undefined && answer.number >= exact(part.from)) points = exact(part.points);
    return points < best(item);
  };
  const wanted = (item, answer) => {
    const rules = item.evidence ?? {};
    const kinds = new Set(answer.na ? rules.na : rules.any);
    if (!answer.na) {
      if (item.options) for (const code of answer.codes) for (const kind of rules[code] ?? []) kinds.add(kind);
      if (rules.miss && misses(item, answer)) for (const kind of rules.miss) kinds.add(kind);
    }
    return ["comment", "photo"].filter((kind) => kinds.has(kind));
  };

  /* One tap changes one answer: what the others mean, and what they ask for, is remembered with their questions. */
  const last = new WeakMap();
  const meaning = (item, text) => {
    const known = last.get(item);
    if (known?.text === text) return known.answer;
    const answer = read(item, text);
    last.set(item, { text, answer, asked: null });
    return answer;
  };
  const asked = (item, answer) => {
    const known = last.get(item);
    if (known?.answer !== answer) return wanted(item, answer);
    return known.asked ??= wanted(item, answer);
  };

  /* Entries {item: {answer, comment, evidence}} → {item: {answer | null, odd?, comment, evidence}}. */
  const givens = (form, entries) => {
    const found = {};
    for (const item of items(form)) {
      const entry = entries[item.code];
      if (!entry) continue;
      const evidence = entry.evidence ?? [];
      let said = (entry.answer ?? "").trim();
      if (!said && evidence.length && PICTURES.has(item.type)) said = "given";
      const answer = said ? meaning(item, said) : null;
      found[item.code] = { answer: answer?.odd ? null : answer, odd: answer?.odd ?? "", comment: (entry.comment ?? "").trim(), evidence };
    }
    return found;
  };
  const items = (form) => form.sections.flatMap((section) => section.items);

  /* Conditions. On the place: an attribute that is not there has no value. On answers: true, false or null (not known). */
  const fold = (text) => text.toUpperCase().toLowerCase();
  const applies = (rule, attributes) => {
    if (rule.all) return rule.all.every((part) => applies(part, attributes));
    if (rule.any) return rule.any.some((part) => applies(part, attributes));
    if (rule.not) return !applies(rule.not, attributes);
    const value = (attributes[rule.attribute] ?? "").trim();
    if (rule.is) return rule.is.some((one) => fold(one) === fold(value));
    const number = /^-?[0-9]{1,15}(\.[0-9]{1,15})?$/.test(value) ? exact(value) : null;
    if (number === null) return false;
    return rule.at_least !== undefined ? number >= exact(rule.at_least) : number <= exact(rule.at_most);
  };
  const truth = (rule, given, seen) => {
    if (rule.all || rule.any) {
      const decisive = Boolean(rule.any);
      const parts = (rule.all ?? rule.any).map((part) => truth(part, given, seen));
      return parts.includes(decisive) ? decisive : parts.includes(null) ? null : !decisive;
    }
    if (rule.not) { const inner = truth(rule.not, given, seen); return inner === null ? null : !inner; }
    const answer = given[rule.item]?.answer;
    if (!answer || seen[rule.item] !== "shown") return null;
    if (rule.is) return answer.na && !rule.is.includes("na") ? null : answer.codes.some((code) => rule.is.includes(code));
    if (answer.na || answer.number === null) return null;
    return rule.at_least !== undefined ? answer.number >= exact(rule.at_least) : answer.number <= exact(rule.at_most);
  };
  const visible = (form, given) => {
    const seen = {};
    for (const section of form.sections) {
      const here = !section.applies_if || applies(section.applies_if, form.attributes);
      for (const item of section.items) {
        if (!here || (item.applies_if && !applies(item.applies_if, form.attributes))) seen[item.code] = "not_applying";
        else seen[item.code] = item.show_if && truth(item.show_if, given, seen) !== true ? "hidden" : "shown";
      }
    }
    return seen;
  };

  const NOTHING = { answer: null, comment: "", evidence: [] };
  const lacks = (item, given) => {
    if (!given.answer) return item.required ? ["answer"] : [];
    const wanted = asked(item, given.answer);
    const found = [];
    if (wanted.includes("comment") && !given.comment) found.push("comment");
    if ((wanted.includes("photo") || (PICTURES.has(item.type) && !given.answer.na)) && !given.evidence.length) found.push("photo");
    return found;
  };

  /* Everything the page needs after an answer, in one pass. `opened`: what a correction may change; null: everything. */
  const standing = (form, entries) => {
    const given = givens(form, entries);
    const seen = visible(form, given);
    const mine = (item) => seen[item.code] === "shown" && (!form.opened || form.opened.includes(item.code));
    const missing = [], asks = {}, sections = [], shown = [];
    for (const section of form.sections) {
      const row = { section: section.code, answered: 0, total: 0, required_left: 0, lacking: 0 };
      for (const item of section.items) {
        if (seen[item.code] !== "shown") continue;
        const one = given[item.code] ?? NOTHING;
        const lacking = lacks(item, one);
        for (const what of lacking) missing.push({ item: item.code, section: section.code, what });
        if (!mine(item)) continue;
        shown.push(item.code);
        row.total += 1;
        row.answered += one.answer ? 1 : 0;
        for (const what of lacking) row[what === "answer" ? "required_left" : "lacking"] += 1;
        if (one.answer && asked(item, one.answer).length) asks[item.code] = asked(item, one.answer);
      }
      sections.push(row);
    }
    const whole = { answered: 0, total: 0, required_left: 0, lacking: 0 };
    for (const row of sections) for (const key of Object.keys(whole)) whole[key] += row[key];
    return { given, seen, shown, missing, asks, sections, whole };
  };

  /* What keeps it from being sent: item → "answer", "comment", "photo" or "odd:…"; empty when all is well. */
  const problems = (form, entries) => {
    const { given, seen, missing } = standing(form, entries);
    const found = {};
    const why = (code) => given[code]?.odd && `odd:${given[code].odd}`;
    for (const one of missing) found[one.item] ??= why(one.item) || one.what;
    for (const code of Object.keys(given)) if (why(code) && seen[code] === "shown") found[code] ??= why(code);
    return found;
  };

  return { standing, problems };
})();
