export { type Display, display, newDisplay } from "./display.ts";
export { versions } from "./versions.ts";
