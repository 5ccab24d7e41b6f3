// Dark or light: the system's wish, until the person says otherwise.

import { recall, remember } from './dom.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

export function startTheme(button, onChange) {
  let chosen = recall('theme', null);
  const apply = () => {
    const theme = chosen ?? (dark.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = theme;
    button.setAttribute('aria-label', theme === 'dark' ? 'Light theme' : 'Dark theme');
    button.title = `${theme === 'dark' ? 'Light' : 'Dark'} theme (T)`;
    onChange();
  };
  button.addEventListener('click', () => {
    chosen = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    remember('theme', chosen);
    apply();
  });
  dark.addEventListener('change', apply);
  apply();
}
