// Several files as one: a ZIP archive whose files are stored as they are, for they are compressed.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
const VERSION = 20;
const UTF8 = 1 << 11; // file names are
const DAY = (1 << 5) | 1; // 1980-01-01: ZIP knows no "unknown"

function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Little-endian bytes of [value, size] pairs. */
function pack(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, size]) => sum + size, 0)));
  let at = 0;
  for (const [value, size] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return view.buffer;
}

/** A name that is not taken yet: `a.png`, `a (2).png`. */
function free(name, taken) {
  const [, stem, ending] = /^(.*?)(\.[^.]*)?$/.exec(name);
  let found = name;
  for (let i = 2; taken.has(found); i++) found = `${stem} (${i})${ending ?? ''}`;
  taken.add(found);
  return found;
}

/** @param files [{name, blob}] */
export async function zip(files) {
  const parts = [];
  const directory = [];
  const taken = new Set();
  let offset = 0;
  for (const { name, blob } of files) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const path = new TextEncoder().encode(free(name, taken));
    const about = [
      [VERSION, 2], [UTF8, 2], [0, 2], [0, 2], [DAY, 2],
      [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [path.length, 2], [0, 2],
    ];
    parts.push(pack([0x04034b50, 4], ...about), path, blob);
    directory.push(
      pack([0x02014b50, 4], [VERSION, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), path);
    offset += 30 + path.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.byteLength, 0);
  const end = pack(
    [0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [offset, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}
