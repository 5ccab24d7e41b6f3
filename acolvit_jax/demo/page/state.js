// What the page is doing, to read only: for tests and measurements.

import { toJson } from './hint_text.js';

export function publish(app) {
  const { session, hints, stage, viewport, latency } = app;
  const state = {
    get renderer() { return stage.renderer; },
    get view() { return stage.view; },
    get photo() { return session.photo && { ...session.photo }; },
    get photos() { return app.desk.items.map(({ id, title }) => ({ id, title })); },
    get kept() { return !app.keeper.loses; },
    get hints() { return toJson(hints.hints); },
    get size() { return hints.size; },
    get selected() { return hints.selected ? hints.hints.indexOf(hints.selected) : null; },
    get busy() { return session.queue.busy; },
    get opening() { return Boolean(session.opening); },
    get result() { return session.result && { ...session.result }; },
    get lightness() { return hints.selected && app.commands.lightnessOf(hints.selected); },
    get budget() { return app.budget.budget; },
    get samples() { return latency.samples.map((sample) => ({ ...sample })); },
    get zoom() { return viewport.percent; },
    /** Window coordinates of a pixel of the photo. */
    locate(row, column) {
      const { left, top } = document.getElementById('stage').getBoundingClientRect();
      const { x, y } = viewport.toStage(row, column);
      return { x: left + x, y: top + y };
    },
    /** [r, g, b] that is seen at a pixel of the photo, drawn anew and read back. */
    seen(row, column) {
      stage.compositor.amount = 1; // past any fading
      stage.draw();
      const panes = viewport.panes();
      const { x, y } = viewport.toStage(row, column, panes.at(-1));
      const { ratio } = stage;
      return stage.compositor.pixel(Math.floor(x * ratio), Math.floor(y * ratio));
    },
  };
  Object.defineProperty(window, 'acolvit', { value: Object.freeze(state) });
  document.body.dataset.ready = 'true';
}
