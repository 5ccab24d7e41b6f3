// Mouse, touch and pen on the stage: placing, moving and removing hints, zoom and pan.

import { byId } from './dom.js';

const REACH = { mouse: 12, pen: 14, touch: 24 }; // CSS pixels around a hint
const SLOP = { mouse: 4, pen: 5, touch: 7 }; // CSS pixels; movement below is still a tap
const LONG_PRESS = 550; // ms
const WHEEL = 0.0016; // of zoom for a pixel of the wheel
const LINE = 16; // pixels of a wheel's line
const NOTCH = 50; // pixels; a mouse's wheel steps farther, a trackpad begins with less
const SAME_SCROLL = 250; // ms between the events of one movement on a trackpad

export class Pointer {
  space = false; // held: panning
  #stage = byId('stage');
  #pointers = new Map();
  #gesture = null;
  #timer = 0;
  #scroll = { end: 0, pad: false }; // the last wheel event, and whether a trackpad sent it

  /** @param commands see commands.js. */
  constructor(viewport, hints, commands) {
    Object.assign(this, { viewport, hints, commands });
    const on = (type, handler, options) => this.#stage.addEventListener(type, handler, options);
    on('pointerdown', (event) => this.#down(event));
    on('pointermove', (event) => this.#move(event));
    on('pointerup', (event) => this.#up(event));
    on('pointercancel', (event) => this.#cancel(event));
    on('contextmenu', (event) => this.#menu(event));
    on('wheel', (event) => this.#wheel(event), { passive: false });
    on('dblclick', (event) => event.preventDefault());
  }

  #at(event) {
    const { left, top } = this.#stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** The hint under a place of the stage: the nearest within reach. */
  #hit({ x, y }, kind) {
    const pane = this.viewport.paneAt(x, y);
    let best = null;
    let least = REACH[kind] ?? REACH.mouse;
    for (const hint of this.hints.hints) {
      const at = this.viewport.toStage(hint.row, hint.column, pane);
      const distance = Math.hypot(at.x - x, at.y - y);
      if (distance <= least) {
        best = hint;
        least = distance;
      }
    }
    return best;
  }

  /** Whether a press is not for the photo: on what lies over it, or beside a menu, which it closes. */
  #isElsewhere({ target }) {
    return target.closest('.overlay') !== null || document.querySelector(':popover-open') !== null;
  }

  #down(event) {
    const divider = event.target.closest('.divider');
    if (!this.viewport.photo || (!divider && this.#isElsewhere(event))) return;
    const at = this.#at(event);
    this.#pointers.set(event.pointerId, at);
    this.#stage.setPointerCapture(event.pointerId);
    if (event.pointerType !== 'touch') event.preventDefault();
    (divider ?? this.#stage).focus({ preventScroll: true });
    this.commands.onPointer();
    if (this.#pointers.size === 2) {
      this.#endGesture(true);
      this.#gesture = { kind: 'pinch' };
    } else if (this.#pointers.size > 2) return;
    else if (event.button === 1 || (event.button === 0 && this.space)) this.#begin('pan', at);
    else if (event.button === 0 && divider) this.#begin('divide', at);
    else if (event.button === 0 && !event.ctrlKey) this.#press(event, at); // Ctrl: a Mac's menu
  }

  #press(event, at) {
    if (this.commands.picking) {
      this.commands.pickOnStage(at.x, at.y, event.timeStamp);
      return;
    }
    const touch = event.pointerType === 'touch';
    const hint = this.#hit(at, event.pointerType);
    if (hint) {
      this.hints.select(hint.id);
      const middle = this.viewport.toStage(hint.row, hint.column, this.viewport.paneAt(at.x, at.y));
      this.#begin('drag', at, { id: hint.id, dx: middle.x - at.x, dy: middle.y - at.y });
      if (touch) this.#timer = setTimeout(() => this.#longPress(hint.id), LONG_PRESS);
    } else if (touch) this.#begin('tap', at);
    else this.#place(event, at);
  }

  #place(event, at) {
    const { row, column } = this.viewport.toPhoto(at.x, at.y);
    const id = this.commands.place(row, column, event.timeStamp, true);
    if (id !== null) this.#begin('drag', at, { id, dx: 0, dy: 0 });
  }

  #begin(kind, at, more = {}) {
    this.#gesture = {
      kind, start: at, pane: this.viewport.paneAt(at.x, at.y), moved: false, ...more,
    };
    this.#stage.dataset.gesture = kind;
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const at = this.#at(event);
    if (this.#gesture?.kind === 'pinch') this.#pinch(event.pointerId, before, at);
    this.#pointers.set(event.pointerId, at);
    const gesture = this.#gesture;
    if (!gesture || gesture.kind === 'pinch') return;
    if (gesture.kind === 'divide') {
      this.commands.stage.setDivide(at.x / this.viewport.width);
      return;
    }
    const far = Math.hypot(at.x - gesture.start.x, at.y - gesture.start.y);
    if (!gesture.moved && far < (SLOP[event.pointerType] ?? SLOP.mouse)) return;
    gesture.moved = true;
    clearTimeout(this.#timer);
    if (gesture.kind === 'drag') {
      const { pane, dx, dy } = gesture;
      const { row, column } = this.viewport.toPhoto(at.x + dx, at.y + dy, pane);
      this.commands.move(gesture.id, row, column, event.timeStamp, 'live');
    } else this.viewport.panBy(at.x - before.x, at.y - before.y);
  }

  #pinch(id, before, at) {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const spread = (p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
    const middle = (p) => ({ x: (p.x + other.x) / 2, y: (p.y + other.y) / 2 });
    const [from, to] = [middle(before), middle(at)];
    this.viewport.panBy(to.x - from.x, to.y - from.y);
    this.viewport.zoomAt(to.x, to.y, spread(at) / spread(before));
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    const gesture = this.#gesture;
    if (gesture?.kind === 'tap' && !gesture.moved) {
      const { row, column } = this.viewport.toPhoto(gesture.start.x, gesture.start.y);
      this.commands.place(row, column, event.timeStamp, false);
    }
    if (!this.#pointers.size || gesture?.kind !== 'pinch') this.#endGesture(false);
  }

  #cancel(event) {
    if (this.#pointers.delete(event.pointerId)) this.#endGesture(true);
  }

  #endGesture(undo) {
    clearTimeout(this.#timer);
    if (this.#gesture?.kind === 'drag') {
      if (undo) this.hints.abandon();
      else this.hints.settle();
      this.commands.onRest();
    }
    this.#gesture = null;
    delete this.#stage.dataset.gesture;
  }

  #longPress(id) {
    this.#endGesture(true);
    this.commands.remove(id, performance.now());
  }

  #menu(event) {
    event.preventDefault();
    if (this.#isElsewhere(event)) return;
    const hint = this.#hit(this.#at(event), 'mouse');
    if (hint && event.pointerType !== 'touch') this.commands.remove(hint.id, event.timeStamp);
  }

  /** Two fingers on a trackpad pan; its pinch (Ctrl) and a mouse's wheel zoom. */
  #isTrackpad({ deltaMode, deltaX, deltaY, ctrlKey, shiftKey, timeStamp }) {
    if (ctrlKey) return false;
    const fine = deltaMode === WheelEvent.DOM_DELTA_PIXEL && !shiftKey
      && (deltaX !== 0 || Math.abs(deltaY) < NOTCH);
    const goesOn = timeStamp - this.#scroll.end < SAME_SCROLL;
    this.#scroll = { end: timeStamp, pad: goesOn ? this.#scroll.pad : fine };
    return this.#scroll.pad;
  }

  #wheel(event) {
    if (!this.viewport.photo) return;
    event.preventDefault();
    const { x, y } = this.#at(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    if (this.#isTrackpad(event)) this.viewport.panBy(-event.deltaX, -event.deltaY);
    else if (event.shiftKey) this.viewport.panBy(-(event.deltaX || event.deltaY) * unit, 0);
    else {
      const strength = event.ctrlKey ? 6 : 1; // a trackpad's pinch comes in small steps
      this.viewport.zoomAt(x, y, Math.exp(-event.deltaY * unit * WHEEL * strength));
    }
  }
}
