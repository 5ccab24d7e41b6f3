// What one takes home: the picture, or the hints, of one photo or of all.

import { download } from './files.js';
import { say } from './toast.js';
import { parseHints, toJson } from './hint_text.js';

export class Saving {
  /** @param app what main.js put together. */
  constructor({ session, screen, hints, budget, info }) {
    Object.assign(this, { session, screen, hints, budget, info });
  }

  /** Saves in a format of the engine, or `json` (the hints). */
  save = async (format) => {
    if (!this.#havePhoto('Open a photo first')) return;
    if (format === 'json') {
      this.#saveHints();
      return;
    }
    if (this.screen.saving) {
      say('A file is still on its way');
      return;
    }
    this.screen.saving = true;
    try {
      const { photo } = this.session;
      const { blob, name } = await this.session.save(format);
      download(blob, name);
      say(`Saved ${name}, ${photo.width} x ${photo.height}`);
    } catch (error) {
      say(`${this.session.title} was not saved: ${error.message}`, 'error');
    } finally {
      this.screen.saving = false;
    }
  };

  /** Loads a file of hints over those that are there; undo takes it back. */
  async loadHints(file) {
    if (!this.#havePhoto('Open a photo first, then its hints')) return;
    try {
      const hints = parseHints(await file.text(), this.session.photo);
      if (hints.length > this.info.limits.hints) {
        throw new Error(`it holds ${hints.length} hints, more than the ${this.info.limits.hints} allowed`);
      }
      this.hints.replace(hints);
      say(`${hints.length} hints loaded`);
    } catch (error) {
      say(`${file.name} was not loaded: ${error.message}`, 'error');
    }
  }

  #saveHints() {
    const text = `${JSON.stringify(toJson(this.hints.hints), null, 1)}\n`;
    const { name } = this.session.photo;
    download(new Blob([text], { type: 'application/json' }), `${name}_hints.json`);
  }

  /** Whether there is a photo and no other one on its way; says so if not. */
  #havePhoto(otherwise) {
    const { photo, opening } = this.session;
    if (!photo || opening) say(opening ? 'The photo is still on its way' : otherwise);
    return photo && !opening;
  }
}
