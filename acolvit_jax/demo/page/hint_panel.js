// What the selected hint is beside its color: kind, size, reach; what was asked for and what was got.

import { byId } from './dom.js';
import { labToHex, parseHex, rgbToLab } from './color.js';

const SEEN = 2.3; // CIE76: a difference that people see

export class HintPanel {
  #reach = byId('reach');

  constructor({ info, hints, commands, session }) {
    Object.assign(this, { info, hints, commands, session });
    this.#reach.min = info.reach_min;
    this.#reach.max = info.reach_max;
    this.#reach.addEventListener('input', (event) => {
      commands.reach(Number(this.#reach.value), event.timeStamp);
    });
    byId('reach-own').addEventListener('click', (event) => commands.reach(null, event.timeStamp));
    byId('gray').addEventListener('click', (event) => commands.color(0, 0, event.timeStamp));
    byId('keep').addEventListener('click', (event) => commands.leaveAlone(event.timeStamp));
    for (const radio of document.getElementsByName('kind')) {
      radio.addEventListener('change', () => { commands.kind = radio.value; });
    }
  }

  show() {
    const { selected, size } = this.hints;
    for (const radio of document.getElementsByName('size')) {
      radio.checked = Number(radio.value) === (selected?.size ?? size);
    }
    byId('keep').setAttribute('aria-pressed', String(Boolean(selected?.keep)));
    const usual = (selected?.reach ?? null) === null; // the engine's own measure
    const reach = selected?.reach ?? this.info.reach_max;
    this.#reach.value = reach;
    const { min, max } = this.#reach;
    this.#reach.style.setProperty('--fill', `${(100 * (reach - min)) / (max - min)}%`);
    const whole = Number(reach) >= Number(max);
    const text = whole ? 'whole photo' : `${Math.round((100 * reach) / this.info.model.image_size)}%`;
    byId('reach-value').textContent = usual ? 'as usual' : text;
    this.#reach.setAttribute('aria-valuetext', usual ? 'as usual' : text);
    this.#showGot(selected);
  }

  /** Says what the photo shows where that is not what was asked for, and why. */
  #showGot(hint) {
    const place = byId('asked');
    place.hidden = true;
    const at = this.hints.hints.indexOf(hint);
    const { got: all = [], limits = [] } = this.session.result ?? {};
    const got = all[at];
    if (!hint || hint.keep || !got || !(hint.text || limits[at])) return;
    const l = this.commands.lightnessOf(hint);
    const asked = hint.text ?? labToHex(l, hint.a, hint.b);
    const [one, other] = [asked, got].map((hex) => rgbToLab(parseHex(hex)));
    const apart = Math.hypot(...one.map((value, i) => value - other[i]));
    if (apart < SEEN) return;
    place.hidden = false;
    for (const [id, hex] of [['asked-color', asked], ['got-color', got]]) {
      byId(id).textContent = hex;
      byId(id).style.setProperty('--color', hex);
    }
    const lightness = Math.abs(one[0] - other[0]);
    const color = Math.hypot(one[1] - other[1], one[2] - other[2]);
    if (limits[at] === 'replaced') byId('asked-why').textContent = 'A later hint has its place.';
    else byId('asked-why').textContent = color > lightness
      ? 'No such color at this lightness.'
      : `The photo is ${other[0] < one[0] ? 'darker' : 'lighter'} here.`;
  }
}
