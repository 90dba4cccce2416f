/** The panel: search, what is shown and how, scores, sources. Built anew whenever the view changes; the focus stays where it was. */

import { bar, byId, h, swatch } from "./dom";
import { type Facts, type Group, categories, scoreColumns } from "./facts";
import { INFRA, type Palette, STRESS } from "./palette";
import { placeColour } from "./style";
import { type Units, count, length, miles } from "./units";
import { type StreetMode, type View, toggled } from "./view";

export interface PanelInput {
  facts: Facts;
  view: View;
  palette: Palette;
  units: Units;
  layers: ReadonlySet<string>;
  extra: string[];
  /** Sources, once the manifest has been read. */
  sources: string[];
  search: HTMLElement | null;
  /** Whether the zoom is below that of small streets. */
  far: boolean;
  change: (changes: Partial<View>) => void;
}

/** The zoom from which the tiles have every street. */
export const SMALL_STREETS = 11;

const MODES: readonly { id: StreetMode; title: string }[] = [
  { id: "stress", title: "Stress" },
  { id: "infra", title: "Lanes" },
  { id: "island", title: "Islands" },
  { id: "off", title: "Off" },
];

export function drawHead({ facts }: PanelInput): void {
  byId("place").textContent = facts.place;
  document.title = `${facts.place} – Quietway`;
  const score = byId("head-score");
  score.hidden = facts.overall === null;
  score.replaceChildren(
    h("strong", {}, (facts.overall ?? 0).toFixed(0)),
    h("span", { class: "visually-hidden" }, "overall score, "),
    h("small", {}, "of 100"),
  );
}

export function drawBody(input: PanelInput): void {
  const body = byId("body");
  const focused = document.activeElement?.id ?? "";
  const open = new Set([...body.querySelectorAll("details[open]")].map((details) => details.id));
  body.replaceChildren(
    ...[
      input.search,
      input.layers.has("ways") ? streets(input) : null,
      input.layers.has("blocks") ? blocks(input) : null,
      places(input),
      extra(input),
      scores(input),
      about(input),
    ].filter((part) => part !== null),
  );
  for (const details of body.querySelectorAll("details")) details.open ||= open.has(details.id);
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
}

function streets(input: PanelInput): HTMLElement {
  const { view, change } = input;
  const choice = ({ id, title }: (typeof MODES)[number]): HTMLElement => {
    const radio = h("input", { type: "radio", name: "streets", id: `streets-${id}`, value: id });
    radio.checked = view.streets === id;
    radio.addEventListener("change", () => {
      change({ streets: id });
    });
    return h("label", {}, radio, h("span", {}, title));
  };
  return h(
    "section",
    { "aria-labelledby": "streets-title" },
    h("h2", { id: "streets-title" }, "Streets"),
    h(
      "div",
      { class: "choice", role: "radiogroup", "aria-labelledby": "streets-title" },
      ...MODES.map(choice),
    ),
    ...streetLegend(input),
    input.far &&
      view.streets !== "off" &&
      h("p", { class: "quiet", id: "zoom-hint" }, "Zoom in for minor streets."),
  );
}

function streetLegend(input: PanelInput): HTMLElement[] {
  const { view, palette, facts, units } = input;
  const stress = STRESS.map((row) => filterRow(input, `stress-${row.id}`, row.title, palette.stress[row.id]));
  const infra = INFRA.map((row) => filterRow(input, `infra-${row.id}`, row.title, palette.infra[row.id]));
  const more = (title: string, rows: HTMLElement[]): HTMLElement =>
    h("details", { id: "more-filters" }, h("summary", {}, title), h("ul", { class: "legend" }, ...rows));
  switch (view.streets) {
    case "off":
      return [];
    case "stress":
      return [h("ul", { class: "legend two" }, ...stress), more("Filter by lane", infra)];
    case "infra":
      return [h("ul", { class: "legend two" }, ...infra), more("Filter by stress", stress)];
    case "island": {
      const [largest] = facts.islands;
      const note = largest
        ? `Streets of one colour can be ridden calmly from end to end. The longest island has ${length(largest.length_m, units)}.`
        : "Streets of one colour can be ridden calmly from end to end.";
      return [h("p", { class: "quiet" }, note), more("Filter by stress", stress)];
    }
  }
}

function filterRow({ view, change }: PanelInput, id: string, title: string, colour: string): HTMLElement {
  const box = h("input", { type: "checkbox", id: `show-${id}` });
  box.checked = !view.hidden.includes(id);
  box.addEventListener("change", () => {
    change({ hidden: toggled(view.hidden, id) });
  });
  return h("li", {}, h("label", {}, box, swatch(colour), title));
}

