/** The MapLibre map: tiles by range requests, what lies under a click, the keyboard. */

import maplibregl, {
  type MapGeoJSONFeature,
  type Map as GlMap,
  type PointLike,
  type StyleSpecification,
} from "maplibre-gl";
import { PMTiles, Protocol } from "pmtiles";
import { TILES } from "./style";
import type { Units } from "./units";
import type { Position, Selection } from "./view";

/** Pixels around a click in which a street counts as hit; fingers are wider than pointers. */
const NEAR = matchMedia("(pointer: coarse)").matches ? 11 : 5;

/** Names of the archive's layers. */
export async function layersOf(url: string): Promise<Set<string>> {
  const archive = new PMTiles(url);
  protocol.add(archive);
  const metadata = (await archive.getMetadata()) as { vector_layers?: { id: string }[] };
  return new Set((metadata.vector_layers ?? []).map((layer) => layer.id));
}

const protocol = new Protocol();
maplibregl.addProtocol("pmtiles", protocol.tile);

/** What the panel does not cover. */
export function padding(narrow: boolean): maplibregl.PaddingOptions {
  return narrow
    ? { top: 20, right: 20, bottom: 120, left: 20 }
    : { top: 40, right: 60, bottom: 40, left: 400 };
}

export interface MapInput {
  style: StyleSpecification;
  bounds: [number, number, number, number];
  position: Position | null;
  padding: maplibregl.PaddingOptions;
  units: Units;
}

export function createMap(input: MapInput): GlMap {
  const { position } = input;
  const map = new maplibregl.Map({
    container: "map",
    style: input.style,
    // Screenshots and slow machines: what is drawn is final.
    fadeDuration: 0,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    minZoom: 5,
    maxZoom: 20,
    ...(position
      ? { center: [position.lon, position.lat], zoom: position.zoom }
      : { bounds: input.bounds, fitBoundsOptions: { padding: input.padding } }),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.AttributionControl({ compact: false }), "bottom-right");
  map.addControl(
    new maplibregl.ScaleControl({ unit: input.units.miles ? "imperial" : "metric" }),
    "bottom-right",
  );
  map.getCanvas().setAttribute("aria-label", "Map. Arrow keys move it, Enter selects what is in the middle.");
  return map;
}

export function positionOf(map: GlMap): Position {
  const { lng, lat } = map.getCenter();
  return { zoom: map.getZoom(), lat, lon: lng };
}

/** What a click means: a place before a street before a block. */
export function pick(map: GlMap, at: { x: number; y: number }): Selection | null {
  const around: [PointLike, PointLike] = [
    [at.x - NEAR, at.y - NEAR],
    [at.x + NEAR, at.y + NEAR],
  ];
  const [place] = hits(map, around, ["places"]);
  if (place) return { kind: "place", id: String(place.properties.key) };
  const [street] = hits(map, around, ["streets", "streets-ft", "streets-tf"]);
  if (typeof street?.id === "number") return { kind: "street", id: street.id };
  return pickBlock(map, at);
}

export function pickBlock(map: GlMap, at: { x: number; y: number }): Selection | null {
  const [block] = hits(map, [at.x, at.y], ["blocks"]);
  return typeof block?.id === "number" ? { kind: "block", id: block.id } : null;
}

function hits(map: GlMap, where: PointLike | [PointLike, PointLike], layers: string[]): MapGeoJSONFeature[] {
  return map.queryRenderedFeatures(where, { layers: layers.filter((id) => map.getLayer(id)) });
}

/** Attributes and geometry of a feature, if a loaded tile has it. */
export function featureOf(map: GlMap, layer: string, id: number): GeoJSON.Feature | undefined {
  const found = map.querySourceFeatures(TILES, { sourceLayer: layer, filter: ["==", ["id"], id] });
  // The piece with the longest line tells the direction best.
  return found.sort((a, b) => points(b).length - points(a).length)[0];
}

/** The piece of a street of that name that lies nearest. */
export function nearestNamed(map: GlMap, name: string, [lon, lat]: [number, number]): number | null {
  const found = map.querySourceFeatures(TILES, {
    sourceLayer: "ways",
    filter: ["==", ["get", "name"], name],
  });
  const shrink = Math.cos((lat * Math.PI) / 180);
  const far = ([x = 0, y = 0]: number[]): number => Math.hypot((x - lon) * shrink, y - lat);
  let best: { id: number; distance: number } | null = null;
  for (const feature of found) {
    const distance = Math.min(...points(feature).map(far));
    if (typeof feature.id === "number" && (!best || distance < best.distance))
      best = { id: feature.id, distance };
  }
  return best?.id ?? null;
}

/** The points of a line, or of the first part of one that tiles have cut. */
export function points(feature: GeoJSON.Feature): number[][] {
  const { geometry } = feature;
  if (geometry.type === "LineString") return geometry.coordinates;
  if (geometry.type === "MultiLineString") return geometry.coordinates[0] ?? [];
  return [];
}
