// What a photo is opened from: a sample, or a file, which may go from the disk meanwhile.

import { EngineError } from './engine.js';

const LOST = 'its file cannot be read; if it was moved or changed, choose it again';

/** A file that was moved, changed or removed since it was chosen cannot be read, nor can a folder. */
export const isReadable = (blob) => blob.slice(0, 1).arrayBuffer().then(() => true, () => false);

/** The source of an item of the desk; from its copy on, if only that is there. */
export async function sourceOf(item) {
  if (item.source instanceof Blob && !await isReadable(item.source)) {
    if (!item.copy || !await isReadable(item.copy)) throw new EngineError('failed', LOST);
    item.source = item.copy;
  }
  return item.source;
}
