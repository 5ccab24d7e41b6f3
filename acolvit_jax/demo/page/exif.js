// EXIF from the photo's file into the saved one: JPEG's APP1 and PNG's eXIf, nothing else.

const ORIENTATION = 0x0112;
const HEAD = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif", two zeros
const PNG = [0x89, 0x50, 0x4e, 0x47];
const LONGEST = 65_533; // of a JPEG segment
const starts = (bytes, at, head) => head.every((value, i) => bytes[at + i] === value);
const isJpeg = (bytes) => starts(bytes, 0, [0xff, 0xd8]);

/** The EXIF block of a JPEG or PNG, upright, or null. */
export function readExif(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = isJpeg(bytes) ? inJpeg(bytes, view) : starts(bytes, 0, PNG) ? inPng(view) : null;
  if (!found) return null;
  const block = bytes.slice(...found);
  return upright(new DataView(block.buffer)) ? block : null;
}

function inJpeg(bytes, view) {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
    const end = at + 2 + view.getUint16(at + 2);
    if (bytes[at + 1] === 0xe1 && starts(bytes, at + 4, HEAD)) return [at + 4 + HEAD.length, end];
    at = end;
  }
  return null;
}

function inPng(view) {
  for (let at = 8; at + 12 <= view.byteLength;) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x65584966) return [at + 8, at + 8 + length]; // eXIf
    at += 12 + length;
  }
  return null;
}

/** Sets the orientation of a block to 1, for the pixels are turned; false if it is damaged. */
function upright(view) {
  try {
    const little = view.getUint16(0) === 0x4949;
    const ifd = view.getUint32(4, little);
    const count = view.getUint16(ifd, little);
    for (let i = 0, at = ifd + 2; i < count; i++, at += 12) {
      if (view.getUint16(at, little) === ORIENTATION) view.setUint16(at + 8, 1, little);
    }
    return true;
  } catch {
    return false;
  }
}

/** A JPEG or PNG file with an EXIF block; a block too long for a JPEG is left out. */
export async function withExif(blob, block) {
  if (!block) return blob;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const options = { type: blob.type };
  if (isJpeg(bytes)) {
    const length = 2 + HEAD.length + block.length;
    if (length > LONGEST) return blob;
    const head = Uint8Array.of(0xff, 0xe1, length >> 8, length & 255, ...HEAD);
    return new Blob([bytes.subarray(0, 2), head, block, bytes.subarray(2)], options);
  }
  const chunk = new Uint8Array(12 + block.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, block.length);
  view.setUint32(4, 0x65584966);
  chunk.set(block, 8);
  view.setUint32(8 + block.length, crc(chunk.subarray(4, 8 + block.length)));
  const header = 33; // signature and IHDR
  return new Blob([bytes.subarray(0, header), chunk, bytes.subarray(header)], options);
}

function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
