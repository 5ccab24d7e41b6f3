// Trying again what an engine that is busy or away has not done.

import { EngineError } from './engine.js';

const WAITS = [500, 1000, 2000, 4000, 8000]; // ms between tries
const MOST = 120_000; // ms of waiting for one thing
const AGAIN = 15_000; // ms of waiting after which the person is told anew

/** Whether the same may go well later. */
export const isForNow = ({ kind }) => kind === 'unreachable' || kind === 'busy';

/** Why, without the advice to try again. */
export const why = ({ message }) => message.replace(/; try again$/, '');

/** Milliseconds before the next try. */
export const waitAfter = (tries) => WAITS[Math.min(tries, WAITS.length) - 1];

/** A person's patience with an engine, which ends by itself, or when the person stops it. */
export class Patience {
  stopped = false;
  #stop;
  #stopped = new Promise((_, reject) => { this.#stop = reject; }); // fails then

  /**
   * @param tell  (error) => void: called before the first wait for something, and in long ones anew
   * @param kinds of errors that are waited out
   */
  constructor(tell, kinds = ['busy']) {
    this.tell = tell;
    this.kinds = kinds;
    this.#stopped.catch(() => {}); // nobody may be waiting
  }

  /** Ends what is under way and to come. */
  stop() {
    this.stopped = true;
    this.#stop(new Error('you stopped it'));
  }

  /**
   * Does something with an engine, again and again while that is busy.
   * @param act    async () => what it makes
   * @param sooner () => a promise that ends a wait early
   */
  async take(act, sooner = () => this.#stopped) {
    for (let tries = 1, waited = 0, told = -AGAIN; ; tries++) {
      try {
        return await Promise.race([act(), this.#stopped]);
      } catch (error) {
        if (!isForNow(error)) throw error;
        const ms = Math.max(waitAfter(tries), error.after ?? 0);
        if (!this.kinds.includes(error.kind) || waited + ms > MOST) {
          throw new EngineError(error.kind, `${why(error)}; try again later`);
        }
        if (waited - told >= AGAIN) {
          this.tell(error);
          told = waited;
        }
        waited += ms;
        await Promise.race([this.#stopped, sooner(), pause(ms)]);
      }
    }
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
