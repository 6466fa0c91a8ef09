/**
 * Conv2DBackpropFilter: the gradient of a convolution with respect to its filter, as a forward convolution.
 *
 *   dw[k, c, f] = sum over images n and outputs o of x[n, o * stride + k * dilation - pad, c] dy[n, o, f]
 *
 * Read with c as the image, n as its channel, dy as the filter and k as the output, this is a convolution whose stride is the
 * dilation and whose dilation is the stride. So x is transposed to one image a channel and dy to a filter as large as the output,
 * and XNNPACK does the sum.
 */
import { type Axis, convolutionGeometry, requireOutputShape } from "./convolution-geometry.ts";
import { isEmpty, type Kernel, run, zeros } from "./kernel.ts";

export const conv2DBackpropFilter: Kernel = ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as { x: (typeof inputs)[string]; dy: (typeof inputs)[string] };
  const filterShape = attrs.filterShape as number[];
  const geometry = convolutionGeometry("Conv2DBackpropFilter", x.shape, filterShape, attrs, false);
  requireOutputShape("Conv2DBackpropFilter", dy.shape, geometry);
  if (isEmpty(x, dy)) return zeros(backend, filterShape);
  const { vertical, horizontal } = geometry;
  const [bottom, rows] = paddingAfter(vertical);
  const [right, columns] = paddingAfter(horizontal);

  const images = run(backend, "Transpose", { x }, { perm: [3, 1, 2, 0] });
  const filter = run(backend, "Transpose", { x: dy }, { perm: [1, 2, 0, 3] });
  let out = run(
    backend,
    "Conv2D",
    { x: images, filter },
    {
      strides: [vertical.dilation, horizontal.dilation],
      dilations: [vertical.stride, horizontal.stride],
      pad: [
        [0, 0],
        [vertical.pad, bottom],
        [horizontal.pad, right],
        [0, 0],
      ],
      dataFormat: "NHWC",
    },
  );
  backend.disposeData(images.dataId);
  backend.disposeData(filter.dataId);
  if (rows > vertical.filter || columns > horizontal.filter) {
    const size = [geometry.inChannels, vertical.filter, horizontal.filter, geometry.outChannels];
    const cut = run(backend, "Slice", { x: out }, { begin: [0, 0, 0, 0], size });
    backend.disposeData(out.dataId);
    out = cut;
  }
  const dw = run(backend, "Transpose", { x: out }, { perm: [1, 2, 0, 3] });
  backend.disposeData(out.dataId);
  return dw;
};

/**
 * The padding after the last input that yields exactly the filter's taps, and how many outputs there will be: more than the taps
 * where the forward convolution left trailing inputs unused.
 */
function paddingAfter(axis: Axis): [pad: number, outputs: number] {
  const exact = (axis.filter - 1) * axis.dilation + (axis.output - 1) * axis.stride + 1 - axis.input - axis.pad;
  return [Math.max(0, exact), axis.filter + Math.floor(Math.max(0, -exact) / axis.dilation)];
}
