/** What the export says about the place: `map/map.json`, written by analysis/src/webmap/facts.rs. */

export interface Category {
  id: string;
  title: string;
  /** Column among the blocks. */
  column: string;
  /** 0–100; null where nothing of it can be reached. */
  score: number | null;
  /** Whether it has places on the map. */
  places: boolean;
}

export interface Group {
  id: string;
  title: string;
  /** Column among the blocks. */
  column: string;
  weight: number;
  score: number | null;
  categories: Category[];
}

export interface Island {
  id: number;
  length_m: number;
  segments: number;
}

export interface Attribution {
  text: string;
  url: string;
  licence: string;
}

export interface Facts {
  version: number;
  place: string;
  edition: string;
  /** ISO 3166-1 alpha-2, if known. */
  country: string | null;
  /** West, south, east, north of the boundary, degrees. */
  bounds: [number, number, number, number];
  attributions: Attribution[];
  /** Paths from index.html; null where the run stopped before it. */
  files: { tiles: string; names: string | null; places: string | null; reach: string | null };
  /** 0–100. */
  overall: number | null;
  population: number | null;
  low_stress_miles: number | null;
  high_stress_miles: number | null;
  groups: Group[];
  /** The longest ones. */
  islands: Island[];
}

/** The version of `map.json` that this page reads. */
export const VERSION = 1;

/** An error whose message is meant for the user. */
export class Told extends Error {}

export async function load(url: string): Promise<Facts> {
  const answer = await fetch(url).catch(() => undefined);
  if (!answer?.ok) {
    throw new Told(
      location.protocol === "file:"
        ? "A browser may not read results from disk: run “quietway view” on this folder, or put it on a web server."
        : `${url} cannot be read: is the folder of the results complete?`,
    );
  }
  const facts = (await answer.json()) as Facts;
  if (facts.version !== VERSION) {
    throw new Told(
      `${url} is of version ${facts.version}, this page reads ${VERSION}: export both from the same run.`,
    );
  }
  return facts;
}

/** Why the tiles cannot be read: the reader of the archive says the status of an answer, if there was one. */
export function tilesTrouble(path: string, cause: unknown): string {
  const status = /response code: (\d+)/.exec(String(cause))?.[1];
  if (status === "404") return `${path} is missing: is the folder of the results complete?`;
  if (status !== undefined && status !== "416")
    return `${path} cannot be read: the server answers with status ${status}.`;
  return `The map tiles ${path} cannot be read (${String(cause)}): the server must answer range requests, as “quietway view” does.`;
}

/** Every category of every group, in order. */
export function categories(facts: Facts): Category[] {
  return facts.groups.flatMap((group) => group.categories);
}

export interface ScoreColumn {
  column: string;
  title: string;
}

/** What blocks can be coloured by. A group of one category is that category. */
export function scoreColumns(facts: Facts): ScoreColumn[] {
  const rows = [{ column: "overall_score", title: "Overall score" }];
  for (const group of facts.groups) {
    rows.push({ column: group.column, title: group.title });
    if (group.categories.length > 1)
      rows.push(...group.categories.map(({ column, title }) => ({ column, title })));
  }
  return rows;
}
