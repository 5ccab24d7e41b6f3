// A photo in the worker: its file, decoded only while its pixels are needed.

import { readFile } from './local_file.js';
import { withFacts } from './local_output.js';
import {
  luminanceAt, luminances, makeClear, makeGrey, modelLightness, recolor,
} from './recolor.js';
import { isReadable } from './source.js';

const RESULTS = 8; // remembered for saving
const BUDGETS = 4; // whose automatic results are kept
const JPEG_QUALITY = 1; // below, Chromium halves the resolution of the colors

// The photo whose luminance is kept, so that nothing is decoded while hints are dragged: one at a
// time, because it is half as large as the pixels.
const held = { photo: null, roots: null };

/** What the person is told; `kind` as in engine.js. */
export class Refusal extends Error {
  constructor(message, kind = 'refused') {
    super(message);
    this.kind = kind;
  }
}

/** @param under a color under what is transparent, or null */
function canvasOf(picture, width, height, under) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new RangeError('no memory for a canvas');
  if (under) {
    context.fillStyle = under;
    context.fillRect(0, 0, width, height);
  }
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  return { canvas, context, pixels: context.getImageData(0, 0, width, height) };
}

/** Whether some of a picture is transparent, and whether all of it is. */
function transparency({ data }) {
  let [some, all] = [false, true];
  for (let i = 3; i < data.length; i += 4) {
    some ||= data[i] < 255;
    all &&= data[i] === 0;
  }
  return { some, all };
}

export class LocalPhoto {
  alpha = false; // whether some of it is transparent
  notes = []; // for the person: of how it was read
  #file;
  #facts; // of the file
  #results = new Map();
  #made = 0;
  #lightness = null;
  #automatic = new Map();

  static async read(file, most) {
    const photo = new LocalPhoto();
    photo.#file = file;
    const picture = await photo.#decode();
    const { width, height } = picture;
    picture.close();
    if (width * height > most) {
      throw new Refusal(`${width} x ${height} pixels are more than the ${most} allowed`);
    }
    Object.assign(photo, { width, height });
    await photo.#readFacts();
    return photo;
  }

  async #readFacts() {
    this.#facts = readFile(new Uint8Array(await this.#file.arrayBuffer()), this);
    this.notes.push(...this.#facts.notes);
    if (!this.#facts.clear) return;
    const { some, all } = transparency((await this.#draw(this.width, this.height, null)).pixels);
    this.alpha = some;
    if (all) this.notes.push('it is transparent everywhere, so that nothing of it is seen here');
  }

  async #decode() {
    try {
      return await createImageBitmap(this.#file);
    } catch {
      if (!await isReadable(this.#file)) throw new Refusal('its file cannot be read', 'gone');
      throw new Refusal('this file is no picture that the browser can read');
    }
  }

  async #draw(width = this.width, height = this.height, under = 'white') {
    const picture = await this.#decode();
    try {
      return canvasOf(picture, width, height, under);
    } finally {
      picture.close();
    }
  }

  /** (L* - 50) / 100 at the model's size. */
  async lightness(side) {
    if (!this.#lightness) this.#lightness = modelLightness(await this.#look(), side);
    return this.#lightness;
  }

  /** CIE's Y of the pixels under hints. */
  async luminancesAt(hints) {
    if (!hints.length) return [];
    if (held.photo !== this) await this.#look();
    return hints.map(({ row, column }) => luminanceAt(held.roots, row * this.width + column));
  }

  /** Its pixels, whose luminance is kept. */
  async #look() {
    const { pixels } = await this.#draw();
    Object.assign(held, { photo: this, roots: luminances(pixels) });
    return pixels;
  }

  /** Lets go what is kept beside the photo. */
  putAway() {
    if (held.photo === this) Object.assign(held, { photo: null, roots: null });
  }

  /** What `compute` gives for a budget, kept for the budgets asked for last. */
  async automatic(budget, compute) {
    if (!this.#automatic.has(budget)) {
      this.#automatic.set(budget, await compute());
      if (this.#automatic.size > BUDGETS) this.#automatic.delete(this.#automatic.keys().next().value);
    }
    return this.#automatic.get(budget);
  }

  async grey(maxSide) {
    const shrink = Math.min(1, maxSide / Math.max(this.width, this.height));
    const size = [this.width, this.height].map((length) => Math.max(1, Math.round(length * shrink)));
    const { pixels } = await this.#draw(...size);
    makeGrey(pixels);
    return createImageBitmap(pixels);
  }

  /** Keeps colors for saving; their id. */
  remember(ab) {
    const id = String(this.#made += 1);
    this.#results.set(id, ab);
    if (this.#results.size > RESULTS) this.#results.delete(this.#results.keys().next().value);
    return id;
  }

  /** The photo in color at its own size, as a file. */
  async save(result, format, side, { saturation, warmth }, warm) {
    const found = this.#results.get(result);
    if (!found) throw new Refusal('these colors are not known any more', 'gone');
    const { canvas, context, pixels } = await this.#draw();
    const ab = found.map((value, i) => saturation * value + warmth * warm[i & 1]);
    recolor(pixels, ab, side);
    if (this.alpha && format === 'png') {
      makeClear(pixels, (await this.#draw(this.width, this.height, null)).pixels);
    }
    context.putImageData(pixels, 0, 0);
    const blob = await canvas.convertToBlob({ type: `image/${format}`, quality: JPEG_QUALITY });
    return withFacts(blob, this.#facts);
  }
}
