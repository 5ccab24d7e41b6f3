// A photo's lightness with the model's colors: `photo.color.recolor` on a worker's bytes.

import { FROM_XYZ, TO_XYZ, encode, f, fInverse, linearize } from './color.js';
import { hasOneColorATone, inner, spreadTones } from './levels.js';
import { Upsampled, resizeBytes } from './resample.js';

const LINEAR = Float64Array.from({ length: 256 }, (_, i) => linearize(i / 255));
const CURVE = 2 ** 16;
const ENCODED = Uint8ClampedArray.from(
  { length: CURVE + 1 }, (_, i) => Math.round(255 * encode(i / CURVE)));
const byteOf = (v) => ENCODED[v <= 0 ? 0 : v >= 1 ? CURVE : Math.round(v * CURVE)];

const luminance = (r, g, b) => (
  TO_XYZ[1][0] * LINEAR[r] + TO_XYZ[1][1] * LINEAR[g] + TO_XYZ[1][2] * LINEAR[b]);

/** (L* - 50) / 100 of a photo at the model's size, as it is read, Float32Array. */
export function modelLightness(pixels, side) {
  const rgb = resizeBytes(pixels, { width: side, height: side });
  const lightness = Float32Array.from({ length: side * side }, (_, i) => (
    116 * f(luminance(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2])) - 16));
  const toned = hasOneColorATone(inner(rgb, side, 3), 3);
  const read = toned ? spreadTones(lightness, side) : lightness;
  return read.map((l) => (l - 50) / 100);
}

const ROOTS = 65535; // steps of a luminance's root, which keeps the dark ones apart

/** The luminance of RGBA bytes, for `luminanceAt`. */
export function luminances({ data }) {
  const roots = new Uint16Array(data.length / 4);
  for (let i = 0, at = 0; i < roots.length; i++, at += 4) {
    roots[i] = Math.round(ROOTS * Math.sqrt(luminance(data[at], data[at + 1], data[at + 2])));
  }
  return roots;
}

/** CIE's Y of pixel `i`. */
export const luminanceAt = (roots, i) => (roots[i] / ROOTS) ** 2;

/** Makes RGBA bytes grey, in place: those of the same L*. */
export function makeGrey({ data }) {
  for (let i = 0; i < data.length; i += 4) {
    data.fill(byteOf(luminance(data[i], data[i + 1], data[i + 2])), i, i + 3);
  }
}

/**
 * Gives RGBA bytes other colors, in place.
 * @param ab  Float32Array `[side, side, 2]`, a* and b*
 */
export function recolor({ data, width, height }, ab, side) {
  const plane = (c) => Float32Array.from({ length: side * side }, (_, i) => ab[2 * i + c]);
  const size = { width, height };
  const planes = [0, 1].map((c) => new Upsampled(plane(c), side, size));
  const [as, bs] = [new Float32Array(width), new Float32Array(width)];
  for (let y = 0, i = 0; y < height; y++) {
    planes[0].row(y, as);
    planes[1].row(y, bs);
    for (let x = 0; x < width; x++, i += 4) {
      const fy = f(luminance(data[i], data[i + 1], data[i + 2]));
      const cx = fInverse(fy + as[x] / 500);
      const cy = fInverse(fy);
      const cz = fInverse(Math.max(fy - bs[x] / 200, 0));
      for (let c = 0; c < 3; c++) {
        const [mx, my, mz] = FROM_XYZ[c];
        data[i + c] = byteOf(mx * cx + my * cy + mz * cz);
      }
    }
  }
}

/**
 * Takes the white under RGBA bytes away again, in place (`photo.raster.off_white`).
 * @param clear  the bytes of the same picture over nothing
 */
export function makeClear({ data }, { data: clear }) {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = clear[i + 3];
    const share = Math.max(alpha, 1) / 255;
    for (let c = 0; c < 3; c++) data[i + c] = Math.round(255 + (data[i + c] - 255) / share);
    data[i + 3] = alpha;
  }
}
