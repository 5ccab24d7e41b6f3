// IndexedDB, as far as the page needs it.

const NAME = 'acolvit';
const VERSION = 2;
export const OF_PHOTOS = ['photos', 'work', 'thumbnails']; // stores that have a record for a photo
const STORES = ['desks', ...OF_PHOTOS]; // by id

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Opens the store; fails where the browser keeps nothing (a private window, maybe). */
export async function openStorage() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const { result: database } = request;
    const there = database.objectStoreNames;
    const missing = STORES.filter((name) => !there.contains(name));
    for (const name of missing) database.createObjectStore(name, { keyPath: 'id' });
  };
  const blocked = new Promise((_, reject) => {
    request.onblocked = () => reject(new Error('another tab has an older page'));
  });
  return new Storage(await Promise.race([settled(request), blocked]));
}

class Storage {
  #database;

  constructor(database) {
    this.#database = database;
    database.onversionchange = () => database.close(); // a newer page is not to wait for this one
  }

  get(store, id) {
    return settled(this.#store(store, 'readonly').get(id));
  }

  all(store) {
    return settled(this.#store(store, 'readonly').getAll());
  }

  /** Writes a record; resolves when it is safe. */
  put(store, record) {
    return this.#change(store, (objects) => objects.put(record));
  }

  remove(store, ids) {
    return this.#change(store, (objects) => ids.forEach((id) => objects.delete(id)));
  }

  #store(store, mode) {
    return this.#database.transaction(store, mode).objectStore(store);
  }

  async #change(store, action) {
    const transaction = this.#database.transaction(store, 'readwrite');
    action(transaction.objectStore(store));
    transaction.commit();
    return new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}
