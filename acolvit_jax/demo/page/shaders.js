// The passes of the WebGL compositor, in GLSL.
//
// base:   the photo's f(Y) at the screen's resolution, once for each view;
// across, down: a*, b* upsampled along the rows, then the columns (bicubic), for each answer, to a
//         few samples for each of the model's pixels: the screen's own resolution adds nothing;
// color: a*, b* (bilinear between those samples) laid on f(Y), to sRGB: what is seen.
// Values between passes are packed into two bytes each, which every device can render.

import { FROM_XYZ } from './color.js';

const number = (value) => value.toFixed(8);
const sum = (row) => `${number(row[0])} * x + ${number(row[1])} * y + ${number(row[2])} * z`;

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform vec4 place;   // left, top, width, height of the photo on the canvas
uniform float height; // of the canvas
vec2 pack(float v) {
  float s = floor(clamp(v, 0.0, 1.0) * 65535.0 + 0.5);
  float high = floor(s / 256.0);
  return vec2(high, s - 256.0 * high) / 255.0;
}
float unpack(vec2 p) { return dot(p, vec2(65280.0, 255.0)) / 65535.0; }
// Weights of Pillow's bicubic (a = -0.5) for a fraction of a cell.
vec4 cubic(float t) {
  float u = 1.0 - t;
  vec4 w = vec4(
    ((-0.5 * (1.0 + t) + 2.5) * (1.0 + t) - 4.0) * (1.0 + t) + 2.0,
    (1.5 * t - 2.5) * t * t + 1.0,
    (1.5 * u - 2.5) * u * u + 1.0,
    ((-0.5 * (1.0 + u) + 2.5) * (1.0 + u) - 4.0) * (1.0 + u) + 2.0);
  return w;
}
// Taps outside the grid weigh nothing, and the others make up for them.
vec4 inside(vec4 w, int first, int side) {
  ivec4 tap = ivec4(first) + ivec4(0, 1, 2, 3);
  w *= vec4(greaterThanEqual(tap, ivec4(0))) * vec4(lessThan(tap, ivec4(side)));
  return w / dot(w, vec4(1.0));
}
`;

export const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

export const BASE = `${HEAD}
uniform sampler2D grey;
out vec4 packed;
void main() {
  vec2 pixel = vec2(gl_FragCoord.x, height - gl_FragCoord.y);
  float g = texture(grey, (pixel - place.xy) / place.zw).r;
  float y = g > 0.04045 ? pow((g + 0.055) / 1.055, 2.4) : g / 12.92;
  float fy = y > 0.008856 ? pow(y, 1.0 / 3.0) : 7.787 * y + 16.0 / 116.0;
  packed = vec4(pack(fy), 0.0, 1.0);
}`;

// The sampling grid of the next two passes: `stride` canvas pixels from `origin`.
const BICUBIC = `
uniform vec2 origin;
uniform float stride;
uniform int side; // of the model's image
out vec4 packed;
vec4 taps(float coordinate, out int first) {
  first = int(floor(coordinate)) - 1;
  return inside(cubic(fract(coordinate)), first, side);
}
`;

export const ACROSS = `${HEAD}${BICUBIC}
uniform sampler2D ab;
void main() {
  int first;
  vec4 w = taps((origin.x + gl_FragCoord.x * stride - place.x) / place.z * float(side) - 0.5, first);
  vec2 value = vec2(0.0);
  for (int i = 0; i < 4; i++) {
    value += w[i] * texelFetch(ab, ivec2(clamp(first + i, 0, side - 1), int(gl_FragCoord.y)), 0).rg;
  }
  value = value / 3.0 + 0.5; // bicubic reaches beyond [-1, 1]
  packed = vec4(pack(value.x), pack(value.y));
}`;

export const DOWN = `${HEAD}${BICUBIC}
uniform sampler2D across;
void main() {
  int first;
  vec4 w = taps((origin.y + gl_FragCoord.y * stride - place.y) / place.w * float(side) - 0.5, first);
  vec4 sums = vec4(0.0);
  for (int i = 0; i < 4; i++) {
    sums += w[i] * texelFetch(across, ivec2(int(gl_FragCoord.x), clamp(first + i, 0, side - 1)), 0);
  }
  packed = vec4(pack(unpack(sums.xy)), pack(unpack(sums.zw)));
}`;

// The square roots are sRGB's curve to a tenth of a step of 8 bits above its straight foot, at a
// fraction of the cost of a power where there is no graphics hardware.
export const COLOR = `${HEAD}
uniform sampler2D base;
uniform sampler2D colors;
uniform vec2 origin;
uniform vec2 extent; // of the texture of colors, in canvas pixels
uniform float amount; // 0 is grey, 1 the colors
out vec4 shown;
float cube(float t) { return t > 0.2068966 ? t * t * t : (t - 16.0 / 116.0) / 7.787; }
vec3 encode(vec3 linear) {
  vec3 v = clamp(linear, 0.0, 1.0);
  vec3 a = sqrt(v);
  vec3 b = sqrt(a);
  vec3 c = sqrt(b);
  vec3 curve = -0.0040650 - 0.0201874 * v + 0.6539810 * a + 0.6887234 * b - 0.3184833 * c;
  return mix(12.92 * v, curve, vec3(greaterThan(v, vec3(0.0031308))));
}
void main() {
  float fy = unpack(texelFetch(base, ivec2(gl_FragCoord.xy), 0).rg);
  vec2 ab = vec2(0.0);
  if (amount > 0.0) {
    vec2 pixel = vec2(gl_FragCoord.x, height - gl_FragCoord.y);
    vec4 both = texture(colors, (pixel - origin) / extent);
    ab = (vec2(unpack(both.xy), unpack(both.zw)) - 0.5) * (3.0 * 110.0 * amount);
  }
  float x = cube(fy + ab.x / 500.0);
  float y = cube(fy);
  float z = cube(max(fy - ab.y / 200.0, 0.0));
  vec3 linear = vec3(${FROM_XYZ.map(sum).join(',\n    ')});
  shown = vec4(encode(linear), 1.0);
}`;
