// Takes a color from any picture on the page.

import { rgbToLab, toHex } from './color.js';

/** {x, y} of the pixel of an <img> under a point of the window; null outside. */
export function pixelAt(img, clientX, clientY) {
  const { left, top, width, height } = img.getBoundingClientRect();
  const { naturalWidth, naturalHeight } = img;
  if (!naturalWidth) return null;
  // A covered picture (object-fit) is scaled to the longer need and cut.
  const fit = getComputedStyle(img).objectFit === 'cover' ? Math.max : Math.min;
  const scale = fit(width / naturalWidth, height / naturalHeight);
  const x = (clientX - left - (width - naturalWidth * scale) / 2) / scale;
  const y = (clientY - top - (height - naturalHeight * scale) / 2) / scale;
  if (x < 0 || y < 0 || x >= naturalWidth || y >= naturalHeight) return null;
  return { x: Math.floor(x), y: Math.floor(y) };
}

/** [r, g, b] of it. */
function pixelOf(img, clientX, clientY) {
  const at = pixelAt(img, clientX, clientY);
  if (!at) return null;
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  context.drawImage(img, -at.x, -at.y);
  return [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

/** Fires `change` when it begins or ends and `pick` with {a, b, stamp, text}. */
export class Eyedropper extends EventTarget {
  active = false;

  constructor() {
    super();
    document.addEventListener('click', (event) => this.#click(event), { capture: true });
  }

  toggle(active = !this.active) {
    if (active === this.active) return;
    this.active = active;
    document.body.toggleAttribute('data-picking', active);
    this.dispatchEvent(new Event('change'));
  }

  /** @param text  the color as hex, where it has a lightness of its own */
  finish(a, b, stamp, text = null) {
    this.toggle(false);
    this.dispatchEvent(new CustomEvent('pick', { detail: { a, b, stamp, text } }));
  }

  #click(event) {
    const host = event.target.closest?.('[data-pick]');
    const img = event.target.closest?.('img') ?? host?.querySelector('img');
    if (!img || !(this.active || host)) return;
    event.preventDefault();
    event.stopPropagation();
    let [x, y] = [event.clientX, event.clientY];
    if (host && event.detail === 0) { // by key: what the spot marks
      const { left, top, width, height } = host.querySelector('.spot').getBoundingClientRect();
      [x, y] = [left + width / 2, top + height / 2];
    }
    const rgb = pixelOf(img, x, y);
    if (!rgb) return;
    const [, a, b] = rgbToLab(rgb);
    this.finish(a, b, event.timeStamp, toHex(rgb));
  }
}
