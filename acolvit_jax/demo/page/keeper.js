// Keeps the desk in the browser, so that a refresh, a discarded tab or a crash costs nothing.
// Every tab has a desk of its own; one that no tab holds any more is offered to a new tab.

import { makeItem } from './desk.js';
import { makeHolds } from './holds.js';
import { OF_PHOTOS, openStorage } from './storage.js';

const SOON = 250; // ms between a change and its writing
const DESKS = 3; // kept, beside those of open tabs
const TAB = 'acolvit.desk'; // in the tab's own storage, which a refresh keeps
const NOTHING = Object.freeze({ photos: [], items: [], current: null, own: true });
const keyOf = (store, id) => `${store} ${id}`;

export class Keeper {
  onLost = () => {}; // set by photos.js: something cannot be written
  #holds = makeHolds();
  #storage = null;
  #id = null; // of this tab's desk
  #known = new Set(); // ids of photos that this tab's desk names
  #timer = 0;
  #dirty = null; // the item whose work is not written yet
  #lost = new Map(); // what could not be written, by record: functions that write it
  #last = Promise.resolve(); // one change of what is kept after the other
  #queued = 0; // changes that are not over

  /** @param workOf (item) => what was done to it */
  constructor(desk, workOf) {
    Object.assign(this, { desk, workOf });
    document.addEventListener('visibilitychange', () => document.hidden && this.flush());
    window.addEventListener('pagehide', () => this.flush());
  }

