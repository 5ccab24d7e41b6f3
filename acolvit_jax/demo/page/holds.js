// Which tab has which desk: one that a tab has is nobody else's to take up or to forget.

const NAME = 'acolvit-desk-'; // of a lock, and of a mark in what an address's tabs share
const RENEWED = 60_000; // ms between a tab's renewals; one in the background is let no sooner
const GONE = 7 * 24 * 3600_000; // ms without renewal after which a tab is gone: frozen ones renew nothing
const ANSWERED = 1000; // ms in which a tab that is there has answered

export const makeHolds = () => (navigator.locks ? new Locks() : new Marks());

/** The browser's locks, which go when their tab goes. */
class Locks {
  /** Holds a desk until the page goes; false if it is held already. */
  hold(id) {
    return new Promise((resolve) => {
      navigator.locks.request(NAME + id, { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        return lock ? new Promise(() => {}) : null;
      });
    });
  }

  /** Likewise the desk that this tab had before; false if the tab is another one's duplicate. */
  holdAgain(id) {
    return this.hold(id);
  }

  async held() {
    const { held } = await navigator.locks.query();
    return new Set(held.map(({ name }) => name.replace(NAME, '')));
  }
}

/** Over plain http there are no locks: a tab leaves marks with the time, and removes them when it goes. */
class Marks {
  #mine = new Set();
  #tabs = new BroadcastChannel(NAME);

  constructor() {
    this.#tabs.addEventListener('message', ({ data: { asked } }) => {
      if (this.#mine.has(asked)) this.#tabs.postMessage({ held: asked });
    });
    setInterval(() => this.#mine.forEach(mark), RENEWED);
    window.addEventListener('pagehide', () => {
      this.#mine.forEach((id) => localStorage.removeItem(NAME + id));
      this.#mine.clear();
    });
    window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
  }

  async hold(id) {
    if ((await this.held()).has(id)) return false;
    this.#hold(id);
    return true;
  }

  /** After a crash the tab's own mark is still there. */
  async holdAgain(id) {
    if ((await this.held()).has(id) && await this.#answers(id)) return false;
    this.#hold(id);
    return true;
  }

  async held() {
    const marks = Object.keys(localStorage).filter((key) => key.startsWith(NAME));
    const fresh = marks.filter((key) => Date.now() - Number(localStorage.getItem(key)) < GONE);
    return new Set(fresh.map((key) => key.replace(NAME, '')));
  }

  #hold(id) {
    this.#mine.add(id);
    mark(id);
  }

  /** Whether another tab says that it has a desk. */
  #answers(id) {
    return new Promise((resolve) => {
      this.#tabs.addEventListener('message', ({ data: { held } }) => held === id && resolve(true));
      this.#tabs.postMessage({ asked: id });
      setTimeout(() => resolve(false), ANSWERED);
    });
  }
}

const mark = (id) => localStorage.setItem(NAME + id, Date.now());
