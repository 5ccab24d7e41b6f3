// Hints on the model's image, one a cell, and how far they change it: `inference.placed` and
// `inference.reach` in the browser. Fields are Float32Arrays of side * side, colors a, b interleaved.

import { parseColor } from './hint_text.js';
import { weightsAt } from './resample.js';

const SAME = 4; // CIE76: a hint that asks for about this little that is new changes little
const LIKE = 20; // L*, by which what is left alone fades into what is not
const ALONE = 96; // model pixels: reach of what is left alone and names none
const WINDOW = 9; // model pixels, side of the square whose texture is looked at

const gauss = (distance, width) => Math.exp(-((distance / width) ** 2) / 2);

/**
 * Places hints: [{cell, ab, size, reach, center, rows, columns}], one a cell, the last of each.
 * `cell` and `center` are [row, column]; `ab` is null where a place is to be left alone, `reach` null
 * where none is named; `rows` and `columns` say what the photo's pixel shows of the model's image.
 */
export function place(hints, { width, height }, side, cellSize) {
  const placed = new Map();
  for (const { row, column, color, size, reach = null } of hints) {
    const cell = [[row, height], [column, width]].map(
      ([at, length]) => Math.floor(Math.floor((at * side) / length) / cellSize));
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

/** Standard deviation of lightness in the square around each pixel; edges are mirrored. */
function texture(lightness, side) {
  const half = (WINDOW - 1) / 2;
  const mirrored = (at) => (at < 0 ? -1 - at : at >= side ? 2 * side - 1 - at : at);
  const mean = (from, stride, step) => {
    const out = new Float64Array(side * side);
    for (let line = 0; line < side; line++) {
      for (let i = 0; i < side; i++) {
        let sum = 0;
        for (let k = -half; k <= half; k++) sum += from[line * stride + mirrored(i + k) * step];
        out[line * stride + i * step] = sum / WINDOW;
      }
    }
    return out;
  };
  const both = (from) => mean(mean(from, side, 1), 1, side);
  const means = both(lightness);
  const squares = both(Float64Array.from(lightness, (l) => l * l));
  return squares.map((square, i) => Math.sqrt(Math.max(0, square - means[i] ** 2)));
}

/** Shares of what is like a hint's place; `usual` is Info's `local.likeness`. */
function likeness(lightness, smooth, side, { cell }, cellSize, usual) {
  const [top, left] = cell.map((at) => at * cellSize);
  let tone = 0;
  for (let y = top; y < top + cellSize; y++) {
    for (let x = left; x < left + cellSize; x++) tone += lightness[y * side + x] / cellSize ** 2;
  }
  const own = smooth[top * side + left];
  return lightness.map((l, i) => {
    const apart = Math.max((l - tone) / usual.lighter, (tone - l) / usual.darker);
    const smoother = Math.max(smooth[i] - own, 0);
    return usual.least + (1 - usual.least) * Math.exp(-(apart ** 2 + smoother ** 2) / 2);
  });
}

/** Whether the result without hints has a part in the result with them. */
export const needsAutomatic = (hints, whole) => hints.some(
  ({ ab, reach }) => ab === null || reach === null || reach < whole);

/** How much of the result with hints is to be taken, by pixel. */
export function withinReach(hints, automatic, lightness, side, cellSize, { whole, likeness: usual }) {
  const untouched = new Float32Array(side * side).fill(1);
  const kept = new Float32Array(side * side).fill(1);
  let smooth = null;
  for (const hint of hints) {
    const { ab, reach, center: [row, column] } = hint;
    const near = (width) => {
      const fall = (center) => Float64Array.from({ length: side }, (_, i) => gauss(i - center, width));
      const [down, right] = [fall(row), fall(column)];
      return (i) => down[Math.floor(i / side)] * right[i % side];
    };
    if (ab === null) {
      const share = reach !== null && reach >= whole ? () => 1 : near(reach ?? ALONE);
      const tone = lightness[Math.floor(row) * side + Math.floor(column)];
      kept.forEach((value, i) => { kept[i] = value * (1 - share(i) * gauss(lightness[i] - tone, LIKE)); });
      continue;
    }
    const before = shown(automatic, side, hint);
    const news = Math.hypot(ab[0] - before[0], ab[1] - before[1]);
    const most = 1 - Math.exp(-((news / SAME) ** 2));
    let share = () => 1;
    if (reach === null) {
      smooth ??= texture(lightness, side).map((t) => -Math.log1p(t) / usual.smoother);
      const like = likeness(lightness, smooth, side, hint, cellSize, usual);
      share = (i) => like[i];
    } else if (reach < whole) {
      share = near(reach);
    }
    untouched.forEach((value, i) => { untouched[i] = value * (1 - share(i) * most); });
  }
  return untouched.map((value, i) => (1 - value) * kept[i]);
}
