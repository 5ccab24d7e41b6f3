// On a phone the panel is a sheet at the bottom, with tabs; on a wide screen all parts are seen.

import { byId } from './dom.js';

export function startSheet() {
  const panel = byId('panel');
  const tabs = [...panel.querySelectorAll('[role=tab]')];
  const show = (name, open = true) => {
    panel.dataset.tab = name;
    panel.dataset.open = String(open);
    for (const tab of tabs) {
      tab.setAttribute('aria-selected', String(tab.dataset.tab === name));
      tab.tabIndex = tab.dataset.tab === name ? 0 : -1;
    }
    byId('sheet-toggle').setAttribute('aria-expanded', String(open));
  };
  for (const [i, tab] of tabs.entries()) {
    tab.addEventListener('click', () => show(tab.dataset.tab));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = tabs[(i + step + tabs.length) % tabs.length];
      show(next.dataset.tab);
      next.focus();
    });
  }
  byId('sheet-toggle').addEventListener('click', () => {
    show(panel.dataset.tab, panel.dataset.open !== 'true');
  });
  show('color');
  /** Shows a part if the sheet is open: one that a person has closed stays closed. */
  const turn = (name) => panel.dataset.open === 'true' && show(name);
  return { show, turn };
}
