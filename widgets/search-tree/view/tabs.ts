/** Tabs as the WAI-ARIA patterns have them: one stop for the Tab key, arrows between them. */
import { h } from "../../page/elements.ts";
import type { Tab } from "./page.ts";

let instances = 0;

export function tabList(
  tabs: readonly Tab[],
  onChange: () => void,
): { readonly bar: HTMLElement; readonly panels: readonly HTMLElement[]; front(): Tab } {
  const name = `cw-study-${instances++}-${Date.now().toString(36)}`;
  let front = 0;
  const buttons = tabs.map((tab, at) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `${name}-tab-${at}`,
        "aria-controls": `${name}-panel-${at}`,
        onclick: () => show(at),
        onkeydown: (event: KeyboardEvent) => {
          const steps: Readonly<Record<string, number>> = {
            ArrowRight: (at + 1) % tabs.length,
            ArrowLeft: (at + tabs.length - 1) % tabs.length,
            Home: 0,
            End: tabs.length - 1,
          };
          const to = steps[event.key];
          if (to === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          show(to);
          buttons[to]!.focus();
        },
      },
      tab.name,
    ),
  );
  const panels = tabs.map((tab, at) =>
    h("div", { role: "tabpanel", id: `${name}-panel-${at}`, "aria-labelledby": `${name}-tab-${at}` }, tab.element),
  );
  const show = (at: number) => {
    front = at;
    mark();
    onChange();
  };
  const mark = () => {
    for (const [at, button] of buttons.entries()) {
      button.setAttribute("aria-selected", String(at === front));
      button.tabIndex = at === front ? 0 : -1;
      panels[at]!.hidden = at !== front;
    }
  };
  mark();
  const bar = h("div", { role: "tablist", class: "cw-study-tabs", "aria-label": "views of the search" }, ...buttons);
  return { bar, panels, front: () => tabs[front]! };
}
