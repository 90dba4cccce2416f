/** `?basemap=`: a style, or a template of raster tiles. The only way by which this page asks another server. */

import type { StyleSpecification } from "maplibre-gl";
import { Told } from "./facts";

export async function baseMap(query: string): Promise<StyleSpecification | null> {
  const url = new URLSearchParams(query).get("basemap");
  if (url === null || url === "") return null;
  if (url.includes("{z}")) return ofTiles(url);
  const answer = await fetch(url).catch(() => undefined);
  if (!answer?.ok) throw new Told(`The base map ${url} cannot be read: check the address after ?basemap=.`);
  return (await answer.json()) as StyleSpecification;
}

export function ofTiles(template: string): StyleSpecification {
  const host = template.split("/")[2] ?? "";
  return {
    version: 8,
    sources: { base: { type: "raster", tiles: [template], tileSize: 256, attribution: `Base map: ${host}` } },
    layers: [{ id: "base", type: "raster", source: "base" }],
  };
}
