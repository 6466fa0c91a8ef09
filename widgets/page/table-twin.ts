/** The numbers behind a picture as a table, folded away below it: for screen readers, and for everyone who wants the numbers. */
import { h } from "./elements.ts";

export interface TwinTable {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

const shown = 500;

/** A folded table whose content is made when it is opened, and again when `update` is called while it is open. */
export function tableTwin(make: () => TwinTable): { readonly element: HTMLElement; update(): void } {
  const place = h("div", { tabindex: 0, role: "region", "aria-label": "the numbers of the picture above" });
  const element = h("details", { class: "cw-twin" }, h("summary", {}, "Show as a table"), place);
  const update = () => {
    if (element.open) place.replaceChildren(table(make()));
  };
  element.addEventListener("toggle", update);
  return { element, update };
}

function table({ caption, columns, rows }: TwinTable): HTMLElement {
  const left = rows.length - shown;
  return h(
    "table",
    { class: "cw-table" },
    h("caption", {}, left > 0 ? `${caption} (the first ${shown} of ${rows.length} rows)` : caption),
    h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)))),
    h(
      "tbody",
      {},
      ...rows.slice(0, shown).map((row) => h("tr", {}, ...row.map((value) => h("td", {}, String(value))))),
    ),
  );
}
