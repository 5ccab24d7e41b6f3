// The budget dial, the last answer's cost, and the map of computed and skipped layers.

import { byId, clamp, make } from './dom.js';

const KINDS = ['Attention', 'FFN'];
const SLACK = 1e-6; // of percents, which floats miss

/** Fires `budget` with {stamp} when the person turns the dial. */
export class BudgetPanel extends EventTarget {
  budget = null; // null for a model of fixed budget
  mayChange = () => true; // set by main.js
  #dial = byId('dial');
  #cells = []; // in the order of `decisions`

  /** @param engine see engine.js */
  constructor(model, { place, note }) {
    super();
    Object.assign(this, { model, place });
    byId('engine-note').hidden = !note;
    byId('engine-note').textContent = note;
    this.#makeMap(model.depth);
    byId('dial-block').hidden = !model.any_budget;
    if (!model.any_budget) return;
    const dial = this.#dial;
    dial.min = Math.ceil(model.budget_min * 100 - SLACK);
    dial.max = Math.floor(model.budget_max * 100 + SLACK);
    dial.value = Math.round(model.budget_default * 100);
    dial.addEventListener('input', (event) => this.#turned(event.timeStamp));
    this.#turned(null);
  }

  /** Turns the dial by some percent. */
  turn(percent, stamp) {
    if (!this.model.any_budget) return;
    this.#dial.value = Number(this.#dial.value) + percent;
    this.#turned(stamp);
  }

  /** Sets the dial without telling anybody. */
  set(budget) {
    if (!this.model.any_budget) return;
    this.#dial.value = Math.round(budget * 100);
    this.#turned(null);
  }

  /** A budget, of another model maybe, as this one takes it; null where its budget is fixed. */
  allowed(budget) {
    const { any_budget: any, budget_min: low, budget_max: high } = this.model;
    return any ? clamp(budget, low, high) : null;
  }

  showAnswer(result, timing) {
    const { full_macs: full } = this.model;
    byId('macs').textContent = (result.macs / 1e9).toFixed(2);
    byId('macs-full').textContent = `of ${(full / 1e9).toFixed(2)} GMACs`;
    const decisions = [...result.decisions].map((digit) => digit === '1');
    const computed = decisions.filter(Boolean).length;
    byId('kept').textContent = `${Math.round(result.keep_ratio * 100)}%`;
    byId('kept-count').textContent = `${computed} of ${decisions.length} layers`;
    if (timing.total !== undefined) this.#server = timing.total;
    decisions.forEach((on, i) => {
      const cell = this.#cells[i];
      if (!cell) return;
      cell.dataset.on = String(on);
      cell.title = `Block ${(i >> 1) + 1}, ${KINDS[i & 1]}: ${on ? 'computed' : 'skipped'}`;
    });
    byId('map').setAttribute('aria-label', this.#describe(decisions));
  }

  #server = null;

  /** Milliseconds from the last action to the screen; null when nobody acted. */
  showTime(ms) {
    byId('time').textContent = Math.round(ms ?? this.#server ?? 0);
    byId('time-note').textContent = ms === null
      ? `ms ${this.place}`
      : `ms${this.#server === null ? '' : `, ${this.place} ${Math.round(this.#server)}`}`;
  }

  #describe(decisions) {
    const skipped = KINDS.map((kind, k) => {
      const blocks = decisions.flatMap((on, i) => (i % 2 === k && !on ? [(i >> 1) + 1] : []));
      return `${kind} skipped in ${blocks.length ? `blocks ${blocks.join(', ')}` : 'no block'}`;
    });
    return `Layers of this photo. ${skipped.join('. ')}.`;
  }

  #turned(stamp) {
    if (stamp !== null && !this.mayChange()) {
      this.set(this.budget);
      return;
    }
    const { value, min, max } = this.#dial;
    this.budget = Number(value) / 100;
    byId('budget').textContent = `${value}%`;
    this.#dial.style.setProperty('--fill', `${(100 * (value - min)) / (max - min)}%`);
    const name = value >= 95 ? 'full depth' : value <= 35 ? 'fast' : 'balanced';
    this.#dial.setAttribute('aria-valuetext', `${value}%, ${name}`);
    if (stamp !== null) this.dispatchEvent(new CustomEvent('budget', { detail: { stamp } }));
  }

  #makeMap(depth) {
    const map = byId('map');
    map.style.setProperty('--blocks', depth);
    const rows = KINDS.map((kind) => [make('span', { className: 'row-name', textContent: kind })]);
    for (let i = 0; i < 2 * depth; i++) {
      const cell = make('span', { className: 'cell' });
      this.#cells.push(cell);
      rows[i % 2].push(cell);
    }
    const numbers = Array.from({ length: depth }, (_, i) => make(
      'span', { className: 'number', textContent: i + 1 }));
    map.replaceChildren(...rows.flat(), make('span'), ...numbers);
  }
}
