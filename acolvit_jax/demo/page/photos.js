// Photos come and go: opened, looked at again, put away, and all of that taken back.

import { makeItem } from './desk.js';
import { quoted, say, sentence } from './toast.js';

/** A reason without the name that the engine has for a file whose name it does not know. */
const reason = (error) => error.message.replace(/^the image: (is )?/, (_, is) => (is ? 'it is ' : ''));

export class Photos {
  /** @param app what main.js put together. */
  constructor({ session, desk, hints, screen, keeper, info }) {
    Object.assign(this, { session, desk, hints, screen, keeper, info });
  }

  /** Opens the first of some files and lays the others beside it. */
  openFiles(files) {
    const most = this.info.limits.upload_bytes;
    const large = files.find((file) => file.size > most);
    if (large) {
      say(`${large.name ? quoted(large.name) : 'This file'} is larger than the ${Math.round(most / 1e6)} MB allowed`, 'error');
    }
    const items = files.filter((file) => file.size <= most)
      .map((file) => makeItem(file, file.name || 'Photo'));
    if (!items.length) return;
    const [first, ...others] = items;
    if (others.length) this.desk.lay(...items);
    this.session.open(first);
  }

  openSample({ name, title }) {
    this.session.open(makeItem({ sample: name }, title));
  }

  /** Looks at a photo of the desk. */
  show(item) {
    if (item === this.session.item && !this.session.opening) this.screen.work();
    else this.session.open(item);
  }

  /** Looks at the next (1) or previous (-1) photo. */
  step(by) {
    const { items, current } = this.desk;
    if (items.length < 2) return;
    this.show(items[(items.indexOf(current) + by + items.length) % items.length]);
  }

  /** Puts a photo away. */
  remove(item) {
    const looked = item === this.desk.current;
    const next = this.desk.beside(item);
    this.keeper.flush();
    if (looked) item.work = this.keeper.workOf(item);
    this.desk.remove(item);
    const tell = () => say(
      `${quoted(item.title)} was put away`, 'note', { label: 'Undo', run: () => this.session.open(item) });
    const shown = looked && next ? this.session.open(next) : Promise.resolve();
    if (looked && !next) this.#nothing();
    shown.then(() => {
      this.#close(item); // not before: it is looked at until then
      tell();
    });
  }

  get canUndo() { return this.hints.canUndo || this.desk.canTakeBack; }
  get canRedo() { return this.hints.canRedo || this.desk.canBringBack; }

  /** Undoes the last change to the hints, or else that this photo was opened over another. */
  undo() {
    if (this.hints.canUndo) this.hints.undo();
    else if (this.desk.canTakeBack && !this.session.opening) {
      const { current } = this.desk;
      current.work = this.keeper.workOf(current);
      this.session.open(this.desk.takeBack()).then(() => this.#close(current));
    }
  }

  redo() {
    if (this.hints.canRedo) this.hints.redo();
    else if (this.desk.canBringBack) this.session.open(this.desk.bringBack());
  }

  /**
   * A photo could not be opened. One with work on it, or that may be opened later, stays on the
   * desk and can be tried again; what was there before is there again.
   */
  refused(item, error) {
    const { desk, session, screen } = this;
    const again = () => session.open(item);
    const text = sentence(`${quoted(item.title)} could not be opened: ${reason(error)}`);
    const worked = Boolean(item.work || item.thumbnail);
    const stays = desk.items.includes(item) && (worked || error.kind !== 'refused');
    if (stays) desk.setTrouble(item, text);
    else desk.remove(item);
    const shown = desk.items.includes(session.item); // it may have been put away meanwhile
    if (shown) screen.photo();
    else if (stays) {
      session.leave();
      screen.trouble(item.title, `${text} Its hints are kept.`, again);
      this.hints.load(null); // those of the photo that was seen
    } else this.#nothing();
    const hopeless = !stays && error.kind === 'refused';
    if (shown || !stays) say(text, 'error', hopeless ? null : { label: 'Try again', run: again });
  }

  #nothing() {
    this.session.leave();
    this.screen.empty();
    this.screen.start();
    const [next] = this.desk.items;
    if (next) this.session.open(next);
  }

  #close(item) {
    if (item === this.session.item) return; // the other one could not be opened
    if (item.photo) this.session.engine.close(item.photo);
    item.photo = null;
  }
}
