// The page without an engine: lastingly it says why, and loads itself again when asked.

import { byId } from './dom.js';
import { why } from './patience.js';
import { sentence } from './toast.js';

export function showNoStart(error) {
  byId('no-start-what').textContent = sentence(why(error));
  byId('no-start-retry').addEventListener('click', () => location.reload());
  byId('no-start').hidden = false;
  document.body.toggleAttribute('data-no-start', true);
  byId('no-start-retry').focus();
}
