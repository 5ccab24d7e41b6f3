// Lays the model's colors on the photo's lightness with WebGL 2.

import { clamp } from './dom.js';
import { ACROSS, BASE, COLOR, DOWN, VERTEX } from './shaders.js';

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i; // no graphics hardware
const SAMPLES = 2; // of the colors for each of the model's pixels, at least
const STRIDE_MAX = 8; // canvas pixels between samples

/** The part of a pane that the photo covers, in whole pixels of the canvas; null for none. */
export function covered(pane) {
  const { left, top, width, height } = pane.photo;
  const x0 = Math.max(pane.x, Math.round(left));
  const y0 = Math.max(pane.y, Math.round(top));
  const x1 = Math.min(pane.x + pane.width, Math.round(left + width));
  const y1 = Math.min(pane.y + pane.height, Math.round(top + height));
  return x1 > x0 && y1 > y0 ? { x: x0, y: y0, width: x1 - x0, height: y1 - y0 } : null;
}

export class GlCompositor {
  name = 'webgl';
  amount = 1;
  #programs = {};
  #side = 0;
  #baseStale = true;
  #colorsStale = true;
  #layout = '';
  #grid = { origin: [0, 0], extent: [1, 1] };

  /**
   * @param hardware  refuse WebGL in software: the plain compositor is faster than that
   * @throws {Error} if the browser has no (such) WebGL 2
   */
  constructor(canvas, hardware = false) {
    this.canvas = canvas;
    const gl = canvas.getContext('webgl2', {
      alpha: false, antialias: false, depth: false, stencil: false, powerPreference: 'high-performance',
    });
    if (!gl) throw new Error('no WebGL 2');
    this.gl = gl;
    const names = gl.getExtension('WEBGL_debug_renderer_info');
    const renderer = gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
    if (hardware && SOFTWARE.test(renderer)) {
      gl.getExtension('WEBGL_lose_context')?.loseContext(); // frees it
      throw new Error(`WebGL in software: ${renderer}`);
    }
    for (const [name, source] of Object.entries({
      base: BASE, across: ACROSS, down: DOWN, color: COLOR,
    })) {
      this.#programs[name] = this.#program(source);
    }
    gl.bindVertexArray(gl.createVertexArray());
    gl.enable(gl.SCISSOR_TEST);
    gl.disable(gl.DITHER);
    this.limit = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    this.grey = this.#texture(gl.LINEAR_MIPMAP_LINEAR, gl.LINEAR);
    this.ab = this.#texture(gl.NEAREST, gl.NEAREST);
    this.base = this.#target();
    this.across = this.#target();
    this.colors = this.#target(gl.LINEAR);
  }

