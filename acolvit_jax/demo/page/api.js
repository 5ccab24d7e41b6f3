// The HTTP interface, version 1. Addresses are relative, so the page works behind any prefix.

const TIMEOUT = 60_000;
const DOWNLOAD_TIMEOUT = 330_000; // the server gives up after 300 s

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function errorOf(status, text) {
  try {
    return new ApiError(status, JSON.parse(text).error);
  } catch {
    return new ApiError(status, `the server answered ${status}`);
  }
}

/** `{headers, body}` of an answer; the body as `kind`: json, blob or arrayBuffer. */
async function request(address, kind, options = {}) {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT), ...options });
    if (!response.ok) throw errorOf(response.status, await response.text());
    return { headers: response.headers, body: await response[kind]() };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const late = error.name === 'TimeoutError';
    throw new ApiError(0, late ? 'the server takes too long' : 'the server cannot be reached');
  }
}

const get = async (address, kind) => (await request(address, kind)).body;

export const getInfo = () => get('v1/info', 'json');
export const getSamples = () => get('v1/samples', 'json');

const post = (address, kind, content) => request(address, kind, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(content),
});

export const openSample = async (name) => (
  await post('v1/photos', 'json', { sample: name })).body;

/**
 * Uploads a file; XMLHttpRequest, because fetch tells nothing of an upload's progress.
 * @param onProgress (fraction)
 * @param signal ends it early
 */
export function upload(file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', `v1/photos?name=${encodeURIComponent(file.name ?? '')}`);
    const type = file.type && !file.type.includes('json') ? file.type : 'application/octet-stream';
    xhr.setRequestHeader('Content-Type', type);
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      if (xhr.status === 201) resolve(JSON.parse(xhr.responseText));
      else reject(errorOf(xhr.status, xhr.responseText));
    };
    xhr.onerror = () => reject(new ApiError(0, 'the server cannot be reached'));
    xhr.onabort = () => reject(new ApiError(0, 'the upload was ended'));
    signal.addEventListener('abort', () => xhr.abort());
    if (signal.aborted) xhr.onabort();
    else xhr.send(file);
  });
}

/** Drops a photo on the server; also while the page goes away. */
export function discard(photo) {
  fetch(photo.url, { method: 'DELETE', keepalive: true }).catch(() => {});
}

export const getGrey = (photo, maxSide) => get(`${photo.grey}?max_side=${maxSide}`, 'blob');

function serverTiming(header) {
  const parts = (header ?? '').matchAll(/(\w+);dur=([\d.]+)/g);
  return Object.fromEntries([...parts].map(([, name, value]) => [name, Number(value)]));
}

/** Asks for colours: `{values: Int8Array, result, timing}`. */
export async function colorize(photo, wishes) {
  const { headers, body } = await post(`${photo.url}/colorize`, 'arrayBuffer', wishes);
  const result = JSON.parse(headers.get('X-Result'));
  return { values: new Int8Array(body), result, timing: serverTiming(headers.get('Server-Timing')) };
}

/** The picture in colour at the photo's own size: `{blob, name}`. */
export async function getResult(result, format) {
  const { headers, body } = await request(
    `${result.url}?format=${format}`, 'blob', { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT) });
  const name = /filename\*=UTF-8''([^;]+)/.exec(headers.get('Content-Disposition'))[1];
  return { blob: body, name: decodeURIComponent(name) };
}
