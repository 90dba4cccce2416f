/** The map as a pure function of what is to be seen: MapLibre compares with what it draws and changes the difference. */

import type {
  ExpressionSpecification,
  FilterSpecification,
  GeoJSONSourceSpecification,
  LayerSpecification,
  LineLayerSpecification,
  SourceSpecification,
  StyleSpecification,
} from "maplibre-gl";
import { type Category, type Facts, categories } from "./facts";
import { DARK, type Palette, nth } from "./palette";
import { placeLayers } from "./style-places";
import { streetLayers, streetLabels } from "./style-streets";
import type { Units } from "./units";
import type { View } from "./view";

/** Everything that decides how the map looks. */
export interface Scene {
  facts: Facts;
  view: View;
  palette: Palette;
  units: Units;
  /** Address of the archive. */
  archive: string;
  /** Layers that the archive has. */
  layers: ReadonlySet<string>;
  /** Destinations, once they are loaded. */
  places: GeoJSONSourceSpecification["data"] | null;
  /** Whether a block's reach is drawn. */
  reach: boolean;
  /** The user's own base map. */
  base: StyleSpecification | null;
}

export const TILES = "quietway";
export const PLACES = "places";

/** Layers of the archive that this page knows; others are analyses of the client's own. */
export const KNOWN_LAYERS: ReadonlySet<string> = new Set([
  "ways",
  "blocks",
  "destinations",
  "boundary",
  "junctions",
]);

export function style(scene: Scene): StyleSpecification {
  const { base, palette, layers } = scene;
  const sources: Record<string, SourceSpecification> = {
    ...base?.sources,
    [TILES]: { type: "vector", url: scene.archive, attribution: attribution(scene.facts) },
  };
  if (scene.places) sources[PLACES] = { type: "geojson", data: scene.places };
  const paper: LayerSpecification = {
    id: "paper",
    type: "background",
    paint: { "background-color": palette.paper },
  };
  const drawn = [
    ...(base ? base.layers : [paper]),
    ...(layers.has("blocks") ? blockLayers(scene) : []),
    ...(layers.has("boundary") ? [boundaryLayer(scene)] : []),
    ...extraLayers(scene),
    ...(layers.has("ways") ? streetLayers(scene) : []),
    ...(layers.has("junctions") ? [junctionLayer(scene)] : []),
    ...(layers.has("blocks") ? [selectedBlock(scene)] : []),
    // A base map has its own labels, and its own fonts.
    ...(layers.has("ways") && !base ? [streetLabels(scene)] : []),
    ...(scene.places ? placeLayers(scene) : []),
  ];
  return {
    version: 8,
    sources,
    layers: drawn,
    ...(base?.glyphs === undefined ? {} : { glyphs: base.glyphs }),
    ...(base?.sprite === undefined ? {} : { sprite: base.sprite }),
  };
}

function attribution(facts: Facts): string {
  return facts.attributions
    .map(
      ({ text, url, licence }) => `<a href="${url}" target="_blank" rel="noopener">${text}</a> (${licence})`,
    )
    .join(" · ");
}

/** The best score of a column: the overall one is of 100, the others of 1. */
export function scoreScale(column: string): number {
  return column === "overall_score" ? 100 : 1;
}

/** Colour of a category's places: by its place in the suite, whatever is shown. */
export function placeColour(facts: Facts, palette: Palette, category: Category): string {
  const all = categories(facts).filter((other) => other.places);
  return nth(
    palette.places,
    all.findIndex((other) => other.id === category.id),
  );
}

/** Edges in the paper's colour part the blocks by day. By night the lowest step is close to the paper: a lighter edge shows it. */
function edgePaint(
  palette: Palette,
  isShown: ExpressionSpecification,
): NonNullable<LineLayerSpecification["paint"]> {
  if (palette !== DARK) return { "line-color": palette.paper, "line-width": 0.6, "line-opacity": 0.5 };
  return {
    "line-color": palette.outline,
    "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.3, 13, 0.7],
    "line-opacity": ["case", isShown, 0.4, 0],
  };
}

