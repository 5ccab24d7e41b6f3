// What the page shows of the session: the photo, its name, progress, and who is away.

import { byId, hide } from './dom.js';
import { why } from './patience.js';
import { hush, quoted, sentence } from './toast.js';

const NAME = document.title; // of the page, before any photo

export class Screen {
  #stage = byId('stage');
  #retry = () => {};

  constructor({ session, stage, viewport, marks, eyedropper }) {
    Object.assign(this, { session, stage, viewport, marks, eyedropper });
    byId('away-retry').addEventListener('click', () => this.#retry());
  }

  get state() { return this.#stage.dataset.state; }
  set state(state) { this.#stage.dataset.state = state; }

  get saving() { return document.body.hasAttribute('data-saving'); }
  set saving(saving) {
    document.body.toggleAttribute('data-saving', saving);
    if (saving) this.progress(1);
    else if (!this.session.opening) this.progress(null);
  }

  /** Whether the work is on the screen, not the start page over it. */
  get working() { return document.body.dataset.screen === 'work'; }

  busy(busy) {
    this.#stage.setAttribute('aria-busy', String(busy));
  }

  /** Says lastingly what stands in the way, with a button for `retry`; null: nothing does. */
  away(text, retry = () => this.session.retry()) {
    hide(byId('away'), text === null);
    byId('away-what').textContent = text ?? '';
    this.#stage.toggleAttribute('data-stale', text !== null);
    this.#retry = retry;
  }

  /** Says what the engine is waited for: for `item` to be opened, or for colors; null: for nothing. */
  waits(error, item) {
    const colors = this.session.field
      ? 'the picture does not show your last changes; it will as soon as it can'
      : 'colors come as soon as they can';
    const what = item ? `${quoted(item.title)} opens as soon as it can` : colors;
    this.away(error && `${sentence(why(error))} ${sentence(what)}`);
  }

  /** No photo is shown. */
  empty() {
    this.eyedropper.toggle(false); // it takes a color for a hint of the photo that was seen
    this.state = 'empty';
    this.stage.clear();
    document.title = NAME;
  }

  /** No photo is shown, for this one cannot be opened. */
  trouble(title, text, retry) {
    this.empty();
    document.body.dataset.screen = 'work';
    this.#name(title);
    this.away(text, retry);
    byId('away-retry').focus({ preventScroll: true });
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

  /** Whether the work's side of the page has anything to show. */
  get shown() { return Boolean(this.session.photo) || !byId('away').hidden; }

  start() {
    this.eyedropper.toggle(false); // the samples are there to be opened
    document.body.dataset.screen = 'start';
    byId('start-back').hidden = !this.shown;
    byId('start').focus({ preventScroll: true });
  }

  work() {
    if (!this.shown) return;
    document.body.dataset.screen = 'work';
    this.#stage.focus({ preventScroll: true });
  }

  #display(picture, size, title) {
    this.eyedropper.toggle(false);
    hush();
    if (!this.session.away) this.away(null);
    this.stage.setField(null);
    this.stage.setPhoto(picture);
    this.marks.cross = null;
    this.marks.hideCross();
    document.body.dataset.screen = 'work';
    this.stage.measure();
    this.viewport.setPhoto({ width: size.width, height: size.height });
    const inStrip = byId('strip-list').contains(document.activeElement); // a neighbor was put away
    if (!inStrip) this.#stage.focus({ preventScroll: true });
    this.#name(title, `${size.width} × ${size.height}`);
  }

  #name(title, size = '') {
    byId('photo-name').textContent = title;
    byId('photo-size').textContent = size;
    document.title = `${title} – ${NAME}`;
  }
}
