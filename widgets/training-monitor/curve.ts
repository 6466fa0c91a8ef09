/**
 * The course of a run in at most 400 points: neighbouring steps are averaged, and when the room is full, pairs of points. So it is fine
 * at the beginning of a run and costs the same for ten steps as for a million.
 */
const capacity = 400;

export class Curve {
  /** Steps in a point. */
  #width = 1;
  #points: [epoch: number, loss: number, accuracy: number][] = [];
  #sum: [number, number, number] = [0, 0, 0];
  #count = 0;

  add(epoch: number, loss: number, accuracy: number): void {
    this.#sum = [this.#sum[0] + epoch, this.#sum[1] + loss, this.#sum[2] + accuracy];
    if (++this.#count < this.#width) return;
    this.#points.push(this.#mean());
    this.#sum = [0, 0, 0];
    this.#count = 0;
    if (this.#points.length < capacity) return;
    this.#points = Array.from({ length: capacity / 2 }, (_, index) => {
      const [left, right] = [this.#points[2 * index]!, this.#points[2 * index + 1]!];
      return left.map((value, column) => (value + right[column]!) / 2) as [number, number, number];
    });
    this.#width *= 2;
  }

  /** Rows of epoch, loss and accuracy; the steps since the last whole point as a last one. */
  toArray(): Float32Array {
    return Float32Array.from((this.#count > 0 ? [...this.#points, this.#mean()] : this.#points).flat());
  }

  #mean(): [number, number, number] {
    return this.#sum.map((value) => value / this.#count) as [number, number, number];
  }
}
