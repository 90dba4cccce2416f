/** The one place with state: what is loaded and what is seen. Every change redraws style, panel, card and address from it. */

import type { Map as GlMap, StyleSpecification } from "maplibre-gl";
import { type Actions, blockCard, blockFacts, placeCard, streetCard, waitingCard } from "./cards";
import { byId } from "./dom";
import { type Facts, categories } from "./facts";
import { known } from "./known";
import { createMap, featureOf, nearestNamed, padding, pick, pickBlock, points, positionOf } from "./map";
import { type NameRow, loadNames } from "./names";
import { DARK, LIGHT, type Palette } from "./palette";
import { SMALL_STREETS, drawBody, drawHead } from "./panel";
import { type Places, PlacesFile, findPlace, toGeoJson } from "./places";
import { ReachFile, type ReachIndex, type Row, overHttp } from "./reach";
import { searchBox } from "./searchbox";
import { sourceLines } from "./sources";
import { streetFacts } from "./street";
import { KNOWN_LAYERS, type Scene, TILES, style } from "./style";
import { type Units, unitsOf } from "./units";
import { type Selection, type View, fromHash, toHash } from "./view";

export interface Loaded {
  facts: Facts;
  base: StyleSpecification | null;
  layers: ReadonlySet<string>;
  archive: string;
  at: (path: string) => string;
}

/** What is known of the selected block. */
interface BlockReach {
  gid: number;
  id: string;
  row: Row | null;
  index: ReachIndex;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 720px)");

export class App {
  private readonly facts: Facts;
  private readonly units: Units;
  private readonly reach: ReachFile | null;
  private readonly map: GlMap;
  private readonly search: HTMLElement | null;
  private places: Places | null = null;
  private readonly placesFile: PlacesFile | null;
  private block: BlockReach | null = null;
  private sources: string[] = [];

  private view: View;
  /** Whether the map is too far away for small streets. */
  private far: boolean;

  constructor(
    private readonly loaded: Loaded,
    view: View,
  ) {
    const { facts, at, layers } = loaded;
    this.facts = facts;
    this.view = known(view, facts, layers);
    this.units = unitsOf(facts.country);
    this.reach = facts.files.reach === null ? null : new ReachFile(overHttp(at(facts.files.reach)));
    this.placesFile = facts.files.places === null ? null : new PlacesFile(at(facts.files.places));
    const names = facts.files.names;
    this.search =
      names === null
        ? null
        : searchBox(
            () => loadNames(at(names)),
            (row) => {
              this.goTo(row);
            },
          );
    this.map = createMap({
      style: style(this.scene()),
      bounds: facts.bounds,
      position: view.position,
      padding: padding(narrow.matches),
      units: this.units,
    });
    this.far = this.map.getZoom() < SMALL_STREETS;
  }

  begin(): void {
    this.setAddress({}); // without what is not known
    drawHead(this.panelInput());
    this.drawPanel();
    this.listen();
    if (this.view.places.length > 0) void this.needPlaces();
    // A selection of the address is shown once its tiles are there.
    if (this.view.selection) this.whenIdle(() => this.selectOfAddress());
    // The first click on a block then asks for one row only.
    this.whenIdle(() => this.prepareReach());
    void sourceLines(this.loaded.at("manifest.json")).then((lines) => {
      this.sources = lines;
      this.drawPanel();
    });
    Object.assign(window, { quietway: { map: this.map } }); // for tests and for the curious
  }

