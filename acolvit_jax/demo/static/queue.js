// One request in flight, the newest waits, the ones between are never sent, late ones are dropped.

export class NewestWins {
  #running = null;
  #waiting = null;
  #idle = [];
  #epoch = 0;

  /**
   * @param run   async (job) => answer
   * @param show  (answer, job), for answers that are still wanted
   * @param fail  (error, job), likewise
   */
  constructor(run, show, fail) {
    this.run = run;
    this.show = show;
    this.fail = fail;
  }

  get busy() {
    return this.#running !== null;
  }

  /** Whether a newer request waits behind the one under way. */
  get waiting() {
    return this.#waiting !== null;
  }

  ask(job) {
    const entry = { job, epoch: this.#epoch };
    if (this.#running) this.#waiting = entry;
    else this.#start(entry);
  }

  /** Forgets what waits and drops the answer that is under way (another photo was opened). */
  forget() {
    this.#epoch += 1;
    this.#waiting = null;
  }

  /** Resolves when everything asked for has been answered. */
  settled() {
    return this.#running ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  async #start(entry) {
    this.#running = entry;
    const wanted = () => entry.epoch === this.#epoch;
    try {
      const answer = await this.run(entry.job);
      if (wanted()) this.show(answer, entry.job);
    } catch (error) {
      if (wanted()) this.fail(error, entry.job);
    }
    this.#running = null;
    const next = this.#waiting;
    this.#waiting = null;
    if (next) this.#start(next);
    else this.#idle.splice(0).forEach((resolve) => resolve());
  }
}
