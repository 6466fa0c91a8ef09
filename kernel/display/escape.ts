const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const CHARACTERS: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};

/** Text made safe between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

const LONGEST = 10_000;

/** The beginning of a piece of HTML as text: no tags, and entities as the characters that they stand for. */
export function plainText(markup: string): string {
  const text = markup.slice(0, LONGEST).replace(/<[^>]*(>|$)/g, "");
  const plain = text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => CHARACTERS[entity]!);
  return markup.length > LONGEST ? `${plain}… (HTML, ${markup.length} characters)` : plain;
}
