// The same pictures as compositor_gl.js without WebGL: slower, so at no more than LIMIT pixels,
// and at far fewer while something moves (stage.js).

import { FROM_XYZ, encodeByte, f, fInverse, linearize } from './color.js';
import { taps } from './ab_field.js';
import { covered } from './compositor_gl.js';

const LIMIT = 1_000_000; // pixels computed for a pane; the canvas scales them up
const AB = 110 / 127;

const F_Y = Float32Array.from({ length: 256 }, (_, i) => f(linearize(i / 255)));

export class PlainCompositor {
  name = '2d';
  amount = 1;
  slow = true;
  limit = 4096;
  #photo = null;
  #values = null;
  #side = 0;
  #cache = new Map(); // by pane: what a layout needs once

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false });
  }

  setPhoto(picture) {
    this.#photo = picture;
    this.#cache.clear();
  }

  setAb(values, side) {
    this.#values = values;
    this.#side = values ? side : 0;
  }

  draw(panes, background) {
    const { context, canvas } = this;
    context.fillStyle = `rgb(${background.join(' ')})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!this.#photo) return;
    for (const [index, pane] of panes.entries()) {
      const part = covered(pane);
      if (!part) continue;
      const plan = this.#plan(index, pane, part);
      const amount = pane.color && this.#values ? this.amount : 0;
      if (amount) this.#color(plan, amount);
      else this.#grey(plan);
      plan.context.putImageData(plan.image, 0, 0);
      context.imageSmoothingQuality = 'high';
      context.drawImage(plan.canvas, part.x, part.y, part.width, part.height);
    }
  }

  pixel(x, y) {
    return [...this.context.getImageData(x, y, 1, 1).data.subarray(0, 3)];
  }

  /** f(Y) of a pane's pixels, and the taps of its rows and columns. */
  #plan(index, pane, part) {
    const key = JSON.stringify([part, pane.photo, this.#side]);
    const known = this.#cache.get(index);
    if (known?.key === key) return known;
    const shrink = Math.min(1, Math.sqrt(LIMIT / (part.width * part.height)));
    const width = Math.max(1, Math.round(part.width * shrink));
    const height = Math.max(1, Math.round(part.height * shrink));
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const { left, top } = pane.photo;
    const across = width / part.width;
    const down = height / part.height;
    context.imageSmoothingQuality = 'high';
    context.setTransform(across, 0, 0, down, (left - part.x) * across, (top - part.y) * down);
    context.drawImage(this.#photo, 0, 0, pane.photo.width, pane.photo.height);
    context.resetTransform();
    const image = context.getImageData(0, 0, width, height);
    const fy = Float32Array.from({ length: width * height }, (_, i) => F_Y[image.data[4 * i]]);
    const grey = image.data.slice();
    const columns = Array.from({ length: width }, (_, i) => taps(
      (((i + 0.5) / across + part.x - left) / pane.photo.width) * this.#side, this.#side || 1));
    const rows = Array.from({ length: height }, (_, i) => taps(
      (((i + 0.5) / down + part.y - top) / pane.photo.height) * this.#side, this.#side || 1));
    const plan = { key, canvas, context, image, fy, grey, columns, rows, width, height };
    this.#cache.set(index, plan);
    return plan;
  }

  #grey({ image, grey }) {
    image.data.set(grey);
  }

  /** a* and b* of the rows of the model's grid that are seen, upsampled along the row. */
  #across({ columns, width }) {
    const side = this.#side;
    const values = this.#values;
    const out = new Float32Array(side * width * 2);
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x];
      for (let tap = 0; tap < 4; tap++) {
        const weight = weights[tap] * AB;
        if (!weight) continue;
        let from = 2 * (first + tap);
        for (let to = 2 * x; to < out.length; to += 2 * width, from += 2 * side) {
          out[to] += weight * values[from];
          out[to + 1] += weight * values[from + 1];
        }
      }
    }
    return out;
  }

  #color(plan, amount) {
    const { image, fy, rows, width, height } = plan;
    const across = this.#across(plan);
    const line = new Float32Array(2 * width);
    const [[xr, yr, zr], [xg, yg, zg], [xb, yb, zb]] = FROM_XYZ;
    let at = 0;
    for (let row = 0; row < height; row++) {
      const { first, weights } = rows[row];
      line.fill(0);
      for (let tap = 0; tap < 4; tap++) {
        const weight = weights[tap] * amount;
        if (!weight) continue;
        const from = 2 * width * (first + tap);
        for (let i = 0; i < line.length; i++) line[i] += weight * across[from + i];
      }
      for (let column = 0; column < width; column++, at++) {
        const middle = fy[at];
        const x = fInverse(middle + line[2 * column] / 500);
        const y = fInverse(middle);
        const z = fInverse(Math.max(middle - line[2 * column + 1] / 200, 0));
        image.data[4 * at] = encodeByte(xr * x + yr * y + zr * z);
        image.data[4 * at + 1] = encodeByte(xg * x + yg * y + zg * z);
        image.data[4 * at + 2] = encodeByte(xb * x + yb * y + zb * z);
      }
    }
  }
}
