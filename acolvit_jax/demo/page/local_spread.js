// Hints kept exactly, without a dot: `inference.spread` in the browser.

import { shown } from './local_hints.js';
import { Recent } from './recent.js';

const WIDTH = 16; // model pixels, standard deviation of the spread
const TONE = 12; // L*, by which likeness fades
const RIDGE = 0.05; // of the missing color's variance, taken for noise
const POINT_WIDTH = 2; // model pixels, of the correction of single pixels
const POINT_FAR = 12; // model pixels, beyond which nothing of that is left
const POINT_RIDGE = 0.02;
const REACH = 3; // standard deviations, beyond which nothing is spread

/** Solves `matrix x = right` by elimination, which changes `matrix`; `right` has pairs. */
function solve(matrix, right) {
  const n = matrix.length;
  const out = right.map((pair) => [...pair]);
  const subtract = (i, factor, k) => {
    out[i][0] -= factor * out[k][0];
    out[i][1] -= factor * out[k][1];
  };
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(matrix[i][k]) > Math.abs(matrix[best][k])) best = i;
    [matrix[k], matrix[best]] = [matrix[best], matrix[k]];
    [out[k], out[best]] = [out[best], out[k]];
    const pivot = matrix[k];
    for (let i = k + 1; i < n; i++) {
      const row = matrix[i];
      const factor = row[k] / pivot[k];
      if (!factor) continue;
      for (let j = k; j < n; j++) row[j] -= factor * pivot[j];
      subtract(i, factor, k);
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = k + 1; j < n; j++) subtract(k, matrix[k][j], j);
    out[k] = out[k].map((value) => value / matrix[k][k]);
  }
  return out;
}

/** As NumPy rounds: halves to the even number. */
export function round(value) {
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

/** The pixels of a line that something of a reach covers: [first, end]. */
const around = (center, far, side) => [
  Math.max(0, Math.trunc(center - far)), Math.min(side, Math.trunc(center + far) + 1)];

const bumps = new Recent(256); // other hints stay where they are while one is dragged

/** A Gaussian of place and lightness: {top, left, width, shares}. */
export const bumpOf = (lightness, side, point) => bumps.get(
  lightness, `${point.row},${point.column}`, () => makeBump(lightness, side, point));

function makeBump(lightness, side, { row, column, tone }) {
  const [top, bottom] = around(row, REACH * WIDTH, side);
  const [left, right] = around(column, REACH * WIDTH, side);
  const width = right - left;
  const across = Float64Array.from({ length: width }, (_, i) => bump(left + i - column, WIDTH));
  const shares = new Float32Array((bottom - top) * width);
  for (let y = top, n = 0; y < bottom; y++) {
    const down = bump(y - row, WIDTH);
    for (let x = left; x < right; x++, n++) {
      shares[n] = down * across[x - left] * bump(lightness[y * side + x] - tone, TONE);
    }
  }
  return { top, left, width, shares };
}

/** Adds to `out` a Gaussian of place and lightness for each point times its weights. */
function addBumps(out, points, weights, lightness, side) {
  points.forEach((point, n) => {
    const { top, left, width, shares } = bumpOf(lightness, side, point);
    const [a, b] = weights[n];
    for (let i = 0, row = top; i < shares.length; row++) {
      for (let at = 2 * (row * side + left), end = i + width; i < end; i++, at += 2) {
        out[at] += shares[i] * a;
        out[at + 1] += shares[i] * b;
      }
    }
  });
}

/** Corrects in `out` what is still missing at the photo's pixels under the hints, close around them. */
function correctPoints(out, hints, side) {
  const line = ({ first, weights }) => {
    const middle = weights.reduce((sum, weight, i) => sum + weight * (first + i), 0);
    const made = Float64Array.from({ length: side }, (_, i) => bump(i - middle, POINT_WIDTH));
    return { made, part: around(middle, POINT_FAR, side) };
  };
  const seen = ({ first, weights }, { made }) => weights.reduce(
    (sum, weight, i) => sum + weight * made[first + i], 0);
  const downs = hints.map(({ rows }) => line(rows));
  const rights = hints.map(({ columns }) => line(columns));
  for (let time = 0; time < 2; time++) { // the second makes up for the ridge
    const gram = hints.map((hint, i) => hints.map((_, j) => (
      seen(hint.rows, downs[j]) * seen(hint.columns, rights[j]) + (i === j ? POINT_RIDGE : 0))));
    const missing = hints.map((hint) => {
      const [a, b] = shown(out, side, hint);
      return [hint.ab[0] - a, hint.ab[1] - b];
    });
    solve(gram, missing).forEach(([a, b], k) => {
      const { made: down, part: [top, bottom] } = downs[k];
      const { made: across, part: [left, right] } = rights[k];
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const weight = down[y] * across[x];
          out[2 * (y * side + x)] += weight * a;
          out[2 * (y * side + x) + 1] += weight * b;
        }
      }
    });
  }
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
  const made = ab.slice();
  addBumps(made, points, solve(gram, missing), lightness, side);
  correctPoints(made, hints, side);
  // Nowhere is more added than is missing somewhere: hints at odds do not overshoot.
  const most = [0, 1].map((c) => Math.max(...missing.map((value) => Math.abs(value[c]))));
  for (let i = 0; i < made.length; i++) {
    const limit = most[i & 1];
    made[i] = ab[i] + Math.min(limit, Math.max(-limit, made[i] - ab[i]));
  }
  return made;
}
