// Colors worth a try at a place. All come from the model: its own color there, what it makes of the
// place in other hues (likely.js), and those that it gives to the other things of this photo.

import { likest } from './gamut.js';
import { describe } from './color.js';

const OF_OWN = [['Model’s', 1], ['Stronger', 1.6], ['Paler', 0.5]]; // times its color
const SHOWN = 6; // beside the model's own
const APART = 10; // distance in a, b of two colors that are worth showing both
const ROUNDS = 8;
const STRIDE = 8; // model pixels between those that are looked at
const LIVELIER = 1.3; // means are paler than what they are the mean of
const byHue = (x, y) => Math.atan2(x.b, x.a) - Math.atan2(y.b, y.a); // each color keeps its place
const known = new WeakMap(); // by field

/** [{a, b}] of the SHOWN groups of colors in a field, by hue: k-means from far-apart seeds. */
export function palette(field) {
  if (!field) return [];
  if (!known.has(field)) known.set(field, group(field));
  return known.get(field);
}

function group({ values, side }) {
  const points = [];
  for (let row = STRIDE / 2; row < side; row += STRIDE) {
    for (let column = STRIDE / 2; column < side; column += STRIDE) {
      const at = 2 * (row * side + column);
      points.push([(values[at] * 110) / 127, (values[at + 1] * 110) / 127]);
    }
  }
  const far = (p, q) => (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2;
  const nearest = (p, all) => all.reduce((best, q, i) => (far(p, q) < far(p, all[best]) ? i : best), 0);
  let centers = [points.reduce((x, y) => (Math.hypot(...y) > Math.hypot(...x) ? y : x))];
  while (centers.length < SHOWN) {
    const gap = (p) => far(p, centers[nearest(p, centers)]);
    centers.push(points.reduce((x, y) => (gap(y) > gap(x) ? y : x)));
  }
  for (let round = 0; round < ROUNDS; round++) {
    const sums = centers.map(() => [0, 0, 0]);
    for (const p of points) {
      const sum = sums[nearest(p, centers)];
      sum[0] += p[0];
      sum[1] += p[1];
      sum[2] += 1;
    }
    centers = centers.map((center, i) => (sums[i][2] ? [sums[i][0] / sums[i][2], sums[i][1] / sums[i][2]] : center));
  }
  return centers
    .map(([a, b]) => ({ a: a * LIVELIER, b: b * LIVELIER }))
    .sort(byHue);
}

/**
 * [{name, a, b}] for a place of lightness `l` where the model's own color is `own`, null if that is not
 * known; null stands for a color that is on its way.
 * @param likely  what the model makes of the place, the likeliest first; null if that is on its way
 * @param others  the photo's colors, from `palette`, which fill what is left
 */
export function suggest(l, own, likely, others) {
  const cut = (name, a, b) => {
    const [inA, inB] = likest(l, a, b);
    return { name, a: inA, b: inB };
  };
  const first = own === null ? [] : OF_OWN.map(
    ([name, times]) => cut(name, own[0] * times, own[1] * times));
  if (!likely) return [...first, ...Array(SHOWN).fill(null)];
  const isNew = (color) => likely.every((other) => Math.hypot(other.a - color.a, other.b - color.b) >= APART);
  const all = [...likely, ...others.filter(isNew)].slice(0, SHOWN).sort(byHue);
  return [...first, ...all.map((color) => cut(named(color), color.a, color.b))];
}

/** A name at a middle lightness: it stays when the place is another. */
function named({ a, b }) {
  const name = describe(60, a, b);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
