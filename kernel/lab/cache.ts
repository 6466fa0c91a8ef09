/** The user's cache folder, where the private Python environments and the state of our Jupyter servers are. */
export { cacheFolder } from "../../src/cache.ts";
