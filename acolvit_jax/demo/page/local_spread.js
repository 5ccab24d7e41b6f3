// Hints kept exactly, without a dot: `inference.spread` in the browser.

import { shown } from './local_hints.js';

const WIDTH = 16; // model pixels, standard deviation of the spread
const TONE = 12; // L*, by which likeness fades
const RIDGE = 0.05; // of the missing color's variance, taken for noise
const POINT_WIDTH = 2; // model pixels, of the correction of single pixels
const POINT_RIDGE = 0.02;
const LEAST = 1e-9; // of a correction, below which it is none
const REACH = 3; // standard deviations, beyond which nothing is spread

/** Solves `matrix x = right` in place, by elimination; rows are arrays. */
function solve(matrix, right) {
  const n = matrix.length;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(matrix[i][k]) > Math.abs(matrix[best][k])) best = i;
    [matrix[k], matrix[best]] = [matrix[best], matrix[k]];
    [right[k], right[best]] = [right[best], right[k]];
    for (let i = k + 1; i < n; i++) {
      const factor = matrix[i][k] / matrix[k][k];
      if (!factor) continue;
      for (let j = k; j < n; j++) matrix[i][j] -= factor * matrix[k][j];
      right[i] = right[i].map((value, c) => value - factor * right[k][c]);
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = k + 1; j < n; j++) {
      right[k] = right[k].map((value, c) => value - matrix[k][j] * right[j][c]);
    }
    right[k] = right[k].map((value) => value / matrix[k][k]);
  }
  return right;
}

/** As NumPy rounds: halves to the even number. */
function round(value) {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 ? up - 1 : up;
}

/** Points that stand for the areas of hints: [{row, column, tone, owner}]. */
function areaPoints(hints, lightness, side, cellSize) {
  const points = [];
  const clip = (at) => Math.min(side - 1, Math.max(0, at));
  hints.forEach(({ center, size }, owner) => {
    const half = Math.max(size - cellSize, 0) / 2;
    const at = (down, right) => {
      const [row, column] = [clip(center[0] + down * half), clip(center[1] + right * half)];
      return { row, column, tone: lightness[round(row) * side + round(column)], owner };
    };
    const middle = at(0, 0);
    points.push(middle);
    if (!half) return;
    for (const down of [-1, 0, 1]) {
      for (const right of [-1, 0, 1]) {
        const point = at(down, right);
        if ((down || right) && Math.abs(point.tone - middle.tone) < TONE) points.push(point);
      }
    }
  });
  return points;
}

const bump = (distance, width) => Math.exp(-((distance / width) ** 2) / 2);

/** Adds a Gaussian of place and lightness for each point times its weights. */
function addBumps(ab, points, weights, lightness, side) {
  const out = ab.slice();
  const around = (center) => [
    Math.max(0, Math.trunc(center - REACH * WIDTH)),
    Math.min(side, Math.trunc(center + REACH * WIDTH) + 1),
  ];
  points.forEach(({ row, column, tone }, n) => {
    const [top, bottom] = around(row);
    const [left, right] = around(column);
    const across = [];
    for (let x = left; x < right; x++) across.push(bump(x - column, WIDTH));
    for (let y = top; y < bottom; y++) {
      const down = bump(y - row, WIDTH);
      for (let x = left; x < right; x++) {
        const at = y * side + x;
        const like = down * across[x - left] * bump(lightness[at] - tone, TONE);
        out[2 * at] += like * weights[n][0];
        out[2 * at + 1] += like * weights[n][1];
      }
    }
  });
  return out;
}

/** Corrects what is still missing at the photo's pixels under the hints, close around them. */
function exactPoints(ab, hints, side) {
  const line = ({ first, weights }) => {
    const middle = weights.reduce((sum, weight, i) => sum + weight * (first + i), 0);
    return Float64Array.from({ length: side }, (_, i) => bump(i - middle, POINT_WIDTH));
  };
  const seen = ({ first, weights }, made) => weights.reduce(
    (sum, weight, i) => sum + weight * made[first + i], 0);
  const downs = hints.map(({ rows }) => line(rows));
  const rights = hints.map(({ columns }) => line(columns));
  const out = ab.slice();
  for (let time = 0; time < 2; time++) { // the second makes up for the ridge
    const gram = hints.map((hint, i) => hints.map((_, j) => (
      seen(hint.rows, downs[j]) * seen(hint.columns, rights[j]) + (i === j ? POINT_RIDGE : 0))));
    const missing = hints.map((hint) => {
      const [a, b] = shown(out, side, hint);
      return [hint.ab[0] - a, hint.ab[1] - b];
    });
    solve(gram, missing).forEach(([a, b], k) => {
      for (let y = 0; y < side; y++) {
        if (downs[k][y] < LEAST) continue;
        for (let x = 0; x < side; x++) {
          const weight = downs[k][y] * rights[k][x];
          if (weight < LEAST) continue;
          out[2 * (y * side + x)] += weight * a;
          out[2 * (y * side + x) + 1] += weight * b;
        }
      }
    });
  }
  return out;
}

/** Corrects colors so that the photo shows what placed hints, all with a color, ask for. */
export function spreadMissing(ab, hints, lightness, side, cellSize) {
  if (!hints.length) return ab;
  const points = areaPoints(hints, lightness, side, cellSize);
  const asked = hints.map((hint) => {
    const [a, b] = shown(ab, side, hint);
    return [hint.ab[0] - a, hint.ab[1] - b];
  });
  const missing = points.map(({ owner }) => asked[owner]);
  const gram = points.map((p, i) => points.map((q, j) => (
    bump(Math.hypot(p.row - q.row, p.column - q.column), WIDTH) * bump(p.tone - q.tone, TONE)
    + (i === j ? RIDGE : 0))));
  const wide = addBumps(ab, points, solve(gram, [...missing]), lightness, side);
  const made = exactPoints(wide, hints, side);
  // Nowhere is more added than is missing somewhere: hints at odds do not overshoot.
  const most = [0, 1].map((c) => Math.max(...missing.map((value) => Math.abs(value[c]))));
  return ab.map((value, i) => {
    const limit = most[i & 1];
    return value + Math.min(limit, Math.max(-limit, made[i] - value));
  });
}