function blocks({ facts, view, palette, change }: PanelInput): HTMLElement {
  const option = (value: string, title: string): HTMLElement => h("option", { value }, title);
  const select = h(
    "select",
    { id: "blocks-by", "aria-label": "Colour blocks by" },
    option("", "Not coloured"),
    ...(facts.overall === null ? [] : scoreColumns(facts).map(({ column, title }) => option(column, title))),
  );
  select.value = view.blocks;
  select.addEventListener("change", () => {
    change({ blocks: select.value });
  });
  const gradient = `linear-gradient(to right, ${palette.scores.join(", ")})`;
  const key = h(
    "div",
    { class: "ramp" },
    h("span", {}, "0"),
    h("span", { class: "ramp-bar", style: `background:${gradient}`, "aria-hidden": "true" }),
    h("span", {}, "100"),
  );
  return h(
    "section",
    { "aria-labelledby": "blocks-title" },
    h("h2", { id: "blocks-title" }, "Blocks"),
    select,
    view.blocks === "" ? null : key,
    facts.files.reach === null
      ? null
      : h("p", { class: "quiet" }, "Click a block to see what people there can reach calmly."),
  );
}

function places({ facts, view, palette, change }: PanelInput): HTMLElement | null {
  const shown = categories(facts).filter((category) => category.places);
  if (shown.length === 0 || facts.files.places === null) return null;
  const chip = (category: (typeof shown)[number]): HTMLElement => {
    const pressed = view.places.includes(category.id);
    return h(
      "button",
      {
        type: "button",
        id: `places-${category.id}`,
        class: "chip",
        "aria-pressed": String(pressed),
        click: () => {
          change({ places: toggled(view.places, category.id) });
        },
      },
      swatch(placeColour(facts, palette, category), "dot"),
      category.title,
    );
  };
  const all = view.places.length === shown.length;
  const everything = h(
    "button",
    {
      type: "button",
      id: "places-all",
      class: "link",
      click: () => {
        change({ places: all ? [] : shown.map((category) => category.id) });
      },
    },
    all ? "None" : "All",
  );
  return h(
    "section",
    { "aria-labelledby": "places-title" },
    h("h2", { id: "places-title" }, "Destinations ", everything),
    h("div", { class: "chips" }, ...shown.map(chip)),
  );
}

function extra({ view, extra, change }: PanelInput): HTMLElement | null {
  if (extra.length === 0) return null;
  const row = (id: string): HTMLElement => {
    const box = h("input", { type: "checkbox", id: `extra-${id}` });
    box.checked = view.extra.includes(id);
    box.addEventListener("change", () => {
      change({ extra: toggled(view.extra, id) });
    });
    return h("li", {}, h("label", {}, box, id.replaceAll("_", " ")));
  };
  return h("section", {}, h("h2", {}, "Further layers"), h("ul", { class: "legend" }, ...extra.map(row)));
}

function scores(input: PanelInput): HTMLElement | null {
  const { facts, units } = input;
  if (facts.overall === null) return null;
  const total = [
    facts.population === null ? null : `${count(facts.population)} people`,
    facts.low_stress_miles === null ? null : `${miles(facts.low_stress_miles, units)} of calm streets`,
    facts.high_stress_miles === null ? null : `${miles(facts.high_stress_miles, units)} of stressful ones`,
  ].filter((part) => part !== null);
  return h(
    "section",
    { class: "scores", "aria-labelledby": "scores-title" },
    h("h2", { id: "scores-title" }, "Scores"),
    scoreRow(input, "Overall", "overall_score", facts.overall, "overall"),
    ...facts.groups.map((group) => groupRows(input, group)),
    h("p", { class: "quiet" }, `${total.join(", ")} (each direction counted).`),
  );
}

function groupRows(input: PanelInput, group: Group): HTMLElement {
  const row = scoreRow(input, group.title, group.column, group.score, "group");
  if (group.categories.length < 2) return row;
  const members = group.categories.map((category) =>
    scoreRow(input, category.title, category.column, category.score, "category"),
  );
  return h(
    "div",
    {},
    row,
    h(
      "details",
      { id: `scores-${group.id}` },
      h("summary", {}, `${group.categories.length} categories`),
      ...members,
    ),
  );
}

/** A score with its bar; pressing it colours the blocks by it. */
function scoreRow(
  { view, change }: PanelInput,
  title: string,
  column: string,
  score: number | null,
  level: string,
): HTMLElement {
  const pressed = view.blocks === column;
  return h(
    "button",
    {
      type: "button",
      id: `score-${level}-${column}`,
      class: `score score-${level}`,
      "aria-pressed": String(pressed),
      title: "Colour the blocks by this score",
      click: () => {
        change({ blocks: pressed ? "" : column });
      },
    },
    h("span", { class: "score-title" }, title),
    h("span", { class: "score-value" }, score === null ? "–" : score.toFixed(1)),
    bar((score ?? 0) / 100),
  );
}

function about({ facts, sources }: PanelInput): HTMLElement {
  const link = ({ text, url, licence }: Facts["attributions"][number]): HTMLElement =>
    h("li", {}, h("a", { href: url, target: "_blank", rel: "noopener" }, text), ` (${licence})`);
  return h(
    "details",
    { id: "about" },
    h("summary", {}, "Data and method"),
    h(
      "ul",
      { class: "quiet" },
      ...facts.attributions.map(link),
      ...sources.map((line) => h("li", {}, line)),
      h("li", {}, h("a", { href: "map/licences.md" }, "Licences of the page's code")),
    ),
    h(
      "p",
      { class: "quiet" },
      `Bicycle Network Analysis, edition ${facts.edition}. Keys: Tab moves through the panel and the map; on the map, arrows and + − move it, Enter selects what is under the cross, Escape closes.`,
    ),
  );
}
