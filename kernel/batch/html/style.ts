// How a report looks: one column of text with a list of its sections beside it, light or dark as the reader's system is,
// and plain on paper. Colours were chosen for a contrast of at least 4.5 to 1 with their background (WCAG 2.2, AA).

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1c1c1c; --soft: #5c5f66; --line: #dcdee3; --code: #f6f7f9; --link: #0b5cad; --bad: #b3261e;
  --bad-page: #fdf1f0; --good: #1a6b34; --keyword: #8250df; --string: #0a5f38; --number: #0550ae; --comment: #5f6672;
  --title: #953800; --stderr: #fdf6ec;
  --ansi-0: #24292f; --ansi-1: #b3261e; --ansi-2: #1a6b34; --ansi-3: #7a5b00; --ansi-4: #0b5cad; --ansi-5: #8250df;
  --ansi-6: #0f6a73; --ansi-7: #5c5f66; --ansi-8: #5c5f66; --ansi-9: #c62f26; --ansi-10: #1f7a3c; --ansi-11: #8a6700;
  --ansi-12: #1a6fc4; --ansi-13: #9360e6; --ansi-14: #127a85; --ansi-15: #24292f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181c; --text: #e6e6e6; --soft: #a3a8b2; --line: #353941; --code: #1f2228; --link: #7ab7ff; --bad: #ff9d94;
    --bad-page: #33201f; --good: #7fd89a; --keyword: #c9a5ff; --string: #8fd6a8; --number: #8cc4ff; --comment: #9aa0ab;
    --title: #ffb385; --stderr: #2b261d;
    --ansi-0: #c9cdd4; --ansi-1: #ff9d94; --ansi-2: #7fd89a; --ansi-3: #e5c46b; --ansi-4: #7ab7ff; --ansi-5: #c9a5ff;
    --ansi-6: #7fd4de; --ansi-7: #c9cdd4; --ansi-8: #a3a8b2; --ansi-9: #ffb3ac; --ansi-10: #9be5b2; --ansi-11: #f0d58a;
    --ansi-12: #9bcaff; --ansi-13: #d8bfff; --ansi-14: #a0e3eb; --ansi-15: #fff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.6 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; min-width: 0; }
a { color: var(--link); }
h1, h2, h3, h4 { line-height: 1.25; scroll-margin-top: 1rem; }
pre, code { font: 0.875rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 0.2rem 0.6rem; text-align: left; }
img { max-width: 100%; height: auto; }
iframe { display: block; width: 100%; height: 320px; border: 0; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--soft); }
header.run { color: var(--soft); border-bottom: 1px solid var(--line); padding-bottom: 0.75rem; font-size: 0.875rem; }
header.run b { color: var(--good); } header.run.failed b { color: var(--bad); }
nav { padding: 1rem; font-size: 0.875rem; }
nav ol { list-style: none; margin: 0; padding: 0; }
nav li { margin: 0.3rem 0; } nav .level-2 { padding-left: 1rem; } nav .level-3 { padding-left: 2rem; }
nav a { text-decoration: none; }
.code { margin: 1rem 0; }
.code > .source > pre, .code > details > pre { background: var(--code); border-radius: 6px; padding: 0.6rem 0.8rem; }
.prompt, .note { color: var(--soft); font-size: 0.75rem; margin: 0 0 0.2rem; }
.outputs > * { margin: 0.5rem 0; }
.outputs > pre { max-height: 40rem; overflow: auto; padding: 0 0.8rem; }
.outputs > .html, .outputs > .text { overflow-x: auto; padding: 0 0.8rem; }
.outputs > .stderr { background: var(--stderr); border-radius: 6px; padding: 0.4rem 0.8rem; }
.outputs > .error { background: var(--bad-page); border-left: 3px solid var(--bad); padding: 0.4rem 0.8rem; }
.text pre, .text table { margin: 1rem 0; }
.text pre { background: var(--code); border-radius: 6px; padding: 0.6rem 0.8rem; }
.hljs-keyword, .hljs-built_in, .hljs-literal { color: var(--keyword); }
.hljs-string, .hljs-regexp { color: var(--string); }
.hljs-number, .hljs-attr, .hljs-property { color: var(--number); }
.hljs-comment { color: var(--comment); font-style: italic; }
.hljs-title, .hljs-meta { color: var(--title); }
.hljs-subst { color: var(--text); }
@media (min-width: 80rem) {
  body.sections { display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
  nav { position: sticky; top: 0; max-height: 100vh; overflow: auto; padding: 2rem 1rem; }
}
@media print {
  :root { --page: #fff; }
  body, body.sections { display: block; font-size: 11pt; }
  nav { display: none; }
  main { max-width: none; padding: 0; }
  .outputs > pre { max-height: none; overflow: visible; }
  .outputs > *, .source { break-inside: avoid; }
  h1, h2, h3 { break-after: avoid; }
}
`;
