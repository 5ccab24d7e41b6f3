// What became of hints: `inference.outcomes` in the browser.

import { f, labToRgb, parseHex, rgbToLab, toHex } from './color.js';
import { hexOfName, parseColor } from './hint_text.js';
import { shown } from './local_hints.js';
import { weightsAt } from './resample.js';

const JUST_NOTICED = 2.3; // CIE76

/** As Python writes floats. */
const written = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));

function limitOf(lightness, ab, rgb) {
  const [, ...possible] = rgbToLab(labToRgb(lightness, ...ab));
  if (Math.hypot(possible[0] - ab[0], possible[1] - ab[1]) > JUST_NOTICED) return 'gamut';
  return rgb && Math.abs(rgbToLab(rgb)[0] - lightness) > JUST_NOTICED ? 'lightness' : null;
}

/**
 * What hints asked for and what the photo shows there: {asked, got, limits}, as the server says it.
 * @param luminances  CIE's Y of the photo's pixels under the hints
 * @param ab          colors at the model's size, a, b interleaved
 */
export function outcomes(hints, luminances, ab, { width, height }, side) {
  const all = hints.map(({ row, column, color }, i) => {
    const lightness = 116 * f(luminances[i]) - 16;
    const place = { rows: weightsAt(side, height, row), columns: weightsAt(side, width, column) };
    const got = toHex(labToRgb(lightness, ...shown(ab, side, place)));
    if (color === 'keep') return { asked: color, got, limit: null };
    const wanted = parseColor(color);
    const rgb = parseHex(color) ?? parseHex(hexOfName(color.trim()));
    const asked = rgb ? toHex(rgb) : `lab:${wanted.map(written)}`;
    return { asked, got, limit: limitOf(lightness, wanted, rgb) };
  });
  return {
    asked: all.map(({ asked }) => asked),
    got: all.map(({ got }) => got),
    limits: all.map(({ limit }) => limit),
  };
}
