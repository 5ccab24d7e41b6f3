// The strip of thumbnails: the photos on the desk, to look at and to put away.

import { byId, make, takeOut } from './dom.js';
import { PlainCompositor } from './compositor_2d.js';

const SIDE = 128; // pixels of a thumbnail
const REST = 700; // ms after the last answer

/** A small picture of a photo in its colors. */
function thumbnail({ grey, field }) {
  const { width, height } = grey.picture;
  const scale = SIDE / Math.max(width, height);
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const canvas = new OffscreenCanvas(size.width, size.height);
  const compositor = new PlainCompositor(canvas);
  compositor.setPhoto(grey.picture);
  compositor.setAb(field.values, field.side);
  const photo = { left: 0, top: 0, ...size };
  compositor.draw([{ x: 0, y: 0, ...size, color: true, photo }], [0, 0, 0]);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
}

export class Strip {
  #list = byId('strip-list');
  #timer = 0; // of the thumbnail to come, 0 for none
  #entries = new Map(); // by item

  constructor({ desk, session, stage, photos }) {
    Object.assign(this, { desk, session, stage, photos });
    desk.addEventListener('change', () => this.#show());
    desk.addEventListener('thumbnail', ({ detail }) => this.#picture(detail));
    this.#list.addEventListener('keydown', (event) => this.#key(event));
  }

  /** The current photo has other colors: its thumbnail follows when nothing moves. */
  refresh() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), REST);
  }

  /** Makes the thumbnail that is to come now: the photo is about to be left. */
  async flush() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    const { item, grey } = this.session;
    const { field } = this.stage;
    if (item && field) this.desk.setThumbnail(item, await thumbnail({ grey, field }));
  }

  #show() {
    const { items, current } = this.desk;
    for (const [item, entry] of this.#entries) {
      if (items.includes(item)) continue;
      takeOut(entry);
      this.#entries.delete(item);
    }
    for (const [i, item] of items.entries()) {
      const entry = this.#entries.get(item) ?? this.#create(item);
      const button = entry.querySelector('.strip-photo');
      button.setAttribute('aria-current', String(item === current));
      button.toggleAttribute('data-trouble', Boolean(item.trouble));
      button.title = button.ariaLabel = item.trouble ?? item.title;
      const there = this.#list.children[i] ?? null;
      if (there !== entry) this.#list.insertBefore(entry, there); // one that moves loses the focus
    }
    this.#entries.get(current)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  #create(item) {
    const button = make('button', {
      type: 'button', className: 'strip-photo', data: { item: item.id },
    }, make('img', { alt: '', draggable: false, hidden: true }), make('span', { textContent: item.title }));
    button.addEventListener('click', () => {
      byId('stage').focus({ preventScroll: true });
      this.photos.show(item);
    });
    const away = make('button', {
      type: 'button', className: 'strip-away', textContent: '×', tabIndex: -1,
      title: 'Put this photo away (Delete)', aria: { label: `Put ${item.title} away` },
    });
    away.addEventListener('click', () => this.photos.remove(item));
    const entry = make('li', {}, button, away);
    this.#entries.set(item, entry);
    this.#picture(item);
    return entry;
  }

  #picture(item) {
    const picture = this.#entries.get(item)?.querySelector('img');
    if (!picture || !item.thumbnail) return;
    if (picture.src) URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(item.thumbnail);
    picture.hidden = false;
  }

  #key(event) {
    const item = this.desk.find(event.target.dataset.item);
    if (!item) return;
    const { items } = this.desk;
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (step) {
      this.#focus(items[(items.indexOf(item) + step + items.length) % items.length]);
    } else if (['Delete', 'Backspace'].includes(event.key) && !event.shiftKey) {
      if (!event.repeat) { // one that is held would put away all
        this.#focus(this.desk.beside(item));
        this.photos.remove(item);
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #focus(item) {
    this.#entries.get(item)?.querySelector('.strip-photo').focus();
  }
}
