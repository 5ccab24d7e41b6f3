// Photos come and go: opened, looked at again, put away, and all of that taken back.

import { makeItem } from './desk.js';
import { takeOut } from './dom.js';
import { hush, named, quoted, say, sayToo, sentence } from './toast.js';

const NOT_KEPT = 'This browser cannot keep your work, maybe for lack of room. Save your results before '
  + 'you leave the page.';

/** A reason without the name that the engine has for a file whose name it does not know. */
const reason = (error) => error.message.replace(/^the image: (is )?/, (_, is) => (is ? 'it is ' : ''));

const putAway = ({ title }) => `${quoted(title)} was put away`;

const tooLarge = (files, most) => {
  const all = named(files.map(({ name }) => name || 'Photo'), 'is', 'are');
  return `${all} larger than the ${Math.round(most / 1e6)} MB allowed`;
};

export class Photos {
  onBack = () => {}; // the photo that is looked at is shown again, without its colors
  onUndo = () => {}; // whether there is anything to undo may be otherwise
  #unsaid = []; // {text, action}: what a photo on its way would take away when it comes
  #away = null; // {item, undo}: that a photo was put away, the last step, and what brings it back
  #redo = null; // the button of the line that says that an opening was undone

  /** @param app what main.js put together. */
  constructor({ session, desk, hints, screen, keeper, saving, info }) {
    Object.assign(this, { session, desk, hints, screen, keeper, saving, info });
    hints.addEventListener('change', ({ detail: { loaded, step } }) => {
      if (step) this.#setAway(null);
      else if (!loaded) this.#did();
    });
    keeper.onLost = () => {
      this.#unsaid.push({ text: NOT_KEPT, action: null });
      this.tell();
    };
  }

  /** Opens the first of some files, with its hints, lays the others beside it, and names the rest. */
  async openFiles({ photos, hints, leftOut }) {
    const most = this.info.limits.upload_bytes;
    const large = photos.filter((file) => file.size > most);
    const items = photos.filter((file) => file.size <= most)
      .map((file) => makeItem(file, file.name || 'Photo'));
    const texts = large.length ? [...leftOut, tooLarge(large, most)] : leftOut;
    this.#unsaid.push(...texts.map((text) => ({ text: sentence(text), action: null })));
    if (items.length > 1) this.desk.lay(...items);
    const opening = items.length ? this.#open(items[0]) : null;
    if (!opening && this.session.opening && texts.length) {
      say(texts.map(sentence).join(' '), 'error'); // now too
    }
    if (hints && !photos.length) await this.saving.loadHints(hints);
    else if (hints) await this.#loadWith(opening, items[0], hints);
    this.tell();
  }

