// What one takes home: the picture, its color alone, or the hints; of one photo or of all.

import { byId } from './dom.js';
import { download } from './files.js';
import { parseHints, toJson } from './hint_text.js';
import { say } from './toast.js';
import { zip } from './zip.js';

const ALL = 'photos_color.zip';

export class Saving {
  /** @param app what main.js put together. */
  constructor({ engine, session, desk, screen, hints, budget, info, keeper, wishesOf }) {
    Object.assign(this, {
      engine, session, desk, screen, hints, budget, info, keeper, wishesOf,
    });
    desk.addEventListener('change', () => {
      byId('save-all').hidden = desk.items.length < 2;
      byId('save-all-what').textContent = `${desk.items.length} photos, PNG in one ZIP file`;
    });
  }

  /** Saves in a format of the engine, or `json` (the hints), `copy` (to the clipboard), `all`. */
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
      const action = { copy: () => this.#copy(), all: () => this.#saveAll() }[format];
      await (action?.() ?? this.#savePicture(format));
    } catch (error) {
      say(`${this.session.title} was not saved: ${error.message}`, 'error');
    } finally {
      this.screen.saving = false;
    }
  };

  async #savePicture(format) {
    const { photo } = this.session;
    const { blob, name } = await this.session.save(format);
    download(blob, name);
    const lost = photo.alpha && format === 'jpeg'
      ? '; JPEG has no transparency, it is white there' : '';
    say(`Saved ${name}, ${photo.width} x ${photo.height}${lost}`);
  }

  async #copy() {
    if (!navigator.clipboard?.write) throw new Error('this browser copies no pictures here');
    const png = this.session.save('png').then(({ blob }) => blob);
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    say('Copied');
  }

  /** Every photo of the desk with its own hints, in one file. */
  async #saveAll() {
    this.keeper.flush();
    const files = [];
    const { items } = this.desk;
    for (const item of [...items]) {
      files.push(await this.#render(item));
      this.screen.progress(files.length / items.length);
    }
    download(await zip(files), ALL);
    say(`Saved ${files.length} photos in ${ALL}`);
  }

  async #render(item) {
    if (item === this.session.item) return this.session.save('png');
    const { source, title } = item;
    const open = async () => {
      item.photo = await this.engine.open(source, {
        name: source.name ?? title, onProgress() {}, signal: new AbortController().signal,
      });
    };
    if (!item.photo) await open();
    const wishes = this.wishesOf(item.work);
    const ask = () => this.engine.colorize(item.photo, wishes);
    const { result } = await ask().catch(async (error) => {
      if (error.kind !== 'gone') throw error;
      await open();
      return ask();
    });
    return this.engine.save(item.photo, result, 'png');
  }

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
