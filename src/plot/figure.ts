/**
 * A chart: a plotly.js figure (data, layout, config) with its own drawing as SVG, its PNG and its text.
 *
 * A front end with plotly shows the interactive figure, another the SVG, one that trusts nothing the PNG, a terminal
 * the text. All four come from the same numbers; the SVG is drawn here, in milliseconds and without a browser, so that
 * a chart can be redrawn while a training runs.
 */
import { type Displayable, displaySymbol, type MimeBundle } from "./display.ts";
import { rasterize } from "./raster.ts";

/** What a figure is made of. */
export interface FigureSource {
  /** Traces as plotly.js takes them. */
  readonly data: readonly object[];
  /** A layout as plotly.js takes it. */
  readonly layout: object;
  readonly svg: () => string;
  readonly text: () => string;
  /** Whether it is one of many frames: displayed as SVG and text alone, at once. */
  readonly live?: boolean;
}

/** Options of `Figure.toPNG`. */
export interface PngOptions {
  /** Pixels for each unit of the SVG, above 0 to 8. Default: 2, for screens of high density. */
  readonly scale?: number;
}

/**
 * A chart that shows itself in a notebook and can be saved.
 *
 * @example
 * const figure = confusionMatrix(labels, predictions);
 * await writeFile("confusion.png", await figure.toPNG());
 */
export class Figure implements Displayable {
  readonly kind = "plotly";
  /** Traces for `Plotly.newPlot(element, figure)`. */
  readonly data: readonly object[];
  readonly layout: object;
  /** No plotly logo, and no button that sends the data to a server. */
  readonly config = { displaylogo: false, responsive: true, showSendToCloud: false } as const;
  /** Whether it is one of many frames. */
  readonly live: boolean;
  readonly #svg: () => string;
  readonly #text: () => string;

  constructor(source: FigureSource) {
    this.data = source.data;
    this.layout = source.layout;
    this.live = source.live ?? false;
    this.#svg = source.svg;
    this.#text = source.text;
  }

  /** The drawing as an SVG document, without scripts, style sheets or ids: it may stand in a page beside others. */
  toSVG(): string {
    return this.#svg();
  }

  /**
   * The drawing as a PNG file.
   *
   * @throws CW_SCALE, CW_SHARP_MISSING
   */
  toPNG(options: PngOptions = {}): Promise<Uint8Array> {
    return rasterize(this.toSVG(), options.scale ?? 2);
  }

  /** The same in plain text. */
  toText(): string {
    return this.#text();
  }

  /** The plotly.js figure alone. */
  toJSON(): { data: readonly object[]; layout: object; config: object } {
    return { data: this.data, layout: this.layout, config: this.config };
  }

  /** The MIME bundle: plotly, SVG, PNG, text; a live figure, drawn ten times a second, leaves out plotly and PNG. */
  [displaySymbol](): MimeBundle | Promise<MimeBundle> {
    const drawn = { "image/svg+xml": this.toSVG(), "text/plain": this.toText() };
    if (this.live) return drawn;
    const bundle = { "application/vnd.plotly.v1+json": this.toJSON(), ...drawn };
    return this.toPNG({ scale: 1 }).then(
      (png) => ({ ...bundle, "image/png": Buffer.from(png).toString("base64") }),
      // Without sharp the other three still show the chart.
      () => bundle,
    );
  }
}
