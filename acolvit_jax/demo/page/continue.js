// What was left on the desk: a refresh goes on with it, a new tab offers it.

import { byId } from './dom.js';
import { counted } from './toast.js';

/** @param found what keeper.js found. */
export function offer({ desk, session, keeper }, found) {
  const { items, current, own } = found;
  if (!items.length) return;
  const goOn = async () => {
    byId('continue').hidden = true;
    await keeper.take(found);
    desk.lay(...items);
    session.open(current);
  };
  if (own) {
    goOn();
    return;
  }
  const hints = items.reduce((sum, { work }) => sum + (work?.history.present.hints.length ?? 0), 0);
  byId('continue-what').textContent = items.length === 1
    ? `${current.title}, ${counted(hints, 'hint')}`
    : `${counted(items.length, 'photo')}, ${counted(hints, 'hint')}`;
  const picture = byId('continue-picture');
  picture.hidden = !current.thumbnail;
  if (current.thumbnail) picture.src = URL.createObjectURL(current.thumbnail);
  byId('continue').hidden = false;
  byId('continue-go').addEventListener('click', goOn, { once: true });
  byId('continue-forget').addEventListener('click', () => {
    byId('continue').hidden = true;
    keeper.forget(found);
  }, { once: true });
}
