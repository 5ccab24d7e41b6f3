// What the page shows of the session: the photo, its name, progress, and who is away.

import { byId } from './dom.js';
import { hush } from './toast.js';

export class Screen {
  #stage = byId('stage');

  constructor({ session, stage, viewport, marks }) {
    Object.assign(this, { session, stage, viewport, marks });
    byId('away-retry').addEventListener('click', () => session.retry());
  }

  get state() { return this.#stage.dataset.state; }
  set state(state) { this.#stage.dataset.state = state; }

  get saving() { return document.body.hasAttribute('data-saving'); }
  set saving(saving) {
    document.body.toggleAttribute('data-saving', saving);
    if (saving) this.progress(1);
    else if (!this.session.opening) this.progress(null);
  }

  busy(busy) {
    this.#stage.setAttribute('aria-busy', String(busy));
  }

  away(is) {
    byId('away').hidden = !is;
    this.#stage.toggleAttribute('data-stale', is);
  }

  progress(fraction) {
    const bar = byId('progress');
    bar.hidden = fraction === null && !this.saving;
    if (fraction === null || fraction >= 1) bar.removeAttribute('value');
    else bar.value = fraction;
  }

  /** Shows the session's photo, grey. */
  photo() {
    const { grey, photo, title } = this.session;
    this.state = 'ready';
    this.#display(grey.picture, photo, title);
  }

  /** Shows a photo that is on its way. */
  preview({ picture, width, height, title }) {
    this.state = 'uploading';
    this.#display(picture, { width, height }, title);
  }

  start() {
    document.body.dataset.screen = 'start';
    byId('start-back').hidden = !this.session.photo;
    byId('start').focus({ preventScroll: true });
  }

  work() {
    if (!this.session.photo) return;
    document.body.dataset.screen = 'work';
    this.#stage.focus({ preventScroll: true });
  }

  #display(picture, size, title) {
    hush();
    this.stage.setField(null);
    this.stage.setPhoto(picture);
    this.marks.cross = null;
    this.marks.hideCross();
    document.body.dataset.screen = 'work';
    this.stage.measure();
    this.viewport.setPhoto({ width: size.width, height: size.height });
    this.#stage.focus({ preventScroll: true });
    byId('photo-name').textContent = title;
    byId('photo-size').textContent = `${size.width} × ${size.height}`;
    document.title = `${title} – A-ColViT`;
  }
}
