/** Pictures of images: those that the state carries at once, the others by asking the kernel for what is to be seen, many at a time. */
import { h } from "../../page/elements.ts";
import { decodePicture } from "../../page/picture.ts";
import type { Model } from "../../page/view-type.ts";
import type { Atlas } from "../state.ts";

type Invoke = <Answer>(
  name: string,
  message: unknown,
  options: { readonly signal: AbortSignal },
) => Promise<[Answer, DataView[]]>;

interface Place {
  readonly picture: ImageBitmap;
  readonly top: number;
}

const chunk = 64;
const most = 4000; // pictures that are kept; older ones are asked for again
const side = 44;

export class Thumbnails {
  readonly #model: Model;
  readonly #invoke: Invoke | undefined;
  readonly #places = new Map<number, Place>();
  readonly #missing = new Set<number>();
  readonly #wanted = new Set<number>();
  #asking = false;
  /** Called when pictures have come. */
  oncome: () => void = () => {};

  /** @param invoke undefined where there is no kernel */
  constructor(model: Model, invoke: Invoke | undefined) {
    this.#model = model;
    this.#invoke = invoke;
    model.on("change:atlas", () => void this.readAtlas());
  }

  async readAtlas(): Promise<void> {
    const atlas = this.#model.get("atlas") as Atlas;
    await this.#take(atlas, atlas.png);
    this.oncome();
  }

  /** A canvas with the image's picture, or a frame until it comes. */
  draw(index: number, label: string): HTMLElement {
    const [height, width] = this.#model.get("tileSize") as [number, number];
    const scale = side / Math.max(height, width);
    const canvas = h("canvas", {
      role: "img",
      width: Math.max(1, width * 2 * scale),
      height: Math.max(1, height * 2 * scale),
    });
    canvas.style.width = `${Math.max(1, width * scale)}px`;
    canvas.style.height = `${Math.max(1, height * scale)}px`;
    const place = this.#places.get(index);
    if (place !== undefined) {
      const context = canvas.getContext("2d")!;
      context.imageSmoothingEnabled = scale < 1;
      context.drawImage(place.picture, 0, place.top, width, height, 0, 0, canvas.width, canvas.height);
      canvas.setAttribute("aria-label", label);
      return canvas;
    }
    const why = this.#missing.has(index) ? "cannot be read" : this.#invoke ? "is being fetched" : "is not on this page";
    if (this.#invoke !== undefined && !this.#missing.has(index)) this.#wanted.add(index);
    return h(
      "span",
      { class: "cw-absent", role: "img", title: why, "aria-label": `${label}: the picture ${why}` },
      "?",
    );
  }

  /** Forgets what was wanted before: only what is to be seen now is asked for. */
  begin(): void {
    this.#wanted.clear();
  }

  async ask(): Promise<void> {
    if (this.#asking || this.#invoke === undefined) return;
    this.#asking = true;
    try {
      while (this.#wanted.size > 0) {
        const indices = [...this.#wanted].slice(0, chunk);
        for (const index of indices) this.#wanted.delete(index);
        const signal = AbortSignal.timeout(60_000);
        const [answer, buffers] = await this.#invoke<Atlas>("thumbnails", { indices }, { signal });
        await this.#take(answer, buffers[0]);
        for (const index of indices) if (!this.#places.has(index)) this.#missing.add(index);
        this.oncome();
      }
    } catch {
      // The kernel is gone or too busy: the frames stay, and the next scrolling asks again.
    } finally {
      this.#asking = false;
    }
  }

  close(): void {
    for (const { picture } of this.#places.values()) picture.close();
    this.#places.clear();
  }

  async #take({ indices = [], missing = [] }: Partial<Atlas>, png: unknown): Promise<void> {
    const picture = await decodePicture(png);
    const [height] = this.#model.get("tileSize") as [number, number];
    for (const index of missing) this.#missing.add(index);
    for (const [at, index] of indices.entries()) {
      if (picture === undefined || this.#missing.has(index) || (at + 1) * height > picture.height) continue;
      this.#places.delete(index);
      this.#places.set(index, { picture, top: at * height });
    }
    for (const index of this.#places.keys()) {
      if (this.#places.size <= most) break;
      this.#places.delete(index);
    }
  }
}
