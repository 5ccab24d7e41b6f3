// Keeps the desk in the browser, so that a refresh, a discarded tab or a crash costs nothing.
// Every tab has a desk of its own; one that no tab holds any more is offered to a new tab.

import { makeItem } from './desk.js';
import { openStorage } from './storage.js';

const SOON = 250; // ms between a change and its writing
const DESKS = 3; // kept, beside those of open tabs
const TAB = 'acolvit.desk'; // in the tab's own storage, which a refresh keeps
const lockOf = (id) => `acolvit-desk-${id}`;

/** Holds a desk's lock until the page goes; false if another tab has it. */
function hold(id) {
  if (!navigator.locks) return Promise.resolve(true); // plain http: tabs are not told apart
  return new Promise((resolve) => {
    navigator.locks.request(lockOf(id), { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : null;
    });
  });
}

async function heldIds() {
  const { held = [] } = await navigator.locks?.query() ?? {};
  return new Set(held.map(({ name }) => name.replace(lockOf(''), '')));
}

export class Keeper {
  #storage = null;
  #id = null; // of this tab's desk
  #written = new Set(); // ids of photos whose files are kept
  #timer = 0;
  #dirty = null; // the item whose work is not written yet
  #failed = false;
  #last = Promise.resolve(); // one writing of the desk after the other

  /** @param workOf (item) => what was done to it */
  constructor(desk, workOf) {
    Object.assign(this, { desk, workOf });
    document.addEventListener('visibilitychange', () => document.hidden && this.flush());
    window.addEventListener('pagehide', () => this.flush());
  }

  /** Whether leaving the page loses work. */
  get loses() { return Boolean(this.#dirty) || this.#failed; }

  /**
   * Finds what was kept: `{items, current, own}`; `own` is this tab's, another's is for the person
   * to take up. Listens to the desk from then on.
   */
  async restore() {
    let found = { items: [], current: null, own: true };
    try {
      this.#storage = await openStorage();
      found = await this.#find();
    } catch {
      this.#failed = true;
    }
    this.desk.addEventListener('change', () => {
      this.#last = this.#last.then(() => this.#keepDesk());
    });
    this.desk.addEventListener('thumbnail', ({ detail }) => this.#keepPhoto(detail));
    return found;
  }

  /** Takes up a desk that was found. */
  async take(found) {
    if (found.own || !found.id) return;
    await hold(found.id);
    this.#setId(found.id);
  }

  /** Forgets a desk that was found. */
  async forget(found) {
    await this.#drop(await this.#storage.get('desks', found.id));
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
    this.#write('work', { id: item.id, ...item.work });
  }

  async #find() {
    const desks = (await this.#storage.all('desks')).sort((x, y) => y.changed - x.changed);
    const mine = sessionStorage.getItem(TAB);
    const own = desks.find(({ id }) => id === mine);
    if (own && await hold(mine)) {
      this.#setId(mine);
      return { ...await this.#read(own), own: true };
    }
    this.#setId(makeItem(null, '').id);
    await hold(this.#id);
    const held = await heldIds();
    const free = desks.filter(({ id }) => !held.has(id));
    for (const desk of free.splice(DESKS)) await this.#drop(desk);
    return free.length ? { ...await this.#read(free[0]), own: false } : { items: [], own: true };
  }

  async #read({ id, photos, current }) {
    const items = await Promise.all(photos.map(async (photo) => {
      const [kept, work] = await Promise.all(
        [this.#storage.get('photos', photo), this.#storage.get('work', photo)]);
      if (!kept) return null;
      this.#written.add(photo);
      const item = makeItem(kept.source, kept.title, work ?? null, photo);
      item.thumbnail = kept.thumbnail;
      return item;
    }));
    const whole = items.filter(Boolean);
    const seen = whole.find((item) => item.id === current) ?? whole[0] ?? null;
    return { id, items: whole, current: seen };
  }

  async #drop({ id, photos }) {
    await this.#storage.remove('photos', photos);
    await this.#storage.remove('work', photos);
    await this.#storage.remove('desks', [id]);
  }

  #setId(id) {
    this.#id = id;
    sessionStorage.setItem(TAB, id);
  }

  /** The list of photos; files of new ones are written first, of those put away they go. */
  async #keepDesk() {
    const { items, current } = this.desk;
    const ids = items.map(({ id }) => id);
    const fresh = items.filter(({ id }) => !this.#written.has(id));
    const gone = [...this.#written].filter((id) => !ids.includes(id));
    for (const item of fresh) await this.#keepPhoto(item);
    for (const item of fresh) if (item.work) this.#write('work', { id: item.id, ...item.work });
    await this.#write(
      'desks', { id: this.#id, photos: ids, current: current?.id ?? null, changed: Date.now() });
    for (const id of gone) this.#written.delete(id);
    if (!gone.length || !this.#storage) return;
    await Promise.all([this.#storage.remove('photos', gone), this.#storage.remove('work', gone)])
      .catch(() => {});
  }

  #keepPhoto(item) {
    if (!this.desk.items.includes(item)) return Promise.resolve();
    this.#written.add(item.id);
    const { id, title, source, thumbnail } = item;
    return this.#write('photos', { id, title, source, thumbnail });
  }

  async #write(store, record) {
    if (!this.#storage) return;
    try {
      await this.#storage.put(store, record);
      this.#failed = false;
    } catch { // no room, for example: the page asks before it is left
      this.#failed = true;
    }
  }
}
