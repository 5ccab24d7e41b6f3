// Files in (button, drop, paste) and out (save).

import { byId, make } from './dom.js';

/** The pictures of a list of files, or what may be some; the system does not know every kind. */
function picturesOf(list) {
  const files = [...list].filter((file) => !file.name.toLowerCase().endsWith('.json'));
  const known = files.filter((file) => file.type.startsWith('image/'));
  return known.length ? known : files;
}

/** Hands over a file that the page made. */
export function download(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param handlers {openPhotos(files), addReference(file), loadHints(file)} */
export function listenForFiles(handlers) {
  const inputs = {
    'file-photo': handlers.openPhotos,
    'file-reference': ([file]) => handlers.addReference(file),
    'file-hints': ([file]) => handlers.loadHints(file),
  };
  for (const [id, handle] of Object.entries(inputs)) {
    const input = byId(id);
    input.addEventListener('change', () => {
      if (input.files.length) handle([...input.files]);
      input.value = ''; // the same file may be chosen again
    });
  }
  for (const button of document.querySelectorAll('[data-opens]')) {
    button.addEventListener('click', () => byId(button.dataset.opens).click());
  }
  listenForDrops(handlers);
  document.addEventListener('paste', (event) => {
    const files = picturesOf(event.clipboardData?.files ?? []);
    if (!files.length) return;
    event.preventDefault();
    handlers.openPhotos(files);
  });
}

function listenForDrops({ openPhotos, addReference, loadHints }) {
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
    const pictures = picturesOf(files);
    // All of the panel: who misses the reference's small place means it all the same.
    if (!pictures.length) loadHints(files[0]);
    else if (event.target.closest?.('#panel')) addReference(pictures[0]);
    else openPhotos(pictures);
  });
}
