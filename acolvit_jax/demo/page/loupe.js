// A loupe over the reference: the pixels around a spot, large, and the one that would be taken.

import { byId } from './dom.js';
import { pixelAt } from './eyedropper.js';

const SPAN = 11; // pixels of the picture across the loupe
const AWAY = 14; // CSS pixels from the pointer

export class Loupe {
  #canvas = byId('loupe');

  /** @param img  the picture; `host` is what it lies in */
  constructor(img, host) {
    Object.assign(this, { img, host });
    host.addEventListener('pointermove', (event) => this.show(event.clientX, event.clientY));
    host.addEventListener('pointerleave', () => this.hide());
    host.addEventListener('blur', () => this.hide());
  }

  /** Shows the pixels around a point of the window. */
  show(clientX, clientY) {
    const at = pixelAt(this.img, clientX, clientY);
    this.#canvas.hidden = !at;
    if (!at) return;
    const { width } = this.#canvas;
    const context = this.#canvas.getContext('2d');
    const cell = width / SPAN;
    const first = (SPAN - 1) / 2;
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, width, width);
    context.drawImage(
      this.img, at.x - first, at.y - first, SPAN, SPAN, 0, 0, width, width);
    for (const [color, inset] of [['#000', 0], ['#fff', 1.5]]) {
      context.strokeStyle = color;
      context.lineWidth = 1.5;
      const size = cell - 2 * inset;
      context.strokeRect(first * cell + inset, first * cell + inset, size, size);
    }
    const box = this.host.getBoundingClientRect();
    const x = clientX - box.left;
    this.#canvas.style.left = `${x > box.width / 2 ? x - width - AWAY : x + AWAY}px`;
    this.#canvas.style.top = `${Math.min(clientY - box.top, box.height) - width / 2}px`;
  }

  hide() {
    this.#canvas.hidden = true;
  }
}
