// Files in (button, drop, paste) and out (save).

import { byId, make } from './dom.js';

/** The first picture of a list of files, or what may be one; the system does not know every kind. */
const pictureOf = (list) => [...list].find((file) => file.type.startsWith('image/'))
  ?? [...list].find((file) => !file.name.toLowerCase().endsWith('.json'));

/** Hands over a file that the page made. */
export function download(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param handlers {openPhoto(file), addReference(file), loadHints(file)} */
export function listenForFiles(handlers) {
  const inputs = {
    'file-photo': handlers.openPhoto,
    'file-reference': handlers.addReference,
    'file-hints': handlers.loadHints,
  };
  for (const [id, handle] of Object.entries(inputs)) {
    const input = byId(id);
    input.addEventListener('change', () => {
      const [file] = input.files;
      if (file) handle(file);
      input.value = ''; // the same file may be chosen again
    });
  }
  for (const button of document.querySelectorAll('[data-opens]')) {
    button.addEventListener('click', () => byId(button.dataset.opens).click());
  }
  listenForDrops(handlers);
  document.addEventListener('paste', (event) => {
    const file = pictureOf(event.clipboardData?.files ?? []);
    if (!file) return;
    event.preventDefault();
    handlers.openPhoto(file);
  });
}

function listenForDrops({ openPhoto, addReference, loadHints }) {
  const show = (dropping) => document.body.toggleAttribute('data-dropping', dropping);
  document.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    show(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) show(false); // not for another element, but out of the window
  });
  document.addEventListener('drop', (event) => {
    show(false);
    const { files } = event.dataTransfer;
    if (!files.length) return;
    event.preventDefault();
    const picture = pictureOf(files);
    if (!picture) loadHints(files[0]);
    else if (event.target.closest?.('#reference')) addReference(picture);
    else openPhoto(picture);
  });
}
