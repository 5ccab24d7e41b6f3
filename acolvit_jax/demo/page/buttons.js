// The buttons of the page, and the sizes of a hint.

import { byId, make, release } from './dom.js';

/** @param app what main.js put together. */
export function connectButtons(app) {
  const { viewport, hints, stage } = app;
  const on = (id, action) => byId(id).addEventListener('click', action);
  const middle = () => [viewport.width / 2, viewport.height / 2];
  on('undo', () => app.photos.undo());
  on('redo', () => app.photos.redo());
  on('clear', (event) => app.clear(event.timeStamp));
  on('zoom-in', () => viewport.zoomAt(...middle(), 1.25));
  on('zoom-out', () => viewport.zoomAt(...middle(), 0.8));
  on('zoom', () => viewport.actualSize());
  on('fit', () => viewport.fit());
  on('home', () => app.screen.start());
  on('start-back', () => app.screen.work());
  on('marks-toggle', () => {
    release(byId('marks'));
    const hidden = byId('marks').toggleAttribute('data-hidden');
    byId('marks-toggle').setAttribute('aria-pressed', String(hidden));
  });
  on('help-open', () => byId('help').showModal());
  for (const button of document.querySelectorAll('[data-view-button]')) {
    button.addEventListener('click', () => stage.setView(button.dataset.viewButton));
  }
  for (const button of document.querySelectorAll('[data-save]')) {
    button.addEventListener('click', () => {
      byId('save-menu').hidePopover();
      app.saving.save(button.dataset.save);
    });
  }
  byId('sizes').append(...app.info.hint_sizes.map((size) => sizeChoice(size, hints)));
  stage.setView('result');
}

function sizeChoice(size, hints) {
  const input = make('input', {
    type: 'radio', name: 'size', value: size, checked: size === hints.size,
    aria: { label: `Hint size ${size}` },
  });
  input.addEventListener('change', () => hints.setSize(size));
  const dot = make('span', { className: 'size-dot' });
  dot.style.setProperty('--size', size);
  return make('label', { title: `Hint of ${size} x ${size} model pixels (S)` }, input, dot);
}
