// `%%html`: the rest of the cell, as it stands.

import { html } from "../display/templates.ts";
import type { Magic } from "./magic.ts";

export const magic: Magic = (_argument, { displays }, body) => {
  displays.display(html(body));
};
