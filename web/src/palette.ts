/** Colours: told apart by people with any colour vision, on paper white and on night blue. */

export interface Palette {
  paper: string;
  ink: string;
  halo: string;
  faint: string;
  outline: string;
  stress: Record<StressClass, string>;
  infra: Record<InfraClass, string>;
  islands: string[];
  /** From the worst score to the best. */
  scores: string[];
  places: string[];
  /** Opacity of blocks below the streets. */
  blocks: number;
}

export type StressClass = "low" | "high" | "none";
export type InfraClass = "path" | "track" | "buffered_lane" | "lane" | "sharrow" | "none";

export const STRESS: readonly { id: StressClass; title: string }[] = [
  { id: "low", title: "Calm" },
  { id: "high", title: "Stressful" },
  { id: "none", title: "Not rated" },
];

export const INFRA: readonly { id: InfraClass; title: string }[] = [
  { id: "path", title: "Off-street path" },
  { id: "track", title: "Protected lane" },
  { id: "buffered_lane", title: "Buffered lane" },
  { id: "lane", title: "Bicycle lane" },
  { id: "sharrow", title: "Sharrow" },
  { id: "none", title: "Nothing" },
];

// Places: Okabe and Ito's colours and Tol's, thirteen that differ in lightness too.
const PLACES = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#882255",
  "#999933",
  "#332288",
  "#44aa99",
  "#aa4499",
  "#ddcc77",
  "#117733",
];

export const LIGHT: Palette = {
  paper: "#f4f1ea",
  ink: "#1b2a30",
  halo: "#fffdf8",
  faint: "#d9d4c7",
  outline: "#5b6a70",
  stress: { low: "#0b6e8f", high: "#d4541a", none: "#a9a494" },
  infra: {
    path: "#117733",
    track: "#0b5fa5",
    buffered_lane: "#3f9fd8",
    lane: "#a3488b",
    sharrow: "#d98e04",
    none: "#cfc9bb",
  },
  islands: ["#0b6e8f", "#aa4499", "#117733", "#d98e04", "#332288", "#c2455a", "#44aa99", "#7a6a10"],
  scores: ["#ebd5a3", "#dbb3a6", "#bd93a8", "#93699a", "#66458a", "#3a2568"],
  places: PLACES,
  blocks: 0.62,
};

export const DARK: Palette = {
  paper: "#10171b",
  ink: "#e9efee",
  halo: "#10171b",
  faint: "#2c383e",
  outline: "#8fa2a9",
  stress: { low: "#57c4e5", high: "#ff8a47", none: "#5d6a6f" },
  infra: {
    path: "#5fcf80",
    track: "#5aa9ff",
    buffered_lane: "#9fd6ff",
    lane: "#e28fce",
    sharrow: "#f2b63c",
    none: "#3a474d",
  },
  islands: ["#57c4e5", "#e28fce", "#5fcf80", "#f2b63c", "#a594f9", "#ff8d9b", "#7fe0cf", "#d6cb7a"],
  scores: ["#33303f", "#4d4364", "#6f5c8f", "#9a80b4", "#c8a9cf", "#f6dfe4"],
  places: PLACES.map((colour) =>
    colour === "#332288" ? "#8f86f0" : colour === "#882255" ? "#e0709f" : colour,
  ),
  blocks: 0.6,
};

/** Colour of the n-th item; colours recur. */
export function nth(colours: readonly string[], n: number): string {
  return colours[n % colours.length] ?? "#888888";
}
