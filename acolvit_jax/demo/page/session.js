// One photo on the server: opening it, asking for its colours, and opening it again when the
// server has put it away.

import * as api from './api.js';
import { AbField } from './ab_field.js';
import { Grey, decode, preview } from './grey.js';
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
  photo = null; // the server's answer
  title = ''; // for people
  grey = null;
  field = null; // the newest colours
  automatic = null; // those without hints
  result = null;
  source = null; // File, Blob or {sample}
  opening = false; // a photo is on its way: the one that is seen takes no more hints
  #leave = new AbortController(); // ends what is under way for an older photo
  #finer = false;

  constructor(latency) {
    super();
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
      const photo = await this.#send(source, signal);
      const grey = new Grey(await decode(await api.getGrey(photo, SIDE)));
      if (!current()) {
        grey.picture.close();
        api.discard(photo);
        return;
      }
      if (this.photo) api.discard(this.photo);
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
      return await api.getResult(this.result, format);
    } catch (error) {
      if (error.status !== 404) throw error;
      this.queue.ask(this.lastJob);
      await this.queue.settled();
      return api.getResult(this.result, format);
    }
  }

  /** Fetches a finer grey picture once, when the person looks closer than the first one shows. */
  async refine() {
    const longest = Math.max(this.photo.width, this.photo.height);
    if (this.#finer || longest <= SIDE) return;
    this.#finer = true;
    const { photo } = this;
    try {
      const picture = await decode(await api.getGrey(photo, SIDE_MAX));
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

  async #send(source, signal) {
    if (!(source instanceof Blob)) return api.openSample(source.sample);
    return api.upload(source, (fraction) => this.#tell('progress', { fraction }), signal);
  }

  async #run(job) {
    const actions = this.latency.take();
    this.lastJob = job;
    const body = { hints: job.hints, hint_size: job.size };
    if (job.budget !== null) body.budget = job.budget;
    for (let attempt = 1; ; attempt++) {
      try {
        return { ...await api.colorize(this.photo, body), actions };
      } catch (error) {
        if (attempt >= BUSY_TRIES) throw error;
        if (error.status === 404) await this.#openAgain();
        else if (error.status === 503 || error.status === 429) await pause(BUSY_WAIT * 2 ** attempt);
        else throw error;
      }
    }
  }

  async #openAgain() {
    const { source } = this;
    try {
      const photo = await this.#send(source, new AbortController().signal);
      if (source !== this.source) {
        api.discard(photo);
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
