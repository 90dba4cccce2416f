/** The published files, read without any of the page's code. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Feature, LineString, MultiPolygon } from "geojson";

export type Properties = Record<string, string | number | boolean | null>;

export function features<G extends LineString | MultiPolygon>(
  results: string,
  table: string,
): Feature<G, Properties>[] {
  const text = readFileSync(join(results, `neighborhood_${table}.geojson`), "utf8");
  return (JSON.parse(text) as { features: Feature<G, Properties>[] }).features;
}

/** Target and whether it is connected calmly, of one source block. */
export function pairsOf(results: string, source: string): Map<string, boolean> {
  const text = readFileSync(join(results, "neighborhood_connected_census_blocks.csv"), "utf8");
  const rows = text.split("\n").map((line) => line.split(","));
  return new Map(rows.filter(([from]) => from === source).map(([, to = "", low]) => [to, low === "t"]));
}

/** The block with the most pairs of the rarer kind: something of everything can be reached from it. */
export function busyBlock(blocks: Feature<MultiPolygon, Properties>[]): Feature<MultiPolygon, Properties> {
  const calm = (block: Feature<MultiPolygon, Properties>): number =>
    Number(block.properties.pop_low_stress ?? 0);
  const [best] = [...blocks].sort((a, b) => calm(b) - calm(a));
  if (!best) throw new Error("there are no blocks");
  return best;
}

export function middleOf(block: Feature<MultiPolygon, Properties>): [number, number] {
  const ring = block.geometry.coordinates[0]?.[0] ?? [];
  const mean = (n: number): number =>
    ring.slice(1).reduce((sum, at) => sum + (at[n] ?? 0), 0) / (ring.length - 1);
  return [mean(0), mean(1)];
}
