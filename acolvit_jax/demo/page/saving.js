// What one takes home: the picture, its color alone, or the hints; of one photo or of all.

import { byId } from './dom.js';
import { AS_IT_IS } from './finish.js';
import { download } from './files.js';
import { hintFile, readHintFile } from './hint_file.js';
import { fingerprint } from './grey.js';
import { isForNow, Patience } from './patience.js';
import { sourceOf } from './source.js';
import { counted, quoted, say } from './toast.js';
import { Full, Zip } from './zip.js';

const ALL = 'photos_color.zip';
const PUT_AWAY = 'it was put away';
const LISTED = 5; // names in a message
const SHOWN = 25_000; // ms of a line that says what is waited for; longer than until it is said anew
const WAITING = { // for what, by the kind of an engine's error
  busy: ['The server is busy', 'it has time'],
  unreachable: ['The server cannot be reached', 'it answers'],
};

/** A button that ends what is waited for. */
const stopping = (patience) => ({ label: 'Stop', run: () => patience.stop() });

/** Patience with an engine that says what is waited for. */
function patienceFor(what, done, kinds) {
  const patience = new Patience(({ kind }) => {
    const [why, when] = WAITING[kind];
    say(`${why}; ${quoted(what)} is ${done} as soon as ${when}`, 'note', stopping(patience), SHOWN);
  }, kinds);
  return patience;
}

/** Some titles in a message, with a reason. */
const listed = ({ titles, reason }) => {
  const more = titles.length > LISTED ? ` and ${titles.length - LISTED} more` : '';
  return `${titles.slice(0, LISTED).map(quoted).join(', ')}${more} (${reason})`;
};

export class Saving {
  #patience; // with the engine, for the file on its way

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
      say('A file is still on its way', 'note', stopping(this.#patience));
      return;
    }
    const all = format === 'all';
    const what = all ? ALL : this.session.title;
    const done = format === 'copy' ? 'copied' : 'saved';
    const patience = this.#patience = patienceFor(what, done, all ? Object.keys(WAITING) : ['busy']);
    this.screen.saving = true;
    try {
      const action = { copy: () => this.#copy(patience), all: () => this.#saveAll(patience) }[format];
      await (action?.() ?? this.#savePicture(format, patience));
    } catch (error) {
      say(`${quoted(what)} was not ${done}: ${error.message}`, 'error');
    } finally {
      this.screen.saving = false;
    }
  };

  async #savePicture(format, patience) {
    const { item, photo } = this.session;
    const { blob, name } = await this.#fileOf(item, format, patience);
    download(blob, name);
    const lost = photo.alpha && format === 'jpeg'
      ? '; JPEG has no transparency, it is white there' : '';
    say(`Saved ${name}, ${photo.width} x ${photo.height}${lost}`);
  }

  async #copy(patience) {
    if (!navigator.clipboard?.write) throw new Error('this browser copies no pictures here');
    const png = this.#fileOf(this.session.item, 'png', patience).then(({ blob }) => blob);
    const copied = navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    await Promise.all([png, copied]); // the first tells better what went wrong
    say('Copied');
  }

  /** Every photo of the desk with its own hints, in one file. */
  async #saveAll(patience) {
    this.keeper.flush();
    const items = [...this.desk.items];
    const { zip, missing } = await this.#zipOf(items, patience);
    if (!zip.files) throw new Error(missing.map(listed).join(', '));
    download(zip.blob, ALL);
    if (!missing.length) say(`Saved ${zip.files} photos in ${ALL}`);
    else {
      const which = missing.map(listed).join(', ');
      say(`Saved ${zip.files} of ${items.length} photos in ${ALL}; missing: ${which}`, 'error');
    }
  }

  /** The files of items, and `missing`: [{titles, reason}]. No more are tried without an engine, or room. */
  async #zipOf(items, patience) {
    const zip = new Zip();
    const missing = [];
    for (const [i, item] of items.entries()) {
      try {
        await zip.add(await this.#fileOf(item, 'png', patience));
      } catch (error) {
        const over = patience.stopped || isForNow(error) || error instanceof Full;
        const titles = items.slice(i, over ? undefined : i + 1).map(({ title }) => title);
        missing.push({ titles, reason: error.message });
        if (over) break;
      }
      this.screen.progress((i + 1) / items.length);
    }
    return { zip, missing };
  }

  /** The file of an item, whether it is looked at, and goes on to be, or not. */
  async #fileOf(item, format, patience) {
    const looked = item === this.session.item;
    const finish = looked ? this.finish.value : item.work?.finish ?? AS_IT_IS;
    const file = looked ? await this.session.save(format, finish, patience) : null;
    return file ?? this.#render(item, format, finish, patience);
  }

  /** The file of an item that is not looked at. */
  async #render(item, format, finish, patience) {
    if (!item.photo) await this.#open(item, patience);
    const make = async () => {
      const { photo } = item;
      const wishes = this.wishesOf(item.work);
      const { result } = await patience.take(() => this.engine.colorize(photo, wishes));
      return patience.take(() => this.engine.save(photo, result, format, finish));
    };
    return make().catch(async (error) => {
      if (error.kind !== 'gone') throw error;
      await this.#open(item, patience);
      return make();
    });
  }

  async #open(item, patience) {
    const away = () => !this.desk.items.includes(item);
    if (away()) throw new Error(PUT_AWAY);
    const source = await sourceOf(item);
    const photo = await patience.take(() => this.engine.open(source, {
      name: source.name ?? item.title, onProgress() {}, signal: new AbortController().signal,
    }));
    if (away()) {
      this.engine.close(photo);
      throw new Error(PUT_AWAY);
    }
    item.photo = photo;
  }

  /**
   * Loads a file of hints in place of those that are there; undo takes them back, not its budget.
   * @param tell  says what came of it, see toast.js
   */
  async loadHints(file, tell = say) {
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
      const before = this.budget.budget;
      if (budget !== null) this.budget.set(budget);
      this.hints.replace(hints);
      const now = this.budget.budget;
      const turned = now === before ? '' : `; the budget is ${Math.round(100 * now)}% now`;
      tell(`${counted(hints.length, 'hint')} loaded${note}${turned}`);
    } catch (error) {
      tell(`${quoted(file.name)} was not loaded: ${error.message}`, 'error');
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

  /** Whether a photo is seen and no other one is on its way; says so if not. */
  #havePhoto(otherwise) {
    const { photo, opening } = this.session;
    const there = photo && !opening && this.screen.working;
    if (!there) say(opening ? 'The photo is still on its way' : otherwise);
    return there;
  }
}
