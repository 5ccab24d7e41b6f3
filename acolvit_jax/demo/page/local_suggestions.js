// Colors worth a try at a place: `inference.suggestions` in the browser.

import { labToRgb, rgbToLab } from './color.js';
import { place } from './local_hints.js';
import { bumpOf, round } from './local_spread.js';

const MOST = 6; // suggestions
const HUES = 8; // that the model is asked about
const CHROMA = 45; // of them, cut to what sRGB has at the place's lightness
const APART = 10; // distance in a*, b* below which two suggestions are one

/** Colors of all hues, as sRGB has them at a lightness: [[a, b]]. */
const candidates = (l) => Array.from({ length: HUES }, (_, i) => {
  const hue = (2 * Math.PI * i) / HUES;
  return rgbToLab(labToRgb(l, CHROMA * Math.cos(hue), CHROMA * Math.sin(hue))).slice(1);
});

/** Mean [a, b] of what lies about a cell and is as light; without the cell itself. */
function around(ab, lightness, side, cell, cellSize) {
  const [top, left] = cell.map((at) => at * cellSize);
  const [row, column] = [top, left].map((at) => at + (cellSize - 1) / 2);
  const point = { row, column, tone: lightness[round(row) * side + round(column)] };
  const { top: first, left: start, width, shares } = bumpOf(lightness, side, point);
  const means = [0, 0];
  let total = 0;
  for (let i = 0; i < shares.length; i++) {
    const y = first + Math.floor(i / width);
    const x = start + (i % width);
    if (y >= top && y < top + cellSize && x >= left && x < left + cellSize) continue;
    total += shares[i];
    means[0] += shares[i] * ab[2 * (y * side + x)];
    means[1] += shares[i] * ab[2 * (y * side + x) + 1];
  }
  return means.map((mean) => mean / total);
}

/**
 * What the model makes of a place in each of some hues: [{a, b, likely}], the likeliest first.
 * @param asked      {row, column, hints}, the others on the photo
 * @param photo      {width, height}
 * @param answer     async (placed hints) => a*, b* as the model has them
 * @param lightness  L* at the model's size, `side * side`
 */
export async function suggest({ row, column, hints }, photo, answer, lightness, side, cellSize) {
  const others = place(hints.filter(({ color }) => color !== 'keep'), photo, side, cellSize);
  const [spot] = place([{ row, column, color: 'lab:0,0' }], photo, side, cellSize);
  const elsewhere = others.filter(({ cell }) => String(cell) !== String(spot.cell));
  const [top, left] = spot.cell.map((at) => at * cellSize);
  const seen = async (placed) => around(await answer(placed), lightness, side, spot.cell, cellSize);
  const own = await seen(others);
  const found = [];
  for (const ab of candidates(lightness[top * side + left])) {
    const [a, b] = await seen([...elsewhere, { ...spot, ab }]);
    const wanted = ab.map((value, c) => value - own[c]);
    const followed = (a - own[0]) * wanted[0] + (b - own[1]) * wanted[1];
    found.push({ a, b, likely: followed / Math.max(wanted[0] ** 2 + wanted[1] ** 2, 1) });
  }
  found.sort((one, other) => other.likely - one.likely);
  const chosen = [{ a: own[0], b: own[1] }];
  for (const color of found.filter(({ likely }) => likely > 0)) {
    if (chosen.every(({ a, b }) => Math.hypot(a - color.a, b - color.b) >= APART)) chosen.push(color);
  }
  return chosen.slice(1, 1 + MOST);
}
