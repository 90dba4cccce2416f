/** Streets: one line where both directions are alike, two beside each other where they differ. */

import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from "maplibre-gl";
import type { Palette } from "./palette";
import type { Scene } from "./style";
import { TILES } from "./style";
import type { StreetMode } from "./view";

type Direction = "ft" | "tf";

/** `low`, `high` or `none`. */
function stressOf(direction: Direction): ExpressionSpecification {
  return ["match", ["to-number", ["get", `${direction}_seg_stress`], 0], 1, "low", [2, 3], "high", "none"];
}

function infraOf(direction: Direction): ExpressionSpecification {
  return [
    "case",
    ["==", ["get", "functional_class"], "path"],
    "path",
    ["coalesce", ["get", `${direction}_bike_infra`], "none"],
  ];
}

/** The direction that a line in the middle stands for: the one that may be ridden. */
function inTheMiddle(of: (direction: Direction) => ExpressionSpecification): ExpressionSpecification {
  return ["case", ["==", ["get", "one_way"], "tf"], of("tf"), of("ft")];
}

const DIFFERS = (mode: StreetMode): ExpressionSpecification => {
  const of = mode === "infra" ? infraOf : stressOf;
  return ["all", ["!", ["has", "one_way"]], ["!=", of("ft"), of("tf")]];
};

/** Rows of both legends that are switched off hide streets, whichever colours them. */
function visible(hidden: readonly string[], direction: Direction | "middle"): ExpressionSpecification {
  const off = (kind: string): string[] =>
    hidden.filter((row) => row.startsWith(`${kind}-`)).map((row) => row.slice(kind.length + 1));
  const of = (pick: (direction: Direction) => ExpressionSpecification): ExpressionSpecification =>
    direction === "middle" ? inTheMiddle(pick) : pick(direction);
  return [
    "all",
    ["!", ["in", of(stressOf), ["literal", off("stress")]]],
    ["!", ["in", of(infraOf), ["literal", off("infra")]]],
  ];
}

function colour(
  mode: StreetMode,
  palette: Palette,
  direction: Direction | "middle",
): ExpressionSpecification {
  const of = (pick: (direction: Direction) => ExpressionSpecification): ExpressionSpecification =>
    direction === "middle" ? inTheMiddle(pick) : pick(direction);
  if (mode === "infra") {
    const { none, ...rows } = palette.infra;
    return ["match", of(infraOf), ...Object.entries(rows).flat(), none] as unknown as ExpressionSpecification;
  }
  if (mode === "island") {
    const colours: ExpressionSpecification = ["literal", palette.islands];
    const nth: ExpressionSpecification = ["%", ["-", ["get", "island_id"], 1], palette.islands.length];
    return ["case", ["has", "island_id"], ["to-color", ["at", nth, colours]], palette.faint];
  }
  const { none, low, high } = palette.stress;
  return ["match", of(stressOf), "low", low, "high", high, none];
}

/** Main streets wider than small ones, paths thinner. */
const CLASS_WIDTH: ExpressionSpecification = [
  "match",
  ["get", "functional_class"],
  ["primary", "secondary", "trunk", "motorway"],
  1.35,
  "path",
  0.75,
  1,
];

function byZoom(
  rows: readonly (readonly [zoom: number, width: number])[],
  factor: ExpressionSpecification | number,
) {
  const stops = rows.flatMap(([zoom, width]) => [zoom, ["*", width, factor]]);
  return ["interpolate", ["exponential", 1.4], ["zoom"], ...stops] as unknown as ExpressionSpecification;
}

const WIDTHS = [
  [9, 0.7],
  [12, 1.3],
  [14, 2.4],
  [16, 5],
  [18, 11],
] as const;

/** Half of a street that has two colours is about half as wide, and lies that far from the middle. */
const OFFSETS = [
  [11, 0],
  [14, 1.5],
  [16, 3.1],
  [18, 6.6],
] as const;

