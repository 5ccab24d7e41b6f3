// What was left on the desk: a refresh goes on with it, a new tab offers it.

import { byId, hide, make } from './dom.js';
import { counted, say } from './toast.js';

const TAKEN = 'Another tab has taken this work up, or forgotten it';

/**
 * Lays this tab's own work on the desk and goes on with it, unless a photo was chosen meanwhile; offers
 * another's.
 * @param found what keeper.js found.
 */
export function offer({ photos, keeper, session }, found) {
  const { items, current, own } = found;
  if (!items.length) return;
  const goOn = async () => {
    hide(byId('continue'));
    const photo = await keeper.take(found);
    if (!photo) say(TAKEN);
    else if (!own || !(session.item || session.opening)) photos.show(photo);
  };
  if (own) {
    goOn();
    return;
  }
  const hints = items.reduce((sum, { work }) => sum + (work?.history.present.hints.length ?? 0), 0);
  const what = items.length === 1
    ? make('bdi', { textContent: current.title }) : counted(items.length, 'photo');
  byId('continue-what').replaceChildren(what, `, ${counted(hints, 'hint')}`);
  const picture = byId('continue-picture');
  picture.hidden = !current.thumbnail;
  if (current.thumbnail) picture.src = URL.createObjectURL(current.thumbnail);
  byId('continue').hidden = false;
  byId('continue-go').addEventListener('click', goOn, { once: true });
  byId('continue-forget').addEventListener('click', async () => {
    hide(byId('continue'));
    if (!await keeper.forget(found)) say(TAKEN);
  }, { once: true });
}