  /** Whether leaving the page loses work. */
  get loses() { return Boolean(this.#dirty) || this.#lost.size > 0 || this.#queued > 0; }

  /**
   * Finds what was kept: `{items, current, own}`; `own` is this tab's, another's is for the person
   * to take up. Listens to the desk.
   */
  restore() {
    this.desk.addEventListener('change', () => this.#queue(() => this.#keepDesk()));
    this.desk.addEventListener('thumbnail', ({ detail }) => this.#keepThumbnail(detail));
    const found = this.#open().catch(() => NOTHING);
    this.#last = found;
    return found;
  }

  /** Lays down what was found, as it is by now; the photo to look at, null if another tab has it. */
  async take(found) {
    const taken = found.own ? found : await this.#readFree(found.id);
    if (!taken) return null;
    taken.photos.forEach((id) => this.#known.add(id));
    this.desk.lay(...taken.items); // this tab's desk names them from here on
    if (!found.own) {
      this.#queue(() => this.#lost.size || this.#erase(taken));
    }
    return taken.current;
  }

  /** Forgets a desk that was found; false if another tab has it. */
  forget(found) {
    return this.#drop(found.id);
  }

  /** The work on a photo has changed. */
  changed(item) {
    if (this.#dirty && this.#dirty !== item) this.flush();
    this.#dirty = item;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SOON);
  }

  /** Writes now what is not written yet. */
  flush() {
    clearTimeout(this.#timer);
    const item = this.#dirty;
    if (!item) return;
    item.work = this.workOf(item);
    this.#dirty = null;
    if (!this.desk.items.includes(item)) return; // it was put away
    this.#write('work', item.id, () => item.work);
    if (this.#lost.size) this.#queue(() => this.#keepDesk()); // there may be room by now
  }

  async #open() {
    this.#storage = await openStorage();
    return this.#find();
  }

  async #find() {
    this.#id = sessionStorage.getItem(TAB);
    if (!this.#id || !await this.#holds.holdAgain(this.#id)) { // a duplicate has the other tab's
      this.#id = makeItem(null, '').id;
      sessionStorage.setItem(TAB, this.#id);
      await this.#holds.hold(this.#id);
    }
    const desks = (await this.#storage.all('desks')).sort((x, y) => y.changed - x.changed);
    const mine = desks.find(({ id }) => id === this.#id);
    const own = mine && await this.#read(mine);
    this.#known = new Set(mine?.photos);
    return own ? { ...own, own: true } : this.#findFree(desks);
  }

  /** The newest desk that no tab holds; of the others some are kept. */
  async #findFree(desks) {
    const held = await this.#holds.held();
    const kept = [];
    for (const desk of desks.filter(({ id }) => id !== this.#id && !held.has(id))) {
      const read = kept.length < DESKS ? await this.#read(desk) : null;
      if (read) kept.push(read);
      else await this.#drop(desk.id);
    }
    return kept.length ? { ...kept[0], own: false } : NOTHING;
  }

  /** The record of a desk, which is this tab's from here on; undefined if it is not to be had. */
  async #claim(id) {
    return await this.#holds.hold(id) ? this.#storage.get('desks', id) : undefined;
  }

  async #readFree(id) {
    const record = await this.#claim(id);
    return record ? this.#read(record) : null;
  }

  /** Null if of no photo the file was written. */
  async #read({ id, photos, current }) {
    const items = (await Promise.all(photos.map((photo) => this.#readItem(photo)))).filter(Boolean);
    return items.length === 0 ? null : {
      id,
      photos,
      items,
      current: items.find((item) => item.id === current) ?? items[0],
    };
  }

  async #readItem(id) {
    const [file, work, picture] = await Promise.all(
      ['photos', 'work', 'thumbnails'].map((store) => this.#storage.get(store, id)));
    if (!file) return null;
    const item = makeItem(file.source, file.title, work ?? null, id);
    item.thumbnail = picture?.thumbnail ?? file.thumbnail ?? null; // older pages kept it there
    return item;
  }

  async #drop(id) {
    const record = await this.#claim(id);
    if (!record) return false;
    await this.#erase(record);
    return true;
  }

  /** Removes a desk and what is kept of its photos, but for those that this tab's desk names by now. */
  async #erase({ id, photos }) {
    await this.#discard(photos, id);
    await this.#storage.remove('desks', [id]); // last: until then it names what is still there
  }

  /** Removes what is kept of photos of a desk, but for those that another one names. */
  async #discard(ids, desk = this.#id) {
    const others = (await this.#storage.all('desks')).filter(({ id }) => ![this.#id, desk].includes(id));
    const named = new Set([...this.#known, ...others.flatMap(({ photos }) => photos)]);
    const gone = ids.filter((id) => !named.has(id));
    await Promise.all(OF_PHOTOS.map((store) => this.#storage.remove(store, gone)));
  }

  #queue(job) {
    this.#queued += 1;
    this.#last = this.#last.then(job).catch(() => {}).finally(() => { this.#queued -= 1; });
  }

  /**
   * Those put away make room. The list of photos is written before the files of new ones: what is
   * there is named, should the page go meanwhile, and a photo without its file is passed over.
   */
  async #keepDesk() {
    const items = [...this.desk.items];
    const fresh = items.filter(({ id }) => !this.#known.has(id));
    const gone = [...this.#known].filter((id) => !this.desk.find(id));
    this.#known = new Set(items.map(({ id }) => id));
    for (const id of gone) OF_PHOTOS.forEach((store) => this.#lost.delete(keyOf(store, id)));
    if (gone.length) await this.#discard(gone).catch(() => {});
    await this.#write('desks', this.#id, () => (
      { photos: [...this.#known], current: this.desk.current?.id ?? null, changed: Date.now() }));
    for (const write of [...this.#lost.values()]) await write();
    for (const item of fresh) await this.#keepItem(item);
  }

  async #keepItem(item) {
    const { id, title } = item;
    await this.#write('photos', id, () => ({ title, source: item.source }), async () => {
      item.copy = (await this.#storage.get('photos', id)).source;
    });
    if (item.work) await this.#write('work', id, () => item.work);
    this.#keepThumbnail(item);
  }

  /** Not beside the file, which would be written anew each time; nobody misses it. */
  #keepThumbnail({ id, thumbnail }) {
    if (!thumbnail || !this.desk.find(id)) return;
    this.#storage?.put('thumbnails', { id, thumbnail }).catch(() => {});
  }

  /** Writes a record; one that cannot be is tried again later, and the page asks before it is left. */
  async #write(store, id, make, then = () => {}) {
    const key = keyOf(store, id);
    try {
      await this.#storage.put(store, { id, ...make() });
      await then();
      this.#lost.delete(key);
    } catch { // no room, for example
      if (!this.#lost.size) this.onLost();
      this.#lost.set(key, () => this.#write(store, id, make, then));
    }
  }
}
