// The model in the worker: ONNX Runtime in WebAssembly, on as many threads as the host allows.

import { AB_SCALE } from './color.js';
import { needsAutomatic, place, shown, withinReach } from './local_hints.js';
import { outcomes } from './local_outcomes.js';
import { Refusal } from './local_photo.js';
import { spreadMissing } from './local_spread.js';
import { suggest } from './local_suggestions.js';

const FORMAT_VERSION = 1; // of the model's file
const INT8 = 127; // for a normalized a or b of 1
const THREADS = 4; // more gain nothing on a model of this size
const WARM_UP = 12; // answers: later ones are as fast
const PUBLISH = 'publish the folder again';

const broken = () => new Refusal('the connection broke while the model was loaded', 'unreachable');

/** What comes over the network; the browser's own words for a failure say nothing to a person. */
async function arrived(promise) {
  try {
    return await promise;
  } catch {
    throw broken();
  }
}

/** Why ONNX Runtime, which fetches more files when it starts, did not. */
function startError(error) {
  console.error(error);
  if (/fetch|network|import/i.test(error.message)) return broken();
  return new Refusal(/memory|allocation/i.test(error.message)
    ? 'the model needs more memory than the browser gives'
    : 'the model cannot be started in this browser; try another one');
}

/** The bytes of a file whose length is known, with progress. */
async function fetchWhole(address, length, onProgress) {
  const response = await arrived(fetch(address));
  if (!response.ok) throw new Refusal(`${address} cannot be loaded; ${PUBLISH}`);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await arrived(reader.read());
    if (done) break;
    if (at + value.length > length) break;
    bytes.set(value, at);
    at += value.length;
    onProgress(at / length);
  }
  if (at !== length) throw new Refusal(`the model's file is cut short or another; ${PUBLISH}`);
  return bytes;
}

async function check(bytes, { sha256, format_version: version }) {
  if (version !== FORMAT_VERSION) {
    throw new Refusal(`the model's file is of version ${version}, not ${FORMAT_VERSION}; ${PUBLISH}`);
  }
  if (!crypto.subtle) return; // a page that came over plain http has none
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const text = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (text !== sha256) throw new Refusal(`the model's file is damaged; ${PUBLISH}`);
}

/** Colors as the page has them: 127 stands for 110. */
function bytesOf(ab) {
  const bytes = new Int8Array(ab.length); // `Int8Array.from` is many times slower
  for (let i = 0; i < ab.length; i++) {
    const value = Math.floor((ab[i] * INT8) / AB_SCALE + 0.5); // `Math.round` is slower, too
    bytes[i] = value > INT8 ? INT8 : value < -INT8 ? -INT8 : value;
  }
  return bytes;
}

/** Colors between two, by each pixel's share of the second. Loops: `map` is many times slower. */
function blend(from, to, share) {
  const ab = new Float32Array(from.length);
  for (let i = 0; i < ab.length; i++) ab[i] = from[i] + share[i >> 1] * (to[i] - from[i]);
  return ab;
}

export class LocalModel {
  #tones = new WeakMap();

