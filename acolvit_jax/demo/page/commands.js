// What a person can do to the hints; mouse, touch, keyboard and buttons all come here.

import { clamp } from './dom.js';
import { clampToGamut } from './gamut.js';

export class Commands {
  #lightness = new WeakMap(); // by hint

  constructor({ session, hints, viewport, stage, latency, imageSize, limit, say }) {
    Object.assign(this, { session, hints, viewport, stage, latency, imageSize, limit, say });
    this.kind = 'color'; // of the hints to place: color, gray, keep
    this.eyedropper = null; // set by main.js
    this.onRest = () => {}; // a gesture has ended: what waited for it may be drawn
    this.onPointer = () => {}; // the mouse or a finger is used
    this.onPlace = () => {};
    this.onMissing = () => {}; // colors are wanted that nobody has asked for
  }

  get picking() { return this.eyedropper?.active ?? false; }

  /** L* under a hint. */
  lightnessOf = (hint) => {
    const { grey, photo } = this.session;
    if (!grey) return 50;
    if (!this.#lightness.has(hint)) {
      const [x, y] = [(hint.column + 0.5) / photo.width, (hint.row + 0.5) / photo.height];
      this.#lightness.set(hint, grey.lightness(x, y, hint.size / this.imageSize));
    }
    return this.#lightness.get(hint);
  };

  /**
   * The model's own color under a hint: before it was placed, or without any hints; null if nobody has
   * asked without any.
   */
  ownColor(hint) {
    const { automatic, photo } = this.session;
    if (hint.own) return hint.own;
    return automatic?.cellMean(hint.row, hint.column, photo, hint.size) ?? null;
  }

  /** Places a hint with the model's color there, or selects the one of that cell; its id. */
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
      this.say('The first colors are still on their way');
      if (!session.queue.busy) this.onMissing(); // the server did not answer
      return null;
    }
    const own = field.cellMean(r, c, photo, hints.size);
    this.latency.begin(stamp, 'click');
    const [a, b] = this.kind === 'gray' ? [0, 0] : own;
    const keep = this.kind === 'keep';
    const id = hints.add({ row: r, column: c, a, b, own, size: hints.size, keep }, live);
    this.onPlace();
    return id;
  }

  #sameCell(hint, row, column) {
    const { photo } = this.session;
    const cell = (value, length) => Math.floor(
      Math.floor((value * this.imageSize) / length) / hint.size);
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

  /**
   * Gives the selected hint a color, cut to what sRGB shows at its lightness.
   * @param text  the color as hex, where the person gave one with a lightness of its own
   */
  color(a, b, stamp, mode = '', text = null) {
    const { selected } = this.hints;
    if (!selected) return;
    const [inA, inB] = clampToGamut(this.lightnessOf(selected), a, b);
    if (inA === selected.a && inB === selected.b && !selected.keep && text === selected.text) return;
    this.latency.begin(stamp, 'color');
    this.hints.update(selected.id, { a: inA, b: inB, keep: false, text }, mode);
  }

  /** Makes the selected hint one that leaves its place as it is without hints. */
  leaveAlone(stamp) {
    const { selected } = this.hints;
    if (!selected || selected.keep) return;
    this.latency.begin(stamp, 'color');
    this.hints.update(selected.id, { keep: true, text: null });
  }

  /** How far the selected hint reaches, in model pixels; null is the engine's own measure. */
  reach(reach, stamp) {
    const { selected } = this.hints;
    if (!selected || reach === selected.reach) return;
    this.latency.begin(stamp, 'reach');
    this.hints.update(selected.id, { reach }, 'soon');
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

  /** The eyedropper on the stage: the color that is seen there. */
  pickOnStage(x, y, stamp) {
    const { session, viewport, stage } = this;
    const { row, column } = viewport.toPhoto(x, y);
    const [fx, fy] = [column / session.photo.width, row / session.photo.height];
    if (fx < 0 || fy < 0 || fx > 1 || fy > 1) return;
    const [a, b] = stage.colored(x, y) && stage.field ? stage.field.at(fx, fy) : [0, 0];
    this.eyedropper.finish(a, b, stamp);
  }
}
