// The engine behind the HTTP interface, version 1 (engine.js says what an engine is). Addresses are
// relative, so the page works behind any prefix.

import { EngineError } from './engine.js';
import { decode } from './grey.js';

const TIMEOUT = 60_000;
const DOWNLOAD_TIMEOUT = 330_000; // the server gives up after 300 s
const KINDS = { 404: 'gone', 429: 'busy', 503: 'busy' };

/** @param retryAfter  the header: seconds, or null */
function errorOf(status, text, retryAfter) {
  const kind = KINDS[status] ?? 'refused';
  const after = 1000 * retryAfter || null;
  try {
    return new EngineError(kind, JSON.parse(text).error, after);
  } catch {
    const proxy = status === 502 || status === 504; // whose server is not there
    return new EngineError(proxy ? 'unreachable' : kind, `the server answered ${status}`, after);
  }
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
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      if (xhr.status === 201) resolve(JSON.parse(xhr.responseText));
      else reject(errorOf(xhr.status, xhr.responseText, xhr.getResponseHeader('Retry-After')));
    };
    xhr.onerror = () => reject(new EngineError('unreachable', 'the server cannot be reached'));
    xhr.onabort = () => reject(new EngineError('refused', 'the upload was ended'));
    signal.addEventListener('abort', () => xhr.abort());
    if (signal.aborted) xhr.onabort();
    else xhr.send(file);
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
