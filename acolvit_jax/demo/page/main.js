// Puts the page together.

import { BudgetPanel } from './budget_panel.js';
import { connectButtons } from './buttons.js';
import { ColourPanel } from './colour_panel.js';
import { Commands } from './commands.js';
import { byId, disable } from './dom.js';
import { HintDocument } from './document.js';
import { loadEngine } from './engine.js';
import { Eyedropper } from './eyedropper.js';
import { download, listenForFiles } from './files.js';
import { showGallery } from './gallery.js';
import { parseHints, toJson } from './hint_text.js';
import { mountIcons } from './icons.js';
import { Keyboard } from './keyboard.js';
import { Latency } from './latency.js';
import { Marks } from './marks.js';
import { Picker } from './picker.js';
import { Pointer } from './pointer.js';
import { Reference } from './reference.js';
import { Session } from './session.js';
import { startSheet } from './sheet.js';
import { Stage } from './stage.js';
import { publish } from './state.js';
import { startTheme } from './theme.js';
import { say } from './toast.js';
import { Viewport } from './viewport.js';

const complain = (error) => say(error.message, 'error');

class App {
  /** @param engine see engine.js; `info` is what it says of itself. */
  constructor(engine, info) {
    this.engine = engine;
    this.info = info;
    const renderer = new URLSearchParams(location.search).get('renderer');
    this.latency = new Latency();
    this.session = new Session(engine, this.latency);
    this.hints = new HintDocument();
    this.viewport = new Viewport();
    this.stage = new Stage(this.viewport, renderer);
    this.commands = new Commands({
      ...this, imageSize: info.model.image_size, limit: info.limits.hints, say,
    });
    this.marks = new Marks(
      this.viewport, this.hints, this.commands.lightnessOf, (id) => this.hints.select(id));
    this.eyedropper = new Eyedropper();
    this.commands.eyedropper = this.eyedropper;
    this.picker = new Picker();
    this.colour = new ColourPanel(this.hints, this.commands, this.picker, this.eyedropper, say);
    this.budget = new BudgetPanel(info.model);
    this.reference = new Reference(say);
    this.pointer = new Pointer(this.viewport, this.hints, this.commands);
    this.keyboard = new Keyboard(this);
    this.sheet = startSheet();
    this.hints.reset(info.hint_size_default);
    this.#listenToSession();
    this.#listenToWork();
    connectButtons(this);
    startTheme(byId('theme'), () => this.stage.readTheme());
    listenForFiles({
      openPhoto: (file) => this.openFile(file),
      addReference: (file) => this.reference.show(file, file.name),
      loadHints: (file) => this.loadHints(file),
    });
    this.colour.show();
  }

  openFile(file) {
    if (!file) return;
    if (file.size > this.info.limits.upload_bytes) {
      const most = Math.round(this.info.limits.upload_bytes / 1e6);
      say(`${file.name || 'This file'} is larger than the ${most} MB allowed`, 'error');
      return;
    }
    this.session.open(file, file.name || 'Photo');
  }

  openSample({ name, title }) {
    this.session.open({ sample: name }, title);
  }

  async loadHints(file) {
    if (!this.#havePhoto('Open a photo first, then its hints')) return;
    try {
      const hints = parseHints(await file.text(), this.session.photo);
      if (hints.length > this.info.limits.hints) throw new Error(`${file.name} holds too many hints`);
      this.hints.replace(hints);
      say(`${hints.length} hints loaded`);
    } catch (error) {
      complain(error);
    }
  }

  /** Saves `png`, `jpeg`, or `json` (the hints). */
  save = async (format) => {
    if (!this.#havePhoto('Open a photo first')) return;
    const { photo } = this.session;
    if (format === 'json') {
      const text = `${JSON.stringify(toJson(this.hints.hints), null, 1)}\n`;
      download(new Blob([text], { type: 'application/json' }), `${photo.name}_hints.json`);
      return;
    }
    if (this.#saving) {
      say('A file is still on its way');
      return;
    }
    document.body.toggleAttribute('data-saving', true);
    this.#progress(1);
    try {
      const { blob, name } = await this.session.save(format);
      download(blob, name);
      say(`Saved ${name}, ${photo.width} x ${photo.height}`);
    } catch (error) {
      complain(error);
    } finally {
      document.body.toggleAttribute('data-saving', false);
      if (!this.session.opening) this.#progress(null);
    }
  };

  get #saving() { return document.body.hasAttribute('data-saving'); }

  /** Whether there is a photo and no other one on its way; says so if not. */
  #havePhoto(otherwise) {
    const { photo, opening } = this.session;
    if (!photo || opening) say(opening ? 'The photo is still on its way' : otherwise);
    return photo && !opening;
  }

  clear(stamp) {
    if (this.hints.hints.length) this.latency.begin(stamp, 'clear');
    this.hints.clear();
  }

  nextSize() {
    const sizes = this.info.hint_sizes;
    this.hints.setSize(sizes[(sizes.indexOf(this.hints.size) + 1) % sizes.length]);
  }

  showStart() {
    document.body.dataset.screen = 'start';
    byId('start-back').hidden = !this.session.photo;
    this.eyedropper.toggle(false); // the samples are there to be opened
    byId('start').focus({ preventScroll: true });
  }

  showWork() {
    if (!this.session.photo) return;
    document.body.dataset.screen = 'work';
    byId('stage').focus({ preventScroll: true });
  }

  ask() {
    this.session.ask(toJson(this.hints.hints), this.hints.size, this.budget.budget);
    this.#busy(true);
  }

  #busy(busy) {
    byId('stage').setAttribute('aria-busy', String(busy));
  }

