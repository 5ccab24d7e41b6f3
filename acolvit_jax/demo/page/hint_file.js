// Files of hints, which the command line reads too: a list, or an object that says which photo they
// are of, at which size, and with which budget.

import { parseColor, toJson } from './hint_text.js';

const SAME_SHAPE = 0.02; // largest difference of two aspects of one photo
const SAME_BITS = 10; // of a fingerprint's 64 that may differ in one photo

/** What a file of hints holds. `about` is {name, width, height, print}. */
export const hintFile = (hints, about, budget) => ({ photo: about, budget, hints: toJson(hints) });

/** How many bits of two fingerprints differ. */
function apart(one, other) {
  const bits = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
  return [...bits.toString(2)].filter((bit) => bit === '1').length;
}

function isOther(about, here) {
  const aspect = ({ width, height }) => width / height;
  if (Math.abs(aspect(about) / aspect(here) - 1) > SAME_SHAPE) return true;
  return /^[0-9a-f]{16}$/.test(about.print) && apart(about.print, here.print) > SAME_BITS;
}

/**
 * Reads a file of hints for the photo `here` ({width, height, print}).
 * Returns {hints, budget: number or null, note: what a person should know}.
 */
export function readHintFile(text, here, rules) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error('this file is no JSON');
  }
  const { photo: about = null, budget = null } = content ?? {};
  const entries = Array.isArray(content) ? content : content?.hints;
  if (!Array.isArray(entries)) throw new Error('a file of hints holds a list');
  const sized = about && [about.width, about.height].every((side) => Number.isInteger(side) && side > 0);
  const from = sized ? about : here;
  const hints = entries.map((entry, i) => readHint(entry, i, from, here, rules));
  let note = '';
  if (sized && isOther(about, here)) {
    const name = typeof about.name === 'string' ? `, ${about.name}` : '';
    note = `; they are of another photo${name} (${about.width} × ${about.height})`;
  } else if (sized && (about.width !== here.width || about.height !== here.height)) {
    note = `, scaled from ${about.width} × ${about.height}`;
  }
  return { hints, budget: Number.isFinite(budget) ? budget : null, note };
}

function readHint(entry, i, from, here, { sizes, size: usual, reaches }) {
  const { row, column, color, size = usual, reach = null } = entry ?? {};
  const place = `hint ${i + 1}`;
  if (!Number.isInteger(row) || !Number.isInteger(column)) {
    throw new Error(`${place}: row and column are whole numbers`);
  }
  if (row < 0 || column < 0 || row >= from.height || column >= from.width) {
    throw new Error(`${place} lies outside this photo`);
  }
  const keep = color === 'keep';
  const ab = keep ? [0, 0] : typeof color === 'string' && parseColor(color);
  if (!ab) throw new Error(`${place}: the color is #rrggbb, a CSS name, lab:A,B or keep`);
  if (!sizes.includes(size)) throw new Error(`${place}: the size is one of ${sizes.join(', ')}`);
  if (reach !== null && !(Number.isFinite(reach) && reach >= reaches[0] && reach <= reaches[1])) {
    throw new Error(`${place}: the reach is a number between ${reaches[0]} and ${reaches[1]}`);
  }
  const scaled = (value, one, other) => Math.min(other - 1, Math.floor(((value + 0.5) * other) / one));
  return {
    row: scaled(row, from.height, here.height),
    column: scaled(column, from.width, here.width),
    a: ab[0],
    b: ab[1],
    own: null,
    size,
    reach,
    keep,
  };
}
