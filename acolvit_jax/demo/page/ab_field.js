// The model's answer: a* and b* on its own grid, as the server sends them, and looking them up.

import { AB_SCALE } from './color.js';

const UNIT = AB_SCALE / 127; // of an int8 step

/** Pillow's bicubic (a = -0.5) at a distance in grid cells. */
export function cubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

/** First tap and four weights at a coordinate; taps outside the grid weigh nothing, as in Pillow. */
export function taps(coordinate, side) {
  const first = Math.floor(coordinate - 0.5) - 1;
  const weights = [0, 1, 2, 3].map((i) => {
    const tap = first + i;
    return tap < 0 || tap >= side ? 0 : cubic(tap + 0.5 - coordinate);
  });
  const sum = weights.reduce((x, y) => x + y);
  return { first, weights: weights.map((w) => w / sum) };
}

export class AbField {
  /** @param {Int8Array} values a, b interleaved, row by row. */
  constructor(values, side) {
    this.values = values;
    this.side = side;
  }

  /** [a*, b*] at fractions (0..1) of the picture's width and height, bicubic. */
  at(x, y) {
    const { values, side } = this;
    const across = taps(x * side, side);
    const down = taps(y * side, side);
    let a = 0;
    let b = 0;
    for (let i = 0; i < 4; i++) {
      if (!down.weights[i]) continue;
      for (let j = 0; j < 4; j++) {
        const weight = down.weights[i] * across.weights[j];
        if (!weight) continue;
        const index = 2 * ((down.first + i) * side + across.first + j);
        a += weight * values[index];
        b += weight * values[index + 1];
      }
    }
    return [a * UNIT, b * UNIT];
  }

  /** Mean [a*, b*] of the cell of `size` model pixels that a hint on this pixel marks. */
  cellMean(row, column, photo, size) {
    const { values, side } = this;
    const corner = (value, extent) => Math.floor(Math.floor((value * side) / extent) / size) * size;
    const top = corner(row, photo.height);
    const left = corner(column, photo.width);
    let a = 0;
    let b = 0;
    for (let i = top; i < top + size; i++) {
      for (let j = left; j < left + size; j++) {
        a += values[2 * (i * side + j)];
        b += values[2 * (i * side + j) + 1];
      }
    }
    return [(a * UNIT) / size ** 2, (b * UNIT) / size ** 2];
  }
}
