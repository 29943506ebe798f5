/* When and where a photo was taken: read from the camera's file before it is made smaller, and written into the small one,
   so that it reaches the server by the photo itself. Everything else a camera writes (its number, its owner, the thumb of
   the uncropped picture) stays behind. The smallest part of EXIF that says so; anything odd gives nothing. */
"use strict";

self.Exif = (() => {
  const IFD = { exif: 0x8769, gps: 0x8825, taken: 0x9003, zone: 0x9011, ns: 1, lat: 2, ew: 3, lon: 4 };

  const find = (bytes) => {
    const view = new DataView(bytes);
    if (view.byteLength < 12 || view.getUint16(0) !== 0xffd8) return null;
    for (let at = 2; at + 10 < view.byteLength && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
      const kind = view.getUint8(at + 1);
      if (kind === 0xda) return null;
      if (kind === 0xe1 && view.getUint32(at + 4) === 0x45786966) return new DataView(bytes, at + 10, Math.min(view.getUint16(at + 2) - 8, view.byteLength - at - 10));
    }
    return null;
  };
  const read = (bytes) => {
    try {
      const view = find(bytes);
      if (!view) return {};
      const little = view.getUint16(0) === 0x4949;
      const u16 = (at) => view.getUint16(at, little), u32 = (at) => view.getUint32(at, little);
      const entries = (at) => Object.fromEntries(Array.from({ length: Math.min(u16(at), 200) }, (_x, i) => [u16(at + 2 + i * 12), at + 2 + i * 12]));
      const text = (at) => { const n = u32(at + 4), from = n > 4 ? u32(at + 8) : at + 8; return Array.from({ length: n }, (_x, i) => String.fromCharCode(view.getUint8(from + i))).join("").replace(/\0.*$/, ""); };
      const three = (at) => { const from = u32(at + 8); return [0, 1, 2].map((i) => [u32(from + i * 8), u32(from + i * 8 + 4)]); };
      const top = entries(u32(4)), found = {};
      if (top[IFD.exif]) {
        const exif = entries(u32(top[IFD.exif] + 8));
        if (exif[IFD.taken]) found.taken = text(exif[IFD.taken]);
        if (exif[IFD.zone]) found.zone = text(exif[IFD.zone]);
      }
      if (top[IFD.gps]) {
        const gps = entries(u32(top[IFD.gps] + 8));
        if (gps[IFD.lat] && gps[IFD.lon] && gps[IFD.ns] && gps[IFD.ew]) Object.assign(found, { ns: text(gps[IFD.ns]), lat: three(gps[IFD.lat]), ew: text(gps[IFD.ew]), lon: three(gps[IFD.lon]) });
      }
      if (found.taken && !/^\d{4}:\d\d:\d\d \d\d:\d\d:\d\d$/.test(found.taken)) delete found.taken;
      if (found.zone && !/^[+-]\d\d:\d\d$/.test(found.zone)) delete found.zone;
      return found;
    } catch { return {}; }
  };

  /* A block of EXIF (big-endian) with what was found; null when there is nothing to say. */
  const block = (found) => {
    const exif = [], gps = [];
    if (found.taken) exif.push([IFD.taken, 2, found.taken]);
    if (found.taken && found.zone) exif.push([IFD.zone, 2, found.zone]);
    if (found.lat) gps.push([IFD.ns, 2, found.ns.slice(0, 1)], [IFD.lat, 5, found.lat], [IFD.ew, 2, found.ew.slice(0, 1)], [IFD.lon, 5, found.lon]);
    if (!exif.length && !gps.length) return null;
    const view = new DataView(new ArrayBuffer(600));
    let end = 0;
    const place = (n) => { const at = end; end += n + (n & 1); return at; };
    const list = (rows, at) => {
      view.setUint16(at, rows.length);
      rows.forEach(([tag, kind, value], i) => {
        const here = at + 2 + i * 12;
        view.setUint16(here, tag);
        view.setUint16(here + 2, kind);
        if (kind === 4) { view.setUint32(here + 4, 1); view.setUint32(here + 8, value); return; }
        const n = kind === 2 ? value.length + 1 : 3;
        view.setUint32(here + 4, n);
        const from = kind === 2 && n <= 4 ? here + 8 : place(kind === 2 ? n : 24);
        if (from !== here + 8) view.setUint32(here + 8, from);
        if (kind === 2) [...value].forEach((sign, j) => view.setUint8(from + j, sign.charCodeAt(0)));
        else value.forEach(([top, under], j) => { view.setUint32(from + j * 8, top); view.setUint32(from + j * 8 + 4, under); });
      });
    };
    view.setUint32(0, 0x4d4d002a);
    view.setUint32(4, 8);
    end = 8;
    const pointers = [exif.length && IFD.exif, gps.length && IFD.gps].filter(Boolean);
    const top = place(2 + pointers.length * 12 + 4);
    const inner = [exif, gps].filter((rows) => rows.length).map((rows) => [rows, place(2 + rows.length * 12 + 4)]);
    list(pointers.map((tag, i) => [tag, 4, inner[i][1]]), top);
    for (const [rows, at] of inner) list(rows, at);
    return new Uint8Array(view.buffer, 0, end);
  };

  /* The same picture with this block behind its first two bytes. */
  const mark = async (blob, found) => {
    const added = block(found);
    if (!added) return blob;
    const head = new Uint8Array(10);
    new DataView(head.buffer).setUint16(0, 0xffe1);
    new DataView(head.buffer).setUint16(2, added.length + 8);
    head.set([0x45, 0x78, 0x69, 0x66, 0, 0], 4);
    return new Blob([blob.slice(0, 2), head, added, blob.slice(2)], { type: "image/jpeg" });
  };

  return { read, mark };
})();
