export { JupyterDebugger } from "./debugger.ts";
