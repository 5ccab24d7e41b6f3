// How long it takes from a person's action to the pixels that answer it.

const KEPT = 1000;
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

export class Latency {
  #open = []; // actions that no request has taken along yet
  // {kind, ms, server, stages: milliseconds of waiting for the request, of the answer, of drawing
  // it, and until the frame after it}
  samples = [];

  /** An action that changes the picture; `stamp` is its event's timeStamp. */
  begin(stamp, kind) {
    this.#open.push({ stamp, kind });
  }

  /** A request takes all actions so far along. */
  take() {
    return this.#open.splice(0);
  }

  /**
   * The answer was drawn: the frame with it has been shown when the next one begins.
   * @param times  {sent, answered}, of the request
   */
  async shown(actions, timing, { sent, answered }) {
    if (!actions.length) return null;
    const drawn = performance.now();
    await nextFrame();
    const now = await nextFrame().then(() => performance.now());
    for (const { stamp, kind } of actions) {
      const stages = [sent - stamp, answered - sent, drawn - answered, now - drawn];
      this.samples.push({ kind, ms: now - stamp, server: timing.total ?? null, stages });
    }
    this.samples.splice(0, this.samples.length - KEPT);
    return now - actions.at(-1).stamp;
  }
}
