// The keyboard does all that the pointer does.

import { byId, clamp, isTextField } from './dom.js';

const FAR = 8; // cells, with Shift
const ZOOM = 1.25;
const PAN = 48; // CSS pixels, four times as far with Shift
const REPEATED = '+=-[]'; // keys that go on while they are held
const REMOVE = ['Delete', 'Backspace']; // a Mac's Delete is the latter
const MAC = /^(Mac|iP)/.test(navigator.platform);
const MARKS = { Comma: ',', Period: '.', BracketLeft: '[', BracketRight: ']' };
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** The key; that of a Latin keyboard in its place, where it has a letter of another script. */
function keyOf({ key, code }) {
  const other = /^\p{L}$/u.test(key) && !/\p{Script=Latin}/u.test(key);
  if (other) return MARKS[code] ?? code.replace(/^Key/, '').toLowerCase();
  return key.length === 1 ? key.toLowerCase() : key;
}

export class Keyboard {
  #stage = byId('stage');
  #from = null; // what had the focus before a key took it elsewhere

  /** @param app what main.js put together. */
  constructor(app) {
    this.app = app;
    this.plain = this.#plainKeys();
    document.addEventListener('keydown', (event) => this.#down(event));
    document.addEventListener('keyup', (event) => {
      if (event.code === 'Space') this.#space(false);
    });
    window.addEventListener('blur', () => this.#space(false));
  }

  #plainKeys() {
    const { app } = this;
    const { commands, hints, viewport, stage, budget, marks, spoken } = app;
    const middle = () => [viewport.width / 2, viewport.height / 2];
    const remove = (event) => commands.remove(hints.selected?.id, event.timeStamp);
    const view = (name) => {
      if (stage.setView(name)) spoken.view(name);
    };
    const turn = (percent, stamp) => {
      const before = budget.budget;
      budget.turn(percent, stamp);
      if (budget.budget !== before) spoken.say(`Budget ${byId('dial').getAttribute('aria-valuetext')}`);
    };
    return {
      1: () => view('grey'),
      2: () => view('result'),
      3: () => view('side'),
      4: () => view('compare'),
      '[': (event) => turn(-5, event.timeStamp),
      ']': (event) => turn(5, event.timeStamp),
      '+': () => viewport.zoomAt(...middle(), ZOOM),
      '=': () => viewport.zoomAt(...middle(), ZOOM),
      '-': () => viewport.zoomAt(...middle(), 1 / ZOOM),
      f: () => viewport.fit(),
      a: () => viewport.actualSize(),
      Delete: remove,
      Backspace: remove,
      n: () => commands.cycle(1),
      p: () => commands.cycle(-1),
      m: () => marks.focus(hints.selected?.id),
      s: () => app.nextSize(),
      c: () => {
        app.sheet.show('color');
        app.picker.focus();
      },
      i: () => byId('eyedropper').click(),
      r: () => {
        app.sheet.show('more');
        app.reference.focus();
      },
      h: () => {
        byId('marks-toggle').click();
        spoken.say(`Marks ${byId('marks').hasAttribute('data-hidden') ? 'hidden' : 'shown'}`);
      },
      l: (event) => app.color.giveLast(event.timeStamp),
      d: () => {
        app.sheet.show('speed');
        byId('dial').focus();
      },
      e: () => {
        stage.setView('compare');
        byId('divider').focus();
      },
      g: () => byId('home').click(),
      o: () => byId('file-photo').click(),
      ',': () => app.photos.step(-1),
      '.': () => app.photos.step(1),
      t: () => byId('theme').click(),
      '?': () => byId('help').showModal(),
    };
  }

  #down(event) {
    if (document.querySelector('dialog[open]') || event.defaultPrevented) return;
    const typed = event.getModifierState('AltGraph'); // many keyboards have [ and ] there
    if ((event.ctrlKey || event.metaKey) && !typed) {
      this.#withControl(event);
      return;
    }
    const text = isTextField(event.target);
    if (event.altKey && !typed && event.key in ARROWS && !(MAC && text)) { // there it moves the caret
      this.#altArrow(event);
      return;
    }
    if (text) {
      if (event.key === 'Escape') this.#escape();
      return;
    }
    const key = keyOf(event);
    if (key === 'Escape') this.#escape();
    else if (event.shiftKey && REMOVE.includes(key)) {
      if (this.app.screen.working) this.app.clear(event.timeStamp);
    } else if (!this.#onStage(event) && (!event.repeat || REPEATED.includes(key))) {
      if (!(key in this.plain) || (!this.app.screen.working && !'o?tg'.includes(key))) return;
      event.preventDefault();
      const before = document.activeElement;
      this.plain[key](event);
      if (document.activeElement !== before) this.#from = before;
    }
  }

