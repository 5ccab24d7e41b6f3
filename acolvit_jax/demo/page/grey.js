// The grey photo as a picture to draw, and the lightness that can be read from it.

import { greyToL, linearize } from './color.js';
import { hasOneColorATone } from './levels.js';

const READ_SIDE = 1024; // of the copy that pixels are read from
const PREVIEW_SIDE = 1024;

export class Grey {
  #context;

  constructor(picture) {
    this.picture = picture;
    const shrink = Math.min(1, READ_SIDE / Math.max(picture.width, picture.height));
    const width = Math.max(1, Math.round(picture.width * shrink));
    const height = Math.max(1, Math.round(picture.height * shrink));
    const copy = new OffscreenCanvas(width, height);
    this.#context = copy.getContext('2d', { willReadFrequently: true });
    this.#context.drawImage(picture, 0, 0, width, height);
    this.width = width;
    this.height = height;
  }

  /** Mean L* around a place given in fractions of width and height; `extent` likewise. */
  lightness(x, y, extent) {
    const span = (value, length) => {
      const size = Math.max(1, Math.round(extent * length));
      const start = Math.round(value * length - size / 2);
      return [Math.max(0, Math.min(length - size, start)), size];
    };
    const [left, width] = span(x, this.width);
    const [top, height] = span(y, this.height);
    const { data } = this.#context.getImageData(left, top, width, height);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum += greyToL(data[i]);
    return sum / (data.length / 4);
  }
}

/**
 * 64 bits of a photo as hex, nearly the same at any size: whether each of 8 x 8 fields is lighter
 * than the next one.
 */
export function fingerprint(grey) {
  const l = (row, column) => grey.lightness((column + 0.5) / 9, (row + 0.5) / 8, 1 / 9);
  let bits = '';
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) bits += l(row, column) > l(row, column + 1) ? '1' : '0';
  }
  return BigInt(`0b${bits}`).toString(16).padStart(16, '0');
}

/** Decodes an encoded picture as it is, without the screen's color profile. */
export const decode = (blob) => createImageBitmap(blob, { colorSpaceConversion: 'none' });

const SIDE = 32; // of the copy that is looked at

/** Whether a picture has no colors of its own, as an old photo in grey or in sepia has none. */
export function isGrey(picture) {
  const context = new OffscreenCanvas(SIDE, SIDE).getContext('2d', { willReadFrequently: true });
  context.drawImage(picture, 0, 0, SIDE, SIDE);
  return hasOneColorATone(context.getImageData(0, 0, SIDE, SIDE).data, 4);
}

/** A grey picture of a file made here, to be seen while it is uploaded; null if it is unknown. */
export async function preview(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null;
  }
  const shrink = Math.min(1, PREVIEW_SIDE / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * shrink));
  const height = Math.max(1, Math.round(picture.height * shrink));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  const image = context.getImageData(0, 0, width, height);
  const { data } = image;
  const linear = Float32Array.from({ length: 256 }, (_, i) => linearize(i / 255));
  const bytes = Uint8ClampedArray.from(
    { length: 1025 }, (_, i) => 255 * (i > 3 ? 1.055 * (i / 1024) ** (1 / 2.4) - 0.055 : i / 80));
  for (let i = 0; i < data.length; i += 4) {
    const y = 0.2127 * linear[data[i]] + 0.7152 * linear[data[i + 1]] + 0.0722 * linear[data[i + 2]];
    data.fill(bytes[Math.round(1024 * y)], i, i + 3);
  }
  context.putImageData(image, 0, 0);
  const size = { width: picture.width, height: picture.height };
  picture.close(); // full size: nobody else frees it soon
  return { picture: canvas, ...size };
}
