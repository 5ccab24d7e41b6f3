// What the model makes of the selected hint's place, asked for when nothing moves.

import { toJson } from './hint_text.js';

const REST = 300; // ms after the last change

/** Fires `found` when more is known of the selected hint's place. */
export class Likely extends EventTarget {
  #known = new Map(); // [{a, b}] by place, of one photo; null while the engine is asked
  #photo = null;
  #timer = 0;

  constructor({ engine, session, hints, budget }) {
    super();
    Object.assign(this, { engine, session, hints, budget });
  }

  /** [{a, b}] for a hint's place, null where they are on their way; none if the engine gives none. */
  of(hint) {
    if (!this.engine.suggest) return [];
    if (this.#photo !== this.session.photo) {
      this.#photo = this.session.photo;
      this.#known.clear();
    }
    const known = this.#known.get(this.#keyOf(hint));
    clearTimeout(this.#timer);
    if (known === undefined) this.#timer = setTimeout(() => this.#ask(), REST);
    return known ?? null;
  }

  #keyOf = ({ row, column }) => `${row},${column}`;

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
      .catch(() => []); // the photo's own colors have to do
    if (photo !== this.#photo) return;
    this.#known.set(key, found);
    this.dispatchEvent(new Event('found'));
  }
}
