/** What a page's console complains about, from now on. */
import type { Page } from "playwright-core";

export function consoleProblems(page: Page): readonly string[] {
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.stack ?? error.message));
  return problems;
}
