// Trying again what an engine that is busy or away has not done.

const WAITS = [500, 1000, 2000, 4000, 8000]; // ms between tries

/** Whether the same may go well later. */
export const isForNow = ({ kind }) => kind === 'unreachable' || kind === 'busy';

/** Milliseconds before the next try. */
export const waitAfter = (tries) => WAITS[Math.min(tries, WAITS.length) - 1];

/**
 * Does something with an engine, again and again while that is busy.
 * @param act    async () => what it makes
 * @param onWait called before the first wait
 */
export async function whileBusy(act, onWait) {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (error.kind !== 'busy') throw error;
      if (tries === 1) onWait();
      await new Promise((resolve) => setTimeout(resolve, waitAfter(tries)));
    }
  }
}
