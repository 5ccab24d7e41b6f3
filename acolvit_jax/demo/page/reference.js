// A picture beside the photo to take colors from: the file's own colors, or any other picture.

import { byId, clamp } from './dom.js';
import { isGrey } from './grey.js';
import { Loupe } from './loupe.js';

const STEP = 0.02; // of the picture, for an arrow key
const STEP_LARGE = 0.1;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Reference {
  #image = byId('reference-image');
  #spot = [0.5, 0.5]; // in fractions, what the Enter key takes
  #url = null; // of what is shown
  #chosen = false; // by a person: it stays when another photo is looked at
  #coming = null; // {chosen}: the newest picture, until it has loaded
  #loupe;

  constructor(say) {
    this.say = say;
    const button = byId('reference-pick');
    this.#loupe = new Loupe(this.#image, button);
    button.addEventListener('keydown', (event) => this.#key(event));
    button.addEventListener('focus', () => this.#moveSpot(this.#spot));
    byId('reference-clear').addEventListener('click', () => {
      this.clear();
      this.focus();
    });
  }

  /** Shows a picture that a person chose, in place of another one as soon as it has loaded. */
  show(file, name) {
    this.#load(file, name, true);
  }

  /** Shows the own colors of the photo that is looked at, if a browser reads it and nobody chose others. */
  ofPhoto(source) {
    if (this.#chosen || this.#coming?.chosen) return;
    this.clear();
    if (source instanceof Blob) this.#load(source, 'This photo’s own colors', false);
  }

  #load(file, name, chosen) {
    const coming = this.#coming = { chosen };
    const picture = new Image();
    const ended = (fits) => {
      const newest = coming === this.#coming;
      if (newest) this.#coming = null;
      if (newest && fits()) this.#put(picture.src, name, chosen);
      else URL.revokeObjectURL(picture.src);
    };
    picture.onload = () => ended(() => chosen || !isGrey(picture)); // grey is no palette
    picture.onerror = () => ended(() => {
      if (chosen) this.say('This picture cannot be shown here', 'error');
      return false;
    });
    picture.src = URL.createObjectURL(file);
  }

  #put(url, name, chosen) {
    this.clear();
    this.#url = url;
    this.#chosen = chosen;
    this.#image.src = url;
    this.#spot = [0.5, 0.5];
    byId('reference').dataset.filled = 'true';
    byId('reference-name').textContent = byId('reference-name').title = name;
  }

  clear() {
    this.#coming = null;
    this.#chosen = false;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
    this.#image.removeAttribute('src');
    this.#loupe?.hide();
    byId('reference').dataset.filled = 'false';
  }

  focus() {
    byId(this.#url ? 'reference-pick' : 'reference-add').focus();
  }

  #key(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const step = event.shiftKey ? STEP_LARGE : STEP;
    this.#moveSpot(this.#spot.map((value, i) => clamp(value + arrow[i] * step, 0, 1)));
  }

  /** Puts the spot on the picture, which its box may be wider or higher than. */
  #moveSpot(place) {
    this.#spot = place;
    const { naturalWidth, naturalHeight, clientWidth, clientHeight } = this.#image;
    const scale = Math.min(clientWidth / naturalWidth, clientHeight / naturalHeight) || 0;
    const put = (value, box, length) => `${box / 2 + (value - 0.5) * (scale * length - 2)}px`;
    const { style } = byId('reference-spot');
    style.left = put(place[0], clientWidth, naturalWidth);
    style.top = put(place[1], clientHeight, naturalHeight);
    if (!byId('reference-pick').matches(':focus-visible')) return;
    const { left, top, width, height } = byId('reference-spot').getBoundingClientRect();
    this.#loupe.show(left + width / 2, top + height / 2);
  }
}
