// The sample photos on the start screen.

import { byId, make } from './dom.js';

export function showGallery(samples, open) {
  byId('gallery').replaceChildren(...samples.map((sample) => {
    const picture = make('img', {
      loading: 'lazy', decoding: 'async', src: sample.thumbnail, alt: '', draggable: false,
    });
    const button = make('button', {
      type: 'button', className: 'sample', data: { sample: sample.name },
      aria: { label: `Open ${sample.title}` },
    });
    button.append(picture, make('span', { textContent: sample.title }));
    button.addEventListener('click', () => open(sample));
    return make('li', {}, button);
  }));
}
