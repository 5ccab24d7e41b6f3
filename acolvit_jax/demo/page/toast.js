// One calm line at a time: a whole sentence, maybe with a button that takes back what it tells.

import { byId, make, release } from './dom.js';

const SHOWN = 6000;
const SHOWN_BUTTON = 12_000;
const NAMED = 5; // of many names
let timer = 0;

/** Takes the line away after a time, not from under the focus. */
function fade(shown) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (byId('toast').contains(document.activeElement)) fade(SHOWN);
    else hush();
  }, shown);
}

/** A file's or a photo's name in a message: as it is, whatever letter it begins with. */
export const quoted = (name) => `“${name}”`;

/** A number of things. */
export const counted = (count, one) => `${count} ${one}${count === 1 ? '' : 's'}`;

/** Names in a message, some of many, with the verb for one or for several. */
export function named(names, one, several) {
  const listed = names.slice(0, NAMED).map(quoted);
  if (names.length > NAMED) listed.push(`${names.length - NAMED} more`);
  const last = listed.pop();
  return listed.length ? `${listed.join(', ')} and ${last} ${several}` : `${last} ${one}`;
}

/** A sentence of a message: a capital first, a full stop last. */
export const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;

/**
 * Shows a line, which is returned: it is connected while it is shown.
 * @param kind  `error` or `note`
 * @param action  {label, run}: a button beside it
 * @param shown   milliseconds
 */
export function say(text, kind = 'note', action = null, shown = action ? SHOWN_BUTTON : SHOWN) {
  const line = make('p', { data: { kind } }, make('span', { textContent: sentence(text) }));
  if (action) {
    const button = make('button', { type: 'button', textContent: action.label });
    button.addEventListener('click', () => {
      hush();
      action.run();
    });
    line.append(button);
  }
  release(byId('toast'));
  byId('toast').replaceChildren(line);
  fade(shown);
  return line;
}

/** Adds to the line that is shown; shows one, if none is. */
export function sayToo(text, kind, action) {
  const line = byId('toast').querySelector('span');
  if (!line) {
    say(text, kind, action);
    return;
  }
  line.textContent += ` ${sentence(text)}`;
  fade(SHOWN_BUTTON);
}

/** Takes the line away: it was about another photo. */
export function hush() {
  clearTimeout(timer);
  release(byId('toast'));
  byId('toast').replaceChildren();
}
