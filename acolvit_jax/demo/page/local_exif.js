// A photo's EXIF block, put right in place for the picture that is made of it: what makers of cameras
// keep in it by its position stays readable.

const ORIENTATION = 0x0112;
const DETAILS = 0x8769; // tag of the table that the next three are in
const [COLOR_SPACE, WIDTH, HEIGHT] = [0xa001, 0xa002, 0xa003];
const RULES = 0xa005; // tag of the table of interoperability
const RULES_INDEX = 1;
const [ASCII, SHORT, LONG] = [2, 3, 4]; // types of values
const SRGB = 1;
const SRGB_RULES = [0x52, 0x39, 0x38, 0]; // "R98"
const ENTRY = 12; // bytes

class Block {
  constructor(bytes) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.little = bytes[0] === 0x49; // "II"
  }

  short = (at) => this.view.getUint16(at, this.little);

  long = (at) => this.view.getUint32(at, this.little);

  /** [tag, position] of a table's entries. */
  * entries(table) {
    for (let left = this.short(table), at = table + 2; left > 0; left--, at += ENTRY) {
      yield [this.short(at), at];
    }
  }

  number(entry) {
    return this.short(entry + 2) === SHORT ? this.short(entry + 8) : this.long(entry + 8);
  }

  #put(entry, type, count) {
    this.view.setUint16(entry + 2, type, this.little);
    this.view.setUint32(entry + 4, count, this.little);
  }

  putShort(entry, value) {
    this.#put(entry, SHORT, 1);
    this.view.setUint16(entry + 8, value, this.little);
  }

  putLong(entry, value) {
    this.#put(entry, LONG, 1);
    this.view.setUint32(entry + 8, value, this.little);
  }

  putText(entry, letters) {
    this.#put(entry, ASCII, letters.length);
    letters.forEach((letter, i) => this.view.setUint8(entry + 8 + i, letter));
  }

  /** Makes a table the last: after the first comes the thumbnail, which is as grey as the photo. */
  end(table) {
    const link = table + 2 + ENTRY * this.short(table);
    if (link + 4 <= this.view.byteLength) this.view.setUint32(link, 0);
  }
}

/**
 * Makes an EXIF block true of an sRGB picture (`photo.metadata.of_result`).
 * @param bytes   the block, which is changed
 * @param size    {width, height} of the picture
 * @param turned  whether its pixels are turned: then the block says that they are upright
 * @returns {orientation: as the block has said it, null if it says none; damaged: whether it cannot
 *   be put right}
 */
export function trueExif(bytes, size, turned) {
  const said = { orientation: null, damaged: false };
  try {
    const block = new Block(bytes);
    const main = block.long(4);
    for (const [tag, entry] of block.entries(main)) {
      if (tag === DETAILS) putDetails(block, block.number(entry), size);
      if (tag !== ORIENTATION) continue;
      said.orientation = block.number(entry);
      if (turned) block.putShort(entry, 1);
    }
    block.end(main);
  } catch {
    said.damaged = true;
  }
  return said;
}

function putDetails(block, table, { width, height }) {
  for (const [tag, entry] of block.entries(table)) {
    if (tag === COLOR_SPACE) block.putShort(entry, SRGB);
    else if (tag === WIDTH) block.putLong(entry, width);
    else if (tag === HEIGHT) block.putLong(entry, height);
    else if (tag === RULES) putRules(block, block.number(entry));
  }
}

function putRules(block, table) {
  for (const [tag, entry] of block.entries(table)) {
    if (tag === RULES_INDEX) block.putText(entry, SRGB_RULES);
  }
}
