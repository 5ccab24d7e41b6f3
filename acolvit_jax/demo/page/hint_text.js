// Hints as text: what the server and `python -m acolvit_jax.colorize --hints` read.

import { parseHex, rgbToLab } from './color.js';

const LIMIT = 128; // of a* and b*
const round = (value) => Number(value.toFixed(2));

/** Hints as the server and hint files have them. */
export const toJson = (hints) => hints.map(({ row, column, a, b, keep, size, reach }) => ({
  row,
  column,
  color: keep ? 'keep' : `lab:${round(a)},${round(b)}`,
  size,
  ...(reach !== null && { reach }),
}));

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
export function hexOfName(name) {
  if (!/^[a-z]+$/i.test(name)) return '';
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  const [one, other] = ['#000000', '#ffffff'].map((before) => {
    context.fillStyle = before; // stays if the name is none
    context.fillStyle = name;
    return context.fillStyle;
  });
  return one === other ? one : '';
}
