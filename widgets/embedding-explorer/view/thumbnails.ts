/** Small images of points on the page: from the sheets of the state, and, where a kernel answers, from sheets it is asked for. */
import { bytes, int32 } from "../../page/binary.ts";
import { decodePicture } from "../../page/picture.ts";
import { hasKernel, type Model } from "../../page/view-type.ts";

/** Asks the kernel: a command's name and message, and its answer with buffers. */
export type Invoke = <Answer>(name: string, message: unknown) => Promise<[Answer, DataView[]]>;

interface Sheet {
  readonly columns: number;
  readonly png: Uint8Array;
  /** Undefined before it is decoded, null where it cannot be. */
  picture: ImageBitmap | null | undefined;
  decoding: boolean;
}

/** Images asked for at once, and sheets of them that are kept. */
const BATCH = 256;
const KEPT = 60;

export class Thumbnails {
  readonly #places = new Map<number, { readonly sheet: Sheet; readonly at: number }>();
  readonly #asked: { readonly sheet: Sheet; readonly indices: readonly number[] }[] = [];
  readonly #wanted = new Set<number>();
  readonly #refused = new Set<number>();
  readonly #model: Model;
  readonly #invoke: Invoke;
  readonly #onArrive: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onArrive called when images that were missing can be drawn */
  constructor(model: Model, invoke: Invoke, onArrive: () => void) {
    this.#model = model;
    this.#invoke = invoke;
    this.#onArrive = onArrive;
    this.read();
  }

  /** Takes over the sheets of the state. */
  read(): void {
    const sheets = sheetsOf(this.#model);
    for (const { indices, columns, png } of sheets) this.#add(int32(indices), columns, bytes(png));
  }

  /** Height and width in pixels; 0 where there are no images. */
  get size(): readonly [number, number] {
    return this.#model.get("tileSize");
  }

  get available(): boolean {
    return this.size[0] > 0;
  }

  /** Draws an image into a rectangle: a question mark where it cannot be shown, nothing while it is on its way. */
  draw(context: CanvasRenderingContext2D, index: number, x: number, y: number, width: number, height: number): void {
    const place = this.#places.get(index);
    const picture = place?.sheet.picture;
    if (place === undefined) this.#want(index);
    else if (picture === undefined) this.#decode(place.sheet);
    if (place !== undefined && picture) {
      const [tileHeight, tileWidth] = this.size;
      const left = (place.at % place.sheet.columns) * tileWidth;
      const top = Math.floor(place.at / place.sheet.columns) * tileHeight;
      context.imageSmoothingEnabled = width < tileWidth;
      context.drawImage(picture, left, top, tileWidth, tileHeight, x, y, width, height);
    } else if (picture === null || this.#refused.has(index)) {
      context.fillStyle = "#888888";
      context.textAlign = "center";
      context.font = `${Math.round(height * 0.6)}px sans-serif`;
      context.fillText("?", x + width / 2, y + height * 0.72);
    }
  }

  destroy(): void {
    clearTimeout(this.#timer);
    for (const { sheet } of this.#places.values()) sheet.picture?.close();
    this.#places.clear();
  }

  #add(indices: ArrayLike<number>, columns: number, png: Uint8Array): Sheet {
    const sheet: Sheet = { columns, png, picture: undefined, decoding: false };
    for (let at = 0; at < indices.length; at++) this.#places.set(indices[at]!, { sheet, at });
    return sheet;
  }

  #decode(sheet: Sheet): void {
    if (sheet.decoding) return;
    sheet.decoding = true;
    void decodePicture(sheet.png).then((picture) => {
      sheet.picture = picture ?? null;
      this.#onArrive();
    });
  }

  #want(index: number): void {
    if (this.#refused.has(index)) return;
    if (!hasKernel(this.#model)) {
      this.#refused.add(index);
      return;
    }
    this.#wanted.add(index);
    this.#timer ??= setTimeout(() => void this.#ask(), 60);
  }

  async #ask(): Promise<void> {
    const indices = [...this.#wanted].slice(0, BATCH);
    this.#wanted.clear(); // those left over are wanted again at the next drawing, if they are still in view
    try {
      const [answer, [png]] = await this.#invoke<{ columns: number; indices: number[] }>("thumbnails", { indices });
      const sheet = this.#add(answer.indices, answer.columns, bytes(png));
      this.#asked.push({ sheet, indices: answer.indices });
      if (this.#asked.length > KEPT) this.#drop();
    } catch {
      for (const index of indices) this.#refused.add(index);
    }
    this.#timer = undefined;
    this.#onArrive();
  }

  #drop(): void {
    const { sheet, indices } = this.#asked.shift()!;
    sheet.picture?.close();
    for (const index of indices) if (this.#places.get(index)?.sheet === sheet) this.#places.delete(index);
  }
}

const sheetsOf = (model: Model) =>
  model.get("sheets") as readonly { indices: DataView; columns: number; png: DataView }[];
