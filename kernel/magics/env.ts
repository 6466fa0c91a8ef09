// `%env`: environment variables of the evaluator, which commands and child processes inherit. A notebook is shared, its
// outputs with it, so values that look like secrets are not shown.

import { CellwrightError } from "../../src/errors.ts";
import { escapeHtml } from "../display/escape.ts";
import { Rendered } from "../display/templates.ts";
import type { Magic } from "./magic.ts";

const { Object, process } = globalThis;

const SECRET_NAME =
  /secret|token|passw|passphrase|pwd$|credential|auth|cookie|private|api_?key|access_?key|_key$|_pat$|dsn$/i;
const SECRET_VALUE =
  /^(gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|pk_|rk_|AKIA|ASIA|AIza|eyJ[\w-]+\.|hf_|npm_|-----BEGIN)|\/\/[^/@\s]*:[^/@\s]+@/;
const HIDDEN = "(not shown)";
const LONGEST = 200;

export const magic: Magic = (argument, { displays, print }) => {
  const equals = argument.indexOf("=");
  const name = (equals < 0 ? argument : argument.slice(0, equals)).trim();
  if (equals >= 0) return set(name, argument.slice(equals + 1).trim());
  if (/\s/.test(name)) throw usage(argument);
  if (name !== "") {
    const value = process.env[name];
    print(value === undefined ? `${name} is not set\n` : `${name}=${shown(name, value)}\n`);
    return;
  }
  const rows = Object.keys(process.env)
    .sort()
    .map((key) => [key, shown(key, process.env[key] ?? "")] as const);
  const body = rows.map(([key, value]) => `<tr><td>${escapeHtml(key)}</td><td>${escapeHtml(value)}</td></tr>`);
  displays.display(
    new Rendered({
      "text/html": `<table>${body.join("")}</table>`,
      "text/plain": rows.map(([key, value]) => `${key}=${value}`).join("\n"),
    }),
  );
};

function set(name: string, value: string): void {
  if (!/^[A-Za-z_][\w.]*$/.test(name)) throw usage(`${name}=${value}`);
  process.env[name] = value.replace(/^(["'])(.*)\1$/, "$2");
}

function usage(argument: string) {
  return new CellwrightError("CW_MAGIC_USAGE", `expected %env, %env NAME or %env NAME=VALUE, got %env ${argument}`);
}

function shown(name: string, value: string): string {
  if (value !== "" && (SECRET_NAME.test(name) || SECRET_VALUE.test(value))) return HIDDEN;
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}… (${value.length - LONGEST} more characters)` : value;
}