  static async load(info, base, onProgress) {
    const { local } = info;
    const [bytes, ort] = await Promise.all([
      fetchWhole(new URL('model.onnx', base), local.bytes, onProgress),
      arrived(import('./ort/ort.wasm.min.mjs')),
    ]);
    await check(bytes, local);
    ort.env.logLevel = 'error';
    ort.env.wasm.wasmPaths = new URL('./ort/', import.meta.url).href;
    const cores = Math.min(THREADS, navigator.hardwareConcurrency ?? 1);
    ort.env.wasm.numThreads = crossOriginIsolated ? cores : 1;
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'basic', // the file is optimized; looking for more takes a second
    }).catch((error) => { throw startError(error); });
    return Object.assign(new LocalModel(), { ort, session, info, side: info.model.image_size });
  }

  /** Answers that nobody waits for, until the browser has optimized the code that makes them. */
  async warmUp(atRest) {
    const grey = new Float32Array(this.side * this.side);
    const budget = this.session.inputNames.includes('budget') ? 0.5 : null;
    for (let i = 0; i < WARM_UP; i++) await atRest(() => this.#forward(grey, [], budget));
  }

  /** `{ab, values, result, timing}`: a*, b* as floats and as bytes, and what they took. */
  async colorize(photo, { hints, budget = null }) {
    const start = performance.now();
    const { side, info: { local, reach_max: whole } } = this;
    const norm = await photo.lightness(side);
    const lightness = this.#tonesOf(norm);
    let placed = place(hints, photo, side, local.hint_size);
    let share = null;
    let before = null;
    const ready = performance.now();
    if (placed.length && needsAutomatic(placed, whole)) {
      before = (await photo.automatic(budget, () => this.#forward(norm, [], budget))).ab;
      share = withinReach(placed, before, lightness, side, local.hint_size, { whole, likeness: local.likeness });
      placed = placed.map((hint) => ({ ...hint, ab: hint.ab ?? shown(before, side, hint) }));
    }
    const forward = placed.length
      ? await this.#forward(norm, placed, budget)
      : await photo.automatic(budget, () => this.#forward(norm, [], budget));
    let ab = share ? blend(before, forward.ab, share) : forward.ab;
    ab = spreadMissing(ab, placed, lightness, side, local.hint_size);
    const came = outcomes(
      hints, await photo.luminancesAt(hints), ab, photo, side, local.hint_size);
    const end = performance.now();
    return {
      ab,
      values: bytesOf(ab),
      result: { budget, ...came, ...this.#describe(forward.decisions) },
      timing: { input: ready - start, model: forward.time, total: end - start },
    };
  }

  /** What it makes of a place (engine.js); `inTurn` runs one of its answers. */
  async suggest(photo, { budget = null, ...asked }, inTurn) {
    const { side, info: { local } } = this;
    const norm = await photo.lightness(side);
    const answer = async (placed) => (
      await inTurn(() => this.#forward(norm, placed, budget))).ab;
    return suggest(asked, photo, answer, this.#tonesOf(norm), side, local.hint_size);
  }

  /** L* of a photo's lightness, the same object every time. */
  #tonesOf(norm) {
    if (!this.#tones.has(norm)) this.#tones.set(norm, norm.map((l) => 100 * l + 50));
    return this.#tones.get(norm);
  }

  /** The model's own answer: {ab, decisions, time}. */
  async #forward(lightness, placed, budget) {
    const { side } = this;
    const inputs = this.#inputs(lightness, placed);
    const feeds = { inputs: new this.ort.Tensor('float32', inputs, [1, side, side, 4]) };
    if (budget !== null) feeds.budget = new this.ort.Tensor('float32', [budget], []);
    const start = performance.now();
    const answer = await this.session.run(feeds);
    const time = performance.now() - start;
    const ab = answer.ab.data;
    for (let i = 0; i < ab.length; i++) ab[i] *= AB_SCALE;
    return { ab, decisions: [...answer.decisions.data], time };
  }

  /** The model's input: lightness, and hints in their aligned cells (`hints.points.hint_planes`). */
  #inputs(lightness, placed) {
    const { side, info: { local: { hint_size: size } } } = this;
    const inputs = new Float32Array(4 * side * side);
    for (let i = 0; i < lightness.length; i++) inputs[4 * i] = lightness[i];
    for (const { cell, ab } of placed) {
      const [a, b] = ab.map((value) => value / AB_SCALE);
      const [top, left] = cell.map((at) => at * size);
      for (let y = top; y < top + size; y++) {
        for (let x = left; x < left + size; x++) inputs.set([a, b, 1], 4 * (y * side + x) + 1);
      }
    }
    return inputs;
  }

  #describe(decisions) {
    const { fixed, attention, ffn } = this.info.local.macs;
    const count = (kind) => decisions.filter((d, i) => i % 2 === kind && d > 0.5).length;
    return {
      keep_ratio: decisions.reduce((x, y) => x + y, 0) / decisions.length,
      macs: fixed + attention * count(0) + ffn * count(1),
      decisions: decisions.map((d) => (d > 0.5 ? '1' : '0')).join(''),
    };
  }
}
