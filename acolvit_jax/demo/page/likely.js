// What the model makes of the selected hint's place, asked for when nothing moves.

import { toJson } from './hint_text.js';

const REST = 300; // ms after the last change

/** Fires `found` when more is known of the selected hint's place. */
export class Likely extends EventTarget {
  // [{a, b}] by place and budget, of one photo; null while the engine is asked. Other hints are
  // left out on purpose: a place keeps its suggestions while they come, move, and go.
  #known = new Map();
  #photo = null;
  #timer = 0;

  constructor({ engine, session, hints, budget }) {
    super();
    Object.assign(this, { engine, session, hints, budget });
  }

  /** [{a, b}] for a hint's place, null where they are on their way. */
  of(hint) {
    if (this.#photo !== this.session.photo) {
      this.#photo = this.session.photo;
      this.#known.clear();
    }
    const known = this.#known.get(this.#keyOf(hint));
    clearTimeout(this.#timer);
    if (known === undefined) this.#timer = setTimeout(() => this.#ask(), REST);
    return known ?? null;
  }

  #keyOf = ({ row, column }) => `${row},${column},${this.budget.budget}`;

  async #ask() {
    await this.session.queue.settled();
    const { hints: { hints, selected }, session: { photo } } = this;
    if (!selected || photo !== this.#photo) return;
    const key = this.#keyOf(selected);
    if (this.#known.has(key)) return;
    this.#known.set(key, null);
    const { row, column } = selected;
    const others = toJson(hints.filter((hint) => hint !== selected));
    const { budget } = this.budget;
    const found = await this.engine
      .suggest(photo, { row, column, hints: others, ...(budget !== null && { budget }) })
      .catch(() => null);
    if (photo !== this.#photo) return;
    this.#known.set(key, found ?? []); // else the photo's own colors have to do
    this.dispatchEvent(new Event('found'));
    if (!found) this.#known.delete(key); // asked again when the place is looked at again
  }
}
