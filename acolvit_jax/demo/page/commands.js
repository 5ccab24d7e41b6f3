// What a person can do to the hints; mouse, touch, keyboard and buttons all come here.

import { clamp } from './dom.js';
import { clampToGamut } from './gamut.js';

export class Commands {
  #lightness = new WeakMap(); // by hint

  constructor({ session, hints, viewport, stage, latency, imageSize, limit, say }) {
    Object.assign(this, { session, hints, viewport, stage, latency, imageSize, limit, say });
    this.eyedropper = null; // set by main.js
    this.onRest = () => {}; // a gesture has ended: what waited for it may be drawn
    this.onPointer = () => {}; // the mouse or a finger is used
    this.onPlace = () => {};
    this.onMissing = () => {}; // colours are wanted that nobody has asked for
  }

  get picking() { return this.eyedropper?.active ?? false; }

  /** L* under a hint. */
  lightnessOf = (hint) => {
    const { grey, photo } = this.session;
    if (!grey) return 50;
    if (!this.#lightness.has(hint)) {
      const [x, y] = [(hint.column + 0.5) / photo.width, (hint.row + 0.5) / photo.height];
      this.#lightness.set(hint, grey.lightness(x, y, this.hints.size / this.imageSize));
    }
    return this.#lightness.get(hint);
  };

  /** The model's own colour under a hint: before it was placed, or without any hints. */
  ownColour(hint) {
    const { automatic, photo } = this.session;
    if (hint.own) return hint.own;
    return automatic?.cellMean(hint.row, hint.column, photo, this.hints.size) ?? [0, 0];
  }

  /** Places a hint with the model's colour there, or selects the one of that cell; its id. */
  place(row, column, stamp, live) {
    const { session, hints } = this;
    const { photo, field } = session;
    if (!photo || session.opening) {
      if (session.opening) this.say('The photo is still on its way');
      return null;
    }
    const [r, c] = [Math.floor(row), Math.floor(column)];
    if (r < 0 || c < 0 || r >= photo.height || c >= photo.width) {
      hints.select(null);
      return null;
    }
    const there = hints.hints.find((hint) => this.#sameCell(hint, r, c));
    if (there) {
      hints.select(there.id);
      return there.id;
    }
    if (hints.hints.length >= this.limit) {
      this.say(`No more than ${this.limit} hints`, 'error');
      return null;
    }
    if (!field) {
      this.say('The first colours are still on their way');
      if (!session.queue.busy) this.onMissing(); // the server did not answer
      return null;
    }
    const own = field.cellMean(r, c, photo, hints.size);
    this.latency.begin(stamp, 'click');
    const id = hints.add({ row: r, column: c, a: own[0], b: own[1], own }, live);
    this.onPlace();
    return id;
  }

  #sameCell(hint, row, column) {
    const { photo } = this.session;
    const cell = (value, length) => Math.floor(
      Math.floor((value * this.imageSize) / length) / this.hints.size);
    return cell(hint.row, photo.height) === cell(row, photo.height)
      && cell(hint.column, photo.width) === cell(column, photo.width);
  }

  /** Moves a hint, as far as the photo reaches. */
  move(id, row, column, stamp, mode) {
    const { photo } = this.session;
    const hint = this.hints.find(id);
    if (!hint) return;
    const r = clamp(Math.floor(row), 0, photo.height - 1);
    const c = clamp(Math.floor(column), 0, photo.width - 1);
    if (r === hint.row && c === hint.column) return;
    this.latency.begin(stamp, 'drag');
    this.hints.update(id, { row: r, column: c, own: null }, mode);
  }

  /** Gives the selected hint a colour, cut to what sRGB shows at its lightness. */
  colour(a, b, stamp, mode = '') {
    const { selected } = this.hints;
    if (!selected) return;
    const [inA, inB] = clampToGamut(this.lightnessOf(selected), a, b);
    if (inA === selected.a && inB === selected.b) return;
    this.latency.begin(stamp, 'colour');
    this.hints.update(selected.id, { a: inA, b: inB }, mode);
  }

  remove(id, stamp) {
    if (!this.hints.find(id)) return;
    this.latency.begin(stamp, 'remove');
    this.hints.remove(id);
  }

  /** Selects the next (1) or previous (-1) hint. */
  cycle(step) {
    const { hints, selected } = this.hints;
    if (!hints.length) return;
    const at = hints.findIndex((hint) => hint.id === selected?.id);
    const next = at < 0 ? (step > 0 ? 0 : hints.length - 1) : (at + step + hints.length) % hints.length;
    this.hints.select(hints[next].id);
    this.viewport.reveal(hints[next].row, hints[next].column);
  }

  /** The eyedropper on the stage: the colour that is seen there. */
  pickOnStage(x, y, stamp) {
    const { session, viewport, stage } = this;
    const { row, column } = viewport.toPhoto(x, y);
    const [fx, fy] = [column / session.photo.width, row / session.photo.height];
    if (fx < 0 || fy < 0 || fx > 1 || fy > 1) return;
    const [a, b] = stage.coloured(x, y) && session.field ? session.field.at(fx, fy) : [0, 0];
    this.eyedropper.finish(a, b, stamp);
  }
}
