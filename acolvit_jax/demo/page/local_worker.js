// The worker behind engine_local.js: one message a call, one answer a message, in turn.

import { LocalModel } from './local_model.js';
import { stemOf } from './local_name.js';
import { LocalPhoto, Refusal } from './local_photo.js';

const photos = new Map();
let model = null;
let last = 0;

function photoOf(id) {
  const photo = photos.get(id);
  if (!photo) throw new Refusal('this photo is not open any more', 'gone');
  return photo;
}

const methods = {
  async load(info, base) {
    model = await LocalModel.load(info, base, (progress) => postMessage({ progress }));
    model.warmUp(atRest).catch(() => {}); // what is wrong is told at the first answer
  },

  async open(file, name, pixels) {
    const photo = await LocalPhoto.read(file, pixels);
    const id = `${performance.timeOrigin}-${last += 1}`; // of no other worker
    photos.set(id, photo);
    photo.name = stemOf(name);
    const { width, height, alpha, notes } = photo;
    return { id, width, height, name: photo.name, alpha, notes };
  },

  async close(id) {
    photos.get(id)?.putAway();
    photos.delete(id);
  },

  grey: (id, maxSide) => photoOf(id).grey(maxSide),

  async colorize(id, wishes) {
    const photo = photoOf(id);
    const { ab, ...answer } = await model.colorize(photo, wishes);
    answer.result.id = photo.remember(ab);
    return answer;
  },

  async save(id, result, format, finish) {
    const photo = photoOf(id);
    const { finishing: { warmth_ab: warm } } = model.info;
    const blob = await photo.save(result, format, model.side, finish, warm);
    return { blob, name: `${photo.name}_color.${format === 'png' ? 'png' : 'jpg'}` };
  },
};

function errorOf(error) {
  if (error instanceof Refusal) return { kind: error.kind, message: error.message };
  if (error instanceof RangeError || /memory|allocation/i.test(error.message)) {
    return { kind: 'refused', message: 'this photo needs more memory than the browser gives' };
  }
  return { kind: 'failed', message: error.message };
}

let turn = Promise.resolve();

function inTurn(work) {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

/** One of many answers of the model; whatever else is asked for goes before the next. */
async function betweenOthers(work) {
  await new Promise((resolve) => setTimeout(resolve)); // messages come in
  return inTurn(work);
}

const REST = 300; // ms without a message
let asked = 0;

/** What nobody waits for, when nothing has been asked for a while. */
async function atRest(work) {
  const left = () => asked + REST - performance.now();
  while (left() > 0) await new Promise((resolve) => setTimeout(resolve, left()));
  return inTurn(work);
}

let lastPlace = null;

methods.suggest = async (id, place) => {
  lastPlace = place;
  return model.suggest(photoOf(id), place, (work) => betweenOthers(() => {
    if (place !== lastPlace) throw new Refusal('another place is looked at', 'busy');
    photoOf(id); // it may have been put away
    return work();
  }));
};

onmessage = async ({ data: { id, method, parameters } }) => {
  asked = performance.now();
  try {
    const work = () => methods[method](...parameters);
    const value = await (method === 'suggest' ? work() : inTurn(work));
    postMessage({ id, value }, value instanceof ImageBitmap ? [value] : []);
  } catch (error) {
    if (error.kind === 'gone') photos.delete(parameters[0]); // one whose file has gone, too
    postMessage({ id, error: errorOf(error) });
  }
};
