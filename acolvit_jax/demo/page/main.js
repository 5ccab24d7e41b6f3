// Puts the page together.

import { BudgetPanel } from './budget_panel.js';
import { connectButtons } from './buttons.js';
import { ColorPanel } from './color_panel.js';
import { Commands } from './commands.js';
import { offer } from './continue.js';
import { Desk } from './desk.js';
import { byId, disable } from './dom.js';
import { HintDocument } from './document.js';
import { loadEngine } from './engine.js';
import { Eyedropper } from './eyedropper.js';
import { listenForFiles } from './files.js';
import { AS_IT_IS, FinishPanel, finished } from './finish.js';
import { showGallery } from './gallery.js';
import { HintPanel } from './hint_panel.js';
import { toJson } from './hint_text.js';
import { mountIcons } from './icons.js';
import { Keeper } from './keeper.js';
import { Keyboard } from './keyboard.js';
import { Latency } from './latency.js';
import { Likely } from './likely.js';
import { Marks } from './marks.js';
import { why } from './patience.js';
import { Photos } from './photos.js';
import { Picker } from './picker.js';
import { Pointer } from './pointer.js';
import { Reference } from './reference.js';
import { Saving } from './saving.js';
import { Screen } from './screen.js';
import { Session } from './session.js';
import { startSheet } from './sheet.js';
import { Spoken } from './spoken.js';
import { Stage } from './stage.js';
import { publish } from './state.js';
import { Strip } from './strip.js';
import { startTheme } from './theme.js';
import { quoted, say, sentence } from './toast.js';
import { Viewport } from './viewport.js';

class App {
  /** @param engine see engine.js; `info` is what it says of itself. */
  constructor(engine, info) {
    this.engine = engine;
    this.info = info;
    const renderer = new URLSearchParams(location.search).get('renderer');
    this.latency = new Latency();
    this.session = new Session(engine, this.latency);
    this.hints = new HintDocument();
    this.desk = new Desk();
    this.viewport = new Viewport();
    this.stage = new Stage(this.viewport, renderer);
    this.commands = new Commands({
      ...this, imageSize: info.model.image_size, limit: info.limits.hints, say,
    });
    this.marks = new Marks(
      this.viewport, this.hints, this.commands.lightnessOf, (id) => this.hints.select(id));
    this.spoken = new Spoken(this.hints, this.marks);
    this.eyedropper = new Eyedropper();
    this.commands.eyedropper = this.eyedropper;
    this.picker = new Picker();
    this.budget = new BudgetPanel(info.model, engine);
    this.likely = new Likely(this);
    this.color = new ColorPanel({ ...this, say });
    this.hintPanel = new HintPanel(this);
    this.finish = new FinishPanel(info.finishing);
    this.reference = new Reference(say);
    this.keeper = new Keeper(this.desk, (item) => this.#workOf(item));
    this.screen = new Screen(this);
    this.saving = new Saving(this);
    this.photos = new Photos(this);
    this.strip = new Strip(this);
    this.pointer = new Pointer(this.viewport, this.hints, this.commands);
    this.keyboard = new Keyboard(this);
    this.sheet = startSheet();
    this.hints.load(null, info.hint_size_default);
    this.#listenToSession();
    this.#listenToWork();
    this.#listenToWindow();
    connectButtons(this);
    startTheme(byId('theme'), () => this.stage.readTheme());
    listenForFiles({
      open: (found) => this.photos.openFiles(found),
      addReference: (file) => this.reference.show(file, file.name),
      loadHints: (file) => this.saving.loadHints(file),
    });
    this.color.show();
  }

  clear(stamp) {
    if (this.hints.hints.length) this.latency.begin(stamp, 'clear');
    this.hints.clear();
  }

  nextSize() {
    const sizes = this.info.hint_sizes;
    const size = sizes[(sizes.indexOf(this.hints.size) + 1) % sizes.length];
    this.hints.setSize(size);
    if (this.hints.size === size) this.spoken.say(`Hint size ${size}`);
  }

  ask() {
    this.session.ask(this.wishesOf(this.#workOf(this.session.item)));
    this.screen.busy(true);
  }

  /** What the engine is asked for (engine.js), of the work on a photo; null is none yet. */
  wishesOf = (work) => {
    const { hints } = work?.history.present ?? { hints: [] };
    const budget = this.budget.allowed(work?.budget ?? this.budget.budget);
    return { hints: toJson(hints), ...(budget !== null && { budget }) };
  };

  /** What was done to a photo, to be kept and loaded again. */
  #workOf(item) {
    return item === this.session.item ? this.#workNow() : item.work;
  }

  #workNow() {
    return {
      history: this.hints.history,
      view: this.stage.view,
      budget: this.budget.budget,
      finish: this.finish.value,
    };
  }

  /** Goes on with the work on the photo that is looked at. */
  #load({ work }) {
    this.stage.setView(work?.view ?? 'result');
    if (work?.budget) this.budget.set(work.budget);
    this.finish.set(work?.finish ?? AS_IT_IS);
    this.hints.load(work?.history);
  }

