// The HTTP interface, version 1. Addresses are relative, so the page works behind any prefix.

const TIMEOUT = 60_000;

export class ApiError extends Error {
  constructor(status, message, field = null) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

function errorOf(status, text) {
  try {
    const { error, field } = JSON.parse(text);
    return new ApiError(status, error ?? `the server answered ${status}`, field ?? null);
  } catch {
    return new ApiError(status, `the server answered ${status}`);
  }
}

async function request(address, options = {}) {
  let response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT), ...options });
  } catch (error) {
    const late = error.name === 'TimeoutError';
    throw new ApiError(0, late ? 'the server takes too long' : 'the server cannot be reached');
  }
  if (!response.ok) throw errorOf(response.status, await response.text());
  return response;
}

const json = async (address) => (await request(address)).json();

export const getInfo = () => json('v1/info');
export const getSamples = () => json('v1/samples');

const post = (address, body) => request(address, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

export const openSample = async (name) => (await post('v1/photos', { sample: name })).json();

/** Uploads a file; XMLHttpRequest, because fetch tells nothing of an upload's progress. */
export function upload(file, onProgress = () => {}) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', 'v1/photos');
    const type = file.type && !file.type.includes('json') ? file.type : 'application/octet-stream';
    xhr.setRequestHeader('Content-Type', type);
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      if (xhr.status === 201) resolve(JSON.parse(xhr.responseText));
      else reject(errorOf(xhr.status, xhr.responseText));
    };
    xhr.onerror = () => reject(new ApiError(0, 'the upload was cut off'));
    xhr.send(file);
  });
}

/** Drops a photo on the server; also while the page goes away. */
export function discard(photo) {
  fetch(photo.url, { method: 'DELETE', keepalive: true }).catch(() => {});
}

export async function getGrey(photo, maxSide) {
  return (await request(`${photo.grey}?max_side=${maxSide}`)).blob();
}

function serverTiming(header) {
  const parts = (header ?? '').matchAll(/(\w+);dur=([\d.]+)/g);
  return Object.fromEntries([...parts].map(([, name, value]) => [name, Number(value)]));
}

/** Asks for colours: `{values: Int8Array, result, timing}`. */
export async function colorize(photo, body) {
  const response = await post(`${photo.url}/colorize`, body);
  const values = new Int8Array(await response.arrayBuffer());
  const result = JSON.parse(response.headers.get('X-Result'));
  return { values, result, timing: serverTiming(response.headers.get('Server-Timing')) };
}

/** The picture in colour at the photo's own size: `{blob, name}`. */
export async function getResult(result, format) {
  const response = await request(`${result.url}?format=${format}`);
  const header = response.headers.get('Content-Disposition') ?? '';
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  const plain = /filename="?([^";]+)"?/i.exec(header)?.[1];
  const name = encoded ? decodeURIComponent(encoded) : plain ?? `photo_color.${format}`;
  return { blob: await response.blob(), name };
}
