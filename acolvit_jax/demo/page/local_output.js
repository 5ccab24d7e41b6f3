// What goes along into a saved JPEG or PNG beside its pixels: EXIF, XMP, resolution, and that it is
// sRGB.

const EXIF_HEAD = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif", two zeros
export const XMP_HEAD = 'http://ns.adobe.com/xap/1.0/\0'; // of a JPEG's segment
export const PNG_XMP = 'XML:com.adobe.xmp\0'; // of a PNG's chunk
const LONGEST = 65_533; // bytes of a JPEG's segment
const INCHES = 39.3701; // in a meter
const HEADER = 33; // bytes of a PNG's signature and IHDR
const PERCEPTUAL = 0;

/** Whether a JPEG holds an EXIF block; a PNG holds any. */
export const fitsJpeg = (exif) => 2 + EXIF_HEAD.length + exif.length <= LONGEST;

/** Likewise for an XMP packet. */
export const xmpFitsJpeg = (xmp) => 2 + XMP_HEAD.length + xmp.length <= LONGEST;

/** A picture that the browser has encoded, with what goes along. */
export async function withFacts(blob, facts) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const parts = blob.type === 'image/jpeg' ? jpeg(bytes, facts) : png(bytes, facts);
  return new Blob(parts, { type: blob.type });
}

const letters = (text) => [...text].map((letter) => letter.charCodeAt(0));

function jpeg(bytes, { exif, xmp, dpi }) {
  const own = bytes[2] === 0xff && bytes[3] === 0xe0 ? 4 + ((bytes[4] << 8) | bytes[5]) : 2;
  const jfif = segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, ...density(dpi), 0, 0]);
  const block = exif && fitsJpeg(exif) ? [segment(0xe1, [...EXIF_HEAD, ...exif])] : [];
  const packet = xmp && xmpFitsJpeg(xmp) ? [segment(0xe1, [...letters(XMP_HEAD), ...xmp])] : [];
  return [bytes.subarray(0, 2), jfif, ...block, ...packet, bytes.subarray(own)];
}

/** JFIF's unit and pixels a unit, across and down. */
function density(dpi) {
  const [x, y] = (dpi ?? [1, 1]).map((value) => Math.min(65535, Math.round(value)));
  return [dpi ? 1 : 0, x >> 8, x & 255, y >> 8, y & 255];
}

function segment(marker, content) {
  const length = 2 + content.length;
  return Uint8Array.from([0xff, marker, length >> 8, length & 255, ...content]);
}

function png(bytes, { exif, xmp, dpi }) {
  const parts = [bytes.subarray(0, HEADER), chunk('sRGB', [PERCEPTUAL])];
  if (dpi) parts.push(chunk('pHYs', [...dpi.flatMap((value) => uint32(value * INCHES)), 1]));
  if (exif) parts.push(chunk('eXIf', exif));
  if (xmp) parts.push(chunk('iTXt', [...letters(PNG_XMP), 0, 0, 0, 0, ...xmp]));
  return [...parts, bytes.subarray(HEADER)];
}

const uint32 = (value) => [24, 16, 8, 0].map((shift) => (Math.round(value) >>> shift) & 255);

function chunk(name, content) {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(letters(name), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
