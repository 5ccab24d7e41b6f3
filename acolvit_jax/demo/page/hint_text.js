// Hints as text: what the server and `python -m acolvit_jax.colorize --hints` read.

import { parseHex, rgbToLab } from './color.js';

const LIMIT = 128; // of a* and b*
const round = (value) => Number(value.toFixed(2));

/** Hints as the server and hint files have them. */
export const toJson = (hints) => hints.map(({ row, column, a, b }) => (
  { row, column, color: `lab:${round(a)},${round(b)}` }));

/** [a*, b*] of `#rrggbb`, a CSS name or `lab:A,B`; null for anything else. */
export function parseColor(text) {
  const lab = /^\s*lab:\s*([-+.\de]+)\s*,\s*([-+.\de]+)\s*$/i.exec(text);
  if (lab) {
    const ab = [Number(lab[1]), Number(lab[2])];
    return ab.every((value) => Math.abs(value) <= LIMIT) ? ab : null;
  }
  const rgb = parseHex(text) ?? parseHex(hexOfName(text.trim()));
  return rgb && rgbToLab(rgb).slice(1);
}

/** The browser's own idea of a CSS name as `#rrggbb`, or an empty text. */
function hexOfName(name) {
  if (!/^[a-z]+$/i.test(name) || !CSS.supports('color', name)) return '';
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  context.fillStyle = name;
  return context.fillStyle;
}

/** Reads hints of a file: `[{row, column, color: "lab:A,B"}]`, what the command line reads. */
export function parseHints(text, photo) {
  let entries;
  try {
    entries = JSON.parse(text);
  } catch {
    throw new Error('this file is no JSON');
  }
  if (!Array.isArray(entries)) throw new Error('a file of hints holds a list');
  return entries.map((entry, i) => {
    const { row, column, color } = entry ?? {};
    const place = `hint ${i + 1}`;
    if (!Number.isInteger(row) || !Number.isInteger(column)) {
      throw new Error(`${place}: row and column are whole numbers`);
    }
    if (row < 0 || column < 0 || row >= photo.height || column >= photo.width) {
      throw new Error(`${place} lies outside this photo`);
    }
    const ab = typeof color === 'string' ? parseColor(color) : null;
    if (!ab) throw new Error(`${place}: the color is #rrggbb, a CSS name or lab:A,B`);
    return { row, column, a: ab[0], b: ab[1], own: null };
  });
}