  /** The grey photo: an ImageBitmap or a canvas. */
  setPhoto(picture) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.grey);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, gl.RED, gl.UNSIGNED_BYTE, picture);
    gl.generateMipmap(gl.TEXTURE_2D);
    this.#baseStale = true;
  }

  /** The model's colors: int8 a, b interleaved; null for none yet. */
  setAb(values, side) {
    const { gl } = this;
    this.#side = values ? side : 0;
    if (!values) return;
    gl.bindTexture(gl.TEXTURE_2D, this.ab);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG8_SNORM, side, side, 0, gl.RG, gl.BYTE, values);
    this.#colorsStale = true;
  }

  /**
   * Draws the panes.
   * @param panes [{x, y, width, height, color, photo: {left, top, width, height}}], canvas pixels
   * @param background [r, g, b], 0..255
   */
  draw(panes, background) {
    const { gl, canvas } = this;
    this.#fit(panes);
    gl.viewport(0, 0, canvas.width, canvas.height);
    if (this.#baseStale) this.#drawBase(panes);
    const color = panes.find((pane) => pane.color);
    if (color && this.#side && this.#colorsStale) this.#upsample(color);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.scissor(0, 0, canvas.width, canvas.height);
    gl.clearColor(...background.map((v) => v / 255), 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const uniforms = this.#use('color', { base: this.base.texture, colors: this.colors.texture });
    const { origin, extent } = this.#grid;
    gl.uniform2f(uniforms.origin, ...origin);
    gl.uniform2f(uniforms.extent, ...extent);
    for (const pane of panes) {
      gl.uniform1f(uniforms.amount, pane.color && this.#side ? this.amount : 0);
      this.#fill(pane, uniforms);
    }
  }

  /** [r, g, b] of a canvas pixel, as drawn by the last `draw` of this task; waits for it. */
  pixel(x, y) {
    const out = new Uint8Array(4);
    const { gl } = this;
    gl.readPixels(x, this.canvas.height - 1 - y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, out);
    return [...out.subarray(0, 3)];
  }

  /** Gives the intermediate textures the canvas's size and notes what a new layout makes stale. */
  #fit(panes) {
    const { gl, canvas } = this;
    const layout = JSON.stringify([canvas.width, canvas.height, this.#side, panes]);
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.#baseStale = true;
    this.#colorsStale = true;
    this.#size(this.base, canvas.width, canvas.height);
  }

  #drawBase(panes) {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.base.framebuffer);
    const uniforms = this.#use('base', { grey: this.grey });
    for (const pane of panes) this.#fill(pane, uniforms);
    this.#baseStale = false;
  }

  /** Upsamples the colors for the part of a pane that the photo covers. */
  #upsample(pane) {
    const { gl } = this;
    const part = covered(pane);
    if (!part) return;
    const side = this.#side;
    const { left, top, width, height } = pane.photo;
    const stride = clamp(Math.floor(Math.min(width, height) / side / SAMPLES), 1, STRIDE_MAX);
    const columns = Math.ceil(part.width / stride);
    const rows = Math.ceil(part.height / stride);
    this.#grid = { origin: [part.x, part.y], extent: [columns * stride, rows * stride] };
    const passes = [
      ['across', { ab: this.ab }, this.across, columns, side],
      ['down', { across: this.across.texture }, this.colors, columns, rows],
    ];
    for (const [name, textures, target, across, down] of passes) {
      this.#size(target, across, down);
      gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
      gl.viewport(0, 0, across, down);
      gl.scissor(0, 0, across, down);
      const uniforms = this.#use(name, textures);
      gl.uniform1i(uniforms.side, side);
      gl.uniform1f(uniforms.stride, stride);
      gl.uniform2f(uniforms.origin, part.x, part.y);
      gl.uniform4f(uniforms.place, left, top, width, height);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
    this.#colorsStale = false;
  }

  #fill(pane, uniforms) {
    const { gl, canvas } = this;
    const part = covered(pane);
    if (!part) return;
    gl.scissor(part.x, canvas.height - part.y - part.height, part.width, part.height);
    const { left, top, width, height } = pane.photo;
    gl.uniform4f(uniforms.place, left, top, width, height);
    gl.uniform1f(uniforms.height, canvas.height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #use(name, textures) {
    const { gl } = this;
    const { program, uniforms } = this.#programs[name];
    gl.useProgram(program);
    Object.entries(textures).forEach(([uniform, texture], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform1i(uniforms[uniform], unit);
    });
    gl.activeTexture(gl.TEXTURE0);
    return uniforms;
  }

  #program(fragment) {
    const { gl } = this;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      const logs = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader));
      throw new Error(`shaders: ${gl.getProgramInfoLog(program)} ${logs.join(' ')}`);
    }
    const uniforms = {};
    const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS);
    for (let i = 0; i < count; i++) {
      const { name } = gl.getActiveUniform(program, i);
      uniforms[name] = gl.getUniformLocation(program, name);
    }
    return { program, uniforms };
  }

  #texture(minify, magnify) {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, minify);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, magnify);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return texture;
  }

  #target(filter = this.gl.NEAREST) {
    const texture = this.#texture(filter, filter);
    return { texture, framebuffer: this.gl.createFramebuffer(), width: 0, height: 0 };
  }

  #size(target, width, height) {
    if (target.width === width && target.height === height) return;
    const { gl } = this;
    Object.assign(target, { width, height });
    gl.bindTexture(gl.TEXTURE_2D, target.texture);
    gl.texImage2D(
      gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null,
    );
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
    gl.framebufferTexture2D(
      gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target.texture, 0,
    );
  }
}
