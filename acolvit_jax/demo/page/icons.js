// The page's icons: 24 x 24, drawn with lines. `mountIcons` fills every [data-icon].

const PATHS = {
  open: 'M4 17v2a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-2 M12 15V4 M7.5 8.5 12 4l4.5 4.5',
  save: 'M4 17v2a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-2 M12 4v11 M7.5 10.5 12 15l4.5-4.5',
  help: 'M9.2 9a2.9 2.9 0 1 1 4.2 2.6c-1 .5-1.4 1-1.4 2.2 M12 17.2v.1 M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  theme: 'M12 3a9 9 0 1 0 0 18V3z M12 3a9 9 0 0 1 0 18',
  undo: 'M9 7 4 12l5 5 M4 12h10a6 6 0 0 1 6 6v1',
  redo: 'm15 7 5 5-5 5 M20 12H10a6 6 0 0 0-6 6v1',
  clear: 'M5 7h14 M9 7V4.5h6V7 M6.5 7l1 12.5h9l1-12.5 M10 11v5 M14 11v5',
  minus: 'M6 12h12',
  plus: 'M6 12h12 M12 6v12',
  fit: 'M4 9V4h5 M20 9V4h-5 M4 15v5h5 M20 15v5h-5',
  eyedropper: 'm13.5 7.5 3 3 M11.5 9.5l5-5a2.1 2.1 0 0 1 3 3l-5 5 M10.5 8.5l5 5 M12.2 10.8 6 17l-1.5 3L7.5 18.5l6.2-6.2',
  close: 'M6 6l12 12 M18 6 6 18',
  grey: 'M4 5h16v14H4z M4 16l5-5 4 4 3-3 4 4',
  result: 'M12 3.5c3.4 4 5.5 6.9 5.5 9.600a5.5 5.5 0 0 1-11 0c0-2.7 2.1-5.6 5.5-9.600z M9.5 13.500a2.5 2.5 0 0 0 2.5 2.5',
  side: 'M4 5h7v14H4z M13 5h7v14h-7z',
  compare: 'M4 5h16v14H4z M12 3v18 M9.5 10.5 8 12l1.5 1.5 M14.5 10.5 16 12l-1.5 1.5',
  back: 'm10 6-6 6 6 6 M4 12h16',
  picture: 'M4 5h16v14H4z M4 16l5-5 4 4 3-3 4 4 M15.5 9.500v.1',
  eye: 'M2.500 12s3.500-6.500 9.500-6.500 9.500 6.500 9.500 6.500-3.500 6.500-9.500 6.500S2.500 12 2.500 12z M12 9.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600z',
  keep: 'M6 11h12v9H6z M8.500 11V8a3.500 3.500 0 0 1 7 0v3',
  up: 'm6 15 6-6 6 6',
};
const NAMESPACE = 'http://www.w3.org/2000/svg';

function icon(name) {
  const svg = document.createElementNS(NAMESPACE, 'svg');
  const path = document.createElementNS(NAMESPACE, 'path');
  const attributes = {
    viewBox: '0 0 24 24', width: 20, height: 20, 'aria-hidden': 'true', fill: 'none',
    stroke: 'currentColor', 'stroke-width': 1.7, 'stroke-linecap': 'round', 'stroke-linejoin': 'round',
  };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

export function mountIcons() {
  for (const place of document.querySelectorAll('[data-icon]')) place.prepend(icon(place.dataset.icon));
}
