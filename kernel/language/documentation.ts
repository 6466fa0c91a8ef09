// Documentation comments as the server gives them: Markdown, with links into files of this machine, which a notebook that is
// read elsewhere cannot follow.

export function withoutFileLinks(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\(file:[^)]*\)/g, "`$1`");
}
