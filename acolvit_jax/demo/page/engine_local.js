// The engine in the browser (engine.js says what an engine is): the model and the photos' pixels
// are in a worker, so that the page never waits.

import { EngineError } from './engine.js';

// A module with one SIMD instruction: browsers without WASM SIMD refuse it.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65,
  0, 253, 15, 253, 98, 11];

const PATIENCE = 5000; // ms for a new build to answer
const NOT_KEPT = 'without a network there are only the samples that were opened before';

/** @param offline why it may not be there without a network */
async function get(address, offline = 'there is no network, and this browser has kept nothing yet') {
  let response;
  try {
    response = await fetch(address);
  } catch {
    throw new EngineError('unreachable', offline);
  }
  if (response.ok) return response;
  throw new EngineError('failed', `the host has no ${address}; publish the folder again`);
}

/** Starts the worker from a script of the page's own, whose policy it has then, too. */
function startWorker() {
  const { href } = new URL('./local_worker.js', import.meta.url);
  const script = new Blob([`import ${JSON.stringify(href)};`], { type: 'text/javascript' });
  return new Worker(URL.createObjectURL(script), { type: 'module' });
}

/** A worker, and calls to it: `call(method, ...)` is answered in turn; after its end every one fails. */
class Calls {
  #waiting = new Map();
  #next = 0;
  #worker = startWorker();
  ended = null; // the error that every call fails with

  constructor(onProgress) {
    this.#worker.onmessage = ({ data: { id, value, error, progress } }) => {
      if (progress !== undefined) {
        onProgress(progress);
        return;
      }
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) reject(new EngineError(error.kind, error.message));
      else resolve(value);
    };
    this.#worker.onerror = () => this.end('the part that colors stopped, or cannot run in this browser');
  }

  call(method, ...parameters) {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, parameters });
    });
  }

  /** Ends the worker: its photos are gone, and another one may open them again. */
  end(message) {
    this.#worker.terminate();
    this.ended = new EngineError('gone', message);
    for (const { reject } of this.#waiting.values()) reject(this.ended);
    this.#waiting.clear();
  }
}

function showProgress(fraction) {
  const bar = document.getElementById('progress');
  bar.hidden = fraction === null;
  if (fraction !== null) bar.value = fraction;
}

/** Leaves out of the page's menu what is not written here. */
function hideOtherFormats({ write }) {
  const offered = [...write, 'json', 'copy', 'all'];
  for (const button of document.querySelectorAll('[data-save]')) {
    button.hidden ||= !offered.includes(button.dataset.save);
  }
}

/** Goes on with a new build that waits, unless pages of the one before are open beside this. */
async function takeUpNewBuild() {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (!registration?.waiting) return;
  const { port1, port2 } = new MessageChannel();
  registration.waiting.postMessage(null, [port2]);
  const taken = await new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    setTimeout(resolve, PATIENCE, false);
  });
  if (!taken) return;
  location.reload();
  await new Promise(() => {}); // the page goes
}

/** Keeps the site; needs https or localhost. Whether there is a new build the host is asked itself. */
function workOffline() {
  const options = { updateViaCache: 'none' };
  navigator.serviceWorker?.register('service_worker.js', options).catch(() => {});
}

export async function createEngine() {
  await takeUpNewBuild();
  const info = await (await get('info.json')).json();
  hideOtherFormats(info.formats);
  const simd = WebAssembly.validate(Uint8Array.from(SIMD));
  let calls = null;
  let loading = null;

  /** Starts the worker, which loads the model first; what goes wrong with it is told to who colors. */
  function begin() {
    calls = new Calls(showProgress);
    loading = simd
      ? calls.call('load', info, location.href)
      : Promise.reject(new EngineError(
        'refused', 'this browser has no WebAssembly SIMD, which coloring needs; try a newer one'));
    loading.then(() => performance.mark('model ready'), () => {}).finally(() => {
      showProgress(null);
      workOffline();
    });
  }

  /** Waits for the model. One that did not come is fetched by another worker, the next time. */
  async function ready() {
    if (calls.ended) throw calls.ended;
    try {
      await loading;
    } catch (error) {
      if (error.kind === 'unreachable') calls.end(error.message);
      throw error;
    }
  }

  begin();
  return {
    place: 'in this browser',
    note: crossOriginIsolated
      ? null
      : 'Coloring has one thread: the host sends no isolation headers.',

    info: async () => info,

    samples: async () => (await get('samples.json')).json(),

    async open(source, { name, onProgress, signal }) {
      const file = source instanceof Blob
        ? source
        : await (await get(`samples/${encodeURIComponent(source.sample)}.jpg`, NOT_KEPT)).blob();
      onProgress(1);
      if (calls.ended) begin();
      const photo = await calls.call('open', file, source.sample ?? name, info.limits.pixels);
      if (!signal.aborted) return photo;
      this.close(photo);
      throw new EngineError('refused', 'the photo was put away');
    },

    close(photo) {
      calls.call('close', photo.id).catch(() => {});
    },

    grey: (photo, maxSide) => calls.call('grey', photo.id, maxSide),

    async colorize(photo, wishes) {
      await ready();
      return calls.call('colorize', photo.id, wishes);
    },

    async suggest(photo, place) {
      await ready();
      return calls.call('suggest', photo.id, place);
    },

    save: (photo, result, format, finish) => calls.call('save', photo.id, result.id, format, finish),
  };
}
