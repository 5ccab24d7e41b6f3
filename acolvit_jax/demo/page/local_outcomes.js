// What became of hints: `inference.outcomes` in the browser.

import { f, labToRgb, parseHex, rgbToLab, toHex } from './color.js';
import { hexOfName, parseColor } from './hint_text.js';
import { cellOf, shown } from './local_hints.js';
import { weightsAt } from './resample.js';

const JUST_NOTICED = 2.3; // CIE76

/** As Python writes floats. */
const written = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));

function limitOf(lightness, ab, rgb) {
  const [, ...possible] = rgbToLab(labToRgb(lightness, ...ab));
  if (Math.hypot(possible[0] - ab[0], possible[1] - ab[1]) > JUST_NOTICED) return 'gamut';
  return rgb && Math.abs(rgbToLab(rgb)[0] - lightness) > JUST_NOTICED ? 'lightness' : null;
}

/** Whether a later hint that marks the same cell asks for another color. */
function isReplaced(hint, last) {
  const [one, other] = [hint, last].map(({ color }) => (color === 'keep' ? null : parseColor(color)));
  if (!one || !other) return one !== other;
  return Math.hypot(one[0] - other[0], one[1] - other[1]) > JUST_NOTICED;
}

/**
 * What hints asked for and what the photo shows there: {asked, got, limits}, as the server says it.
 * @param luminances  CIE's Y of the photo's pixels under the hints
 * @param ab          colors at the model's size, a, b interleaved
 */
export function outcomes(hints, luminances, ab, photo, side, cellSize) {
  const { width, height } = photo;
  const cells = hints.map((hint) => String(cellOf(hint, photo, side, cellSize)));
  const last = new Map(hints.map((hint, i) => [cells[i], hint]));
  const all = hints.map((hint, i) => {
    const { row, column, color } = hint;
    const replaced = isReplaced(hint, last.get(cells[i])) ? 'replaced' : null;
    const lightness = 116 * f(luminances[i]) - 16;
    const place = { rows: weightsAt(side, height, row), columns: weightsAt(side, width, column) };
    const got = toHex(labToRgb(lightness, ...shown(ab, side, place)));
    if (color === 'keep') return { asked: color, got, limit: replaced };
    const wanted = parseColor(color);
    const rgb = parseHex(color) ?? parseHex(hexOfName(color.trim()));
    const asked = rgb ? toHex(rgb) : `lab:${wanted.map(written)}`;
    return { asked, got, limit: replaced ?? limitOf(lightness, wanted, rgb) };
  });
  return {
    asked: all.map(({ asked }) => asked),
    got: all.map(({ got }) => got),
    limits: all.map(({ limit }) => limit),
  };
}
