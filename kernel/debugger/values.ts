// A value as one line of text, from what V8's inspector tells about it: no code of the user's runs, so getters stay
// unread. The form follows `util.inspect`.

import type { Runtime } from "node:inspector";

const MAXIMUM_TEXT = 10_000;

export interface Described {
  readonly type: string;
  readonly value: string;
}

export function describe(remote: Runtime.RemoteObject): Described {
  const { type, subtype, value, unserializableValue, description = "" } = remote;
  switch (type) {
    case "string":
      return { type, value: quote(String(value)) };
    case "number":
    case "bigint":
    case "boolean":
      return { type, value: unserializableValue ?? String(value) };
    case "undefined":
      return { type, value: "undefined" };
    case "symbol":
      return { type, value: description };
    case "function":
      return { type, value: functionHead(description) };
    default:
      if (subtype === "null") return { type: "null", value: "null" };
      return { type: objectType(remote), value: objectText(remote) };
  }
}

/** "Array(3)", "Map(2)", "Float32Array(784)", or the name of the class. */
function objectType({ subtype, className, description = "Object" }: Runtime.RemoteObject): string {
  const hasLength = subtype !== undefined && ["array", "typedarray", "map", "set", "arraybuffer"].includes(subtype);
  return hasLength ? description : (className ?? description);
}

function objectText({ subtype, className, description = "", preview }: Runtime.RemoteObject): string {
  if (subtype === "error") return cut(description.split("\n", 1)[0]!);
  if (subtype === "date" || subtype === "regexp" || preview === undefined) return cut(description);
  const isNumbers = subtype === "typedarray"; // V8 adds its getters' values
  const properties = preview.properties.filter(({ name }) => !isNumbers || /^\d+$/.test(name));
  const parts = preview.entries?.map(entryText) ?? properties.map(propertyText(subtype));
  if (preview.overflow) parts.push("…");
  const [open, close] = subtype === "array" || subtype === "typedarray" ? ["[", "]"] : ["{", "}"];
  const name = className === "Object" ? "" : `${description} `;
  return parts.length === 0 ? `${name}${open}${close}` : `${name}${open} ${parts.join(", ")} ${close}`;
}

function propertyText(subtype: string | undefined) {
  const isList = subtype === "array" || subtype === "typedarray";
  return (property: Runtime.PropertyPreview): string => {
    const text = previewText(property);
    return isList && /^\d+$/.test(property.name) ? text : `${property.name}: ${text}`;
  };
}

function entryText({ key, value }: Runtime.EntryPreview): string {
  const text = value.description ?? value.type;
  return key === undefined ? text : `${key.description ?? key.type} => ${text}`;
}

function previewText({ type, subtype, value = "" }: Runtime.PropertyPreview): string {
  if (type === "string") return quote(value);
  if (type === "function") return "function";
  if (type === "accessor") return "[getter]";
  return subtype === "null" ? "null" : value || type;
}

function functionHead(description: string): string {
  // Erased types leave blanks.
  const head = description
    .split("\n", 1)[0]!
    .replace(/\s+/g, " ")
    .replace(/ ([,)])/g, "$1");
  const body = head.indexOf("{");
  return cut(head.startsWith("class") || body < 0 ? head : `${head.slice(0, body).trimEnd()} { … }`);
}

function quote(text: string): string {
  return `'${cut(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
}

function cut(text: string): string {
  return text.length <= MAXIMUM_TEXT ? text : `${text.slice(0, MAXIMUM_TEXT)}… (${text.length} characters)`;
}
