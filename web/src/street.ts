/** What a click on a street says: its attributes, and for each direction the rating and why. */

import type { StressClass } from "./palette";
import { type Units, feet, heading, speed } from "./units";

/** Attributes of a feature of the layer `ways`. */
export type StreetProperties = Record<string, unknown>;

export interface Rated {
  stress: StressClass;
  /** The rule that decided, a sentence. */
  reason: string;
}

export interface DirectionFacts {
  /** `Both directions`, `Towards north-east` … */
  title: string;
  along: Rated;
  /** Crossing the street at its end; null when there is nothing to say. */
  crossing: Rated | null;
}

export interface StreetFacts {
  title: string;
  kind: string;
  directions: DirectionFacts[];
  attributes: [name: string, value: string][];
  island: number | null;
  /** Address of the OSM way. */
  osm: string | null;
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
const words = (value: string): string => value.replaceAll("_", " ");

export function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

export function stressOf(level: unknown): StressClass {
  const value = number(level);
  return value === null ? "none" : value === 1 ? "low" : "high";
}

export function streetFacts(way: StreetProperties, line: readonly number[][], units: Units): StreetFacts {
  const kind = capital(words(text(way.functional_class) ?? "street"));
  const osm = number(way.osm_id);
  return {
    title: text(way.name) ?? `Unnamed ${kind.toLowerCase()}`,
    kind,
    directions: directions(way, line),
    attributes: attributes(way, units),
    island: number(way.island_id),
    osm: osm === null ? null : `https://www.openstreetmap.org/way/${osm}`,
  };
}

function directions(way: StreetProperties, line: readonly number[][]): DirectionFacts[] {
  const [first = [], last = []] = [line[0], line.at(-1)];
  const oneWay = text(way.one_way);
  const of = (direction: "ft" | "tf"): DirectionFacts => ({
    title: `Towards ${direction === "ft" ? heading(first, last) : heading(last, first)}`,
    along: {
      stress: stressOf(way[`${direction}_seg_stress`]),
      reason: capital(text(way[`${direction}_seg_stress_reason`]) ?? "no rule is recorded"),
    },
    crossing: crossing(way, direction),
  });
  if (oneWay === "ft" || oneWay === "tf") {
    const only = of(oneWay);
    return [{ ...only, title: `One way, ${only.title.toLowerCase()}` }];
  }
  const [ft, tf] = [of("ft"), of("tf")];
  const alike = JSON.stringify([ft.along, ft.crossing]) === JSON.stringify([tf.along, tf.crossing]);
  return alike ? [{ ...ft, title: "Both directions" }] : [ft, tf];
}

function crossing(way: StreetProperties, direction: "ft" | "tf"): Rated | null {
  const stress = stressOf(way[`${direction}_int_stress`]);
  const reason = text(way[`${direction}_int_stress_reason`]);
  return stress === "none" || reason === null ? null : { stress, reason: capital(reason) };
}

function attributes(way: StreetProperties, units: Units): [string, string][] {
  // Of a one-way street only the direction that may be ridden counts.
  const only = text(way.one_way);
  const both = <T>(of: (direction: "ft" | "tf") => T | null, show: (value: T) => string): string | null =>
    only === "ft" || only === "tf" ? map(of(only), show) : pair(of("ft"), of("tf"), show);
  const rows: [string, string | null][] = [
    ["Speed limit", map(number(way.speed_limit), (mph) => speed(mph, units))],
    ["Car lanes", both((direction) => number(way[`${direction}_lanes`]), String)],
    ["Bicycle lane", both((direction) => text(way[`${direction}_bike_infra`]), words)],
    [
      "Its width",
      both(
        (direction) => number(way[`${direction}_bike_infra_width`]),
        (value) => feet(value, units),
      ),
    ],
    ["Street width", map(number(way.width_ft), (value) => feet(value, units))],
    ["Cars", map(text(way.one_way_car), () => "one way")],
    ["Crosswalk", map(number(way.xwalk), () => "yes")],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

function map<T>(value: T | null, show: (value: T) => string): string | null {
  return value === null ? null : show(value);
}

/** One value when both directions agree, else both. */
function pair<T>(ft: T | null, tf: T | null, show: (value: T) => string): string | null {
  if (ft === null && tf === null) return null;
  if (ft === tf) return map(ft, show);
  return `${map(ft, show) ?? "none"} / ${map(tf, show) ?? "none"}`;
}
