// Colours worth a try at a place: variants of the model's own, and what things are made of.

import { clampToGamut } from './gamut.js';

// Name, a*, b*, and the lightness at which the material is mostly seen.
const MATERIALS = [
  ['Skin', 16, 19, 45, 85],
  ['Foliage', -24, 30, 20, 65],
  ['Sky', -4, -27, 55, 88],
  ['Water', -12, -20, 20, 60],
  ['Wood', 13, 25, 22, 62],
  ['Sand', 5, 20, 62, 92],
  ['Brick', 36, 29, 28, 58],
  ['Stone', 1, 6, 35, 85],
  ['Straw', 4, 46, 55, 90],
  ['Denim', 0, -27, 18, 50],
  ['Night', 6, -18, 0, 24],
  ['Snow', -1, -5, 84, 100],
  ['Blossom', 32, -4, 55, 88],
  ['Fur', 10, 17, 12, 48],
];
const SHOWN = 6; // materials
const STRONGER = 1.6;
const PALER = 0.5;

/** How far a lightness is from a material's usual one, 0 in the middle, 1 at its ends. */
const strangeness = (l, low, high) => Math.abs(l - (low + high) / 2) / ((high - low) / 2);

/** [{name, a, b}] for a place of lightness `l` where the model's own colour is `own`. */
export function suggest(l, own) {
  const cut = (name, a, b) => {
    const [inA, inB] = clampToGamut(l, a, b);
    return { name, a: inA, b: inB };
  };
  const [a, b] = own;
  const order = MATERIALS
    .map(([name, x, y, low, high]) => ({ name, x, y, far: strangeness(l, low, high) }))
    .sort((one, other) => one.far - other.far)
    .slice(0, SHOWN);
  return [
    cut('Model’s', a, b),
    cut('Stronger', a * STRONGER, b * STRONGER),
    cut('Paler', a * PALER, b * PALER),
    ...order.map(({ name, x, y }) => cut(name, x, y)),
  ];
}