  #withControl(event) {
    const { photos, saving, screen } = this.app;
    const key = keyOf(event);
    const action = {
      z: () => (event.shiftKey ? photos.redo() : photos.undo()),
      y: () => photos.redo(),
      o: () => byId('file-photo').click(),
      s: () => saving.save(event.shiftKey ? 'json' : 'png'),
    }[key] ?? (event.key in ARROWS && (() => this.#pan(event)));
    if (!action || isTextField(event.target)) return;
    event.preventDefault();
    const unseen = !screen.working && key !== 'o' && !(key === 'z' && !event.shiftKey && photos.canPutBack);
    if (!unseen && (!event.repeat || !'os'.includes(key))) action();
  }

  #pan(event) {
    const { viewport } = this.app;
    const [down, right] = ARROWS[event.key];
    const step = event.shiftKey ? PAN * 4 : PAN;
    if (viewport.photo) viewport.panBy(-right * step, -down * step);
  }

  #escape() {
    const { eyedropper, hints } = this.app;
    if (eyedropper.active) eyedropper.toggle(false);
    else if (!this.app.screen.working) {
      this.app.screen.work();
      this.#goBack();
    } else if (document.activeElement !== this.#stage) this.#goBack();
    else if (hints.selected) {
      hints.select(null);
      this.app.spoken.say('No hint is selected');
    }
  }

  /** Gives the focus back to where it came from; to the photo, where that is not there any more. */
  #goBack() {
    const from = this.#from;
    this.#from = null;
    if (from && from !== document.activeElement && from !== document.body
      && from.checkVisibility({ visibilityProperty: true }) && !from.disabled) {
      from.focus({ preventScroll: true });
    } else this.#stage.focus({ preventScroll: true });
  }

  /** Keys that mean something on the photo only; whether this was one. */
  #onStage(event) {
    const { target } = event;
    const mark = target.closest?.('.mark');
    const nowhere = target === document.body && this.app.screen.working;
    if (target !== this.#stage && !mark && !nowhere) return false;
    if (event.code === 'Space') {
      event.preventDefault();
      this.#space(true);
      return true;
    }
    const arrow = ARROWS[event.key];
    if (arrow) {
      event.preventDefault();
      if (mark) this.#moveHint(Number(mark.dataset.hint), arrow, event);
      else this.#moveCross(arrow, event.shiftKey);
      return true;
    }
    if (event.key === 'Enter' && !mark) {
      event.preventDefault();
      if (!event.repeat) this.#placeAtCross(event);
      return true;
    }
    return false;
  }

  /** Alt and arrows move the selected hint from wherever the focus is; never through history. */
  #altArrow(event) {
    if (!this.app.screen.working) return;
    event.preventDefault();
    const { selected } = this.app.hints;
    if (selected) this.#moveHint(selected.id, ARROWS[event.key], event);
  }

  #cell() {
    const { photo } = this.app.session;
    const { imageSize } = this.app.commands;
    return [Math.max(1, photo.height / imageSize), Math.max(1, photo.width / imageSize)];
  }

  #moveHint(id, [down, right], event) {
    const { hints, commands, viewport } = this.app;
    const hint = hints.find(id);
    if (!hint) return;
    const [height, width] = this.#cell();
    const far = event.shiftKey ? FAR : 1;
    const row = hint.row + down * Math.round(height * far); // the same way back
    const column = hint.column + right * Math.round(width * far);
    commands.move(id, row, column, event.timeStamp, 'soon');
    viewport.reveal(row, column);
    this.app.spoken.hint();
  }

  #moveCross([down, right], fast) {
    const { session, marks } = this.app;
    const { photo } = session;
    if (!photo) return;
    const [height, width] = this.#cell();
    const far = fast ? FAR : 1;
    const from = marks.cross ?? { row: photo.height / 2, column: photo.width / 2 };
    const row = clamp(from.row + down * height * far, 0, photo.height - 1);
    const column = clamp(from.column + right * width * far, 0, photo.width - 1);
    marks.moveCross(row, column);
    this.app.spoken.say(`row ${Math.round(row)}, column ${Math.round(column)}`);
  }

  #placeAtCross(event) {
    const { marks, commands, viewport, session } = this.app;
    const { photo } = session;
    if (!photo) return;
    if (!marks.cross) marks.moveCross(photo.height / 2, photo.width / 2);
    const { row, column } = marks.cross;
    if (!commands.picking) {
      commands.place(row, column, event.timeStamp, false);
      return;
    }
    const panes = viewport.panes();
    const { x, y } = viewport.toStage(row, column, panes.at(-1));
    commands.pickOnStage(x, y, event.timeStamp);
  }

  #space(held) {
    this.app.pointer.space = held;
    this.#stage.toggleAttribute('data-space', held);
  }
}
