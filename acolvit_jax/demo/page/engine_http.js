// The engine behind the HTTP interface, version 1 (engine.js says what an engine is). Addresses are
// relative, so the page works behind any prefix.

import { EngineError } from './engine.js';
import { decode } from './grey.js';

const TIMEOUT = 60_000;
const DOWNLOAD_TIMEOUT = 400_000; // the server waits 20 s for room, makes it, and sends it in 300 s
const STALL = 30_000; // between two pieces of an upload
const DECODING = 120_000; // from its last piece to the answer
const KINDS = { 404: 'gone', 413: 'refused', 415: 'refused', 422: 'refused', 429: 'busy', 503: 'busy' };

/** What says nothing of the photo: a slow line, and proxies whose server is not there. */
const isUnreachable = (status) => status === 408 || status > 500;

/** @param retryAfter  the header: seconds, or null */
function errorOf(status, text, retryAfter) {
  const kind = KINDS[status] ?? (isUnreachable(status) ? 'unreachable' : 'failed');
  let told;
  try {
    told = JSON.parse(text).error;
  } catch { /* a proxy's page */ }
  return new EngineError(kind, told ?? `the server answered ${status}`, 1000 * retryAfter || null);
}

/** `{headers, body}` of an answer; the body as `kind`: json, blob or arrayBuffer. */
async function request(address, kind, options = {}) {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT), ...options });
    if (!response.ok) {
      throw errorOf(response.status, await response.text(), response.headers.get('Retry-After'));
    }
    return { headers: response.headers, body: await response[kind]() };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const late = error.name === 'TimeoutError';
    throw new EngineError(
      'unreachable', late ? 'the server takes too long' : 'the server cannot be reached');
  }
}

const get = async (address, kind) => (await request(address, kind)).body;

const post = (address, kind, content) => request(address, kind, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(content),
});

/** Uploads a file; XMLHttpRequest, because fetch tells nothing of an upload's progress. */
function upload(file, { name, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', `v1/photos?name=${encodeURIComponent(name)}`);
    const type = file.type && !file.type.includes('json') ? file.type : 'application/octet-stream';
    xhr.setRequestHeader('Content-Type', type);
    let timer;
    const within = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        reject(new EngineError('unreachable', 'the upload has come to a stop'));
        xhr.abort();
      }, ms);
    };
    xhr.upload.onprogress = (event) => {
      within(STALL);
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    xhr.upload.onload = () => within(DECODING);
    xhr.onloadend = () => clearTimeout(timer);
    xhr.onload = () => {
      if (xhr.status === 201) resolve(JSON.parse(xhr.responseText));
      else reject(errorOf(xhr.status, xhr.responseText, xhr.getResponseHeader('Retry-After')));
    };
    xhr.onerror = () => reject(new EngineError('unreachable', 'the server cannot be reached'));
    xhr.onabort = () => reject(new EngineError('refused', 'the upload was ended'));
    signal.addEventListener('abort', () => xhr.abort());
    if (signal.aborted) xhr.onabort();
    else {
      within(STALL);
      xhr.send(file);
    }
  });
}

function serverTiming(header) {
  const parts = (header ?? '').matchAll(/(\w+);dur=([\d.]+)/g);
  return Object.fromEntries([...parts].map(([, name, value]) => [name, Number(value)]));
}

export const createEngine = () => ({
  place: 'on the server',
  note: null,

  info: () => get('v1/info', 'json'),

  samples: () => get('v1/samples', 'json'),

  open: async (source, options) => (source instanceof Blob
    ? upload(source, options)
    : (await post('v1/photos', 'json', source)).body),

  close(photo) {
    fetch(photo.url, { method: 'DELETE', keepalive: true }).catch(() => {});
  },

  grey: async (photo, maxSide) => decode(await get(`${photo.grey}?max_side=${maxSide}`, 'blob')),

  async colorize(photo, wishes) {
    const { headers, body } = await post(`${photo.url}/colorize`, 'arrayBuffer', wishes);
    const result = JSON.parse(headers.get('X-Result'));
    const byHint = JSON.parse(new TextDecoder().decode(new Uint8Array(body, result.ab_bytes)));
    return {
      values: new Int8Array(body, 0, result.ab_bytes),
      result: { ...result, ...byHint },
      timing: serverTiming(headers.get('Server-Timing')),
    };
  },

  suggest: async (photo, place) => (
    await post(`${photo.url}/suggestions`, 'json', place)).body,

  async save(photo, result, format, { saturation, warmth }) {
    const { headers, body } = await request(
      `${result.url}?${new URLSearchParams({ format, saturation, warmth })}`, 'blob', { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT) });
    const name = /filename\*=UTF-8''([^;]+)/.exec(headers.get('Content-Disposition'))[1];
    return { blob: body, name: decodeURIComponent(name) };
  },
});
