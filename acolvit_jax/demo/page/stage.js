// The stage: the canvas and how the chosen view divides it into grey and color.

import { byId, clamp, hide, make, prefersStill } from './dom.js';
import { GlCompositor } from './compositor_gl.js';
import { PlainCompositor } from './compositor_2d.js';

const FADE = 280; // ms, when the first colors arrive
const PIXELS_MAX = 6_000_000; // of the canvas
const PIXELS_QUICK = 150_000; // while something moves, where there is no graphics hardware
const REST = 180; // ms after which such a picture is drawn in full
const STEP = 6; // ms that this takes at once: something else may begin to move

export class Stage extends EventTarget {
  view = 'result'; // grey, result, side, compare
  mayChange = () => true; // set by main.js
  ratio = 1; // of the canvas: device pixels for a CSS pixel
  divide = 0.5; // of the stage's width, in the compare view
  #element = byId('stage');
  #divider = byId('divider');
  #photo = null; // picture
  field = null; // the colors that are seen, an AbField
  #frame = 0;
  #rest = 0;
  #background = [0, 0, 0];

  /** @param renderer  `webgl` or `2d`; else what is faster on this computer */
  constructor(viewport, renderer) {
    super();
    this.viewport = viewport;
    this.#makeCompositor(renderer);
    new ResizeObserver(() => this.measure()).observe(this.#element);
    this.#watchDensity();
    viewport.addEventListener('change', () => {
      this.#element.toggleAttribute('data-stacked', viewport.stacked);
      this.invalidate();
    });
    this.#listenToDivider();
  }

  get renderer() { return this.compositor.name; }

  measure() {
    const { clientWidth, clientHeight } = this.#element;
    if (!clientWidth || !clientHeight) return;
    this.viewport.setStage(clientWidth, clientHeight, Math.max(1, window.devicePixelRatio));
    this.draw();
  }

  /** Measures anew on a screen of another density, which leaves all sizes as they are. */
  #watchDensity() {
    const here = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    here.addEventListener('change', () => {
      this.measure();
      this.#watchDensity();
    }, { once: true });
  }

