// Hints on the model's image, one a cell, and how far they change it: `inference.placed` and
// `inference.reach` in the browser. Fields are Float32Arrays of side * side, colors a, b interleaved.

import { parseColor } from './hint_text.js';
import { Recent } from './recent.js';
import { weightsAt } from './resample.js';

const SAME = 4; // CIE76: a hint that asks for about this little that is new changes little
const LIKE = 20; // L*, by which what is left alone fades into what is not
const ALONE = 96; // model pixels: reach of what is left alone and names none
const WINDOW = 9; // model pixels, side of the square whose texture is looked at

const gauss = (distance, width) => Math.exp(-((distance / width) ** 2) / 2);

/** [row, column] of the cell that a hint marks. */
export const cellOf = ({ row, column }, { width, height }, side, cellSize) => [
  [row, height], [column, width],
].map(([at, length]) => Math.floor(Math.floor((at * side) / length) / cellSize));

/**
 * Places hints: [{cell, ab, size, reach, center, rows, columns}], one a cell, the last of each.
 * `cell` and `center` are [row, column]; `ab` is null where a place is to be left alone, `reach` null
 * where none is named; `rows` and `columns` say what the photo's pixel shows of the model's image.
 */
export function place(hints, photo, side, cellSize) {
  const { width, height } = photo;
  const placed = new Map();
  for (const { row, column, color, size, reach = null } of hints) {
    const cell = cellOf({ row, column }, photo, side, cellSize);
    placed.set(String(cell), {
      cell,
      ab: color === 'keep' ? null : parseColor(color),
      size,
      reach,
      center: cell.map((at) => at * cellSize + (cellSize - 1) / 2),
      rows: weightsAt(side, height, row),
      columns: weightsAt(side, width, column),
    });
  }
  return [...placed.values()];
}

/** [a, b] that the photo shows under a placed hint. */
export function shown(ab, side, { rows, columns }) {
  const sum = [0, 0];
  rows.weights.forEach((down, i) => columns.weights.forEach((right, j) => {
    const at = 2 * ((rows.first + i) * side + columns.first + j);
    sum[0] += down * right * ab[at];
    sum[1] += down * right * ab[at + 1];
  }));
  return sum;
}

/** Means over the lines of a plane; `step` leads along a line, `stride` to the next. Edges are mirrored. */
function lineMeans(from, side, step, stride) {
  const half = (WINDOW - 1) / 2;
  const mirrored = Int32Array.from({ length: side + WINDOW }, (_, i) => {
    const at = i - half - 1;
    return step * (at < 0 ? -1 - at : at >= side ? 2 * side - 1 - at : at);
  });
  const out = new Float64Array(side * side);
  for (let start = 0; start < side * stride; start += stride) {
    let sum = 0;
    for (let i = 0; i < WINDOW; i++) sum += from[start + mirrored[i]];
    for (let i = 0; i < side; i++) {
      sum += from[start + mirrored[i + WINDOW]] - from[start + mirrored[i]];
      out[start + i * step] = sum / WINDOW;
    }
  }
  return out;
}

/** How smooth each pixel's surroundings are: -log(1 + standard deviation of lightness). */
function smoothnessOf(lightness, side) {
  const boxed = (from) => lineMeans(lineMeans(from, side, 1, side), side, side, 1);
  const means = boxed(lightness);
  const squares = boxed(Float64Array.from(lightness, (l) => l * l));
  return squares.map((square, i) => -Math.log1p(Math.sqrt(Math.max(0, square - means[i] ** 2))));
}

const smoothness = new Recent(1);
const shared = new Recent(64); // other hints stay where they are while one is dragged

/** How like a hint's place the pixels are; `usual` is Info's `local.likeness`. */
const likeness = (lightness, side, { cell }, cellSize, usual) => shared.get(
  lightness, String(cell), () => makeLikeness(lightness, side, cell, cellSize, usual));

function makeLikeness(lightness, side, cell, cellSize, usual) {
  const smooth = smoothness.get(lightness, '', () => smoothnessOf(lightness, side));
  const [top, left] = cell.map((at) => at * cellSize);
  let tone = 0;
  for (let y = top; y < top + cellSize; y++) {
    for (let x = left; x < left + cellSize; x++) tone += lightness[y * side + x] / cellSize ** 2;
  }
  const own = smooth[top * side + left];
  const shares = new Float32Array(side * side);
  for (let i = 0; i < shares.length; i++) {
    const apart = lightness[i] - tone;
    const toned = apart > 0 ? apart / usual.lighter : apart / usual.darker;
    const smoother = smooth[i] > own ? (smooth[i] - own) / usual.smoother : 0;
    shares[i] = usual.least + (1 - usual.least) * Math.exp((toned * toned + smoother * smoother) / -2);
  }
  return shares;
}

/** A Gaussian around a hint. */
function around({ center }, side, width) {
  const [down, right] = center.map((middle) => Float64Array.from(
    { length: side }, (_, i) => gauss(i - middle, width)));
  const shares = new Float32Array(side * side);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) shares[i] = down[y] * right[x];
  }
  return shares;
}

/** Whether the result without hints has a part in the result with them. */
export const needsAutomatic = (hints, whole) => hints.some(
  ({ ab, reach }) => ab === null || reach === null || reach < whole);

/** How much of the result with hints is to be taken, by pixel; `whole` is Info's `reach_max`. */
export function withinReach(hints, automatic, lightness, side, cellSize, { whole, likeness: usual }) {
  const everywhere = new Float32Array(side * side).fill(1);
  const untouched = everywhere.slice();
  const kept = everywhere.slice();
  for (const hint of hints) {
    const { ab, reach, center: [row, column] } = hint;
    let shares = null;
    if (reach === null && ab) shares = likeness(lightness, side, hint, cellSize, usual);
    else if (reach === null || reach < whole) shares = around(hint, side, reach ?? ALONE);
    shares ??= everywhere;
    if (!ab) {
      const tone = lightness[Math.floor(row) * side + Math.floor(column)];
      for (let i = 0; i < kept.length; i++) kept[i] *= 1 - shares[i] * gauss(lightness[i] - tone, LIKE);
      continue;
    }
    const before = shown(automatic, side, hint);
    const news = Math.hypot(ab[0] - before[0], ab[1] - before[1]);
    const most = 1 - Math.exp(-((news / SAME) ** 2));
    for (let i = 0; i < untouched.length; i++) untouched[i] *= 1 - shares[i] * most;
  }
  for (let i = 0; i < kept.length; i++) kept[i] *= 1 - untouched[i];
  return kept;
}
