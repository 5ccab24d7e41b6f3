// What a photo's file says beside its pixels, from its bytes: EXIF, XMP, resolution, and what the
// browser makes less of. JPEG, PNG and WebP; of others only what they are.

import { trueExif } from './local_exif.js';
import { PNG_XMP, XMP_HEAD, fitsJpeg, xmpFitsJpeg } from './local_output.js';
import { trueXmp, xmpOrientation, xmpText } from './local_xmp.js';

const EXIF_HEAD = 'Exif\0\0';
const EXTENDED_XMP = 'http://ns.adobe.com/xmp/extension/\0'; // of a JPEG's segment
const CM = 2.54; // in an inch
const AV1_SEARCHED = 4096; // bytes in which an AVIF describes itself

const text = (bytes, at, length) => String.fromCharCode(...bytes.subarray(at, at + length));
const starts = (bytes, at, head) => text(bytes, at, head.length) === head;
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** [marker, content] of a JPEG's segments before its pixels. */
function* jpegSegments(bytes) {
  const view = viewOf(bytes);
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
    const end = at + 2 + view.getUint16(at + 2);
    yield [bytes[at + 1], bytes.subarray(at + 4, end)];
    at = end;
  }
}

/** [name, content] of a PNG's chunks. */
function* pngChunks(bytes) {
  const view = viewOf(bytes);
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    yield [text(bytes, at + 4, 4), bytes.subarray(at + 8, at + 8 + length)];
    at += 12 + length;
  }
}

/** [name, content] of a WebP's chunks. */
function* webpChunks(bytes) {
  const view = viewOf(bytes);
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    yield [text(bytes, at, 4), bytes.subarray(at + 8, at + 8 + length)];
    at += 8 + length + (length & 1);
  }
}

function ofJpeg(bytes, facts) {
  facts.clear = false; // it cannot be transparent
  for (const [marker, content] of jpegSegments(bytes)) {
    if (marker === 0xe1 && starts(content, 0, EXIF_HEAD)) facts.exif ??= content.slice(6);
    if (marker === 0xe1 && starts(content, 0, XMP_HEAD)) facts.xmp ??= content.slice(XMP_HEAD.length);
    if (marker === 0xe1 && starts(content, 0, EXTENDED_XMP)) facts.moreXmp = true;
    if (marker === 0xe0 && starts(content, 0, 'JFIF\0')) {
      const view = viewOf(content);
      const scale = [0, 1, CM][content[7]] ?? 0; // of no unit, an inch, a centimeter
      facts.dpi = [8, 10].map((at) => scale * view.getUint16(at));
    }
  }
}

/** The packet of an iTXt chunk, after its keyword, flag, method, language and translated keyword. */
function pngXmp(content, facts) {
  const packed = content[PNG_XMP.length] !== 0;
  const language = content.indexOf(0, PNG_XMP.length + 2);
  const translated = content.indexOf(0, language + 1);
  if (packed || language < 0 || translated < 0) facts.lostXmp = true;
  else facts.xmp ??= content.slice(translated + 1);
}

function ofPng(bytes, facts) {
  facts.clear = false;
  for (const [name, content] of pngChunks(bytes)) {
    if (name === 'IHDR') {
      facts.deep = content[8] > 8;
      facts.clear = content[9] >= 4; // gray or color with alpha
    } else if (name === 'tRNS') facts.clear = true;
    else if (name === 'acTL') facts.frames = true;
    else if (name === 'eXIf') facts.exif ??= content.slice();
    else if (name === 'iTXt' && starts(content, 0, PNG_XMP)) pngXmp(content, facts);
    else if (name === 'pHYs' && content[8] === 1) { // pixels a meter
      const view = viewOf(content);
      facts.dpi = [0, 4].map((at) => (view.getUint32(at) * CM) / 100);
    }
  }
}

function ofWebp(bytes, facts, size) {
  for (const [name, content] of webpChunks(bytes)) {
    if (name === 'VP8 ') facts.clear ??= false;
    else if (name === 'VP8X') {
      const [width, height] = [4, 7].map((at) => 1 + (viewOf(content).getUint32(at - 1, true) >>> 8));
      facts.lies = width === size.width && height === size.height; // no browser known turns it
      facts.clear = Boolean(content[0] & 0x10);
      facts.frames = Boolean(content[0] & 0x02);
    } else if (name === 'XMP ') facts.xmp ??= content.slice();
    else if (name === 'EXIF') {
      facts.exif ??= content.slice(starts(content, 0, EXIF_HEAD) ? EXIF_HEAD.length : 0);
    }
  }
}

function ofAvif(bytes, facts) {
  const at = text(bytes, 0, Math.min(AV1_SEARCHED, bytes.length)).indexOf('av1C');
  facts.deep = at > 0 && Boolean(bytes[at + 6] & 0x40); // high_bitdepth
}

const READERS = [
  [(bytes) => starts(bytes, 0, '\xff\xd8'), ofJpeg],
  [(bytes) => starts(bytes, 0, '\x89PNG'), ofPng],
  [(bytes) => starts(bytes, 0, 'RIFF') && starts(bytes, 8, 'WEBP'), ofWebp],
  [(bytes) => starts(bytes, 4, 'ftyp'), ofAvif],
];

/** What of a file does not go along, for the person. */
function notesOf(facts, orientation, damaged, xmp) {
  return [
    facts.deep && 'it has more than 8 bits a channel; the result has 8',
    facts.frames && 'of its frames the first is taken',
    facts.lies && orientation > 1 && 'it is not turned as its EXIF says',
    orientation === null && xmp.orientation > 1 && 'it is not turned as its XMP says',
    damaged && 'its EXIF is damaged and is left out',
    facts.exif && !damaged && !fitsJpeg(facts.exif) && 'its EXIF is more than a JPEG holds; PNG keeps it',
    (facts.lostXmp || (facts.xmp && !xmp.packet)) && 'its XMP cannot be read and is left out',
    facts.moreXmp && 'a part of its XMP is left out',
    xmp.packet && !xmpFitsJpeg(xmp.packet) && 'its XMP is more than a JPEG holds; PNG keeps it',
  ].filter(Boolean);
}

/** {packet, as it is true of the picture; orientation, as it was said}, each null if there is none. */
function xmpOf(packet, turned) {
  const text = packet && xmpText(packet);
  if (!text) return { packet: null, orientation: null };
  return { packet: trueXmp(text, turned), orientation: xmpOrientation(text) };
}

/**
 * What a file says beside its pixels.
 * @param size  {width, height} as the browser has decoded it
 * @returns {exif: EXIF block, true of those pixels, or null; xmp: XMP packet, likewise;
 *   dpi: [across, down] or null; clear: whether it may be transparent;
 *   notes: what does not go along, for the person}
 */
export function readFile(bytes, size) {
  const facts = { exif: null, xmp: null, dpi: null, clear: null, lies: false };
  const reader = READERS.find(([is]) => is(bytes))?.[1];
  try {
    reader?.(bytes, facts, size);
  } catch { /* cut short: what was found before counts */ }
  const { orientation, damaged } = facts.exif
    ? trueExif(facts.exif, size, !facts.lies) : { orientation: null, damaged: false };
  // Browsers turn a photo by its EXIF; what XMP alone says they do not heed.
  const xmp = xmpOf(facts.xmp, orientation !== null && !facts.lies);
  return {
    exif: damaged ? null : facts.exif,
    xmp: xmp.packet,
    dpi: facts.dpi?.every((value) => value > 0) ? facts.dpi : null,
    clear: facts.clear ?? true,
    notes: notesOf(facts, orientation, damaged, xmp),
  };
}
