// Small helpers for the page's elements.

/** The element with an id; a missing one is a programming error. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return element;
}

/** Makes an element: properties by name, `data` and `aria` as objects, then children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'aria') {
      for (const [key, text] of Object.entries(value)) element.setAttribute(`aria-${key}`, text);
    } else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Disables a control or not; the keyboard goes on from the photo when it was there. */
export function disable(control, disabled) {
  if (disabled && control === document.activeElement) byId('stage').focus({ preventScroll: true });
  control.disabled = disabled;
}

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Whether somebody types text here, so that letters are no shortcuts. */
export function isTextField(element) {
  return element instanceof HTMLTextAreaElement
    || (element instanceof HTMLInputElement && ['text', 'search', 'number'].includes(element.type));
}

export const prefersStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** What was kept from an earlier visit, or the default; storage may be forbidden. */
export function recall(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(`acolvit.${name}`)) ?? fallback;
  } catch {
    return fallback;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`acolvit.${name}`, JSON.stringify(value));
  } catch { /* a private window: the page works without */ }
}
