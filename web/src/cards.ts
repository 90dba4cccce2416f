/** The card of what is selected: a street, a block, a place. */

import { bar, h, swatch } from "./dom";
import { type Category, type Facts, categories } from "./facts";
import { type Palette, type StressClass, STRESS } from "./palette";
import type { PlaceRow } from "./places";
import type { Counted, Row } from "./reach";
import type { DirectionFacts, Rated, StreetFacts } from "./street";
import { type Units, count, length } from "./units";

export interface Actions {
  close: () => void;
  /** Selects the block under the selected street. */
  reachFromHere: () => void;
  showIsland: () => void;
}

function frame(
  kind: string,
  title: string,
  actions: Actions,
  ...content: (HTMLElement | null)[]
): HTMLElement {
  const close = h(
    "button",
    { type: "button", class: "close", click: actions.close, "aria-label": "Close (Escape)" },
    "×",
  );
  return h("div", { class: "card" }, h("p", { class: "kind" }, kind), close, h("h2", {}, title), ...content);
}

function stressBadge(stress: StressClass): HTMLElement {
  const title = STRESS.find((row) => row.id === stress)?.title ?? "";
  return h("span", { class: `badge badge-${stress}` }, title);
}

function rated({ stress, reason }: Rated, label: string): HTMLElement {
  return h(
    "p",
    { class: "rated" },
    stressBadge(stress),
    " ",
    h("span", { class: "label" }, label),
    h("br"),
    reason + ".",
  );
}

function direction(facts: DirectionFacts): HTMLElement {
  return h(
    "section",
    { class: "direction" },
    h("h3", {}, facts.title),
    rated(facts.along, "along the street"),
    facts.crossing && rated(facts.crossing, "crossing at its end"),
  );
}

export function streetCard(street: StreetFacts, facts: Facts, units: Units, actions: Actions): HTMLElement {
  const rows = street.attributes.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  const island = facts.islands.find((island) => island.id === street.island);
  const size = island ? `, ${length(island.length_m, units)} of streets` : "";
  const islandLine =
    street.island === null
      ? h("p", { class: "quiet" }, "Part of no calm island.")
      : h(
          "p",
          { class: "quiet" },
          `Calm island ${street.island}${size}. `,
          h("button", { type: "button", class: "link", click: actions.showIsland }, "Colour by island"),
        );
  return frame(
    street.kind,
    street.title,
    actions,
    ...street.directions.map(direction),
    rows.length > 0 ? h("dl", { class: "attributes" }, ...rows) : null,
    islandLine,
    h(
      "p",
      { class: "actions" },
      h(
        "button",
        { type: "button", class: "primary", click: actions.reachFromHere },
        "What can I reach from here?",
      ),
      street.osm === null
        ? null
        : h("a", { href: street.osm, target: "_blank", rel: "noopener" }, "OpenStreetMap ↗"),
    ),
  );
}

/** A street whose tile is not loaded, or whose zoom has no attributes. */
export function waitingCard(kind: string, title: string, note: string, actions: Actions): HTMLElement {
  return frame(kind, title, actions, h("p", { class: "quiet" }, note));
}

export interface BlockFacts {
  id: string;
  population: number | null;
  /** 0–100. */
  score: number | null;
  /** Null for a block outside the boundary, and in a run without reach. */
  row: Row | null;
}

/** With what the tiles know of the block. */
export function blockFacts(id: string, properties: Record<string, unknown>, row: Row | null): BlockFacts {
  const number = (name: string): number | null => {
    const value = properties[name];
    return typeof value === "number" ? value : null;
  };
  return { id, population: number("pop20"), score: number("overall_score"), row };
}

/** Why a block has no reach: nobody starts there, or the run ended before it. */
export function withoutReach({ files }: Facts): string {
  return files.reach === null
    ? "What can be reached from here was not computed in this run: it ended before that step."
    : "Outside the boundary: it can be reached, but trips from it are not measured.";
}

export function blockCard(block: BlockFacts, facts: Facts, palette: Palette, actions: Actions): HTMLElement {
  const about = [
    block.population === null ? null : `${count(block.population)} people`,
    block.score === null ? null : `overall score ${block.score.toFixed(0)} of 100`,
  ].filter((part) => part !== null);
  return frame(
    "Block",
    block.id,
    actions,
    about.length > 0 ? h("p", { class: "quiet" }, about.join(" · ")) : null,
    ...(block.row ? reachTable(block.row, facts, palette) : [h("p", {}, withoutReach(facts))]),
  );
}

function reachTable(row: Row, facts: Facts, palette: Palette): HTMLElement[] {
  const calm = row.pairs.filter((pair) => pair.lowStress).length;
  const rows = categories(facts).flatMap((category) => {
    const counted = row.counts.get(category.id);
    return counted && counted.high !== null && counted.high > 0 ? [reachRow(category, counted)] : [];
  });
  const head = h(
    "tr",
    {},
    h("td", {}),
    h("th", { scope: "col" }, swatch(palette.stress.low, "area"), "Calmly"),
    h("th", { scope: "col" }, swatch(palette.stress.high, "area"), "Only with stress"),
  );
  const blocks = h(
    "tr",
    { class: "total", "data-category": "blocks" },
    h("th", { scope: "row" }, "Blocks"),
    h("td", { "data-level": "low" }, count(calm)),
    h("td", { "data-level": "high" }, count(row.pairs.length - calm)),
  );
  const nothing = row.pairs.length === 0 ? [h("p", {}, "No street leads away from here.")] : [];
  return [
    ...nothing,
    h(
      "table",
      { class: "reach" },
      h("caption", { class: "visually-hidden" }, "What can be reached from this block"),
      h("thead", {}, head),
      h("tbody", {}, blocks, ...rows),
    ),
  ];
}

function reachRow(category: Category, { low, high }: Counted): HTMLElement {
  const [calm, all] = [low ?? 0, high ?? 0];
  return h(
    "tr",
    { "data-category": category.id },
    h("th", { scope: "row" }, category.title, bar(all > 0 ? calm / all : 0, "bar split")),
    h("td", { "data-level": "low" }, count(calm)),
    h("td", { "data-level": "high" }, count(all - calm)),
  );
}

export function placeCard(category: string, place: PlaceRow, actions: Actions): HTMLElement {
  const [, , , name, , low, high] = place;
  const people =
    low === null || high === null
      ? "Nobody's trips to it were measured."
      : high === 0
        ? "No street leads to it within the longest trip."
        : `${count(low)} of the ${count(high)} people around reach it calmly.`;
  return frame(
    category,
    name ?? "Unnamed",
    actions,
    h("p", {}, people),
    low !== null && high !== null && high > 0 ? bar(low / high, "bar split") : null,
  );
}
