// A picture beside the photo to take colours from: the file's own colours, or any other picture.

import { byId } from './dom.js';

export class Reference {
  #image = byId('reference-image');
  #url = null;

  constructor(say) {
    this.#image.addEventListener('error', () => {
      if (!this.#url) return;
      this.clear();
      say('This picture cannot be shown here', 'error');
    });
    byId('reference-clear').addEventListener('click', () => this.clear());
  }

  show(file, name) {
    this.clear();
    this.#url = URL.createObjectURL(file);
    this.#image.src = this.#url;
    byId('reference').dataset.filled = 'true';
    byId('reference-name').textContent = name;
  }

  clear() {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
    this.#image.removeAttribute('src');
    byId('reference').dataset.filled = 'false';
  }
}
