/** The tour: facts of the place, then the map, then the panel; after that only the view changes. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./main.css";
import { App } from "./app";
import { byId } from "./dom";
import { Told, load, tilesTrouble } from "./facts";
import { baseMap } from "./base";
import { layersOf } from "./map";
import { fromHash } from "./view";

/** Paths of the results are relative to index.html. */
const at = (path: string): string => new URL(path, document.baseURI).href;

byId("unserved").remove();

async function start(): Promise<void> {
  const [facts, base] = await Promise.all([load(at("map/map.json")), baseMap(location.search)]);
  const tiles = at(facts.files.tiles);
  const layers = await layersOf(tiles).catch((cause: unknown) => {
    throw new Told(tilesTrouble(facts.files.tiles, cause));
  });
  new App({ facts, base, layers, archive: `pmtiles://${tiles}`, at }, fromHash(location.hash)).begin();
}

start().catch((error: unknown) => {
  const notice = byId("notice");
  notice.hidden = false;
  notice.textContent = error instanceof Told ? error.message : `The map cannot be shown: ${String(error)}`;
  byId("place").textContent = "No map";
  if (!(error instanceof Told)) throw error;
});
