/* Photos and signatures of the form: upright and smaller on the phone, named by their hash, shown at once.
   Shots.shrink(file, from) gives { blob, sha, thumb, from }; Shots.pad(canvas, done) turns a canvas into a place to sign;
   Shots.item(code, sha, src) is one picture in the list of a question. */
"use strict";

window.Shots = (() => {
  const LONGEST = 1600;
  const HEAVY = 400 * 1024;
  const THUMB = 320;

  const hash = async (blob) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const jpeg = (canvas, quality) => new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
  const drawn = (picture, longest) => {
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  };

  const shrink = async (file, from) => {
    const found = Exif.read(await file.slice(0, 256 * 1024).arrayBuffer());
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const canvas = drawn(picture, LONGEST);
    const thumb = await jpeg(drawn(picture, THUMB), .7);
    picture.close();
    let blob = null;
    for (const quality of [.82, .7, .55, .4]) {
      blob = await jpeg(canvas, quality);
      if (blob.size <= HEAVY) break;
    }
    blob = await Exif.mark(blob, found);
    return { blob, sha: await hash(blob), thumb, from };
  };

  const pad = (canvas, done) => {
    const draw = canvas.getContext("2d");
    let last = null, timer = 0;
    const wipe = () => { draw.fillStyle = "#fff"; draw.fillRect(0, 0, canvas.width, canvas.height); };
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
    };
    wipe();
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); last = at(event); clearTimeout(timer); });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const now = at(event);
      draw.strokeStyle = "#16201c";
      draw.lineWidth = 3;
      draw.lineCap = "round";
      draw.beginPath();
      draw.moveTo(...last);
      draw.lineTo(...now);
      draw.stroke();
      last = now;
    });
    const end = () => {
      if (!last) return;
      last = null;
      timer = setTimeout(async () => { const blob = await jpeg(canvas, .8); done({ blob, sha: await hash(blob), from: "hand" }); }, 300);
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    return wipe;
  };

  const item = (code, sha, src) => {
    const { words, icon } = window.Phone;
    const li = document.createElement("li");
    li.dataset.sha = sha;
    const frame = document.createElement("span");
    frame.className = "photo";
    if (src) frame.append(Object.assign(document.createElement("img"), { src, alt: words.photo, width: 320, height: 240 }));
    else {
      const coming = document.createElement("span");
      coming.className = "coming";
      coming.append(icon("photo"));
      frame.append(coming);
    }
    const remove = Object.assign(document.createElement("button"), { type: "button", name: "remove", value: `${code}:${sha}`, className: "btn small" });
    remove.append(icon("trash"), words.remove);
    li.append(frame, remove);
    return li;
  };

  /* Beside the camera: a picture that is there already. It goes marked as such. Where the question keeps its photos
     folded away, it is made when somebody unfolds them. */
  const library = (input) => {
    const { words } = window.Phone;
    const other = Object.assign(document.createElement("input"), { type: "file", accept: input.accept, multiple: true, id: `${input.id}-library` });
    other.setAttribute("aria-label", words.library);
    const face = Object.assign(document.createElement("span"), { className: "btn", textContent: words.library });
    face.setAttribute("aria-hidden", "true");
    const box = Object.assign(document.createElement("div"), { className: "shoot library" });
    box.append(other, face);
    input.closest(".shoot").after(box);
  };
  const offer = (root) => {
    for (const input of root.querySelectorAll(".shoot input[capture]")) if (!input.closest("details:not([open])") && !document.getElementById(`${input.id}-library`)) library(input);
  };
  offer(document);
  document.addEventListener("toggle", ({ target }) => { if (target.open && target.matches?.(".extra")) offer(target); }, true);

  return { shrink, pad, item };
})();