  #listenToSession() {
    const { session, stage, viewport } = this;
    const on = (type, handler) => session.addEventListener(type, ({ detail }) => handler(detail));
    on('progress', ({ fraction }) => this.#progress(fraction));
    on('preview', ({ picture, width, height, title }) => {
      byId('stage').dataset.state = 'uploading';
      this.#display(picture, { width, height }, title);
    });
    on('photo', () => {
      this.#displayPhoto();
      this.hints.reset();
      const uploaded = session.source instanceof Blob;
      if (uploaded) this.reference.show(session.source, 'This photo’s own colours', true);
      else this.reference.clear();
    });
    on('grey', () => stage.setPhoto(session.grey.picture));
    on('again', () => say('The server had put this photo away. It is loaded again.'));
    on('answer', ({ field, result, timing, actions, first }) => {
      if (byId('stage').dataset.state !== 'ready') return; // another photo is seen by now
      stage.setField(field, first);
      this.latency.shown(actions, timing).then((ms) => this.budget.showTime(ms));
      this.budget.showAnswer(result, timing);
      this.#busy(session.queue.busy);
    });
    on('trouble', ({ error, opening }) => {
      this.#busy(session.queue.busy);
      complain(error);
      // A preview of a photo that was refused gives way to the photo before it.
      if (!opening || byId('stage').dataset.state !== 'uploading') return;
      if (session.photo) {
        this.#displayPhoto();
        stage.setField(session.field);
        this.ask(); // an undo meanwhile has changed the hints, maybe
      } else {
        byId('stage').dataset.state = 'empty';
        this.showStart();
      }
    });
    window.addEventListener('beforeunload', (event) => {
      if (this.hints.hints.length) event.preventDefault(); // the browser asks
    });
    window.addEventListener('pagehide', () => session.photo && this.engine.close(session.photo));
    viewport.addEventListener('change', () => {
      this.marks.place();
      byId('zoom').textContent = `${Math.round(viewport.percent)}%`;
      const shown = session.grey?.picture.width;
      if (shown && viewport.percent > (130 * shown) / viewport.photo.width) session.refine();
    });
  }

  #displayPhoto() {
    const { grey, photo, title } = this.session;
    byId('stage').dataset.state = 'ready';
    this.#display(grey.picture, photo, title);
  }

  /** Shows another photo, grey. */
  #display(picture, size, title) {
    this.stage.setField(null);
    this.stage.setPhoto(picture);
    this.marks.cross = null;
    this.marks.hideCross();
    document.body.dataset.screen = 'work';
    this.stage.measure();
    this.viewport.setPhoto({ width: size.width, height: size.height });
    byId('stage').focus({ preventScroll: true });
    byId('photo-name').textContent = title;
    byId('photo-size').textContent = `${size.width} × ${size.height}`;
    document.title = `${title} – A-ColViT`;
  }

  #progress(fraction) {
    const bar = byId('progress');
    bar.hidden = fraction === null && !this.#saving;
    if (fraction === null || fraction >= 1) bar.removeAttribute('value');
    else bar.value = fraction;
  }

  #listenToWork() {
    const { hints, marks, colour, commands } = this;
    hints.addEventListener('change', () => {
      if (byId('stage').dataset.state === 'ready') this.ask(); // first: it runs while the rest is drawn
      marks.place();
      colour.show(true);
      byId('tip').hidden = hints.hints.length > 0;
    });
    hints.addEventListener('select', () => {
      marks.showSelection();
      colour.show();
    });
    hints.addEventListener('history', () => {
      disable(byId('undo'), !hints.canUndo);
      disable(byId('redo'), !hints.canRedo);
      disable(byId('clear'), !hints.hints.length);
      for (const radio of document.getElementsByName('size')) {
        radio.checked = Number(radio.value) === hints.size;
      }
    });
    hints.addEventListener('rest', () => colour.show());
    commands.onRest = () => colour.show();
    commands.onMissing = () => this.ask();
    commands.onPointer = () => marks.hideCross();
    commands.onPlace = () => this.sheet.show('colour');
    this.budget.addEventListener('budget', ({ detail }) => {
      this.latency.begin(detail.stamp, 'dial');
      this.ask();
    });
    this.stage.addEventListener('view', () => {
      for (const button of document.querySelectorAll('[data-view-button]')) {
        button.setAttribute('aria-pressed', String(button.dataset.viewButton === this.stage.view));
      }
    });
  }
}

async function start() {
  mountIcons();
  try {
    const engine = await loadEngine();
    const [info, samples] = await Promise.all([engine.info(), engine.samples()]);
    const app = new App(engine, info);
    showGallery(samples, (sample) => app.openSample(sample));
    publish(app);
  } catch (error) {
    complain(error);
    throw error;
  }
}

start();
