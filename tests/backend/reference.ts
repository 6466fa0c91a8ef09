/** Plain float64 loops, straight from the definitions, to hold the kernels against. */

export interface Geometry {
  batch: number;
  height: number;
  width: number;
  inChannels: number;
  outChannels: number;
  filterHeight: number;
  filterWidth: number;
  strides: [number, number];
  dilations: [number, number];
  /** top, bottom, left, right */
  pads: [number, number, number, number];
}

export function outputSize(g: Geometry): [number, number] {
  const side = (input: number, filter: number, stride: number, dilation: number, pad: number): number =>
    Math.floor((input + pad - ((filter - 1) * dilation + 1)) / stride) + 1;
  return [
    side(g.height, g.filterHeight, g.strides[0], g.dilations[0], g.pads[0] + g.pads[1]),
    side(g.width, g.filterWidth, g.strides[1], g.dilations[1], g.pads[2] + g.pads[3]),
  ];
}

/** Call `visit` with every (image, output, tap) whose input lies inside the image. */
export function everyTap(
  g: Geometry,
  visit: (n: number, oy: number, ox: number, ky: number, kx: number, iy: number, ix: number) => void,
): void {
  const [outHeight, outWidth] = outputSize(g);
  for (let n = 0; n < g.batch; n++)
    for (let oy = 0; oy < outHeight; oy++)
      for (let ox = 0; ox < outWidth; ox++)
        for (let ky = 0; ky < g.filterHeight; ky++)
          for (let kx = 0; kx < g.filterWidth; kx++) {
            const iy = oy * g.strides[0] + ky * g.dilations[0] - g.pads[0];
            const ix = ox * g.strides[1] + kx * g.dilations[1] - g.pads[2];
            if (iy >= 0 && iy < g.height && ix >= 0 && ix < g.width) visit(n, oy, ox, ky, kx, iy, ix);
          }
}

/** A convolution; x is [n, h, w, c], w [kh, kw, c, f], the result [n, oh, ow, f]. */
export function convolution(g: Geometry, x: ArrayLike<number>, w: ArrayLike<number>): Float64Array {
  const [outHeight, outWidth] = outputSize(g);
  const y = new Float64Array(g.batch * outHeight * outWidth * g.outChannels);
  everyTap(g, (n, oy, ox, ky, kx, iy, ix) => {
    for (let c = 0; c < g.inChannels; c++)
      for (let f = 0; f < g.outChannels; f++) {
        const value = x[((n * g.height + iy) * g.width + ix) * g.inChannels + c]!;
        const weight = w[((ky * g.filterWidth + kx) * g.inChannels + c) * g.outChannels + f]!;
        y[((n * outHeight + oy) * outWidth + ox) * g.outChannels + f]! += value * weight;
      }
  });
  return y;
}

/** Both gradients of a convolution; x is [n, h, w, c], dy [n, oh, ow, f], w [kh, kw, c, f]. */
export function convolutionGradients(
  g: Geometry,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  dy: ArrayLike<number>,
): { dx: Float64Array; dw: Float64Array } {
  const [outHeight, outWidth] = outputSize(g);
  const dx = new Float64Array(g.batch * g.height * g.width * g.inChannels);
  const dw = new Float64Array(g.filterHeight * g.filterWidth * g.inChannels * g.outChannels);
  everyTap(g, (n, oy, ox, ky, kx, iy, ix) => {
    for (let c = 0; c < g.inChannels; c++)
      for (let f = 0; f < g.outChannels; f++) {
        const atX = ((n * g.height + iy) * g.width + ix) * g.inChannels + c;
        const atY = ((n * outHeight + oy) * outWidth + ox) * g.outChannels + f;
        const atW = ((ky * g.filterWidth + kx) * g.inChannels + c) * g.outChannels + f;
        dx[atX]! += dy[atY]! * w[atW]!;
        dw[atW]! += dy[atY]! * x[atX]!;
      }
  });
  return { dx, dw };
}

