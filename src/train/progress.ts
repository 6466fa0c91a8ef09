/**
 * How fast a run goes and when it will end.
 *
 * The pace is that of the last two seconds or so of steps: long enough not to jump, short enough to follow a machine that others use too. Time is measured from step to step, with whatever the consumer of the
 * events does in between, since that too delays the end; validation passes are measured apart.
 */
export class Pace {
  readonly #windowSeconds: number;
  #steps: { readonly images: number; readonly seconds: number }[] = [];
  #images = 0;
  #seconds = 0;
  #validationSeconds = 0;

  constructor(windowSeconds = 2) {
    this.#windowSeconds = windowSeconds;
  }

  /** A step of `images` images took `seconds`. */
  step(images: number, seconds: number): void {
    this.#steps.push({ images, seconds });
    this.#images += images;
    this.#seconds += seconds;
    // The latest step always stays, however long it took.
    while (this.#steps.length > 1 && this.#seconds - this.#steps[0]!.seconds >= this.#windowSeconds) {
      const { images, seconds } = this.#steps.shift()!;
      this.#images -= images;
      this.#seconds -= seconds;
    }
  }

  /** A validation pass took `seconds`. */
  validation(seconds: number): void {
    this.#validationSeconds = seconds;
  }

  /** 0 before the first step. */
  get imagesPerSecond(): number {
    return this.#images === 0 ? 0 : this.#images / Math.max(this.#seconds, 1e-6);
  }

  /** Seconds for `images` more images and `validations` more passes over the validation set, the last of which is the measure. */
  timeLeft(images: number, validations: number): number {
    const training = this.#images === 0 ? 0 : (images * this.#seconds) / this.#images;
    return training + validations * this.#validationSeconds;
  }
}
