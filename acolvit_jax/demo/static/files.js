// Files in (button, drop, paste) and out (save).

import { byId, make } from './dom.js';

const pictureOf = (list) => [...list].find((file) => file.type.startsWith('image/'))
  ?? [...list].find((file) => !file.name?.endsWith('.json'));

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
  let depth = 0; // enter and leave come for every element
  const show = () => document.body.toggleAttribute('data-dropping', depth > 0);
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    show();
  });
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    show();
  });
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    depth = 0;
    show();
    if (!hasFiles(event)) return;
    event.preventDefault();
    const { files } = event.dataTransfer;
    const [first] = files;
    if (!first) return;
    if (first.name.endsWith('.json')) loadHints(first);
    else if (event.target.closest?.('#reference')) addReference(pictureOf(files));
    else openPhoto(pictureOf(files));
  });
}
