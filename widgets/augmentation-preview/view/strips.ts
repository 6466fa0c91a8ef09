/** Every transform at every strength: a strip for each, in the groups and in the order that the metalearner gave them, where there is one. */
import { h } from "../../page/elements.ts";
import type { Model } from "../../page/view-type.ts";
import type { Decision, Sheet, Tile } from "../state.ts";
import { type ClusterHead, clusterHead } from "./cluster-head.ts";
import { type Change, contextOf, type Part } from "./part.ts";
import { clusters, tableOf } from "./standing.ts";
import { makeStrip, type Strip, type StripTiles } from "./strip.ts";

/** Strips that stand together: a cluster's, or those of transforms that belong to none. */
interface Group {
  readonly element: HTMLElement;
  readonly strips: HTMLElement;
  readonly head?: ClusterHead;
  has(transform: string): boolean;
}

export function stripsPart(model: Model, set: Change): Part {
  const about = h("div");
  const body = h("div", {
    class: "cw-strips",
    role: "group",
    tabindex: 0,
    "aria-label": "each transform at each strength",
  });
  const element = h("section", { "aria-label": "strips" }, h("h4", {}, "Every transform, every strength"), about, body);
  let grouped: unknown;
  let drawn: unknown;
  let groups: Group[] = [];
  let strips: Strip[] = [];
  const update = async () => {
    if (grouped !== clusters(model)) {
      grouped = clusters(model);
      drawn = undefined;
      groups = groupsOf(model, set);
      body.replaceChildren(...groups.map((group) => group.element));
    }
    const sheet = model.get("strips") as Sheet;
    if (drawn !== sheet) {
      drawn = sheet;
      const context = await contextOf(model, "strips", 44);
      if (drawn !== sheet) return; // a later one is on its way
      const most = Math.max(0, ...sheet.tiles.map(({ table }) => table?.divergence ?? 0));
      const pick = ({ transform, value }: Tile) => set({ transform, value });
      const rows = rowsOf(sheet);
      strips = rows.map((row) => makeStrip(model, row, context, most, pick));
      for (const group of groups) {
        group.strips.replaceChildren(...strips.filter((_, at) => group.has(rows[at]!.name)).map((own) => own.element));
      }
    }
    about.replaceChildren(...aboutPolicy(model));
    for (const { head } of groups) head?.update();
    for (const strip of strips) strip.mark();
  };
  return { element, fields: ["strips", "clusters", "levels", "looked", "learned"], update };
}

/** The tiles of a sheet by transform, in order. */
function rowsOf({ tiles }: Sheet): StripTiles[] {
  const rows = new Map<string, { tile: Tile; at: number }[]>();
  for (const [at, tile] of tiles.entries()) {
    rows.set(tile.transform, [...(rows.get(tile.transform) ?? []), { tile, at }]);
  }
  return [...rows].map(([name, own]) => ({ name, tiles: own }));
}

function groupsOf(model: Model, set: Change): Group[] {
  const all = clusters(model);
  if (all.length === 0) {
    const strips = h("div");
    return [{ element: strips, strips, has: () => true }];
  }
  const made = all.map((cluster): Group => {
    const head = clusterHead(model, cluster, set);
    const strips = h("div");
    const element = h(
      "section",
      { class: "cw-cluster", "aria-label": `cluster ${cluster.name}` },
      head.element,
      strips,
    );
    return { element, strips, head, has: (transform) => tableOf(model, transform)?.cluster === cluster.name };
  });
  const strips = h("div");
  const head = h("div", { class: "cw-head" }, h("h5", {}, "apart from the clusters"), ...decisionTexts(model));
  const element = h("section", { class: "cw-cluster", "aria-label": "apart from the clusters" }, head, strips);
  return [...made, { element, strips, has: (transform) => tableOf(model, transform) === undefined }];
}

function aboutPolicy(model: Model): HTMLElement[] {
  const learned = model.get("learned") as { policy: string; reason: string } | null;
  if (learned === null) return [];
  const reason = learned.reason === "" ? [] : [h("span", { class: "cw-muted" }, ` (${learned.reason})`)];
  return [
    h("p", {}, "The metalearner's policy: ", h("strong", {}, learned.policy), ...reason),
    h(
      "p",
      { class: "cw-muted" },
      "Each strip has the identity, then the transform's magnitudes in the order of their table: by how far they move the predictions (KL, in nats; the bar is its root, on one scale for all). A level admits everything up to its end; what lies beyond is grey.",
    ),
  ];
}

/** What has a reason is told with it, the rest in one line. */
function decisionTexts(model: Model): HTMLElement[] {
  const decisions = model.get("decisions") as Decision[];
  const [told, rest] = [
    decisions.filter(({ reason }) => reason !== ""),
    decisions.filter(({ reason }) => reason === ""),
  ];
  return [
    h(
      "ul",
      {},
      ...told.map(({ name, decision, reason }) =>
        h("li", {}, `${name}: `, h("strong", {}, decision), h("span", { class: "cw-muted" }, ` (${reason})`)),
      ),
    ),
    h("p", { class: "cw-muted" }, rest.map(({ name, decision }) => `${name}: ${decision}`).join(" · ")),
  ];
}
