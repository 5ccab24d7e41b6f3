// A photo's XMP packet, put right for the picture that is made of it.

const ORIENTATION = /(tiff:Orientation\s*=\s*["']|<tiff:Orientation>)(\d)/g;
const SRGB = [
  [/(exif:ColorSpace\s*=\s*["']|<exif:ColorSpace>)\d+/g, '1'],
  [/(photoshop:ICCProfile\s*=\s*["'])[^"']*/g, 'sRGB IEC61966-2.1'],
  [/(<photoshop:ICCProfile>)[^<]*/g, 'sRGB IEC61966-2.1'],
];
const REFERENCES = [ // to what does not go along
  /\sxmpNote:HasExtendedXMP\s*=\s*("[^"]*"|'[^']*')/g,
  /<xmpNote:HasExtendedXMP>[^<]*<\/xmpNote:HasExtendedXMP>/g,
];

/** The orientation that a packet says, null if it says none. */
export function xmpOrientation(xmp) {
  const [said] = xmp.matchAll(ORIENTATION);
  return said ? Number(said[2]) : null;
}

/** A packet's text, null if it is damaged. */
export function xmpText(packet) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(packet);
  } catch {
    return null;
  }
}

/**
 * A packet, true of an sRGB picture (`photo.metadata.of_result`).
 * @param turned  whether the packet's orientation has been heeded: then it says upright
 */
export function trueXmp(xmp, turned) {
  const whole = REFERENCES.reduce((text, pattern) => text.replace(pattern, ''), xmp);
  const patterns = turned ? [[ORIENTATION, '1'], ...SRGB] : SRGB;
  const packet = patterns.reduce(
    (text, [pattern, value]) => text.replace(pattern, (_, head) => head + value), whole);
  return new TextEncoder().encode(packet);
}
