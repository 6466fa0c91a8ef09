/** Which part of the plane is seen: its middle, and how many pixels a unit takes. y grows upwards in the data, downwards in pixels. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  /** Pixels a unit. */
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Everything in view, with a margin. Points without a place do not count. */
export function seeAll(points: Float32Array, { width, height }: Size): Camera {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at + 1 < points.length; at += 2) {
    const x = points[at]!;
    const y = points[at + 1]!;
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < low) low = y;
    if (y > high) high = y;
  }
  if (left > right) return { x: 0, y: 0, scale: 1 };
  const margin = Math.min(24, width / 8, height / 8);
  const scale = Math.min((width - 2 * margin) / (right - left), (height - 2 * margin) / (high - low));
  return {
    x: (left + right) / 2,
    y: (low + high) / 2,
    scale: Number.isFinite(scale) && scale > 0 ? scale : 1,
  };
}

export function toScreen(camera: Camera, { width, height }: Size, x: number, y: number): readonly [number, number] {
  return [width / 2 + (x - camera.x) * camera.scale, height / 2 - (y - camera.y) * camera.scale];
}

export function toData(camera: Camera, { width, height }: Size, x: number, y: number): readonly [number, number] {
  return [camera.x + (x - width / 2) / camera.scale, camera.y - (y - height / 2) / camera.scale];
}

/** Closer by a factor; what lies under the pixel stays there. */
export function zoom(camera: Camera, size: Size, factor: number, x = size.width / 2, y = size.height / 2): Camera {
  const [dataX, dataY] = toData(camera, size, x, y);
  const scale = Math.min(Math.max(camera.scale * factor, 1e-30), 1e30);
  const kept = camera.scale / scale;
  return { x: dataX + (camera.x - dataX) * kept, y: dataY + (camera.y - dataY) * kept, scale };
}

/** Moved so that the content goes by so many pixels. */
export function pan(camera: Camera, right: number, down: number): Camera {
  return { ...camera, x: camera.x - right / camera.scale, y: camera.y + down / camera.scale };
}
