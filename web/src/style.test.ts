import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { expect, test } from "vitest";
import type { Facts } from "./facts";
import { DARK, LIGHT } from "./palette";
import { type Scene, style } from "./style";
import { unitsOf } from "./units";
import { START, STREET_MODES, type View } from "./view";

const facts: Facts = {
  version: 1,
  place: "Monaco",
  edition: "current",
  country: "MC",
  bounds: [7.4, 43.7, 7.5, 43.8],
  attributions: [{ text: "© OpenStreetMap contributors", url: "https://example.org", licence: "ODbL" }],
  files: { tiles: "t", names: null, places: null, reach: null },
  overall: 1,
  population: null,
  low_stress_miles: null,
  high_stress_miles: null,
  groups: [],
  islands: [],
};
const ALL = new Set(["ways", "blocks", "boundary", "junctions", "destinations", "my_analysis"]);

function scene(changes: Partial<Scene>, view: Partial<View> = {}): Scene {
  return {
    facts,
    view: { ...START, ...view },
    palette: LIGHT,
    units: unitsOf("MC"),
    archive: "pmtiles://x",
    layers: ALL,
    places: { type: "FeatureCollection", features: [] },
    reach: false,
    base: null,
    ...changes,
  };
}

const ids = (of: Scene): string[] => style(of).layers.map((layer) => layer.id);

test("every view is a valid style", () => {
  for (const streets of STREET_MODES) {
    for (const blocks of ["", "overall_score", "pop_score"]) {
      for (const reach of [true, false]) {
        for (const palette of [LIGHT, DARK]) {
          const hidden = ["stress-high", "infra-none"];
          const view: Partial<View> = {
            streets,
            blocks,
            hidden,
            extra: ["my_analysis"],
            selection: { kind: "block", id: 3 },
          };
          expect(validateStyleMin(style(scene({ reach, palette }, view)))).toEqual([]);
        }
      }
    }
  }
});

test("an archive without a layer is drawn without it", () => {
  expect(
    ids(scene({ layers: new Set(["ways"]) })).filter((id) => /block|boundary|junction/.test(id)),
  ).toEqual([]);
  expect(ids(scene({ layers: new Set(), places: null }))).toEqual(["paper"]);
  expect(ids(scene({}, { extra: ["gone", "blocks"] })).filter((id) => id.startsWith("extra"))).toEqual([]);
});

test("streets are drawn on the side that is ridden", () => {
  const offset = (country: string): string => {
    const layer = style(scene({ units: unitsOf(country) })).layers.find((layer) => layer.id === "streets-ft");
    return JSON.stringify((layer?.paint as Record<string, unknown> | undefined)?.["line-offset"]);
  };
  expect(offset("MC")).toContain('["*",1.5,1]');
  expect(offset("GB")).toContain('["*",1.5,-1]');
});

test("by night blocks have an outline that differs from the paper", () => {
  for (const palette of [LIGHT, DARK]) {
    const layers = style(scene({ palette }, { blocks: "overall_score" })).layers;
    const edges = layers.find((layer) => layer.id === "block-edges");
    expect(edges?.paint).toMatchObject({ "line-color": palette === DARK ? DARK.outline : LIGHT.paper });
  }
});

test("a base map lies below and keeps its own labels", () => {
  const base = {
    version: 8 as const,
    sources: {},
    layers: [{ id: "sea", type: "background" as const }],
    glyphs: "https://x/{fontstack}/{range}",
  };
  const drawn = style(scene({ base }));
  expect(drawn.layers[0]?.id).toBe("sea");
  expect(drawn.glyphs).toBe(base.glyphs);
  expect(ids(scene({ base }))).not.toContain("street-names");
});