export function streetLayers(scene: Scene): LayerSpecification[] {
  const { view, palette, units, reach } = scene;
  const on = view.streets !== "off";
  const side = units.ridesLeft ? -1 : 1;
  // Streets recede where blocks are to be seen.
  const opacity = reach ? 0.35 : view.blocks === "" ? 1 : 0.8;
  const street = (id: string, direction: Direction | "middle", offset: number): LayerSpecification => ({
    id,
    type: "line",
    source: TILES,
    "source-layer": "ways",
    filter: ["all", splits(view.streets, direction), visible(view.hidden, direction)] as FilterSpecification,
    layout: {
      visibility: on ? "visible" : "none",
      "line-cap": direction === "middle" ? "round" : "butt",
      "line-join": "round",
      // Stress on top: one stressful piece breaks a calm ride.
      "line-sort-key": ["match", stressOf("ft"), "high", 2, "low", 1, 0],
    },
    paint: {
      "line-color": colour(view.streets, palette, direction),
      "line-width": byZoom(WIDTHS, offset === 0 ? CLASS_WIDTH : ["*", 0.55, CLASS_WIDTH]),
      "line-offset": byZoom(OFFSETS, offset * side),
      "line-opacity": opacity,
    },
  });
  return [
    street("streets", "middle", 0),
    street("streets-ft", "ft", 1),
    street("streets-tf", "tf", -1),
    oneWayArrows(scene),
    selectedStreet(scene),
  ];
}

function splits(mode: StreetMode, direction: Direction | "middle"): ExpressionSpecification {
  if (mode === "island") return ["literal", direction === "middle"];
  return direction === "middle" ? ["!", DIFFERS(mode)] : DIFFERS(mode);
}

function oneWayArrows({ view, palette }: Scene): LayerSpecification {
  return {
    id: "one-way",
    type: "symbol",
    source: TILES,
    "source-layer": "ways",
    minzoom: 16,
    filter: ["all", ["has", "one_way"], visible(view.hidden, "middle")] as FilterSpecification,
    layout: {
      visibility: view.streets === "off" ? "none" : "visible",
      "symbol-placement": "line",
      "symbol-spacing": 90,
      "text-field": ["match", ["get", "one_way"], "tf", "‹", "›"],
      "text-font": ["sans-serif"],
      "text-size": 15,
      "text-keep-upright": false,
      "text-padding": 0,
      "text-offset": [0, -0.08],
    },
    paint: { "text-color": palette.halo },
  };
}

function selectedStreet({ view, palette }: Scene): LayerSpecification {
  const id = view.selection?.kind === "street" ? view.selection.id : -1;
  return {
    id: "street-selected",
    type: "line",
    source: TILES,
    "source-layer": "ways",
    filter: ["==", ["id"], id],
    layout: { "line-cap": "round" },
    paint: {
      "line-color": palette.ink,
      "line-width": 2,
      "line-gap-width": byZoom(WIDTHS, 2.2),
    },
  };
}

/** Names along the streets, drawn with the reader's own fonts: nothing is fetched. */
export function streetLabels({ palette, view }: Scene): LayerSpecification {
  return {
    id: "street-names",
    type: "symbol",
    source: TILES,
    "source-layer": "ways",
    minzoom: 13,
    filter: ["has", "name"],
    layout: {
      visibility: view.streets === "off" ? "none" : "visible",
      "symbol-placement": "line",
      "symbol-sort-key": [
        "match",
        ["get", "functional_class"],
        "primary",
        0,
        "secondary",
        1,
        "tertiary",
        2,
        3,
      ],
      "symbol-spacing": 300,
      "text-field": ["get", "name"],
      "text-font": ["sans-serif"],
      "text-size": ["interpolate", ["linear"], ["zoom"], 13, 10, 17, 13],
      "text-max-angle": 30,
      "text-padding": 8,
    },
    paint: { "text-color": palette.ink, "text-halo-color": palette.halo, "text-halo-width": 1.6 },
  };
}
