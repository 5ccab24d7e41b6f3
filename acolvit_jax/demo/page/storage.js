// IndexedDB, as far as the page needs it.

const NAME = 'acolvit';
const STORES = ['desks', 'photos', 'work']; // by id

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Opens the store; fails where the browser keeps nothing (a private window, maybe). */
export async function openStorage() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const name of STORES) request.result.createObjectStore(name, { keyPath: 'id' });
  };
  return new Storage(await settled(request));
}

class Storage {
  #database;

  constructor(database) {
    this.#database = database;
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

  #change(store, action) {
    const transaction = this.#database.transaction(store, 'readwrite');
    action(transaction.objectStore(store));
    transaction.commit();
    return new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}
