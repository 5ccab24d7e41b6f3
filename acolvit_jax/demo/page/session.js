// The photo that is looked at, in the engine: opening it, asking for its colors, opening it again
// when the engine has put it away, and waiting for an engine that is not there.

import { AbField } from './ab_field.js';
import { Grey, preview } from './grey.js';
import { isForNow, waitAfter } from './patience.js';
import { NewestWins } from './queue.js';
import { sourceOf } from './source.js';

const QUIET = 3; // answers of a busy engine before the person is told
const NEW_TRIES = { unreachable: 1, busy: 4 }; // of a photo that is not on the desk yet
const LOST_TRIES = 3; // while the engine puts away again and again what was opened
const SIDE = 2048; // of the grey picture at first
const SIDE_MAX = 4096; // after zooming in
const FINER_AGAIN = 3000; // ms after a finer one failed
const NOTHING = { field: null, automatic: null, result: null, lacking: null }; // was answered yet

/**
 * Events: `progress` {fraction or null at the end}, `preview` {title, picture, width, height},
 * `leaving` (the next photo is there), `photo` {item, before}, `grey` (a finer one),
 * `answer` {field, result, timing, actions, times, first},
 * `trouble` {error, item: the one that was not opened}, `again` (the photo was opened anew),
 * `away` {error: why the engine is waited for, or null, item: the one that opens then, or null}.
 */
export class Session extends EventTarget {
  item = null; // see desk.js
  grey = null;
  field = null; // the newest colors
  automatic = null; // those without hints
  result = null;
  lacking = null; // why the newest request has no answer: the result is an older one's
  opening = null; // the item on its way: the one that is seen takes no more hints
  away = null; // the error that is waited out: the picture may be stale
  #leave = new AbortController(); // ends what is under way for an older photo
  #finer = false;
  #awayFor = null; // the item on its way that waits
  #waiting = new Set(); // functions that end the waiting for an engine

  /** @param engine see engine.js */
  constructor(engine, latency) {
    super();
    this.engine = engine;
    this.latency = latency;
    this.queue = new NewestWins(
      (job) => this.#run(job),
      (answer) => this.#show(answer),
      (error) => this.#lack(error),
    );
    window.addEventListener('online', () => this.retry());
  }

  /** The engine's photo. */
  get photo() { return this.item?.photo ?? null; }
  get title() { return this.item?.title ?? ''; }

  /** Shows an item of the desk, or a new one; a newer call makes an older one void. */
  async open(item) {
    this.#leave.abort();
    const { signal } = this.#leave = new AbortController();
    const current = () => !signal.aborted;
    this.opening = item;
    this.#tell('progress', { fraction: 1 });
    try {
      if (item.source instanceof Blob && !item.photo) {
        const early = await preview(item.source);
        if (early && current()) this.#tell('preview', { title: item.title, ...early });
      }
      const [photo, picture] = await this.#fetch(item, signal);
      const grey = new Grey(picture);
      if (!current()) {
        grey.picture.close();
        if (item.photo !== photo) this.engine.close(photo);
        return;
      }
      this.#tell('leaving');
      const before = this.item;
      const old = this.grey;
      this.queue.forget();
      item.photo = photo;
      Object.assign(this, { item, grey, ...NOTHING });
      this.#finer = false;
      this.opening = null;
      this.retry(); // who waits for the engine has another photo to ask for
      this.#tell('photo', { item, before });
      old?.picture.close(); // large: nobody else frees it soon
    } catch (error) {
      if (!current()) return;
      this.opening = null;
      this.#tell('trouble', { error, item });
    } finally {
      if (current()) this.#tell('progress', { fraction: null });
    }
  }

  /** Gives up an item that is on its way. */
  stopOpening() {
    if (!this.opening) return;
    this.#leave.abort();
    this.opening = null;
    this.#setAway(null);
    this.#tell('progress', { fraction: null });
  }

  /** No photo is looked at. */
  leave() {
    this.stopOpening();
    this.queue.forget();
    this.grey?.picture.close();
    Object.assign(this, { item: null, grey: null, ...NOTHING });
  }

  /** Asks for colors; the newest request wins. `wishes` as in engine.js. */
  ask(wishes) {
    if (this.photo) this.queue.ask({ item: this.item, wishes });
  }

  /** Tries again now, if nobody answered. */
  retry() {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /**
   * The file of the result that is seen, after what is under way has been answered; null if another
   * photo is looked at before there is a result to save.
   * @param patience  with the engine, see patience.js
   */
  async save(format, finish, patience) {
    const { item } = this;
    if (this.lacking && !this.queue.busy) this.queue.ask(this.lastJob); // once more
    await this.#answered(item, patience);
    try {
      return await this.#write(item, format, finish, patience);
    } catch (error) {
      if (error.kind !== 'gone') throw error;
      if (item !== this.item) return null;
      this.queue.ask(this.lastJob);
      await this.#answered(item, patience);
      return this.#write(item, format, finish, patience);
    }
  }

  async #write(item, format, finish, patience) {
    if (item !== this.item) return null;
    const { photo, result, lacking } = this;
    if (lacking) throw new Error(`there are no colors for your last changes: ${lacking.message}`);
    if (!result) throw new Error('there are no colors to save yet');
    return patience.take(() => this.engine.save(photo, result, format, finish));
  }