  /** Device pixels for a CSS pixel, fewer for a quick picture. */
  #ratio(quick) {
    const { width, height, ratio } = this.viewport;
    const most = Math.sqrt((quick ? PIXELS_QUICK : PIXELS_MAX) / (width * height));
    return Math.min(ratio, most);
  }

  /** Gives the canvas its size, which empties it. */
  #fit(ratio) {
    const { width, height } = this.viewport;
    this.ratio = ratio;
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    const { canvas } = this;
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  }

  /** Reads the color around the photo from the style sheet. */
  readTheme() {
    const color = getComputedStyle(this.#element).backgroundColor;
    this.#background = color.match(/[\d.]+/g).slice(0, 3).map(Number);
    this.invalidate();
  }

  setPhoto(picture) {
    const limit = this.compositor.limit;
    const shrink = Math.min(1, limit / Math.max(picture.width, picture.height));
    if (shrink < 1) {
      const small = new OffscreenCanvas(
        Math.max(1, Math.floor(picture.width * shrink)),
        Math.max(1, Math.floor(picture.height * shrink)));
      small.getContext('2d').drawImage(picture, 0, 0, small.width, small.height);
      picture = small;
    }
    this.#photo = picture;
    this.compositor.setPhoto(picture);
    this.invalidate();
  }

  /** Lets the photo go: its picture is closed. */
  clear() {
    clearTimeout(this.#rest);
    this.#photo = this.field = null;
  }

  /** Shows colors (an AbField), or grey for null. The first colors fade in. */
  setField(field, fade = false) {
    this.field = field;
    this.compositor.setAb(field?.values ?? null, field?.side ?? 0);
    this.compositor.amount = 1;
    if (field && fade && !prefersStill()) this.#fadeIn();
    else this.draw(true);
  }

  /** Whether it was done: false where nothing may change. */
  setView(view) {
    if (!this.mayChange()) return false;
    this.view = view;
    this.#element.dataset.view = view;
    hide(this.#divider, view !== 'compare');
    this.viewport.setSplit(view === 'side');
    this.#placeDivider();
    this.invalidate();
    this.dispatchEvent(new Event('view'));
    return true;
  }

  setDivide(fraction) {
    this.divide = clamp(fraction, 0, 1);
    this.#placeDivider();
    this.invalidate();
  }

  /** Draws before the next frame. */
  invalidate() {
    this.#frame ||= requestAnimationFrame(() => this.draw(true));
  }

  /** Draws now. A `moving` picture is coarser for a moment on a slow computer. */
  draw(moving = false) {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    this.#frame = 0;
    const { viewport } = this;
    if (!this.#photo || !viewport.photo || !viewport.width) return;
    const quick = moving && this.compositor.slow;
    this.#fit(this.#ratio(quick));
    this.compositor.draw(this.#panes(this.ratio), this.#background);
    if (quick) this.#rest = setTimeout(() => this.#drawInFull(), REST);
    this.dispatchEvent(new Event('drawn'));
  }

  /** Draws everything in a while; `draw` gives it up. */
  #drawInFull() {
    const ratio = this.#ratio(false);
    const steps = this.compositor.steps(
      this.#panes(ratio), this.#background, () => this.#fit(ratio));
    const go = () => {
      const end = performance.now() + STEP;
      while (!steps.next().done) {
        if (performance.now() < end) continue;
        this.#rest = setTimeout(go);
        return;
      }
      this.dispatchEvent(new Event('drawn'));
    };
    go();
  }

  /** Whether the result, not the grey photo, is seen at a place of the stage. */
  colored(x, y) {
    if (this.view === 'compare') return x >= this.divide * this.viewport.width;
    if (this.view === 'side') {
      const [first] = this.viewport.panes();
      return x >= first.width || y >= first.height;
    }
    return this.view === 'result';
  }

  /** Panes in pixels of a canvas of `r` pixels for a CSS pixel. */
  #panes(r) {
    const { viewport } = this;
    const device = (pane, color, photo = viewport.place(pane)) => {
      const x = Math.round(pane.x * r);
      const y = Math.round(pane.y * r);
      return {
        x,
        y,
        width: Math.round((pane.x + pane.width) * r) - x,
        height: Math.round((pane.y + pane.height) * r) - y,
        color,
        photo: {
          left: photo.left * r, top: photo.top * r, width: photo.width * r, height: photo.height * r,
        },
      };
    };
    const panes = viewport.panes();
    if (this.view === 'side') return [device(panes[0], false), device(panes[1], true)];
    const [whole] = panes;
    if (this.view !== 'compare') return [device(whole, this.view === 'result')];
    const photo = viewport.place(whole);
    const left = Math.round(whole.width * this.divide);
    return [
      device({ ...whole, width: left }, false, photo),
      device({ ...whole, x: left, width: whole.width - left }, true, photo),
    ];
  }

  #fadeIn() {
    const start = performance.now();
    const step = (now) => {
      this.compositor.amount = clamp((now - start) / FADE, 0.001, 1);
      this.draw(true);
      if (this.compositor.amount < 1) requestAnimationFrame(step);
    };
    step(start);
  }

  #placeDivider() {
    this.#divider.style.left = `${this.divide * 100}%`;
    this.#divider.setAttribute('aria-valuenow', String(Math.round(this.divide * 100)));
  }

  #listenToDivider() {
    this.#divider.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.setDivide(this.divide + step * (event.shiftKey ? 5 : 1));
    });
  }

  /** WebGL on graphics hardware; a lost context, or none, means the plain one. */
  #makeCompositor(renderer) {
    this.canvas?.remove();
    const canvas = make('canvas', { id: 'canvas', aria: { hidden: 'true' } });
    this.canvas = canvas;
    this.#element.prepend(canvas);
    if (renderer !== '2d') {
      try {
        this.compositor = new GlCompositor(canvas, renderer !== 'webgl');
        canvas.addEventListener('webglcontextlost', () => this.#fallBack(), { once: true });
        return;
      } catch {
        this.#makeCompositor('2d'); // a canvas that was asked for WebGL gives nothing else
        return;
      }
    }
    this.compositor = new PlainCompositor(canvas);
  }

  #fallBack() {
    const photo = this.#photo;
    this.#makeCompositor('2d');
    if (photo) this.setPhoto(photo);
    this.setField(this.field);
  }
}
