// The edge of sRGB in the a,b plane at one lightness.

import { inGamut } from './color.js';
import { apart } from './difference.js';

const CHROMA_LIMIT = 150; // beyond every color of sRGB
const STEPS = 16; // of bisection: far below a step of 8 bits
export const HUES = 180; // in the table
const ROUNDS = 10; // of narrowing down a hue
const KNOWN = 8; // tables that are kept
const known = new Map(); // by lightness

/** The largest chroma of a hue (radians) that sRGB shows at this lightness. */
export function edgeChroma(l, hue) {
  const cos = Math.cos(hue);
  const sin = Math.sin(hue);
  let low = 0;
  let high = CHROMA_LIMIT;
  for (let i = 0; i < STEPS; i++) {
    const middle = (low + high) / 2;
    if (inGamut(l, middle * cos, middle * sin)) low = middle;
    else high = middle;
  }
  return low;
}

/** [a, b] itself where sRGB shows it, otherwise the edge's color of the same hue. */
export function clampToGamut(l, a, b) {
  if (inGamut(l, a, b)) return [a, b];
  const hue = Math.atan2(b, a);
  const chroma = Math.min(Math.hypot(a, b), edgeChroma(l, hue));
  return [chroma * Math.cos(hue), chroma * Math.sin(hue)];
}

/**
 * [a, b] itself where sRGB shows it, otherwise what looks most like it at this lightness: a yellow
 * stays yellow in a bright place, where its very hue has only cream, and a blue stays blue.
 */
export function likest(l, a, b) {
  if (inGamut(l, a, b)) return [a, b];
  const at = (hue, chroma = edgeChroma(l, hue)) => [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const far = (hue, chroma) => apart([a, b], at(hue, chroma));
  const step = (2 * Math.PI) / HUES;
  const rough = [...edgeTable(l)].map((chroma, i) => far(i * step, chroma));
  let hue = step * rough.indexOf(Math.min(...rough));
  for (let width = step / 2, round = 0; round < ROUNDS; width /= 2, round++) {
    const near = [hue - width, hue, hue + width];
    const found = near.map((other) => far(other));
    hue = near[found.indexOf(Math.min(...found))];
  }
  return at(hue);
}

/** Edge chroma by hue: HUES steps around the circle. */
export function edgeTable(l) {
  if (!known.has(l)) {
    if (known.size >= KNOWN) known.delete(known.keys().next().value); // the oldest
    known.set(l, Float32Array.from(
      { length: HUES }, (_, i) => edgeChroma(l, (2 * Math.PI * i) / HUES)));
  }
  return known.get(l);
}
