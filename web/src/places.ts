/** Destinations: `map/places.json`, and which of them a block reaches. */

import type { Feature, FeatureCollection, Point } from "geojson";
import type { Row } from "./reach";

/** As in the file: number in the category, position, name, positions of the blocks it touches, people who reach it. */
export type PlaceRow = [
  id: number,
  lon: number,
  lat: number,
  name: string | null,
  blocks: number[],
  people_low: number | null,
  people_high: number | null,
];

export type Places = Record<string, PlaceRow[]>;

export type ReachedHow = "low" | "high" | "none";

export interface PlaceProperties {
  category: string;
  id: number;
  /** `category/id`. */
  key: string;
  name: string | null;
  /** How the selected block reaches it; absent when none is selected. */
  reached?: ReachedHow;
}

/** Asked for once, however many need it. */
export class PlacesFile {
  private known: Promise<Places> | undefined;

  constructor(private readonly url: string) {}

  load(): Promise<Places> {
    this.known ??= this.read();
    // A failure of the network is not remembered.
    this.known.catch(() => (this.known = undefined));
    return this.known;
  }

  private async read(): Promise<Places> {
    const answer = await fetch(this.url);
    return answer.ok ? ((await answer.json()) as Places) : {};
  }
}

/** For each block position how it is reached. */
export function levels(row: Row): Map<number, ReachedHow> {
  return new Map(row.pairs.map((pair) => [pair.block, pair.lowStress ? "low" : "high"]));
}

/** A place is reached calmly when any of its blocks is. */
export function reachedHow(blocks: readonly number[], levels: ReadonlyMap<number, ReachedHow>): ReachedHow {
  let how: ReachedHow = "none";
  for (const block of blocks) {
    const level = levels.get(block);
    if (level === "low") return "low";
    if (level === "high") how = "high";
  }
  return how;
}

export function findPlace(places: Places, key: string): { category: string; row: PlaceRow } | null {
  const [category = "", id] = key.split("/");
  const row = places[category]?.find(([number]) => String(number) === id);
  return row ? { category, row } : null;
}

export function toGeoJson(places: Places, row: Row | null): FeatureCollection<Point, PlaceProperties> {
  const known = row && levels(row);
  const features = Object.entries(places).flatMap(([category, rows]) =>
    rows.map(([id, lon, lat, name, blocks]): Feature<Point, PlaceProperties> => {
      const properties: PlaceProperties = { category, id, key: `${category}/${id}`, name };
      if (known) properties.reached = reachedHow(blocks, known);
      return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties };
    }),
  );
  return { type: "FeatureCollection", features };
}
