// The hints' marks over the photo, and the crosshair of those who work with the keyboard.

import { byId, make, takeOut } from './dom.js';
import { describe, labToHex } from './color.js';

export class Marks {
  #layer = byId('marks');
  #crosshair = byId('crosshair');
  #marks = new Map(); // by pane and hint

  /** @param onFocus (id), when a mark takes the keyboard's focus. */
  constructor(viewport, hints, lightnessOf, onFocus) {
    Object.assign(this, { viewport, hints, lightnessOf, onFocus });
    this.cross = null; // {row, column}
  }

  /** Puts every mark where its hint is now. */
  place() {
    const { viewport, hints } = this;
    const wanted = new Set();
    const panes = viewport.photo ? viewport.panes() : [];
    panes.forEach((pane, index) => hints.hints.forEach((hint, number) => {
      const key = `${index}:${hint.id}`;
      wanted.add(key);
      const mark = this.#marks.get(key) ?? this.#create(key, hint.id, index);
      const { x, y } = viewport.toStage(hint.row, hint.column, pane);
      const seen = x >= pane.x && y >= pane.y && x <= pane.x + pane.width && y <= pane.y + pane.height;
      mark.hidden = !seen && mark !== document.activeElement; // its arrows bring it back
      mark.style.opacity = Number(seen);
      mark.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
      if (mark.hint === hint && mark.number === number) return;
      mark.toggleAttribute('data-keep', hint.keep);
      const l = this.lightnessOf(hint);
      mark.style.setProperty('--color', labToHex(l, hint.a, hint.b));
      mark.hint = hint;
      mark.number = number;
      if (index === 0) {
        mark.setAttribute('aria-label', `Hint ${number + 1}, ${hint.keep ? 'leave alone' : describe(l, hint.a, hint.b)}, `
          + `row ${hint.row}, column ${hint.column}`);
      }
    }));
    for (const [key, mark] of this.#marks) {
      if (wanted.has(key)) continue;
      takeOut(mark);
      this.#marks.delete(key);
    }
    this.#placeCross();
  }

  showSelection() {
    const { selected } = this.hints;
    for (const mark of this.#marks.values()) {
      mark.setAttribute('aria-pressed', String(mark.hint?.id === selected?.id));
    }
  }

  /** The mark of a hint that tells what it is. */
  of(id) {
    return this.#marks.get(`0:${id}`) ?? null;
  }

  /** Gives the keyboard's focus to a hint's mark. */
  focus(id) {
    this.of(id)?.focus({ preventScroll: true });
  }

  moveCross(row, column) {
    this.cross = { row, column };
    this.#crosshair.hidden = false;
    this.viewport.reveal(row, column);
    this.#placeCross();
  }

  hideCross() {
    this.#crosshair.hidden = true;
  }

  #placeCross() {
    if (!this.cross || this.#crosshair.hidden) return;
    const { x, y } = this.viewport.toStage(this.cross.row, this.cross.column);
    this.#crosshair.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  }

  #create(key, id, index) {
    const first = index === 0;
    const mark = make('button', { className: 'mark', type: 'button', tabIndex: first ? 0 : -1 });
    if (!first) mark.setAttribute('aria-hidden', 'true');
    mark.dataset.hint = id;
    mark.setAttribute('aria-pressed', String(this.hints.selected?.id === id));
    mark.addEventListener('focus', () => this.onFocus(id));
    this.#layer.append(mark);
    this.#marks.set(key, mark);
    return mark;
  }
}
