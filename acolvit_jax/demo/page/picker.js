// The disc of colors: a* to the right, b* upwards, at the lightness under the hint.

import { byId } from './dom.js';
import { FROM_XYZ, describe, encodeByte, fInverse, labToHex } from './color.js';
import { HUES, clampToGamut, edgeTable } from './gamut.js';

const STEP = 2; // of a* or b*, for an arrow key
const STEP_LARGE = 8;
const LEAST = 36; // chroma at the disc's rim, for very dark and very light places
const ROOM = 1.06;
const SOON = 100; // ms

// Not every browser has idle callbacks.
const whenIdle = window.requestIdleCallback
  ? (paint) => requestIdleCallback(paint, { timeout: SOON })
  : (paint) => setTimeout(paint, SOON / 2);
const cancelIdle = window.cancelIdleCallback ?? clearTimeout;

/** Fires `pick` with {a, b, stamp, mode}: `live` while a pointer moves, `soon` for keys. */
export class Picker extends EventTarget {
  #disc = byId('disc');
  #knob = byId('knob');
  #own = byId('own');
  #canvas = byId('disc-canvas');
  #drawn = null; // the lightness that the disc shows
  #radius = 100; // chroma at the rim
  #color = null; // {l, a, b}
  #painting = 0;

  constructor() {
    super();
    const disc = this.#disc;
    disc.addEventListener('pointerdown', (event) => {
      if (!this.#color || event.button) return;
      disc.setPointerCapture(event.pointerId);
      this.#pick(event, 'live');
    });
    disc.addEventListener('pointermove', (event) => {
      if (disc.hasPointerCapture(event.pointerId)) this.#pick(event, 'live');
    });
    disc.addEventListener('lostpointercapture', () => this.dispatchEvent(new Event('done')));
    disc.addEventListener('keydown', (event) => this.#key(event));
  }

  /** Shows a hint's color and the model's own; null for no hint. `live` leaves the disc as it is. */
  show(color, own, live = false) {
    this.#color = color;
    this.#disc.setAttribute('aria-disabled', String(!color));
    this.#knob.hidden = !color;
    this.#own.hidden = !own || !color;
    if (!color) {
      this.#draw(65);
      this.#disc.setAttribute('aria-valuetext', 'no hint is selected');
      return;
    }
    if (!live) this.#draw(color.l);
    const [a, b] = clampToGamut(color.l, color.a, color.b);
    this.#put(this.#knob, a, b);
    const hex = labToHex(color.l, a, b);
    this.#knob.style.setProperty('--color', hex);
    if (own) this.#put(this.#own, ...clampToGamut(color.l, ...own));
    const hue = Math.round(((Math.atan2(b, a) * 180) / Math.PI + 360) % 360);
    this.#disc.setAttribute('aria-valuenow', String(hue));
    this.#disc.setAttribute(
      'aria-valuetext', `${describe(color.l, a, b)}, ${hex}, a ${a.toFixed(0)}, b ${b.toFixed(0)}`);
  }

  focus() {
    this.#disc.focus();
  }

  #put(element, a, b) {
    const at = (value) => `${(50 + (50 * value) / this.#radius).toFixed(2)}%`;
    element.style.left = at(a);
    element.style.top = at(-b);
  }

  #pick(event, mode) {
    const { left, top, width, height } = this.#disc.getBoundingClientRect();
    const a = ((2 * (event.clientX - left)) / width - 1) * this.#radius;
    const b = (1 - (2 * (event.clientY - top)) / height) * this.#radius;
    this.#send(a, b, event.timeStamp, mode);
  }

  #key(event) {
    const [da, db] = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
    }[event.key] ?? [];
    if (da === undefined || !this.#color || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? STEP_LARGE : STEP;
    this.#send(this.#color.a + da * step, this.#color.b + db * step, event.timeStamp, 'soon');
  }

  #send(a, b, stamp, mode) {
    this.dispatchEvent(new CustomEvent('pick', { detail: { a, b, stamp, mode } }));
  }

  /** Shows the colors that sRGB has at a lightness, painted once an answer need not wait for it. */
  #draw(l) {
    const rounded = Math.round(l);
    if (rounded === this.#drawn) return;
    this.#drawn = rounded;
    const edge = edgeTable(rounded);
    this.#radius = Math.max(LEAST, Math.max(...edge) * ROOM);
    cancelIdle(this.#painting);
    this.#painting = whenIdle(() => this.#paint(rounded, edge));
  }

  #paint(rounded, edge) {
    const side = Math.round(this.#disc.clientWidth * Math.min(2, devicePixelRatio)) || 200;
    const canvas = this.#canvas;
    canvas.width = side;
    canvas.height = side;
    const context = canvas.getContext('2d');
    const image = context.createImageData(side, side);
    const unit = (2 * this.#radius) / side;
    const fy = (rounded + 16) / 116;
    const y = fInverse(fy);
    const [[xr, yr, zr], [xg, yg, zg], [xb, yb, zb]] = FROM_XYZ;
    for (let row = 0, at = 0; row < side; row++) {
      const b = this.#radius - (row + 0.5) * unit;
      const z = fInverse(Math.max(fy - b / 200, 0));
      for (let column = 0; column < side; column++, at += 4) {
        const a = (column + 0.5) * unit - this.#radius;
        const hue = ((Math.atan2(b, a) / (2 * Math.PI) + 1) % 1) * HUES;
        const low = Math.floor(hue) % HUES;
        const limit = edge[low] + (edge[(low + 1) % HUES] - edge[low]) * (hue - Math.floor(hue));
        const cover = Math.min(1, (limit - Math.hypot(a, b)) / unit + 0.5);
        if (cover <= 0) continue;
        const x = fInverse(fy + a / 500);
        image.data[at] = encodeByte(xr * x + yr * y + zr * z);
        image.data[at + 1] = encodeByte(xg * x + yg * y + zg * z);
        image.data[at + 2] = encodeByte(xb * x + yb * y + zb * z);
        image.data[at + 3] = 255 * cover;
      }
    }
    context.putImageData(image, 0, 0);
  }
}
