// How far apart two colors look: CIEDE2000, at one lightness.

const degrees = (radians) => ((radians * 180) / Math.PI + 360) % 360;
const cosine = (angle) => Math.cos((angle * Math.PI) / 180);
const FLOOR = 25 ** 7; // of the formula's chroma terms
const saturating = (chroma) => Math.sqrt(chroma ** 7 / (chroma ** 7 + FLOOR));

/**
 * CIEDE2000 of two colors of the same L*, given as [a*, b*]; kL = kC = kH = 1. Sharma, Wu and Dalal,
 * "The CIEDE2000 color-difference formula" (2005).
 */
export function apart([a1, b1], [a2, b2]) {
  const stretch = 1.5 - 0.5 * saturating((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2);
  const [c1, c2] = [Math.hypot(a1 * stretch, b1), Math.hypot(a2 * stretch, b2)];
  if (!c1 || !c2) return Math.max(c1, c2) / (1 + 0.0225 * (c1 + c2));
  const [h1, h2] = [degrees(Math.atan2(b1, a1 * stretch)), degrees(Math.atan2(b2, a2 * stretch))];
  const turn = ((h2 - h1 + 540) % 360) - 180;
  const hue = 2 * Math.sqrt(c1 * c2) * Math.sin((turn * Math.PI) / 360);
  const mean = (c1 + c2) / 2;
  const at = (h1 + turn / 2 + 360) % 360;
  const t = 1 - 0.17 * cosine(at - 30) + 0.24 * cosine(2 * at) + 0.32 * cosine(3 * at + 6)
    - 0.2 * cosine(4 * at - 63);
  const dc = (c2 - c1) / (1 + 0.045 * mean);
  const dh = hue / (1 + 0.015 * mean * t);
  const rotation = -2 * saturating(mean)
    * Math.sin((60 * Math.exp(-(((at - 275) / 25) ** 2)) * Math.PI) / 180);
  return Math.sqrt(Math.max(0, dc * dc + dh * dh + rotation * dc * dh));
}
