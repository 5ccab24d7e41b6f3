// What one takes home: the picture, its color alone, or the hints; of one photo or of all.

import { byId } from './dom.js';
import { AS_IT_IS } from './finish.js';
import { download } from './files.js';
import { hintFile, readHintFile } from './hint_file.js';
import { fingerprint } from './grey.js';
import { whileBusy } from './patience.js';
import { quoted, say } from './toast.js';
import { zip } from './zip.js';

const ALL = 'photos_color.zip';
const sayBusy = (name) => say(`The server is busy; ${name} is saved as soon as it has time`);

export class Saving {
  /** @param app what main.js put together. */
  constructor({ engine, session, desk, screen, hints, budget, finish, info, keeper, wishesOf }) {
    Object.assign(this, {
      engine, session, desk, screen, hints, budget, finish, info, keeper, wishesOf,
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
      const what = format === 'all' ? ALL : this.session.title;
      say(`${quoted(what)} was not saved: ${error.message}`, 'error');
    } finally {
      this.screen.saving = false;
    }
  };

  async #savePicture(format) {
    const { photo, title } = this.session;
    const { blob, name } = await this.session.save(
      format, this.finish.value, () => sayBusy(quoted(title)));
    download(blob, name);
    const lost = photo.alpha && format === 'jpeg'
      ? '; JPEG has no transparency, it is white there' : '';
    say(`Saved ${name}, ${photo.width} x ${photo.height}${lost}`);
  }

  async #copy() {
    if (!navigator.clipboard?.write) throw new Error('this browser copies no pictures here');
    const { title } = this.session;
    const png = this.session.save('png', this.finish.value, () => sayBusy(quoted(title)))
      .then(({ blob }) => blob);
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    say('Copied');
  }

  /** Every photo of the desk with its own hints, in one file. */
  async #saveAll() {
    this.keeper.flush();
    const files = [];
    const { items } = this.desk;
    const onBusy = () => sayBusy(ALL);
    for (const item of [...items]) {
      files.push(await this.#render(item, onBusy).catch((error) => {
        throw new Error(`${item.title}: ${error.message}`);
      }));
      this.screen.progress(files.length / items.length);
    }
    download(await zip(files), ALL);
    say(`Saved ${files.length} photos in ${ALL}`);
  }

  async #render(item, onBusy) {
    if (item === this.session.item) {
      return this.session.save('png', this.finish.value, onBusy);
    }
    const { source, title } = item;
    const patiently = (act) => whileBusy(act, onBusy);
    const open = async () => {
      item.photo = await patiently(() => this.engine.open(source, {
        name: source.name ?? title, onProgress() {}, signal: new AbortController().signal,
      }));
    };
    if (!item.photo) await open();
    const wishes = this.wishesOf(item.work);
    const save = async () => {
      const { result } = await patiently(() => this.engine.colorize(item.photo, wishes));
      return patiently(() => (
        this.engine.save(item.photo, result, 'png', item.work?.finish ?? AS_IT_IS)));
    };
    return save().catch(async (error) => {
      if (error.kind !== 'gone') throw error;
      await open();
      return save();
    });
  }

  /** Loads a file of hints over those that are there; undo takes it back. */
  async loadHints(file) {
    if (!this.#havePhoto('Open a photo first, then its hints')) return;
    try {
      const { info } = this;
      const rules = {
        sizes: info.hint_sizes,
        size: info.hint_size_default,
        reaches: [info.reach_min, info.reach_max],
      };
      const { hints, budget, note } = readHintFile(await file.text(), this.#about(), rules);
      if (hints.length > this.info.limits.hints) {
        throw new Error(`it holds ${hints.length} hints, more than the ${this.info.limits.hints} allowed`);
      }
      if (budget !== null) this.budget.set(budget);
      this.hints.replace(hints);
      say(`${hints.length} hints loaded${note}`);
    } catch (error) {
      say(`${quoted(file.name)} was not loaded: ${error.message}`, 'error');
    }
  }

  #saveHints() {
    const about = this.#about();
    const { name } = about;
    const text = `${JSON.stringify(hintFile(this.hints.hints, about, this.budget.budget), null, 1)}\n`;
    download(new Blob([text], { type: 'application/json' }), `${name}_hints.json`);
  }

  #about() {
    const { photo: { name, width, height }, grey } = this.session;
    return { name, width, height, print: fingerprint(grey) };
  }

  /** Whether there is a photo and no other one on its way; says so if not. */
  #havePhoto(otherwise) {
    const { photo, opening } = this.session;
    if (!photo || opening) say(opening ? 'The photo is still on its way' : otherwise);
    return photo && !opening;
  }
}
