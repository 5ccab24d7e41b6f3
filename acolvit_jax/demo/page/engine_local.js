// The engine in the browser (engine.js says what an engine is): the model and the photos' pixels
// are in a worker, so that the page never waits.

import { EngineError } from './engine.js';

// A module with one SIMD instruction: browsers without WASM SIMD refuse it.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65,
  0, 253, 15, 253, 98, 11];

async function get(address) {
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error();
    return response;
  } catch {
    throw new EngineError('unreachable', `${address} cannot be loaded; is the folder whole?`);
  }
}

/** Calls to the worker: `call(method, ...)` is answered in turn. */
class Calls {
  #waiting = new Map();
  #next = 0;

  constructor(onProgress) {
    this.worker = new Worker(new URL('./local_worker.js', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({ data: { id, value, error, progress } }) => {
      if (progress !== undefined) {
        onProgress(progress);
        return;
      }
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) reject(new EngineError(error.kind, error.message));
      else resolve(value);
    };
    this.worker.onerror = () => {
      const error = new EngineError('refused', 'the part that colors cannot run in this browser');
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
  }

  call(method, ...parameters) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, parameters });
    });
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

function workOffline() {
  navigator.serviceWorker?.register('service_worker.js').catch(() => {}); // needs https or localhost
}

export async function createEngine() {
  const info = await (await get('info.json')).json();
  hideOtherFormats(info.formats);
  const calls = new Calls(showProgress);
  const simd = WebAssembly.validate(Uint8Array.from(SIMD));
  const loading = simd
    ? calls.call('load', info, location.href)
    : Promise.reject(new EngineError(
      'refused', 'this browser has no WebAssembly SIMD, which coloring needs; try a newer one'));
  loading.then(() => performance.mark('model ready'), () => {}).finally(() => { // failures are told
    showProgress(null); // at the first photo
    workOffline();
  });
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
        : await (await get(`samples/${encodeURIComponent(source.sample)}.jpg`)).blob();
      onProgress(1);
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
      await loading;
      return calls.call('colorize', photo.id, wishes);
    },

    async suggest(photo, place) {
      await loading;
      return calls.call('suggest', photo.id, place);
    },

    save: (photo, result, format, finish) => calls.call('save', photo.id, result.id, format, finish),
  };
}
