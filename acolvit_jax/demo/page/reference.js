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
  #url = null;
  #calm = false;
  #loupe;

  constructor(say) {
    this.#image.addEventListener('load', () => {
      if (this.#calm && isGrey(this.#image)) this.clear(); // grey is no palette
    });
    this.#image.addEventListener('error', () => {
      if (!this.#url) return;
      this.clear();
      if (!this.#calm) say('This picture cannot be shown here', 'error');
    });
    const button = byId('reference-pick');
    this.#loupe = new Loupe(this.#image, button);
    button.addEventListener('keydown', (event) => this.#key(event));
    button.addEventListener('focus', () => this.#moveSpot(this.#spot));
    byId('reference-clear').addEventListener('click', () => {
      this.clear();
      this.focus();
    });
  }

  /** `calm`: nobody asked for it, so nobody is told if the browser cannot read it (a TIFF). */
  show(file, name, calm = false) {
    this.clear();
    this.#calm = calm;
    this.#url = URL.createObjectURL(file);
    this.#image.src = this.#url;
    this.#spot = [0.5, 0.5];
    byId('reference').dataset.filled = 'true';
    byId('reference-name').textContent = byId('reference-name').title = name;
  }

  clear() {
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
