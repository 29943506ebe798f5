/* Photos and signatures of the form: made smaller on the phone, named by their hash, shown at once.
   Fill.shrink(file) gives { blob, sha }; Fill.pad(canvas, done) turns a canvas into a place to sign. */
"use strict";

(() => {
  const LONGEST = 1600;
  const HEAVY = 400 * 1024;

  const hash = async (blob) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const jpeg = (canvas, quality) => new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));

  window.Fill.shrink = async (file) => {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    let blob = null;
    for (const quality of [.82, .7, .55]) {
      blob = await jpeg(canvas, quality);
      if (blob.size <= HEAVY) break;
    }
    return { blob, sha: await hash(blob) };
  };

  window.Fill.pad = (canvas, done) => {
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
      timer = setTimeout(async () => { const blob = await jpeg(canvas, .8); done({ blob, sha: await hash(blob) }); }, 700);
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    return wipe;
  };
})();
