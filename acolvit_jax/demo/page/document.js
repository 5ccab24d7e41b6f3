// The person's work: hints and their size, with undo and redo over immutable snapshots.

const EMPTY = Object.freeze({ hints: Object.freeze([]), size: 2 });
const DEPTH = 500; // snapshots for undo
const DEPTH_KEPT = 100; // of those, for another day
const REST = 700; // ms after which small steps become one undo step

// Of a hint: side of its cell and how far it reaches (null: the engine's own) in model pixels, whether
// it leaves its place alone, and its color as the person wrote it.
const PLAIN = { reach: null, keep: false, text: null };

const freeze = (snapshot) => Object.freeze({
  hints: Object.freeze(snapshot.hints.map(
    (hint) => (Object.isFrozen(hint) ? hint // the same one: what is known of it stays
      : Object.freeze({ size: snapshot.size, ...PLAIN, ...hint })))),
  size: snapshot.size,
});

/**
 * Fires `change` (the picture must be asked for again; `loaded`: other work is there; `step`: this was
 * undo or redo), `select`, `history`, `rest` when a gesture is over or was taken back, and `undo`,
 * `redo`, `remove` after such a step.
 */
export class HintDocument extends EventTarget {
  #past = [];
  #future = [];
  #present = EMPTY;
  #base = null; // the snapshot before the gesture that is under way
  #small = null; // the hint whose small steps that gesture is
  #timer = 0;
  #nextId = 1;
  #selected = null;
  mayChange = () => true; // set by main.js

  get hints() { return this.#present.hints; }
  get size() { return this.#present.size; }
  get canUndo() { return this.#past.length > 0 || this.#base !== null; }
  get canRedo() { return this.#future.length > 0; }
  get selected() { return this.find(this.#selected); }

  find(id) {
    return this.#present.hints.find((hint) => hint.id === id) ?? null;
  }

  /** All of it, to be kept and loaded again: plain values. */
  get history() {
    const past = this.#base ? [...this.#past, this.#base] : this.#past;
    const future = this.#future.slice(-DEPTH_KEPT);
    return { past: past.slice(-DEPTH_KEPT), present: this.#present, future };
  }

  /** Goes on with the work on a photo, or begins anew for null. */
  load(history, size = this.size) {
    const { past = [], present = { hints: [], size }, future = [] } = history ?? {};
    clearTimeout(this.#timer);
    this.#past = past.map(freeze);
    this.#future = future.map(freeze);
    this.#base = null;
    this.#selected = null;
    this.#present = freeze(present);
    const ids = [...past, present, ...future].flatMap(({ hints }) => hints.map(({ id }) => id));
    this.#nextId = ids.reduce((next, id) => Math.max(next, id + 1), this.#nextId);
    this.#changed({ loaded: true });
  }

  select(id) {
    if (this.#selected === id) return;
    this.#selected = id;
    this.dispatchEvent(new Event('select'));
  }

  /** Adds and selects a hint; with `live` the gesture goes on (it may be dragged at once). */
  add(hint, live = false) {
    const added = { ...hint, id: this.#nextId++ };
    this.#apply({ ...this.#present, hints: [...this.hints, added] }, live);
    if (!this.find(added.id)) return null;
    this.select(added.id);
    return added.id;
  }

  /** Changes a hint. `live` belongs to a gesture that `settle` ends; `soon` ends by itself. */
  update(id, changes, mode = '') {
    const hints = this.hints.map((hint) => (hint.id === id ? { ...hint, ...changes } : hint));
    this.#apply({ ...this.#present, hints }, mode !== '', mode === 'soon' ? id : null);
    if (mode === 'soon') this.#timer = setTimeout(() => this.settle(), REST);
  }

  remove(id) {
    if (!this.find(id)) return;
    this.#keepOnly(this.hints.filter((hint) => hint.id !== id));
  }

  clear() {
    if (!this.hints.length) return;
    this.#keepOnly([]);
  }

  #keepOnly(hints) {
    if (this.#apply({ ...this.#present, hints })) this.dispatchEvent(new Event('remove'));
  }

  /** The size of the selected hint, and of those to come. */
  setSize(size) {
    const { selected } = this;
    if (size === (selected?.size ?? this.size) && size === this.size) return;
    const hints = this.hints.map((hint) => (hint === selected ? { ...hint, size } : hint));
    this.#apply({ hints, size });
  }

  /** Replaces all hints, those of a file for example. */
  replace(hints) {
    this.#apply({ ...this.#present, hints: hints.map((h) => ({ ...h, id: this.#nextId++ })) });
  }

  /** Ends a gesture: what it did is one undo step. */
  settle() {
    clearTimeout(this.#timer);
    if (!this.#base) return;
    this.#push(this.#base);
    this.#base = null;
    this.dispatchEvent(new Event('history'));
    this.dispatchEvent(new Event('rest'));
  }

  /** Takes back a gesture that is under way. */
  abandon() {
    if (!this.#base) return;
    this.#present = this.#base;
    this.#base = null;
    this.#changed();
  }

  undo() {
    if (!this.mayChange()) return;
    this.settle();
    if (!this.#past.length) return;
    this.#future.push(this.#present);
    this.#present = this.#past.pop();
    this.#changed({ step: true });
    this.dispatchEvent(new Event('rest'));
    this.dispatchEvent(new Event('undo'));
  }

  redo() {
    if (!this.mayChange()) return;
    this.settle();
    if (!this.#future.length) return;
    this.#past.push(this.#present);
    this.#present = this.#future.pop();
    this.#changed({ step: true });
    this.dispatchEvent(new Event('rest'));
    this.dispatchEvent(new Event('redo'));
  }

  /** Whether it was done: false where nothing may change. */
  #apply(snapshot, live = false, small = null) {
    if (!this.mayChange()) return false;
    clearTimeout(this.#timer);
    if (!live || small !== this.#small) this.settle(); // another gesture is another undo step
    this.#small = live ? small : null;
    if (live) this.#base ??= this.#present;
    else this.#push(this.#present);
    this.#present = freeze(snapshot);
    this.#changed();
    return true;
  }

  #push(snapshot) {
    this.#future = []; // not before a gesture is over: it may be abandoned
    this.#past.push(snapshot);
    if (this.#past.length > DEPTH) this.#past.shift();
  }

  #changed(detail = {}) {
    if (this.#selected !== null && !this.selected) this.select(null);
    this.dispatchEvent(new CustomEvent('change', { detail }));
    this.dispatchEvent(new Event('history'));
  }
}
