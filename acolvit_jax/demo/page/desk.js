// The photos on the desk: several, each with its own work; one is looked at.

/**
 * A photo on the desk.
 * @param source  File, Blob or {sample: name}
 * @param work    {history, view, budget}: what was done to it; null for nothing
 */
export const makeItem = (source, title, work = null, id = newId()) => ({
  id,
  source,
  copy: null, // of the source, once the browser's storage has one
  title,
  work,
  photo: null, // the engine's, once it was opened
  thumbnail: null, // Blob
  known: false, // whether it was ever on the desk
  trouble: null, // a sentence: why it could not be opened again
  before: null, // id of the photo that was looked at when this one was opened
});

/** Not crypto.randomUUID: a page that came over plain http has none. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Fires `change` when photos come, go, or are looked at, and `thumbnail`. */
export class Desk extends EventTarget {
  items = [];
  current = null;
  #takenBack = []; // openings that were undone, for redo: [{item, at}]

  get canTakeBack() { return Boolean(this.current && this.find(this.current.before)); }
  /** The photo whose opening was undone last. */
  get takenBack() { return this.#takenBack.at(-1)?.item ?? null; }

  find(id) {
    return this.items.find((item) => item.id === id) ?? null;
  }

  /** Looks at a photo; a new one comes last. */
  show(item) {
    if (!this.items.includes(item)) {
      item.before = this.current?.id ?? null;
      this.#lay(item);
    }
    this.current = item;
    item.trouble = null;
    this.#changed();
  }

  /** Lays photos down without looking at them. */
  lay(...items) {
    items.forEach((item) => this.#lay(item));
    this.#changed();
  }

  /** Puts a photo away; its place, for `putBack`. */
  remove(item) {
    const at = this.items.indexOf(item);
    if (at < 0) return at;
    this.items.splice(at, 1);
    if (this.current === item) this.current = null;
    this.#changed();
    return at;
  }

  /** Lays a photo where it was before it was put away. */
  putBack(item, at) {
    this.#lay(item, at);
    this.#changed();
  }

  /** The neighbor to look at when a photo is put away. */
  beside(item) {
    const at = this.items.indexOf(item);
    return this.items[at + 1] ?? this.items[at - 1] ?? null;
  }

  /** Marks a photo that could not be opened again. */
  setTrouble(item, sentence) {
    item.trouble = sentence;
    this.#changed();
  }

  /** Undoes that the current photo was opened; the one to look at instead. */
  takeBack() {
    const { current } = this;
    const before = this.find(current.before);
    this.#takenBack.push({ item: current, at: this.items.indexOf(current) });
    this.remove(current);
    return before;
  }

  /** Redoes it; the photo to look at. */
  bringBack() {
    const { item, at } = this.#takenBack.pop();
    this.putBack(item, at);
    return item;
  }

  /** What was taken back does not come back: something else was done. */
  forgetTakenBack() {
    this.#takenBack = [];
  }

  setThumbnail(item, blob) {
    item.thumbnail = blob;
    this.dispatchEvent(new CustomEvent('thumbnail', { detail: item }));
  }

  #lay(item, at = this.items.length) {
    item.known = true;
    this.items.splice(at, 0, item);
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
