// The program's resampling: antialiased kernels, one pass along each side.

import { cubic } from './ab_field.js';

const HALVES = 2 ** -10; // so that those which last bits miss are rounded up, as on the server
const triangle = (x) => Math.max(0, 1 - Math.abs(x));
const KERNELS = { bilinear: [triangle, 1], bicubic: [cubic, 2] };

/** First tap and weights of output `i`: `{first, weights: Float64Array}`. */
function tapAt(from, to, kernel, i) {
  const [weigh, radius] = KERNELS[kernel];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = radius * stretch;
  const center = (i + 0.5) * scale;
  const first = Math.max(0, Math.trunc(center - support + 0.5));
  const end = Math.min(from, Math.trunc(center + support + 0.5));
  const weights = Float64Array.from(
    { length: end - first }, (_, j) => weigh((j + first - center + 0.5) / stretch));
  const sum = weights.reduce((x, y) => x + y, 0);
  return { first, weights: weights.map((w) => w / sum) };
}

const tapsOf = (from, to, kernel) => Array.from({ length: to }, (_, i) => tapAt(from, to, kernel, i));

/** How a line of colors of `from` pixels is seen at pixel `at` of `to`: {first, weights}. */
export const weightsAt = (from, to, at) => tapAt(from, to, 'bicubic', at);

/**
 * Resizes RGBA bytes to RGB bytes, bilinear with antialiasing, as `photo.images.resize`: down,
 * then across, rounded once.
 * @returns Uint8ClampedArray `[height, width, 3]`
 */
export function resizeBytes({ data, width, height }, target) {
  const stride = width * 3;
  const low = new Float32Array(target.height * stride);
  tapsOf(height, target.height, 'bilinear').forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        let at = (first * width + x) * 4 + c;
        for (let j = 0; j < weights.length; j++, at += 4 * width) sum += weights[j] * data[at];
        low[y * stride + x * 3 + c] = sum;
      }
    }
  });
  const out = new Uint8ClampedArray(target.height * target.width * 3);
  tapsOf(width, target.width, 'bilinear').forEach(({ first, weights }, x) => {
    for (let y = 0; y < target.height; y++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0.5 + HALVES;
        let at = y * stride + first * 3 + c;
        for (let j = 0; j < weights.length; j++, at += 3) sum += weights[j] * low[at];
        out[(y * target.width + x) * 3 + c] = Math.floor(sum);
      }
    }
  });
  return out;
}

/** A plane of floats at a photo's size, a row at a time, bicubic: `inference.finish.upsample`. */
export class Upsampled {
  #across;
  #down;
  #width;

  constructor(plane, side, { width, height }) {
    this.#width = width;
    this.#down = tapsOf(side, height, 'bicubic');
    this.#across = new Float32Array(side * width);
    tapsOf(side, width, 'bicubic').forEach(({ first, weights }, x) => {
      for (let y = 0; y < side; y++) {
        let sum = 0;
        for (let j = 0; j < weights.length; j++) sum += weights[j] * plane[y * side + first + j];
        this.#across[y * width + x] = sum;
      }
    });
  }

  /** Writes a row of the photo into `out`, Float32Array. */
  row(y, out) {
    const { first, weights } = this.#down[y];
    const width = this.#width;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let j = 0; j < weights.length; j++) sum += weights[j] * this.#across[(first + j) * width + x];
      out[x] = sum;
    }
  }
}
