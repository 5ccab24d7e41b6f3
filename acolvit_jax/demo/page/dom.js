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

/** Something goes away: if the focus was in it, the keyboard goes on from what fills the page. */
export function release(element) {
  if (!element.contains(document.activeElement)) return;
  byId(document.body.dataset.screen === 'start' ? 'start' : 'stage').focus({ preventScroll: true });
}

/** Takes an element out of the page. */
export function takeOut(element) {
  release(element);
  element.remove();
}

/** Disables a control or not. */
export function disable(control, disabled) {
  if (disabled) release(control);
  control.disabled = disabled;
}

/** Hides an element or not. */
export function hide(element, hidden = true) {
  if (hidden) release(element);
  element.hidden = hidden;
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