  #listenToSession() {
    const { session, stage, screen } = this;
    const on = (type, handler) => session.addEventListener(type, ({ detail }) => handler(detail));
    on('progress', ({ fraction }) => screen.progress(fraction));
    const flush = () => {
      this.keeper.flush();
      this.strip.flush();
    };
    on('preview', (preview) => {
      flush();
      screen.preview(preview);
      this.photos.seen();
    });
    on('leaving', flush);
    on('photo', ({ item, before }) => {
      if (before && before !== item) this.#putDown(before);
      screen.photo();
      this.desk.show(item);
      this.#load(item);
      this.spoken.photo(item.title);
      const { notes } = item.photo;
      if (notes.length && !item.work) say(`${quoted(item.title)}: ${notes.join('; ')}`);
      this.reference.ofPhoto(item.source);
      this.photos.seen();
    });
    on('grey', () => stage.setPhoto(session.grey.picture));
    on('again', () => say('The photo had been put away. It is loaded again.'));
    on('away', ({ error, item }) => screen.waits(error, item));
    on('answer', ({ result, timing, actions, times, first }) => {
      if (screen.state !== 'ready') return; // another photo is seen by now
      this.#showField(first);
      this.hintPanel.show();
      this.latency.shown(actions, timing, times).then((ms) => this.budget.showTime(ms));
      this.budget.showAnswer(result, timing);
      this.strip.refresh();
      screen.busy(session.queue.busy);
    });
    on('trouble', ({ error, item }) => {
      screen.busy(session.queue.busy);
      if (!item) {
        const again = { label: 'Try again', run: () => this.ask() };
        say(`${quoted(session.title)}: ${error.message}`, 'error', again);
        return;
      }
      this.photos.refused(item, error);
    });
    this.photos.onBack = () => {
      this.#showField();
      this.ask(); // colors that came meanwhile were not shown
    };
  }

  /** Notes what was done to a photo that is not looked at any more. */
  #putDown(item) {
    if (this.desk.items.includes(item)) item.work = this.#workNow();
    else this.photos.close(item);
  }

  /** Whether the photo that is looked at may be changed: it is not seen while another one comes. */
  #mayChange() {
    if (!this.session.opening) return true;
    this.latency.take(); // nothing answers what was tried
    say('The photo is still on its way');
    this.hintPanel.show();
    this.color.show();
    return false;
  }

  #listenToWindow() {
    const { session, viewport, keeper } = this;
    window.addEventListener('beforeunload', (event) => {
      keeper.flush();
      const worked = (item) => this.#workOf(item)?.history.present.hints.length;
      if (keeper.loses && this.desk.items.some(worked)) event.preventDefault(); // the browser asks
    });
    window.addEventListener('pagehide', () => {
      for (const { photo } of this.desk.items) if (photo) this.engine.close(photo);
    });
    viewport.addEventListener('change', () => {
      this.marks.place();
      byId('zoom').textContent = `${Math.round(viewport.percent)}%`;
      const shown = session.grey?.picture.width;
      if (shown && viewport.percent > (130 * shown) / viewport.photo.width) session.refine();
    });
  }

  /** Shows the newest colors with their saturation and warmth. */
  #showField(first = false) {
    const { field } = this.session;
    this.shown = finished(field, this.finish.value, this.info.finishing.warmth_ab);
    this.stage.setField(this.shown, first);
  }

  #changed() {
    const { item } = this.session;
    if (item && this.screen.state === 'ready') this.keeper.changed(item);
  }

  #listenToWork() {
    const { hints, marks, color, commands, photos } = this;
    for (const part of [hints, this.budget, this.finish]) part.mayChange = () => this.#mayChange();
    this.stage.mayChange = () => this.screen.state === 'ready' || this.#mayChange(); // looking at it
    const history = () => {
      disable(byId('undo'), !photos.canUndo);
      disable(byId('redo'), !photos.canRedo);
      disable(byId('clear'), !hints.hints.length);
    };
    hints.addEventListener('change', () => {
      if (this.screen.state === 'ready') this.ask(); // first: it runs while the rest is drawn
      this.#changed();
      marks.place();
      color.show(true);
      byId('tip').hidden = hints.hints.length > 0;
    });
    hints.addEventListener('select', () => {
      this.hintPanel.show();
      marks.showSelection();
      color.show();
    });
    hints.addEventListener('history', () => {
      history();
      this.hintPanel.show();
    });
    this.desk.addEventListener('change', history);
    photos.onUndo = history;
    hints.addEventListener('rest', () => color.show());
    commands.onRest = () => color.show();
    commands.onMissing = () => this.ask();
    commands.onPointer = () => marks.hideCross();
    commands.onPlace = () => this.sheet.turn('color');
    this.budget.addEventListener('budget', ({ detail }) => {
      this.latency.begin(detail.stamp, 'dial');
      this.ask();
      this.#changed();
    });
    this.finish.addEventListener('finish', () => {
      this.#showField();
      this.strip.refresh();
      this.#changed();
    });
    this.stage.addEventListener('view', () => {
      for (const button of document.querySelectorAll('[data-view-button]')) {
        button.setAttribute('aria-pressed', String(button.dataset.viewButton === this.stage.view));
      }
      this.#changed();
    });
  }
}

async function start() {
  mountIcons();
  try {
    const engine = await loadEngine();
    const [info, samples] = await Promise.all([engine.info(), engine.samples()]);
    const app = new App(engine, info);
    showGallery(samples, (sample) => app.photos.openSample(sample));
    const found = await app.keeper.restore();
    publish(app);
    offer(app, found);
  } catch (error) {
    window.showNoStart(sentence(why(error)));
    throw error;
  }
}

start();