  /** Waits until what was asked for an item is answered, or another one is looked at. */
  #answered(item, patience) {
    const listening = new AbortController();
    const event = (type) => new Promise((resolve) => {
      this.addEventListener(type, resolve, { signal: listening.signal });
    });
    const answered = async () => {
      while (this.queue.busy && item === this.item) {
        if (this.away) throw this.away;
        await Promise.race([this.queue.settled(), event('photo'), event('away')]);
      }
    };
    return patience.take(answered, () => Promise.race([this.queue.settled(), event('photo')]))
      .finally(() => listening.abort());
  }

  /** Fetches a finer grey picture, once it comes, when the person looks closer than the first one shows. */
  async refine() {
    const longest = Math.max(this.photo.width, this.photo.height);
    if (this.#finer || longest <= SIDE) return;
    this.#finer = true;
    const { photo } = this;
    try {
      const picture = await this.engine.grey(photo, SIDE_MAX);
      if (photo !== this.photo || this.opening) {
        picture.close();
        this.#finer = false;
        return;
      }
      const before = this.grey;
      this.grey = new Grey(picture);
      this.#tell('grey');
      before.picture.close();
    } catch { // the first one stays for now
      setTimeout(() => {
        if (photo === this.photo) this.#finer = false;
      }, FINER_AGAIN);
    }
  }

  /**
   * The engine's photo of an item and its grey picture. While the engine is away or busy a photo of
   * the desk is tried again and again, a new one only a few times.
   */
  async #fetch(item, signal) {
    let { photo } = item;
    for (let tries = 1, lost = 0; ;) {
      try {
        photo ??= await this.#send(item, signal);
        const picture = await this.engine.grey(photo, SIDE);
        this.#setAway(null);
        return [photo, picture];
      } catch (error) {
        const ended = signal.aborted;
        if (!ended && error.kind === 'gone' && ++lost <= LOST_TRIES) {
          photo = null;
          continue;
        }
        const most = item.known ? Infinity : NEW_TRIES[error.kind];
        if (ended || !isForNow(error) || tries >= most) {
          if (photo && photo !== item.photo) this.engine.close(photo);
          if (!ended && !isForNow(error)) this.#setAway(null);
          throw error;
        }
        await this.#patience(error, tries++);
        lost = 0;
      }
    }
  }

  async #send(item, signal) {
    const source = await sourceOf(item);
    const onProgress = (fraction) => this.#tell('progress', { fraction });
    return this.engine.open(source, { name: source.name ?? item.title, onProgress, signal });
  }

  async #run(job) {
    const actions = this.latency.take();
    for (let tries = 1, lost = 0, gone = false; ;) {
      this.lastJob = job;
      try {
        if (gone) await this.#openAgain();
        gone = false;
        const sent = performance.now();
        const answer = await this.engine.colorize(job.item.photo, job.wishes);
        this.#setAway(null);
        return { ...answer, job, actions, times: { sent, answered: performance.now() } };
      } catch (error) {
        if (job.item !== this.item) throw error; // nobody waits for it any more
        if (isForNow(error)) {
          await this.#patience(error, tries++);
          lost = 0;
          job = this.queue.takeNewer() ?? job;
          continue;
        }
        this.#setAway(null);
        gone = error.kind === 'gone';
        if (!gone || ++lost > LOST_TRIES) throw error;
      }
    }
  }

  /** Waits before the next try; a person, or the network, may end it. */
  #patience(error, tries) {
    if (error.kind !== 'busy' || tries > QUIET) this.#setAway(error);
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      setTimeout(() => {
        this.#waiting.delete(resolve);
        resolve();
      }, waitAfter(tries));
    });
  }

  #setAway(error) {
    const item = error && this.opening?.known ? this.opening : null;
    if (error?.message === this.away?.message && item === this.#awayFor) return;
    this.away = error;
    this.#awayFor = item;
    this.#tell('away', { error, item });
  }

  async #openAgain() {
    const { item } = this;
    try {
      const photo = await this.#send(item, new AbortController().signal);
      item.photo = photo;
      if (item !== this.item) return;
      this.#finer = false;
      this.#tell('again');
    } finally {
      if (!this.opening) this.#tell('progress', { fraction: null });
    }
  }

  #show({ values, result, timing, actions, times, job }) {
    const first = this.field === null;
    this.field = new AbField(values, Math.round(Math.sqrt(values.length / 2)));
    if (!job.wishes.hints.length) this.automatic = this.field;
    this.result = result;
    this.lacking = null;
    this.#tell('answer', { field: this.field, result, timing, actions, times, first });
  }

  #lack(error) {
    this.lacking = error;
    this.#tell('trouble', { error });
  }

  #tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