  /** Loads a file of hints once the photo that came with it is there, if it comes. */
  async #loadWith(opening, item, hints) {
    await opening;
    if (item && item === this.session.item && !this.session.opening) {
      await this.saving.loadHints(hints, sayToo);
      return;
    }
    const photo = item ? quoted(item.title) : 'its photo';
    const text = `${quoted(hints.name)} was not loaded, for ${photo} was not opened.`;
    this.#unsaid.push({ text, action: null });
  }

  /** Says what is not said yet, unless a photo is still on its way. */
  tell() {
    if (this.session.opening || !this.#unsaid.length) return;
    const unsaid = this.#unsaid.splice(0);
    sayToo(unsaid.map(({ text }) => text).join(' '), 'error', unsaid.at(-1).action);
  }

  openSample({ name, title }) {
    this.#open(makeItem({ sample: name }, title));
  }

  /** Opens what a person chose. */
  #open(item) {
    this.#did();
    return this.session.open(item);
  }

  /** Looks at a photo of the desk. */
  show(item) {
    if (item === this.session.item && !this.session.opening) this.screen.work();
    else this.#open(item);
  }

  /** Looks at the next (1) or previous (-1) photo. */
  step(by) {
    const { items, current } = this.desk;
    if (items.length < 2) return;
    const { opening } = this.session; // keys may come faster than photos
    const from = items.indexOf(items.includes(opening) ? opening : current);
    this.show(items[(from + by + items.length) % items.length]);
  }

  /** Puts a photo away. */
  remove(item) {
    const { desk, keeper } = this;
    keeper.flush();
    item.work = keeper.workOf(item);
    const next = desk.beside(item);
    const at = desk.remove(item);
    const undo = () => {
      desk.putBack(item, at);
      this.#open(item);
    };
    this.close(item);
    this.#leave(item, next);
    this.#did({ item, undo });
    this.seen();
  }

  /** A step that is no undo or redo: what was taken back before it does not come back. */
  #did(away = null) {
    this.desk.forgetTakenBack();
    if (this.#redo) takeOut(this.#redo);
    this.#redo = null;
    this.#setAway(away);
  }

  #setAway(away) {
    this.#away = away;
    this.onUndo();
  }

  /** Another photo is seen, which took all messages away: says anew what is still true. */
  seen() {
    const { takenBack } = this.desk;
    if (this.#away) say(putAway(this.#away.item), 'note', { label: 'Undo', run: this.#away.undo });
    else if (takenBack) {
      const redo = { label: 'Redo', run: () => this.#bringBack() };
      this.#redo = say(putAway(takenBack), 'note', redo).querySelector('button');
    }
    this.tell();
  }

  /** Looks at what there is without a photo that was put away: what was seen, or else `next`. */
  #leave(item, next) {
    const { desk, session } = this;
    if (item === session.opening) session.stopOpening();
    if (session.opening) return; // another one comes by itself
    if (desk.items.includes(session.item)) this.#back();
    else if (next) session.open(next);
    else this.#nothing();
  }

  /** Shows the photo that is looked at again, where another one was seen that does not come. */
  #back() {
    if (this.screen.state !== 'uploading') return;
    this.screen.photo();
    this.onBack();
  }

  get canPutBack() { return Boolean(this.#away); }
  get canUndo() { return Boolean(this.#away) || this.hints.canUndo || this.desk.canTakeBack; }
  get canRedo() { return this.hints.canRedo || this.desk.takenBack !== null; }

  /**
   * Undoes that a photo was put away, if that came last, or the last change to the hints, or else
   * that this photo was opened over another.
   */
  undo() {
    if (this.#away) {
      hush();
      this.#away.undo();
    } else if (this.hints.canUndo) this.hints.undo();
    else if (this.desk.canTakeBack && !this.session.opening) {
      const { current } = this.desk;
      current.work = this.keeper.workOf(current);
      this.session.open(this.desk.takeBack());
      this.seen();
    }
  }

  redo() {
    if (this.hints.canRedo) this.hints.redo();
    else if (this.desk.takenBack) this.#bringBack();
  }

  /** Redoes an opening. */
  #bringBack() {
    hush();
    this.session.open(this.desk.bringBack());
  }

  /**
   * A photo could not be opened. One with work on it, or that may be opened later, stays on the
   * desk and can be tried again; what was there before is there again.
   */
  async refused(item, error) {
    const { desk, session } = this;
    const again = () => session.open(item);
    const text = sentence(`${quoted(item.title)} could not be opened: ${reason(error)}`);
    const worked = Boolean(item.work || item.thumbnail);
    const stays = desk.items.includes(item) && (worked || error.kind !== 'refused');
    if (stays) desk.setTrouble(item, text);
    else desk.remove(item);
    const hopeless = !stays && error.kind === 'refused';
    const retry = hopeless ? null : { label: 'Try again', run: again };
    const shown = desk.items.includes(session.item); // it may have been put away meanwhile
    if (shown) {
      this.#back();
      say(text, 'error', retry);
      this.tell();
    } else if (stays) {
      this.#lookAway();
      this.screen.trouble(item.title, worked ? `${text} Its hints are kept.` : text, again);
      this.hints.load(null); // those of the photo that was seen
      this.tell();
    } else {
      hush(); // it was about another photo
      this.#unsaid.push({ text, action: retry });
      await this.#nothing();
      this.tell();
    }
  }

  /** Leaves the photo that was looked at for another one of the desk, if there is one. */
  async #nothing() {
    this.#lookAway();
    if (!this.session.away) this.screen.away(null); // it was about a photo that is gone
    this.screen.empty();
    this.hints.load(null); // those of the photo that was seen
    this.screen.start();
    const [next] = this.desk.items;
    if (next) await this.session.open(next);
  }

  /** No photo is looked at: the one that was has been put away. */
  #lookAway() {
    const { item } = this.session;
    this.session.leave();
    if (item) this.close(item);
  }

  /** The engine may forget a photo that was put away, once it is not looked at any more. */
  close(item) {
    if (item === this.session.item) return;
    if (item.photo) this.session.engine.close(item.photo);
    item.photo = null;
  }
}
