/**
 * What learning costs, in trainings: an image in a training step counts 1, in a forward pass 1/3, and a training is epochs times images.
 */
export class CostMeter {
  readonly #imagesPerTraining: number;
  #images = 0;

  constructor(imagesPerTraining: number) {
    this.#imagesPerTraining = imagesPerTraining;
  }

  /** Images that went through a training step, or only its forward and backward pass. */
  trained(images: number): void {
    this.#images += images;
  }

  /** Images that went through the forward pass alone. */
  judged(images: number): void {
    this.#images += images / 3;
  }

  /** So far. */
  get trainings(): number {
    return this.#images / this.#imagesPerTraining;
  }
}
