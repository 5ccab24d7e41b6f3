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

  ask(job) {
    const entry = { job, epoch: this.#epoch };
    if (this.#running) this.#waiting = entry;
    else this.#start(entry);
  }

  /** The job that waits, if one does, for the running one to go on with in its own stead. */
  takeNewer() {
    const entry = this.#waiting;
    this.#waiting = null;
    if (entry) this.#running.epoch = entry.epoch;
    return entry?.job ?? null;
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
    let tell;
    try {
      const answer = await this.run(entry.job);
      tell = () => this.show(answer, entry.job);
    } catch (error) {
      tell = () => this.fail(error, entry.job);
    }
    // The next request goes out first: the server works on it while this answer is drawn.
    const next = this.#waiting;
    this.#running = this.#waiting = null;
    if (next) this.#start(next);
    if (wanted()) tell();
    if (!this.#running) this.#idle.splice(0).forEach((resolve) => resolve());
  }
}
