// One calm line at a time.

import { byId, make } from './dom.js';

const SHOWN = 6000;
let timer = 0;

/** Shows a line; `kind` is `error` or `note`. */
export function say(text, kind = 'note') {
  const place = byId('toast');
  const line = text.charAt(0).toUpperCase() + text.slice(1);
  place.replaceChildren(make('p', { data: { kind }, textContent: line }));
  clearTimeout(timer);
  timer = setTimeout(() => place.replaceChildren(), SHOWN);
}
