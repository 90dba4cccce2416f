/** What the map shows, and the part of it that the address holds. */

export const STREET_MODES = ["stress", "infra", "island", "off"] as const;
export type StreetMode = (typeof STREET_MODES)[number];

/** What is selected; `id` is the feature's id in the tiles (places: `category/number`). */
export type Selection =
  { kind: "street"; id: number } | { kind: "block"; id: number } | { kind: "place"; id: string };

export interface Position {
  zoom: number;
  lat: number;
  lon: number;
}

export interface View {
  position: Position | null;
  streets: StreetMode;
  /** Column that colours the blocks; empty: not shown. */
  blocks: string;
  /** Categories whose places are shown. */
  places: string[];
  /** Legend rows that are switched off, such as `stress-high`. */
  hidden: string[];
  /** Further layers of the archive that are shown. */
  extra: string[];
  selection: Selection | null;
}

export const START: View = {
  position: null,
  streets: "stress",
  blocks: "",
  places: [],
  hidden: [],
  extra: [],
  selection: null,
};

const list = (text: string | null): string[] => (text ?? "").split(",").filter((item) => item !== "");

/** `#14.2/43.7384/7.4246&streets=infra&block=12`; only what differs from the start. */
export function toHash(view: View): string {
  const parts: string[] = [];
  if (view.position) {
    const { zoom, lat, lon } = view.position;
    parts.push(`${zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}`);
  }
  const add = (key: string, value: string): void => {
    if (value !== "")
      parts.push(`${key}=${encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%2F", "/")}`);
  };
  add("streets", view.streets === START.streets ? "" : view.streets);
  add("blocks", view.blocks);
  add("places", view.places.join(","));
  add("hide", view.hidden.join(","));
  add("layers", view.extra.join(","));
  if (view.selection) add(view.selection.kind, String(view.selection.id));
  return parts.length > 0 ? `#${parts.join("&")}` : "";
}

/** The other way round; what cannot be understood is left out. */
export function fromHash(hash: string): View {
  const parts = hash.replace(/^#/, "").split("&");
  const words = new URLSearchParams(parts.filter((part) => part.includes("=")).join("&"));
  const mode = STREET_MODES.find((mode) => mode === words.get("streets"));
  return {
    position: positionOf(parts.find((part) => !part.includes("=")) ?? ""),
    streets: mode ?? START.streets,
    blocks: words.get("blocks") ?? "",
    places: list(words.get("places")),
    hidden: list(words.get("hide")),
    extra: list(words.get("layers")),
    selection: selectionOf(words),
  };
}

function positionOf(text: string): Position | null {
  const [zoom = NaN, lat = NaN, lon = NaN] = text
    .split("/")
    .map((part) => (part === "" ? NaN : Number(part)));
  const known = zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  return known ? { zoom, lat, lon } : null;
}

function selectionOf(words: URLSearchParams): Selection | null {
  for (const kind of ["street", "block"] as const) {
    const id = Number(words.get(kind) ?? NaN);
    if (Number.isSafeInteger(id) && id >= 0) return { kind, id };
  }
  const place = words.get("place");
  return place ? { kind: "place", id: place } : null;
}

/** The list with the item added, or without it if it was there. */
export function toggled(items: readonly string[], item: string): string[] {
  return items.includes(item) ? items.filter((other) => other !== item) : [...items, item];
}
