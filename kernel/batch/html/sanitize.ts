// HTML that comes from a notebook is somebody else's. In the page itself it may be text, tables and embedded pictures;
// anything that is more (scripts, style sheets, forms, drawings) goes into a frame with an origin of its own, see
// frame.ts. Nothing may reach the network: a picture from elsewhere becomes a link to it.

import sanitizeHtml from "sanitize-html";

const SAFE_VALUE = [/^(?!.*(?:url|expression|image-set|attr|var)\s*\().*$/is];
const STYLE_PROPERTIES = [
  "background-color border border-bottom border-collapse border-color border-left border-radius border-right",
  "border-spacing border-style border-top border-width color display font-family font-size font-style font-weight",
  "gap grid-template-columns height letter-spacing line-height list-style-type margin margin-bottom margin-left",
  "margin-right margin-top max-height max-width min-width opacity overflow overflow-x overflow-y padding padding-bottom",
  "padding-left padding-right padding-top text-align text-decoration text-transform vertical-align white-space width",
]
  .join(" ")
  .split(" ");

const SHARED: sanitizeHtml.IOptions = {
  allowedTags: [
    ...sanitizeHtml.defaults.allowedTags,
    ...["img", "del", "ins", "details", "summary", "figure", "figcaption", "progress", "meter", "font", "center"],
  ],
  allowedAttributes: {
    "*": ["style", "title", "align", "dir", "lang", "role", "aria-label", "aria-hidden"],
    a: ["href", "id", "name"],
    img: ["src", "alt", "width", "height"],
    td: ["colspan", "rowspan"],
    th: ["colspan", "rowspan", "scope"],
    details: ["open"],
    ol: ["start"],
    progress: ["value", "max"],
    meter: ["value", "min", "max", "low", "high", "optimum"],
    font: ["color"],
  },
  allowedStyles: { "*": Object.fromEntries(STYLE_PROPERTIES.map((name) => [name, SAFE_VALUE])) },
  allowedSchemes: ["http", "https", "mailto"],
  allowedSchemesByTag: { img: ["data"] },
  allowProtocolRelative: false,
  transformTags: {
    a: (tagName, attributes) => ({ tagName, attribs: { ...attributes, rel: "noopener noreferrer" } }),
    img: (tagName, attributes) => {
      const { src = "", alt = "" } = attributes;
      if (/^data:image\/(?:png|jpeg|gif|webp|svg\+xml|avif|bmp)[;,]/i.test(src)) {
        return { tagName, attribs: { ...attributes, alt } };
      }
      const text = alt === "" ? `picture: ${src.slice(0, 200)}` : alt;
      const attribs: Record<string, string> = /^https?:/i.test(src) ? { href: src, rel: "noopener noreferrer" } : {};
      return { tagName: "a", attribs, text };
    },
  },
};
SHARED.allowedAttributes = { ...(SHARED.allowedAttributes as object), a: ["href", "id", "name", "rel"] };

/** A cell's own HTML output, made safe for the page. */
export function sanitizeOutput(html: string): string {
  return sanitizeHtml(html, SHARED);
}

/** Rendered Markdown, made safe; anchors and the classes of coloured code are kept. */
export function sanitizeMarkdown(html: string): string {
  const attributes = SHARED.allowedAttributes as Record<string, string[]>;
  const headings = Object.fromEntries(["h1", "h2", "h3", "h4", "h5", "h6"].map((tag) => [tag, ["id"]]));
  return sanitizeHtml(html, {
    ...SHARED,
    allowedAttributes: { ...attributes, ...headings, span: ["id", "class"], div: ["id"], code: ["class"] },
    allowedClasses: { span: ["hljs-*"], code: ["hljs", "language-*"] },
  });
}

const NEEDS_FRAME =
  /<(?:script|style|svg|math|iframe|object|embed|form|link|meta|base|canvas|video|audio|template|button|input|select|textarea)\b|\son[a-z]+\s*=/i;

/** Whether HTML holds more than text, tables and pictures. */
export function needsFrame(html: string): boolean {
  return NEEDS_FRAME.test(html);
}
