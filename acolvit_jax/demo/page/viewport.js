// Where the photo lies on the stage: zoom, pan, panes, and the way between screen and photo.
// Lengths are CSS pixels of the stage; scale is CSS pixels for a pixel of the photo.

import { clamp } from './dom.js';

const MARGIN = 16; // around a fitted photo
const MARGIN_SMALL = 8; // on a phone
const TOOLS = 56; // at the bottom of the stage, more than the margin
const TOOLS_SMALL = 64;
const TOOLS_LOW = 44;
const LOW = 150; // height of a stage with low tools
const MAX_SCALE = 32; // screen pixels for a pixel of the photo
const VISIBLE = 48; // of the photo that stay in a pane

export class Viewport extends EventTarget {
  photo = null; // {width, height}
  width = 0;
  height = 0;
  ratio = 1; // device pixels for a CSS pixel
  scale = 1;
  x = 0; // of the photo's middle against the pane's middle
  y = 0;
  fitted = true;
  split = false; // two panes

  setStage(width, height, ratio) {
    Object.assign(this, { width, height, ratio });
    this.#settle();
  }

  setPhoto(photo) {
    this.photo = photo;
    this.fit();
  }

  setSplit(split) {
    this.split = split;
    this.#settle();
  }

  /** Panes in CSS pixels of the stage: one, or two beside (or above) each other. */
  panes() {
    const { width, height } = this;
    if (!this.split) return [{ x: 0, y: 0, width, height }];
    if (!this.stacked) {
      const half = Math.floor(width / 2);
      return [{ x: 0, y: 0, width: half, height }, { x: half, y: 0, width: width - half, height }];
    }
    const half = Math.floor((height - this.#tools) / 2);
    return [{ x: 0, y: 0, width, height: half }, { x: 0, y: half, width, height: half }];
  }

  /** Whether two panes lie above each other: where the photo is larger like that. */
  get stacked() {
    const { width, height, photo } = this;
    if (!photo) return width < height;
    const margin = 2 * this.#margin;
    const fit = (across, down) => Math.min(
      (width / across - margin) / photo.width, ((height - this.#tools) / down - margin) / photo.height);
    return fit(1, 2) > fit(2, 1);
  }

  /** Where the photo lies for a pane. */
  place(pane) {
    const width = this.photo.width * this.scale;
    const height = this.photo.height * this.scale;
    return {
      left: pane.x + pane.width / 2 + this.x - width / 2,
      top: pane.y + pane.height / 2 + this.y - height / 2,
      width,
      height,
    };
  }

  /** The pane under a place, the nearest one outside of both. */
  paneAt(x, y) {
    const [first, second = first] = this.panes();
    return Math.max(x, 0) >= second.x && Math.max(y, 0) >= second.y ? second : first;
  }

  /** Photo coordinates (fractions of pixels) of a place on the stage, maybe outside the photo. */
  toPhoto(x, y, pane = this.paneAt(x, y)) {
    const place = this.place(pane);
    return { column: (x - place.left) / this.scale, row: (y - place.top) / this.scale };
  }

  /** The middle of a photo's pixel in a pane. */
  toStage(row, column, pane = this.panes()[0]) {
    const place = this.place(pane);
    return { x: place.left + (column + 0.5) * this.scale, y: place.top + (row + 0.5) * this.scale };
  }

  get #small() { return Math.min(this.width, this.height) < 480; }

  get #margin() { return this.#small ? MARGIN_SMALL : MARGIN; }

  get #tools() {
    if (this.height <= LOW) return TOOLS_LOW;
    return this.#small ? TOOLS_SMALL : TOOLS;
  }

  /** What a fitted photo leaves to the tools; panes above each other end before them. */
  get #foot() { return this.split && this.stacked ? 0 : this.#tools; }

  get fitScale() {
    const [pane] = this.panes();
    const margin = this.#margin;
    return Math.max(0.001, Math.min(
      (pane.width - 2 * margin) / this.photo.width,
      (pane.height - 2 * margin - this.#foot) / this.photo.height));
  }

  /** Zoom in percent of the photo's own pixels on this screen. */
  get percent() {
    return this.scale * this.ratio * 100;
  }

  fit() {
    this.fitted = true;
    this.#settle();
  }

  actualSize(x = this.width / 2, y = this.height / 2) {
    this.zoomAt(x, y, 1 / this.ratio / this.scale);
  }

  /** Zooms by a factor; what is under the pointer stays there. */
  zoomAt(x, y, factor) {
    if (!this.photo) return;
    const pane = this.paneAt(x, y);
    const { fitScale } = this;
    const least = Math.min(fitScale, 1 / this.ratio) / 2;
    const most = Math.max(fitScale, MAX_SCALE / this.ratio); // a tiny photo fits only beyond
    const scale = clamp(this.scale * factor, least, most);
    const change = scale / this.scale;
    const dx = x - pane.x - pane.width / 2;
    const dy = y - pane.y - pane.height / 2;
    this.x = dx - (dx - this.x) * change;
    this.y = dy - (dy - this.y) * change;
    this.scale = scale;
    this.fitted = false;
    this.#settle();
  }

  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.#settle();
  }

  /** Pans as little as needed to see a pixel. */
  reveal(row, column) {
    const [pane] = this.panes();
    const { x, y } = this.toStage(row, column, pane);
    const edge = Math.min(60, pane.width / 4, pane.height / 4);
    const dx = clamp(x, pane.x + edge, pane.x + pane.width - edge) - x;
    const dy = clamp(y, pane.y + edge, pane.y + pane.height - edge) - y;
    if ((dx || dy) && !this.fitted) this.panBy(dx, dy);
  }

  #settle() {
    if (!this.photo || !this.width) return;
    if (this.fitted) {
      Object.assign(this, { scale: this.fitScale, x: 0, y: -this.#foot / 2 });
    }
    const [pane] = this.panes();
    const limit = (extent, length) => Math.max(0, (extent + length) / 2 - VISIBLE);
    const farX = limit(pane.width, this.photo.width * this.scale);
    const farY = limit(pane.height, this.photo.height * this.scale);
    this.x = clamp(this.x, -farX, farX);
    this.y = clamp(this.y, -farY, farY);
    this.dispatchEvent(new Event('change'));
  }
}
