// What was worked out lately of an object, for whoever asks again.

export class Recent {
  #known = new WeakMap();

  /** @param most  values kept of an object */
  constructor(most) {
    this.most = most;
  }

  /** The value of a key of an object, made if it is not kept. */
  get(object, key, make) {
    if (!this.#known.has(object)) this.#known.set(object, new Map());
    const values = this.#known.get(object);
    const value = values.get(key) ?? make();
    values.delete(key);
    values.set(key, value); // the one used last stands at the end
    if (values.size > this.most) values.delete(values.keys().next().value);
    return value;
  }
}
