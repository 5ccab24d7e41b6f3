// One photo in the engine: opening it, asking for its colours, and opening it again when the
// engine has put it away.

import { AbField } from './ab_field.js';
import { Grey, preview } from './grey.js';
import { NewestWins } from './queue.js';

const BUSY_TRIES = 4;
const BUSY_WAIT = 250; // ms, doubled each time
const SIDE = 2048; // of the grey picture at first
const SIDE_MAX = 4096; // after zooming in

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Events: `progress` {fraction or null at the end}, `preview` {title, picture, width, height},
 * `photo`, `grey` (a finer one), `answer` {field, result, timing, actions, first},
 * `trouble` {error, opening}, `again` (the photo was opened anew).
 */
export class Session extends EventTarget {
  photo = null; // the engine's
  title = ''; // for people
  grey = null;
  field = null; // the newest colours
  automatic = null; // those without hints
  result = null;
  source = null; // File, Blob or {sample}
  opening = false; // a photo is on its way: the one that is seen takes no more hints
  #leave = new AbortController(); // ends what is under way for an older photo
  #finer = false;

  /** @param engine see engine.js */
  constructor(engine, latency) {
    super();
    this.engine = engine;
    this.latency = latency;
    this.queue = new NewestWins(
      (job) => this.#run(job),
      (answer, job) => this.#show(answer, job),
      (error) => this.#tell('trouble', { error }),
    );
  }

  /** Opens a file or `{sample}`; a newer call makes an older one void. */
  async open(source, title) {
    this.#leave.abort();
    const { signal } = this.#leave = new AbortController();
    const current = () => !signal.aborted;
    this.opening = true;
    this.#tell('progress', { fraction: 1 });
    try {
      if (source instanceof Blob) {
        const early = await preview(source);
        if (early && current()) this.#tell('preview', { title, ...early });
      }
      const photo = await this.#send(source, title, signal);
      const grey = new Grey(await this.engine.grey(photo, SIDE));
      if (!current()) {
        grey.picture.close();
        this.engine.close(photo);
        return;
      }
      if (this.photo) this.engine.close(this.photo);
      const before = this.grey;
      this.queue.forget();
      Object.assign(this, {
        photo, title, grey, source, field: null, automatic: null, result: null,
      });
      this.#finer = false;
      this.opening = false;
      this.#tell('photo');
      before?.picture.close(); // large: nobody else frees it soon
    } catch (error) {
      if (!current()) return;
      this.opening = false;
      this.#tell('trouble', { error, opening: true });
    } finally {
      if (current()) this.#tell('progress', { fraction: null });
    }
  }

  /** Asks for colours; the newest request wins. */
  ask(hints, size, budget) {
    if (this.photo) this.queue.ask({ hints, size, budget });
  }

  /** The file of the result that is seen, after what is under way has been answered. */
  async save(format) {
    await this.queue.settled();
    if (!this.result) throw new Error('there are no colours to save yet');
    try {
      return await this.engine.save(this.photo, this.result, format);
    } catch (error) {
      if (error.kind !== 'gone') throw error;
      this.queue.ask(this.lastJob);
      await this.queue.settled();
      return this.engine.save(this.photo, this.result, format);
    }
  }

  /** Fetches a finer grey picture once, when the person looks closer than the first one shows. */
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
    } catch { /* the first one stays */ }
  }

  #send(source, title, signal) {
    const onProgress = (fraction) => this.#tell('progress', { fraction });
    return this.engine.open(source, { name: source.name ?? title, onProgress, signal });
  }

  async #run(job) {
    const actions = this.latency.take();
    this.lastJob = job;
    const body = { hints: job.hints, hint_size: job.size };
    if (job.budget !== null) body.budget = job.budget;
    for (let attempt = 1; ; attempt++) {
      try {
        return { ...await this.engine.colorize(this.photo, body), actions };
      } catch (error) {
        if (attempt >= BUSY_TRIES) throw error;
        if (error.kind === 'gone') await this.#openAgain();
        else if (error.kind === 'busy') await pause(BUSY_WAIT * 2 ** attempt);
        else throw error;
      }
    }
  }

  async #openAgain() {
    const { source, title } = this;
    try {
      const photo = await this.#send(source, title, new AbortController().signal);
      if (source !== this.source) {
        this.engine.close(photo);
        return;
      }
      this.photo = photo;
      this.#finer = false;
      this.#tell('again');
    } finally {
      if (!this.opening) this.#tell('progress', { fraction: null });
    }
  }

  #show({ values, result, timing, actions }, job) {
    const first = this.field === null;
    this.field = new AbField(values, Math.round(Math.sqrt(values.length / 2)));
    if (!job.hints.length) this.automatic = this.field;
    this.result = result;
    this.#tell('answer', { field: this.field, result, timing, actions, first });
  }

  #tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
