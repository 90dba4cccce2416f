import { expect, test, vi } from "vitest";
import { ofTiles } from "./base";
import { type NameRow, search } from "./names";
import { PlacesFile, findPlace, levels, reachedHow, toGeoJson } from "./places";
import { line } from "./sources";
import { heading, length, miles, unitsOf } from "./units";

const names: NameRow[] = ["Rue Grimaldi", "Avenue du Général de Gaulle", "Impasse de la Rue", "Grimaldi"].map(
  (name) => [name, 0, 0, 1, 1],
);
const found = (text: string): string[] => search(names, text, 3).map(([name]) => name);

test("streets are found without accents, beginnings first", () => {
  expect(found("general")).toEqual(["Avenue du Général de Gaulle"]);
  expect(found("GRIM")).toEqual(["Grimaldi", "Rue Grimaldi"]);
  expect(found("rue")).toEqual(["Rue Grimaldi", "Impasse de la Rue"]);
  expect(found("gaulle general")).toEqual(["Avenue du Général de Gaulle"]);
  expect(found("  ")).toEqual([]);
  expect(found("x")).toEqual([]);
});

test("a place is reached as its best block is", () => {
  const how = levels({
    counts: new Map(),
    pairs: [
      { block: 4, lowStress: true, low_m: 1, high_m: 1 },
      { block: 9, lowStress: false, low_m: null, high_m: 1 },
    ],
  });
  expect(reachedHow([9, 4], how)).toBe("low");
  expect(reachedHow([9, 1], how)).toBe("high");
  expect(reachedHow([], how)).toBe("none");
});

test("places become points with what is known of them", () => {
  const places = {
    schools: [[3, 7.4, 43.7, "École", [1], 5, 9]] as [
      [number, number, number, string, number[], number, number],
    ],
  };
  expect(findPlace(places, "schools/3")?.row[3]).toBe("École");
  expect(findPlace(places, "parks/3")).toBeNull();
  const properties = { category: "schools", id: 3, key: "schools/3", name: "École" };
  expect(toGeoJson(places, null).features[0]).toMatchObject({
    geometry: { coordinates: [7.4, 43.7] },
    properties,
  });
  const row = { counts: new Map(), pairs: [] };
  expect(toGeoJson(places, row).features[0]?.properties).toEqual({ ...properties, reached: "none" });
});

test("numbers speak the country's language", () => {
  expect([length(950, unitsOf("FI")), length(4071, unitsOf("FI")), length(4071, unitsOf("US"))]).toEqual([
    "950 m",
    "4.1 km",
    "2.5 mi",
  ]);
  expect([miles(17.4, unitsOf("GB")), miles(100, unitsOf(null))]).toEqual(["17.4 mi", "161 km"]);
  expect([unitsOf("JP").ridesLeft, unitsOf("US").ridesLeft]).toEqual([true, false]);
});

test("headings are compass words", () => {
  const from = [0, 60];
  const to = (lon: number, lat: number): string => heading(from, [lon, lat]);
  expect([to(0, 61), to(2, 61), to(1, 60), to(0, 59), to(-1, 60), to(-2, 61)]).toEqual([
    "north",
    "north-east",
    "east",
    "south",
    "west",
    "north-west",
  ]);
});

test("sources are said with date and licence", () => {
  expect(line({ role: "osm", name: "monaco.osm.pbf", timestamp: 1703625682 })).toBe(
    "osm: monaco.osm.pbf, of 2023-12-26",
  );
  expect(line({ role: "blocks", name: "b.zip", licence: "public domain" })).toBe(
    "blocks: b.zip, public domain",
  );
});

test("a template of tiles is a base map that names its server", () => {
  const base = ofTiles("https://tiles.example/{z}/{x}/{y}.png");
  expect(base.sources.base).toMatchObject({ type: "raster", attribution: "Base map: tiles.example" });
});

test("places are asked for once, and again after a failure", async () => {
  let asked = 0;
  vi.stubGlobal("fetch", () =>
    ++asked === 1 ? Promise.reject(new Error("offline")) : Promise.resolve(new Response('{"parks":[]}')),
  );
  const file = new PlacesFile("map/places.json");
  await expect(file.load()).rejects.toThrow("offline");
  expect(await Promise.all([file.load(), file.load()])).toEqual([{ parks: [] }, { parks: [] }]);
  expect(asked).toBe(2);
  vi.unstubAllGlobals();
});
