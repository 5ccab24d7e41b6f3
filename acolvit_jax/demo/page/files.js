// Files in (button, drop, paste) and out (save).

import { byId, make } from './dom.js';
import { named } from './toast.js';

const isHints = ({ name }) => name.toLowerCase().endsWith('.json');
const namesOf = (files) => files.map(({ name }) => name || 'Photo');

/**
 * Files as {photos, hints: a file or null, leftOut: texts that name what nobody takes}. All but JSON
 * may be a photo: the system does not know every kind.
 */
function sorted({ files, items = [] }) {
  const all = [...files];
  const entries = [...items].filter(({ kind }) => kind === 'file').map((item) => item.webkitGetAsEntry?.());
  const folders = all.filter((_, i) => entries[i]?.isDirectory);
  const real = all.filter((file) => !folders.includes(file));
  const hints = real.filter(isHints);
  const leftOut = [];
  if (folders.length) {
    const what = named(namesOf(folders), 'is a folder', 'are folders');
    leftOut.push(`${what}; take the photos themselves`);
  }
  if (hints.length > 1) {
    leftOut.push(`${named(namesOf(hints), 'was', 'were')} not loaded; load one file of hints at a time`);
  }
  const known = ({ type }) => Number(type.startsWith('image/')); // these first: one is opened at once
  const photos = real.filter((file) => !isHints(file)).sort((a, b) => known(b) - known(a));
  return { photos, hints: hints.length === 1 ? hints[0] : null, leftOut };
}

/** Hands over a file that the page made. */
export function download(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param handlers {open({photos, hints, leftOut}), addReference(file), loadHints(file)} */
export function listenForFiles(handlers) {
  const inputs = {
    'file-photo': (files) => handlers.open(sorted({ files })),
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
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    handlers.open(sorted(event.clipboardData));
  });
}

function listenForDrops({ open, addReference }) {
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
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    const found = sorted(event.dataTransfer);
    // All of the panel: who misses the reference's small place means it all the same.
    if (found.photos.length && event.target.closest?.('#panel')) {
      const [picture, ...others] = found.photos.splice(0);
      if (found.hints) others.push(found.hints);
      found.hints = null;
      addReference(picture);
      if (others.length) {
        found.leftOut.push(`${named(namesOf(others), 'was', 'were')} left out; one picture is the reference`);
      }
    }
    open(found);
  });
}
