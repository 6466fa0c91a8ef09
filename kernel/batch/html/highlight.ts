// Code coloured when the report is built, so that the page needs no script for it. The classes are highlight.js's; the
// colours are in style.ts. A language we have no grammar for stays plain.

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import css from "highlight.js/lib/languages/css";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { escapeHtml } from "../../display/escape.ts";

for (const [name, grammar] of Object.entries({ bash, css, javascript, json, python, typescript, xml, yaml })) {
  hljs.registerLanguage(name, grammar);
}

/** Escaped HTML of a piece of code. */
export function highlight(code: string, language: string): string {
  const name = language.trim().split(/\s/)[0]?.toLowerCase() ?? "";
  if (hljs.getLanguage(name) === undefined) return escapeHtml(code);
  return hljs.highlight(code, { language: name, ignoreIllegals: true }).value;
}
