// Faded photos are read as if they were not: `inference.levels` on a worker's bytes.

const GREY_CHROMA = 3; // steps of 8 bits
const TONE = 16; // steps of green that count as one tone
const TONES = 4; // at least, in a photo; fewer may be things of one color
const FLAT = 5;
const LOW = 20;
const NARROW = 55;
const WIDE = 70;
const RANGE = [5, 95];
const EDGE = 10;

/**
 * Whether pixels of one tone have one color, or next to none: `photo.resizing.has_one_color_a_tone`.
 * @param bytes  red, green and blue, every `stride` of them
 */
export function hasOneColorATone(bytes, stride) {
  const tones = Array.from({ length: 256 / TONE }, () => ({ count: 0, red: 0, blue: 0 }));
  const toneAt = (i) => tones[Math.floor(bytes[i + 1] / TONE)];
  for (let i = 0; i < bytes.length; i += stride) {
    const tone = toneAt(i);
    tone.count += 1;
    tone.red += bytes[i] - bytes[i + 1];
    tone.blue += bytes[i + 2] - bytes[i + 1];
  }
  const usual = tones.filter(({ count }) => count).length >= TONES ? 1 : 0;
  let off = 0;
  for (let i = 0; i < bytes.length; i += stride) {
    const { count, red, blue } = toneAt(i);
    off += Math.abs(bytes[i] - bytes[i + 1] - (usual * red) / count)
      + Math.abs(bytes[i + 2] - bytes[i + 1] - (usual * blue) / count);
  }
  return off * stride < GREY_CHROMA * bytes.length;
}

/** A percentile of sorted numbers, between two where it falls between them. */
function percentile(sorted, percent) {
  const at = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at));
}

/** What decides how a photo is read: `[side, side, channels]` without the tenth at each edge. */
export function inner(values, side, channels) {
  const cut = Math.ceil(side / EDGE);
  const within = (i) => i >= cut && i < side - cut;
  return values.filter((_, i) => {
    const at = Math.floor(i / channels);
    return within(at % side) && within(Math.floor(at / side));
  });
}

/**
 * L* of a faded photo spread over the range that photos have, Float32Array; others as they are.
 * @param lightness  Float32Array `[side, side]`
 */
export function spreadTones(lightness, side) {
  const sorted = inner(lightness, side, 1).sort();
  const [dark, light] = [percentile(sorted, 1), percentile(sorted, 99)];
  const apart = light - dark;
  const share = Math.min(1, (apart - FLAT) / (LOW - FLAT), (WIDE - apart) / (WIDE - NARROW));
  if (share <= 0) return lightness;
  const [low, high] = [Math.min(dark, RANGE[0]), Math.max(light, RANGE[1])];
  const slope = 1 + share * ((high - low) / apart - 1);
  const middle = dark + share * (low - dark);
  return Float32Array.from(
    lightness, (l) => Math.min(100, Math.max(0, middle + slope * (l - dark))));
}
