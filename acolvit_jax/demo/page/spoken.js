// What a screen reader is told: marks and buttons speak only to who has the focus on them.

import { byId } from './dom.js';
import { counted, quoted, sentence } from './toast.js';

const STEPS = { undo: 'Undone', redo: 'Redone', remove: 'Removed' };

export class Spoken {
  #place = byId('spoken');

  constructor(hints, marks) {
    Object.assign(this, { hints, marks });
    hints.addEventListener('select', () => {
      const mark = this.#mark;
      if (mark !== document.activeElement) this.hint(); // else its focus is told
    });
    for (const [type, done] of Object.entries(STEPS)) {
      hints.addEventListener(type, () => this.say(`${done}. ${this.#what}`));
    }
  }

  say(text) {
    this.#place.textContent = sentence(text);
  }

  /** Says which photo is looked at now. */
  photo(title) {
    this.say(`${quoted(title)}, ${counted(this.hints.hints.length, 'hint')}`);
  }

  view(name) {
    this.say(document.querySelector(`[data-view-button=${name}]`).textContent);
  }

  /** Says which hint is selected. */
  hint() {
    if (this.#mark) this.say(this.#what);
  }

  get #mark() { return this.marks.of(this.hints.selected?.id); }

  /** The selected hint, or how many there are. */
  get #what() {
    return this.#mark?.getAttribute('aria-label') ?? sentence(counted(this.hints.hints.length, 'hint'));
  }
}
