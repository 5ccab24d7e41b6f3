// Several files as one: a ZIP archive whose files are stored as they are, for they are compressed.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
const VERSION = 20;
const UTF8 = 1 << 11; // file names are
const DAY = (1 << 5) | 1; // 1980-01-01: ZIP knows no "unknown"
const MOST_BYTES = 0xffffffff; // less than that: its numbers have 32 bits
const MOST_FILES = 0xffff; // likewise, of 16 bits
const HEAD = 30; // bytes of a file beside its name and content
const ENTRY = 46; // in the directory, beside the name
const END = 22;

function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** What systems compare that tell neither capitals nor ways to write an accent apart. */
const keyOf = (name) => name.normalize().toLowerCase();

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

export class Full extends Error {
  message = 'a ZIP file holds less than 4 GiB and 65,535 files; save these one by one';
}

/** An archive that files are added to while it has room. */
export class Zip {
  #parts = [];
  #directory = [];
  #taken = new Set(); // keys of names
  #end = 0; // of the files
  #size = 0; // of the directory

  get files() { return this.#taken.size; }

  /** Adds a file; fails, with all as it was, where there is no room for it. */
  async add({ name, blob }) {
    const free = this.#free(name);
    const path = new TextEncoder().encode(free);
    const [length, entry] = [HEAD + path.length + blob.size, ENTRY + path.length];
    const size = this.#end + length + this.#size + entry + END;
    if (size >= MOST_BYTES || this.files + 1 >= MOST_FILES) throw new Full();
    const about = [
      [VERSION, 2], [UTF8, 2], [0, 2], [0, 2], [DAY, 2],
      [crc32(new Uint8Array(await blob.arrayBuffer())), 4], [blob.size, 4], [blob.size, 4],
      [path.length, 2], [0, 2],
    ];
    const where = [[0, 2], [0, 2], [0, 2], [0, 4], [this.#end, 4]];
    this.#parts.push(pack([0x04034b50, 4], ...about), path, blob);
    this.#directory.push(pack([0x02014b50, 4], [VERSION, 2], ...about, ...where), path);
    this.#taken.add(keyOf(free));
    this.#end += length;
    this.#size += entry;
  }

  get blob() {
    const { files } = this;
    const end = pack(
      [0x06054b50, 4], [0, 2], [0, 2], [files, 2], [files, 2], [this.#size, 4], [this.#end, 4], [0, 2]);
    return new Blob([...this.#parts, ...this.#directory, end], { type: 'application/zip' });
  }

  /** A name that is not taken yet: `a.png`, `a (2).png`. */
  #free(name) {
    const [, stem, ending] = /^(.*?)(\.[^.]*)?$/.exec(name);
    let found = name;
    for (let i = 2; this.#taken.has(keyOf(found)); i++) found = `${stem} (${i})${ending ?? ''}`;
    return found;
  }
}
