// What gives the page its colors, behind one interface: a server (engine_http.js), or another
// module that index.html names in <meta name="engine">.
//
// An engine's module exports `createEngine()`, which returns (a promise of) an object with
//
// place                         where colors are made, in words that follow a time
// note                          a sentence for the person about how they are made here, or null
//
// Methods, all asynchronous; they fail with an EngineError, but `close` fails never:
//
// info()                     -> Info, as `GET v1/info` gives it: version, model, hint_sizes,
//                               hint_size_default, reach_min, reach_max, finishing,
//                               limits {upload_bytes, pixels, hints}, formats {read, write}
// samples()                  -> [{name, title, width, height, thumbnail: address of a picture}]
// open(source, {name, onProgress, signal})
//                            -> Photo. `source` is a Blob or {sample: name}; `name` is the file's;
//                               onProgress(fraction) tells how much has been taken in; `signal`
//                               ends it early.
// close(photo)                  forgets a photo, also while the page goes away
// grey(photo, maxSide)       -> ImageBitmap of the photo's own lightness, upright
// colorize(photo, wishes)    -> {values, result, timing}. `wishes` is the body of
//                               `POST .../colorize` (hints, budget). `values` are a, b
//                               interleaved, Int8Array of side * side * 2 where 127 stands for 110;
//                               `result` is {id, keep_ratio, macs, budget, decisions}, got and
//                               limits by hint, and what `save` wants; `timing` has milliseconds
//                               by stage, `total` too.
// suggest(photo, place)      -> [{a, b, likely}], the likeliest first: what the model makes of a
//                               place. `place` is {row, column, hints, budget}. Only the newest
//                               is sure to be answered.
// save(photo, result, format, finish) -> {blob, name}: the photo in color at its own size, as a
//                               file; `finish` is {saturation, warmth} as
//                               `GET .../results/{result}` has them
//
// Photo: {id, width, height, name, alpha: whether some of it is transparent, notes: sentences about
// how it was read}, and whatever the engine keeps there for itself.

/**
 * Why an engine could not. `kind` is
 * `unreachable` (nobody answers; later, maybe), `busy` (again in a moment), `gone` (the photo or
 * the result is not known any more: open it, ask for it again), `failed` (nobody knows whether it
 * would again: for a person to try), or `refused` (never like this).
 */
export class EngineError extends Error {
  /** @param after  milliseconds before which it is of no use to try again, or null */
  constructor(kind, message, after = null) {
    super(message);
    this.kind = kind;
    this.after = after;
  }
}

/** The engine that index.html names. */
export async function loadEngine() {
  const { content } = document.querySelector('meta[name="engine"]');
  const module = await import(content).catch(() => {
    throw new EngineError('unreachable', 'a part of this page did not come');
  });
  return module.createEngine();
}
