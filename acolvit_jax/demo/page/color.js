// sRGB and CIELab (D65): the formulas and constants of acolvit_jax/color.py.

const RGB_TO_XYZ = [
  [0.412453, 0.357580, 0.180423],
  [0.212671, 0.715160, 0.072169],
  [0.019334, 0.119193, 0.950227],
];
const WHITE = [0.95047, 1, 1.08883];
export const TO_XYZ = RGB_TO_XYZ.map((row, i) => row.map((value) => value / WHITE[i]));
export const FROM_XYZ = inverse(TO_XYZ);
export const AB_SCALE = 110; // a* and b* of the model are divided by this
const IN_GAMUT = 1e-4;

function inverse(m) {
  const [[a, b, c], [d, e, f], [g, h, i]] = m;
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / det));
}

export const linearize = (v) => (v > 0.04045 ? ((v + 0.055) / 1.055) ** 2.4 : v / 12.92);
export const encode = (v) => (v > 0.0031308 ? 1.055 * v ** (1 / 2.4) - 0.055 : 12.92 * v);
export const f = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
export const fInverse = (t) => (t > 0.2068966 ? t * t * t : (t - 16 / 116) / 7.787);

const CURVE = 4096; // steps of the table
const ENCODED = Uint8ClampedArray.from(
  { length: CURVE + 1 }, (_, i) => Math.round(255 * encode(i / CURVE)));

/** Linear light to an sRGB byte by table: a step off at most, and only near black. */
export const encodeByte = (v) => ENCODED[v <= 0 ? 0 : v >= 1 ? CURVE : (v * CURVE + 0.5) | 0];

const times = (m, [x, y, z]) => m.map((row) => row[0] * x + row[1] * y + row[2] * z);

/** sRGB in 0..255 to [L*, a*, b*]. */
export function rgbToLab(rgb) {
  const [fx, fy, fz] = times(TO_XYZ, rgb.map((v) => linearize(v / 255))).map(f);
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

function labToLinear(l, a, b) {
  const fy = (l + 16) / 116;
  return times(FROM_XYZ, [fy + a / 500, fy, Math.max(fy - b / 200, 0)].map(fInverse));
}

/** L*, a*, b* to sRGB in 0..255, rounded; colors outside sRGB are clipped. */
export function labToRgb(l, a, b) {
  return labToLinear(l, a, b).map((v) => Math.round(255 * Math.min(1, Math.max(0, encode(v)))));
}

/** Whether sRGB can show a color. */
export function inGamut(l, a, b) {
  return labToLinear(l, a, b).every((v) => v >= -IN_GAMUT && v <= 1 + IN_GAMUT);
}

/** L* of a neutral grey, 0..255. */
export const greyToL = (grey) => 116 * f(linearize(grey / 255)) - 16;

export const toHex = (rgb) => `#${rgb.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
export const labToHex = (l, a, b) => toHex(labToRgb(l, a, b));

/** [r, g, b] of `#rgb` or `#rrggbb`, with or without the sign; null for anything else. */
export function parseHex(text) {
  const match = /^\s*#?([0-9a-f]{3}|[0-9a-f]{6})\s*$/i.exec(text);
  if (!match) return null;
  const digits = match[1].length === 3 ? [...match[1]].map((d) => d + d) : match[1].match(/../g);
  return digits.map((d) => parseInt(d, 16));
}

const NAMES = ['red', 'orange', 'yellow', 'lime', 'green', 'teal', 'cyan', 'blue', 'violet', 'pink'];
const HUES = [40, 68, 100, 122, 150, 185, 215, 275, 310, 350];

/** A plain name for a color, for people who do not see it. */
export function describe(l, a, b) {
  const chroma = Math.hypot(a, b);
  if (chroma < 6) return 'grey';
  const hue = ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
  const distance = (h) => Math.min(Math.abs(h - hue), 360 - Math.abs(h - hue));
  const name = NAMES[HUES.indexOf(HUES.reduce((x, y) => (distance(y) < distance(x) ? y : x)))];
  const strength = chroma < 20 ? 'pale ' : chroma > 60 ? 'strong ' : '';
  return strength + (l < 45 && (name === 'orange' || name === 'yellow') ? 'brown' : name);
}
