// Saturation and warmth of the whole result: live, on the colors that are there already.

import { AbField } from './ab_field.js';
import { byId } from './dom.js';

const UNIT = 127 / 110; // steps of int8 for a unit of a* and b*

export const AS_IT_IS = Object.freeze({ saturation: 1, warmth: 0 });

/** A field with saturation and warmth. @param warm  a* and b* that a warmth of 1 adds */
export function finished(field, { saturation, warmth }, warm) {
  if (!field || (saturation === 1 && warmth === 0)) return field;
  const add = warm.map((value) => value * warmth * UNIT);
  const values = field.values.map(
    (value, i) => Math.max(-127, Math.min(127, Math.round(saturation * value + add[i & 1]))));
  return new AbField(values, field.side);
}

/** Two sliders. Fires `finish` when a person moves one. */
export class FinishPanel extends EventTarget {
  value = AS_IT_IS;
  mayChange = () => true; // set by main.js

  /** @param ranges  Info's `finishing` */
  constructor(ranges) {
    super();
    for (const name of Object.keys(AS_IT_IS)) {
      const slider = byId(name);
      [slider.min, slider.max] = ranges[name];
      slider.value = AS_IT_IS[name];
      slider.addEventListener('input', () => this.#set({ ...this.value, [name]: Number(slider.value) }));
      slider.addEventListener('dblclick', () => this.#set({ ...this.value, [name]: AS_IT_IS[name] }));
    }
    this.set(AS_IT_IS);
  }

  /** Sets the sliders without telling anybody. */
  set(value) {
    this.value = value;
    for (const [name, number] of Object.entries(value)) {
      const slider = byId(name);
      slider.value = number;
      const text = name === 'saturation' ? `${Math.round(100 * number)}%` : signed(Math.round(100 * number));
      byId(`${name}-value`).textContent = text;
      slider.setAttribute('aria-valuetext', text);
      const { min, max } = slider;
      slider.style.setProperty('--fill', `${(100 * (number - min)) / (max - min)}%`);
    }
  }

  #set(value) {
    if (!this.mayChange()) {
      this.set(this.value);
      return;
    }
    this.set(value);
    this.dispatchEvent(new Event('finish'));
  }
}

const signed = (number) => (number > 0 ? `+${number}` : String(number));
