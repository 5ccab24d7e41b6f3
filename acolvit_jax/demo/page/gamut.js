// The edge of sRGB in the a,b plane at one lightness.

import { inGamut } from './color.js';

const CHROMA_LIMIT = 150; // beyond every color of sRGB
const STEPS = 16; // of bisection: far below a step of 8 bits
export const HUES = 180; // in the table

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

/** Edge chroma by hue: HUES steps around the circle. */
export function edgeTable(l) {
  return Float32Array.from({ length: HUES }, (_, i) => edgeChroma(l, (2 * Math.PI * i) / HUES));
}
