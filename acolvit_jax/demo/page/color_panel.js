// Everything that gives the selected hint its color: disc, hex, eyedropper, recent, suggested.

import { byId, disable, make, recall, remember } from './dom.js';
import { labToHex, parseHex, toHex } from './color.js';
import { likest } from './gamut.js';
import { hexOfName, parseColor } from './hint_text.js';
import { palette, suggest } from './suggestions.js';

const RECENT = 10;
const TOLD = 62; // L* at which suggestions are told apart
const SAME = 3; // distance in a,b below which two recent colors are one

export class ColorPanel {
  #panel = byId('color');
  #hex = byId('hex');
  #recent = recall('recent', []).filter((c) => Number.isFinite(c?.a) && Number.isFinite(c?.b));

  constructor({ hints, commands, picker, eyedropper, likely, say }) {
    Object.assign(this, { hints, commands, picker, eyedropper, likely, say });
    likely.addEventListener('found', () => this.show());
    picker.addEventListener('pick', ({ detail }) => {
      commands.color(detail.a, detail.b, detail.stamp, detail.mode);
      if (detail.mode === 'soon') this.#keep();
    });
    picker.addEventListener('done', () => {
      hints.settle();
      this.#keep();
      this.show();
    });
    this.#hex.addEventListener('change', (event) => this.#typed(event));
    this.#hex.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && this.#typed(event)) byId('stage').focus({ preventScroll: true });
      if (event.key === 'Escape') this.#showHex(); // what was typed is no wish any more
    });
    eyedropper.addEventListener('pick', ({ detail }) => {
      if (!hints.selected) say('Select a hint first, then pick a color');
      this.#give(detail.a, detail.b, detail.stamp, detail.text);
    });
    const button = byId('eyedropper');
    button.addEventListener('click', () => eyedropper.toggle());
    eyedropper.addEventListener('change', () => {
      button.setAttribute('aria-pressed', String(eyedropper.active));
      if (eyedropper.active) say('Click any picture to take its color. Escape ends it.');
    });
    byId('remove').addEventListener('click', (event) => {
      if (hints.selected) commands.remove(hints.selected.id, event.timeStamp);
    });
  }

  /** Shows the selected hint; while something is dragged (`live`) only what moves with it. */
  show(live = false) {
    const { selected } = this.hints;
    this.#panel.dataset.empty = String(!selected);
    for (const control of this.#panel.querySelectorAll('button, input')) {
      disable(control, !selected);
    }
    if (!selected) {
      this.picker.show(null);
      this.#showHex();
      byId('lightness').textContent = '';
      return;
    }
    const l = this.commands.lightnessOf(selected);
    const own = this.commands.ownColor(selected);
    this.#panel.style.setProperty('--color', labToHex(l, selected.a, selected.b));
    if (document.activeElement !== this.#hex || live) this.#showHex();
    byId('lightness').textContent = `L ${l.toFixed(0)}`;
    this.picker.show({ l, a: selected.a, b: selected.b }, own, live);
    if (live) return;
    this.#suggest(l, own, selected);
    this.#fill('recent', this.#recent, l, false);
    byId('recent-block').hidden = !this.#recent.length;
  }

  #suggest(l, own, hint) {
    const likely = this.likely.of(hint);
    const colors = suggest(l, own, likely, palette(this.commands.session.automatic));
    byId('suggestions').ariaLabel = likely?.length ? 'Likely here' : 'Colors of this photo';
    byId('suggestions').setAttribute('aria-busy', String(!likely));
    this.#fill('suggestions', colors, l, true);
  }

  #showHex() {
    const { selected } = this.hints;
    const l = selected && this.commands.lightnessOf(selected);
    this.#hex.value = selected ? labToHex(l, selected.a, selected.b) : '';
    this.#hex.setAttribute('aria-invalid', 'false');
  }

  #fill(id, colors, l, named) {
    const list = byId(id);
    const focused = [...list.children].indexOf(document.activeElement);
    const name = document.activeElement.ariaLabel;
    const key = JSON.stringify([colors, l]);
    if (list.dataset.shown === key) return; // as it is
    list.dataset.shown = key;
    list.replaceChildren(...colors.map((color) => {
      if (!color) return make('span', { className: 'chip', ariaHidden: 'true', textContent: '…' });
      const [a, b] = likest(l, color.a, color.b);
      const hex = labToHex(l, a, b);
      const label = named ? `${color.name}, ${hex}` : hex;
      const chip = make('button', {
        type: 'button', className: named ? 'chip' : 'swatch', title: label, aria: { label },
      });
      chip.style.setProperty('--color', hex);
      // Beside it the same hue in good light: dark colors look alike.
      if (named) chip.style.setProperty('--told', labToHex(TOLD, ...likest(TOLD, color.a, color.b)));
      chip.append(make('span', { className: 'dot' }), named ? color.name : '');
      chip.addEventListener('click', (event) => this.#give(color.a, color.b, event.timeStamp));
      return chip;
    }));
    if (focused < 0) return; // else the keyboard goes on from the same color
    const chips = [...list.children];
    (chips.find((chip) => chip.ariaLabel === name) ?? chips[focused] ?? byId('stage')).focus();
  }

  /** Gives the selected hint the color that was typed; whether it was one. */
  #typed(event) {
    const text = this.#hex.value;
    const ab = parseColor(text);
    this.#hex.setAttribute('aria-invalid', String(!ab));
    if (!ab) {
      this.say('A color looks like #c03020, teal, or lab:20,-35', 'error');
      return false;
    }
    const { selected } = this.hints;
    const l = selected && this.commands.lightnessOf(selected);
    const rgb = parseHex(text) ?? parseHex(hexOfName(text.trim()));
    // The text that is shown already is no wish for its rounded color.
    if (selected && !(rgb && toHex(rgb) === labToHex(l, selected.a, selected.b))) {
      this.#give(...ab, event.timeStamp, rgb && toHex(rgb));
    }
    this.#showHex();
    return true;
  }

  /** Gives the selected hint the color that was chosen last. */
  giveLast(stamp) {
    const [last] = this.#recent;
    if (last && this.hints.selected) this.#give(last.a, last.b, stamp);
  }

  /** Gives the selected hint what its place has that looks most like a color. */
  #give(a, b, stamp, text = null) {
    const { selected } = this.hints;
    if (!selected) return;
    this.commands.color(...likest(this.commands.lightnessOf(selected), a, b), stamp, '', text);
    this.#keep({ a, b });
    this.show();
  }

  /** Remembers a color as the most recent: as it was asked for, since other places may have it. */
  #keep({ a, b } = this.hints.selected ?? {}) {
    if (a === undefined) return;
    const others = this.#recent.filter((c) => Math.hypot(c.a - a, c.b - b) > SAME);
    this.#recent = [{ a, b }, ...others].slice(0, RECENT);
    remember('recent', this.#recent);
  }
}