function blockLayers({ view, palette, reach }: Scene): LayerSpecification[] {
  const shown = reach || view.blocks !== "";
  const column = view.blocks || "overall_score";
  const score: ExpressionSpecification = [
    "case",
    ["has", column],
    ["/", ["get", column], scoreScale(column)],
    -1,
  ];
  const stops = palette.scores.flatMap((colour, n) => [n / (palette.scores.length - 1), colour]);
  const ramp = ["interpolate", ["linear"], score, ...stops] as unknown as ExpressionSpecification;
  // Not scored: nothing of it can be reached, or the block lies outside the boundary.
  const byScore: ExpressionSpecification = ["case", ["<", score, 0], "rgba(0,0,0,0)", ramp];
  const how: ExpressionSpecification = ["to-string", ["feature-state", "reached"]];
  const byReach: ExpressionSpecification = [
    "match",
    how,
    "low",
    palette.stress.low,
    "high",
    palette.stress.high,
    "rgba(0,0,0,0)",
  ];
  return [
    {
      id: "blocks",
      type: "fill",
      source: TILES,
      "source-layer": "blocks",
      paint: {
        // Blocks that are not shown are there all the same: they can be clicked.
        "fill-color": reach ? byReach : byScore,
        "fill-opacity": shown ? (reach ? ["match", how, "low", 0.5, "high", 0.42, 0] : palette.blocks) : 0,
        "fill-antialias": false,
      },
    },
    {
      id: "block-edges",
      type: "line",
      source: TILES,
      "source-layer": "blocks",
      minzoom: palette === DARK ? 10 : 12,
      layout: { visibility: shown ? "visible" : "none" },
      paint: edgePaint(palette, reach ? ["!=", how, ""] : [">=", score, 0]),
    },
  ];
}

function selectedBlock({ view, palette }: Scene): LayerSpecification {
  const id = view.selection?.kind === "block" ? view.selection.id : -1;
  return {
    id: "block-selected",
    type: "line",
    source: TILES,
    "source-layer": "blocks",
    filter: ["==", ["id"], id],
    paint: { "line-color": palette.ink, "line-width": 3 },
  };
}

function boundaryLayer({ palette }: Scene): LayerSpecification {
  return {
    id: "boundary",
    type: "line",
    source: TILES,
    "source-layer": "boundary",
    paint: { "line-color": palette.outline, "line-width": 1.5, "line-dasharray": [4, 2] },
  };
}

/** Crossings that are stressful: a dot where it happens. */
function junctionLayer({ view, palette }: Scene): LayerSpecification {
  const shown = view.streets === "stress" && !view.hidden.includes("stress-high");
  return {
    id: "junctions",
    type: "circle",
    source: TILES,
    "source-layer": "junctions",
    minzoom: 14,
    layout: { visibility: shown ? "visible" : "none" },
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 14, 2, 17, 5],
      "circle-color": palette.stress.high,
      "circle-stroke-color": palette.halo,
      "circle-stroke-width": 1,
    },
  };
}

/** Layers of the client's own analyses, drawn by what they are. */
function extraLayers({ view, palette, layers }: Scene): LayerSpecification[] {
  const extra = view.extra.filter((id) => layers.has(id) && !KNOWN_LAYERS.has(id));
  return extra.flatMap((id, n): LayerSpecification[] => {
    const colour = nth(palette.islands, n + 1);
    const of = (type: string): FilterSpecification => ["==", ["geometry-type"], type];
    const common = { source: TILES, "source-layer": id };
    return [
      {
        ...common,
        id: `extra-fill-${id}`,
        type: "fill",
        filter: of("Polygon"),
        paint: { "fill-color": colour, "fill-opacity": 0.35 },
      },
      { ...common, id: `extra-line-${id}`, type: "line", paint: { "line-color": colour, "line-width": 2 } },
      {
        ...common,
        id: `extra-point-${id}`,
        type: "circle",
        filter: of("Point"),
        paint: { "circle-color": colour, "circle-radius": 4 },
      },
    ];
  });
}