/** A depthwise convolution; w is [kh, kw, c, m], the result [n, oh, ow, c * m]. */
export function depthwiseConvolution(g: Geometry, x: ArrayLike<number>, w: ArrayLike<number>): Float64Array {
  const [outHeight, outWidth] = outputSize(g);
  const multiplier = g.outChannels / g.inChannels;
  const y = new Float64Array(g.batch * outHeight * outWidth * g.outChannels);
  everyTap(g, (n, oy, ox, ky, kx, iy, ix) => {
    for (let q = 0; q < g.outChannels; q++) {
      const value = x[((n * g.height + iy) * g.width + ix) * g.inChannels + Math.floor(q / multiplier)]!;
      const weight = w[(ky * g.filterWidth + kx) * g.outChannels + q]!;
      y[((n * outHeight + oy) * outWidth + ox) * g.outChannels + q]! += value * weight;
    }
  });
  return y;
}

/** Both gradients of a depthwise convolution; w is [kh, kw, c, m], `outChannels` is c * m. */
export function depthwiseGradients(
  g: Geometry,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  dy: ArrayLike<number>,
): { dx: Float64Array; dw: Float64Array } {
  const [outHeight, outWidth] = outputSize(g);
  const multiplier = g.outChannels / g.inChannels;
  const dx = new Float64Array(g.batch * g.height * g.width * g.inChannels);
  const dw = new Float64Array(g.filterHeight * g.filterWidth * g.outChannels);
  everyTap(g, (n, oy, ox, ky, kx, iy, ix) => {
    for (let c = 0; c < g.inChannels; c++)
      for (let m = 0; m < multiplier; m++) {
        const atX = ((n * g.height + iy) * g.width + ix) * g.inChannels + c;
        const atY = ((n * outHeight + oy) * outWidth + ox) * g.outChannels + c * multiplier + m;
        const atW = (ky * g.filterWidth + kx) * g.outChannels + c * multiplier + m;
        dx[atX]! += dy[atY]! * w[atW]!;
        dw[atW]! += dy[atY]! * x[atX]!;
      }
  });
  return { dx, dw };
}

/** Max pooling's gradient: to the first element that no later one of its window exceeds. */
export function maxPoolGradient(g: Geometry, x: ArrayLike<number>, dy: ArrayLike<number>): Float64Array {
  const [outHeight, outWidth] = outputSize(g);
  const dx = new Float64Array(x.length);
  const best = new Map<number, { at: number; value: number }>();
  everyTap(g, (n, oy, ox, _ky, _kx, iy, ix) => {
    for (let c = 0; c < g.inChannels; c++) {
      const at = ((n * g.height + iy) * g.width + ix) * g.inChannels + c;
      const out = ((n * outHeight + oy) * outWidth + ox) * g.inChannels + c;
      const held = best.get(out);
      if (held === undefined || x[at]! > held.value) best.set(out, { at, value: x[at]! });
    }
  });
  for (const [out, { at }] of best) dx[at]! += dy[out]!;
  return dx;
}

/** Average pooling's gradient: each output's share over the inputs that it saw (padding is not counted). */
export function avgPoolGradient(g: Geometry, dy: ArrayLike<number>): Float64Array {
  const [outHeight, outWidth] = outputSize(g);
  const dx = new Float64Array(g.batch * g.height * g.width * g.inChannels);
  const seen = new Map<number, number[]>();
  everyTap(g, (n, oy, ox, _ky, _kx, iy, ix) => {
    for (let c = 0; c < g.inChannels; c++) {
      const out = ((n * outHeight + oy) * outWidth + ox) * g.inChannels + c;
      if (!seen.has(out)) seen.set(out, []);
      seen.get(out)!.push(((n * g.height + iy) * g.width + ix) * g.inChannels + c);
    }
  });
  for (const [out, inputs] of seen) for (const at of inputs) dx[at]! += dy[out]! / inputs.length;
  return dx;
}

/** TensorFlow's "same" padding of one axis: before and after. */
export function samePadding(input: number, filter: number, stride: number, dilation: number): [number, number] {
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + (filter - 1) * dilation + 1 - input);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
