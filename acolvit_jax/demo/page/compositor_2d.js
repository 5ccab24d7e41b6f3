// The same pictures as compositor_gl.js without WebGL: slower, so at no more than LIMIT pixels,
// and at far fewer while something moves (stage.js).

import { FROM_XYZ, encodeByte, f, fInverse, linearize } from './color.js';
import { taps } from './ab_field.js';
import { covered } from './compositor_gl.js';

const LIMIT = 1_000_000; // pixels computed for a pane; the canvas scales them up
const AB = 110 / 127;
const KEPT = 3 * LIMIT; // pixels of plans, 20 bytes each: of two panes, and of some in motion
const OPAQUE = 255 << 24; // in a pixel of four bytes, the first one lowest
const BAND = 24; // rows between two looks at whether something else is to be done

const F_Y = Float32Array.from({ length: 256 }, (_, i) => f(linearize(i / 255)));
const LINEAR = Float32Array.from(F_Y, fInverse);

/** Taps of a line of `side` for places on it, flat: four indices a place, and four weights. */
function tapsOf(places, side) {
  const indices = new Int32Array(4 * places.length);
  const weights = new Float32Array(4 * places.length);
  places.forEach((place, i) => {
    const found = taps(place * side, side);
    for (let tap = 0; tap < 4; tap++) { // those outside weigh nothing
      indices[4 * i + tap] = Math.min(side - 1, Math.max(0, found.first + tap));
      weights[4 * i + tap] = found.weights[tap];
    }
  });
  return { indices, weights };
}

export class PlainCompositor {
  name = '2d';
  amount = 1;
  slow = true;
  limit = 4096;
  #photo = null;
  #values = null;
  #side = 0;
  #wide = new Float32Array(0); // colors of the model's rows at a picture's width
  #plans = new Map(); // what a layout needs once, the one used last at the end

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false });
  }

  setPhoto(picture) {
    this.#photo = picture;
    this.#plans.clear();
  }

  setAb(values, side) {
    this.#values = values;
    this.#side = values ? side : 0;
  }

  draw(panes, background) {
    const steps = this.steps(panes, background);
    while (!steps.next().done);
  }

  /**
   * As `draw`, in steps of a few rows; nothing is seen before the last.
   * @param begin  is called before it: the canvas may get its size there
   */
  * steps(panes, background, begin = () => {}) {
    const drawn = [];
    for (const [index, pane] of this.#photo ? panes.entries() : []) {
      const part = covered(pane);
      if (!part) continue;
      const plan = this.#plan(index, pane, part);
      yield;
      const amount = pane.color && this.#values ? this.amount : 0;
      if (amount) yield* this.#color(plan, amount);
      else this.#grey(plan);
      plan.context.putImageData(plan.image, 0, 0);
      drawn.push([plan.canvas, part.x, part.y, part.width, part.height]);
    }
    begin();
    const { context, canvas } = this;
    context.fillStyle = `rgb(${background.join(' ')})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = 'high';
    for (const picture of drawn) context.drawImage(...picture);
  }

  pixel(x, y) {
    return [...this.context.getImageData(x, y, 1, 1).data.subarray(0, 3)];
  }

  /** f(Y) of a pane's pixels, and the taps of its rows and columns. */
  #plan(index, pane, part) {
    const key = JSON.stringify([index, part, pane.photo, this.#side]);
    const plan = this.#plans.get(key) ?? this.#makePlan(pane, part);
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    let pixels = 0;
    for (const { width, height } of this.#plans.values()) pixels += width * height;
    for (const [oldest, { width, height }] of this.#plans) {
      if (pixels <= KEPT) break;
      this.#plans.delete(oldest);
      pixels -= width * height;
    }
    return plan;
  }

  #makePlan(pane, part) {
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
    const fy = new Float32Array(width * height);
    const linear = new Float32Array(width * height);
    for (let i = 0; i < fy.length; i++) {
      fy[i] = F_Y[image.data[4 * i]];
      linear[i] = LINEAR[image.data[4 * i]];
    }
    const grey = image.data.slice();
    const columns = tapsOf(Array.from(
      { length: width }, (_, i) => ((i + 0.5) / across + part.x - left) / pane.photo.width),
    this.#side || 1);
    const rows = tapsOf(Array.from(
      { length: height }, (_, i) => ((i + 0.5) / down + part.y - top) / pane.photo.height),
    this.#side || 1);
    return { canvas, context, image, fy, linear, grey, columns, rows, width, height };
  }

  #grey({ image, grey }) {
    image.data.set(grey);
  }

  /** a* and b* of the rows of the model's grid, upsampled along the row. */
  #across({ columns: { indices, weights }, width }) {
    const side = this.#side;
    const values = this.#values;
    const size = 2 * side * width;
    if (this.#wide.length !== size) this.#wide = new Float32Array(size);
    const out = this.#wide;
    for (let i = 0, to = 0; i < 4 * width; i += 4, to += 2) {
      const [w0, w1, w2, w3] = [0, 1, 2, 3].map((tap) => weights[i + tap] * AB);
      let [a0, a1, a2, a3] = [0, 1, 2, 3].map((tap) => 2 * indices[i + tap]);
      for (let at = to; at < size; at += 2 * width) {
        out[at] = w0 * values[a0] + w1 * values[a1] + w2 * values[a2] + w3 * values[a3];
        out[at + 1] = w0 * values[a0 + 1] + w1 * values[a1 + 1] + w2 * values[a2 + 1]
          + w3 * values[a3 + 1];
        a0 += 2 * side;
        a1 += 2 * side;
        a2 += 2 * side;
        a3 += 2 * side;
      }
    }
    return out;
  }

  * #color(plan, amount) {
    const across = this.#across(plan);
    const { image: { data }, width, height } = plan;
    const pixels = new Uint32Array(data.buffer);
    const line = new Float32Array(2 * width);
    for (let row = 0; row < height; row++) {
      if (row % BAND === BAND - 1) yield;
      this.#blend(plan, across, row, amount, line);
      colorLine(plan, line, row * width, pixels);
    }
  }

  /** a* and b* of a row of the picture. */
  #blend({ rows: { indices, weights }, width }, across, row, amount, line) {
    const [w0, w1, w2, w3] = weights.subarray(4 * row, 4 * row + 4).map((w) => w * amount);
    const [f0, f1, f2, f3] = indices.subarray(4 * row, 4 * row + 4).map((i) => 2 * width * i);
    for (let i = 0; i < line.length; i++) {
      line[i] = w0 * across[f0 + i] + w1 * across[f1 + i] + w2 * across[f2 + i]
        + w3 * across[f3 + i];
    }
  }
}

const [[XR, YR, ZR], [XG, YG, ZG], [XB, YB, ZB]] = FROM_XYZ;

/** Writes a row of pixels from their lightness and the row's colors. */
function colorLine({ fy, linear, width }, line, start, pixels) {
  for (let column = 0, at = start; column < width; column++, at++) {
    const middle = fy[at];
    const x = fInverse(middle + line[2 * column] / 500);
    const y = linear[at];
    const z = fInverse(Math.max(middle - line[2 * column + 1] / 200, 0));
    pixels[at] = OPAQUE
      | (encodeByte(XB * x + YB * y + ZB * z) << 16)
      | (encodeByte(XG * x + YG * y + ZG * z) << 8)
      | encodeByte(XR * x + YR * y + ZR * z);
  }
}