  private listen(): void {
    const { map } = this;
    map.on("click", (event) => {
      void this.select(pick(map, event.point));
      // The sheet would cover it.
      if (narrow.matches && event.point.y > this.middle().y && this.view.selection) {
        map.easeTo({ center: event.lngLat, offset: [0, -this.middle().y / 2] });
      }
    });
    map.on("moveend", () => {
      this.setAddress({ position: positionOf(map) });
    });
    map.on("zoom", () => {
      const far = map.getZoom() < SMALL_STREETS;
      if (far === this.far) return;
      this.far = far;
      this.drawPanel();
    });
    map.on("mousemove", (event) => {
      map.getCanvas().style.cursor = pick(map, event.point) ? "pointer" : "";
    });
    // Attributes may lie in tiles that come after the click.
    map.on("idle", () => {
      if (this.view.selection?.kind === "street") this.drawCard();
    });
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Enter") void this.select(pick(map, this.middle()));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && this.view.selection) void this.select(null);
    });
    dark.addEventListener("change", () => {
      this.redraw();
    });
    window.addEventListener("hashchange", () => {
      this.followAddress();
    });
    const fold = byId("fold");
    fold.addEventListener("click", () => {
      this.fold(byId("panel").classList.toggle("folded"));
    });
    if (narrow.matches) this.fold(true);
  }

  private whenIdle(then: () => Promise<void>): void {
    void this.map.once("idle", () => {
      void then();
    });
  }

  private fold(folded: boolean): void {
    byId("panel").classList.toggle("folded", folded);
    byId("fold").setAttribute("aria-expanded", String(!folded));
  }

  private middle(): { x: number; y: number } {
    const { clientWidth, clientHeight } = this.map.getCanvas();
    return { x: clientWidth / 2, y: clientHeight / 2 };
  }

  // ---- what is seen ----

  private palette(): Palette {
    return dark.matches ? DARK : LIGHT;
  }

  private scene(): Scene {
    const { facts, base, layers, archive } = this.loaded;
    const reach = this.block?.row != null;
    return {
      ...{ facts, base, layers, archive, view: this.view, palette: this.palette(), units: this.units, reach },
      places: this.places && toGeoJson(this.places, this.block?.row ?? null),
    };
  }

  private panelInput() {
    const { facts, layers } = this.loaded;
    const extra = [...layers].filter((id) => !KNOWN_LAYERS.has(id)).sort();
    return {
      ...{ facts, layers, extra, view: this.view, palette: this.palette(), units: this.units },
      sources: this.sources,
      far: this.far,
      search: this.search,
      change: (changes: Partial<View>) => {
        this.change(changes);
      },
    };
  }

  private change(changes: Partial<View>): void {
    this.setAddress(changes);
    this.redraw();
    if (this.view.places.length > 0) void this.needPlaces();
  }

  private redraw(): void {
    this.restyle();
    this.drawPanel();
    this.drawCard();
  }

  private restyle(): void {
    // Styles are validated by the tests, not on every click.
    this.map.setStyle(style(this.scene()), { diff: true, validate: false });
  }

  private drawPanel(): void {
    drawBody(this.panelInput());
  }

  private setAddress(changes: Partial<View>): void {
    this.view = { ...this.view, ...changes };
    history.replaceState(history.state, "", toHash(this.view) || location.pathname + location.search);
  }

  /** Someone has edited the address, or gone back. */
  private followAddress(): void {
    const view = known(fromHash(location.hash), this.facts, this.loaded.layers);
    const same = toHash(view) === toHash(this.view);
    this.view = view;
    this.setAddress({}); // without what is not known
    if (same) return;
    if (view.position)
      this.map.jumpTo({ center: [view.position.lon, view.position.lat], zoom: view.position.zoom });
    void this.select(view.selection);
    this.whenIdle(() => this.selectOfAddress());
  }

  // ---- selection ----

  private async select(selection: Selection | null): Promise<void> {
    this.setAddress({ selection });
    this.markReach(null);
    this.drawCard();
    this.restyle();
    if (selection?.kind === "place") await this.needPlaces();
    if (selection?.kind === "block" && this.reach) {
      await Promise.all([this.readReach(selection.id), this.needPlaces()]).catch((error: unknown) => {
        this.show(waitingCard("Block", String(selection.id), String(error), this.actions()));
      });
    }
    if (selection?.kind === "street" && this.map.getZoom() < 12) {
      const feature = featureOf(this.map, "ways", selection.id);
      const [lon, lat] = (feature && points(feature)[0]) ?? [];
      if (lon !== undefined && lat !== undefined) this.map.easeTo({ center: [lon, lat], zoom: 14 });
    }
  }

  /** As `select`, once the tiles are there: a block that these results do not have is no selection. */
  private selectOfAddress(): Promise<void> {
    const { selection } = this.view;
    const unknown =
      selection?.kind === "block" && !this.reach && !featureOf(this.map, "blocks", selection.id);
    return this.select(unknown ? null : selection);
  }

  /** What every click on a block needs; if it fails, the click asks again and says why. */
  private async prepareReach(): Promise<void> {
    if (this.reach) await Promise.allSettled([this.reach.index(), this.needPlaces()]);
  }

  private async readReach(gid: number): Promise<void> {
    if (!this.reach) return;
    const [index, row] = await Promise.all([this.reach.index(), this.reach.row(gid)]);
    const { selection } = this.view;
    if (selection?.kind !== "block" || selection.id !== gid) return; // another click came first
    const id = index.ids[index.positionOf.get(gid) ?? -1];
    if (id === undefined) return this.select(null); // an address of other results
    this.markReach({ gid, id, row, index });
    this.drawCard();
    this.restyle();
  }

  /** Paints the blocks that are reached. */
  private markReach(block: BlockReach | null): void {
    const target = { source: TILES, sourceLayer: "blocks" };
    if (this.block && this.map.getSource(TILES)) this.map.removeFeatureState(target);
    this.block = block;
    for (const pair of block?.row?.pairs ?? []) {
      const id = block?.index.gids[pair.block];
      if (id !== undefined)
        this.map.setFeatureState({ ...target, id }, { reached: pair.lowStress ? "low" : "high" });
    }
  }

  private async needPlaces(): Promise<void> {
    if (!this.placesFile) return;
    const places = await this.placesFile.load();
    if (this.places === places) return; // who asked before has drawn them
    this.places = places;
    this.redraw();
  }

  private goTo([name, west, south, east, north]: NameRow): void {
    const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 600;
    this.map.fitBounds([west, south, east, north], {
      padding: padding(narrow.matches),
      maxZoom: 17,
      duration,
    });
    // One piece of it stands for the whole, once its tiles are there.
    this.whenIdle(async () => {
      const id = nearestNamed(this.map, name, [(west + east) / 2, (south + north) / 2]);
      if (id !== null) await this.select({ kind: "street", id });
    });
  }

  // ---- the card ----

  private actions(): Actions {
    return {
      close: () => void this.select(null),
      reachFromHere: () => void this.reachFromHere(),
      showIsland: () => {
        this.change({ streets: "island" });
      },
    };
  }

  /** The block at the middle of the selected street. */
  private async reachFromHere(): Promise<void> {
    const { selection } = this.view;
    const feature = selection?.kind === "street" ? featureOf(this.map, "ways", selection.id) : undefined;
    const line = feature ? points(feature) : [];
    const [lon, lat] = line[Math.floor(line.length / 2)] ?? [];
    if (lon === undefined || lat === undefined) return;
    await this.select(pickBlock(this.map, this.map.project([lon, lat])) ?? selection);
  }

  private drawCard(): void {
    this.show(this.card());
  }

  private show(content: HTMLElement | null): void {
    const card = byId("card");
    card.hidden = content === null;
    if (content?.outerHTML === card.innerHTML) return; // nothing new to read out
    card.replaceChildren(...(content ? [content] : []));
    if (content) this.fold(narrow.matches ? byId("panel").classList.contains("folded") : false);
  }

  private card(): HTMLElement | null {
    const { selection } = this.view;
    switch (selection?.kind) {
      case undefined:
        return null;
      case "street":
        return this.streetCard(selection.id);
      case "block":
        return this.blockCard(selection.id);
      case "place":
        return this.placeCard(selection.id);
    }
  }

  private streetCard(id: number): HTMLElement {
    const feature = featureOf(this.map, "ways", id);
    if (feature?.properties?.osm_id === undefined) {
      return waitingCard(
        "Street",
        "…",
        "Its attributes are in tiles of higher zooms: zoom in.",
        this.actions(),
      );
    }
    return streetCard(
      streetFacts(feature.properties, points(feature), this.units),
      this.facts,
      this.units,
      this.actions(),
    );
  }

  private blockCard(gid: number): HTMLElement {
    const block = this.block?.gid === gid ? this.block : null;
    if (!block && this.reach) return waitingCard("Block", "…", "Reading what it reaches …", this.actions());
    const properties = featureOf(this.map, "blocks", gid)?.properties ?? {};
    const id = block?.id ?? String(properties.geoid20 ?? gid);
    return blockCard(
      blockFacts(id, properties, block?.row ?? null),
      this.facts,
      this.palette(),
      this.actions(),
    );
  }

  private placeCard(key: string): HTMLElement {
    const found = this.places && findPlace(this.places, key);
    if (!found)
      return waitingCard(
        "Destination",
        "…",
        "There is no such destination in these results.",
        this.actions(),
      );
    const category = categories(this.facts).find((category) => category.id === found.category);
    return placeCard(category?.title ?? found.category, found.row, this.actions());
  }
}
