/** Numbers in the words of the country. */

const MILES = new Set(["US", "GB", "LR", "MM", "PR"]);

/** Countries that ride on the left: the right direction of a street is drawn on its other side. */
const LEFT = new Set(
  (
    "AG AI AU BB BD BM BN BS BT BW CC CK CX CY DM FJ FK GB GD GG GY HK ID IE IM IN JE JM JP KE KI KN KY LC LK LS MO MS MT " +
    "MU MV MW MY MZ NA NF NP NR NU NZ PG PK PN SB SC SG SH SR SZ TC TH TK TL TO TT TV TZ UG VC VG VI WS ZA ZM ZW"
  ).split(" "),
);

const KM_PER_MILE = 1.609344;

export interface Units {
  miles: boolean;
  ridesLeft: boolean;
}

export function unitsOf(country: string | null): Units {
  return { miles: MILES.has(country ?? ""), ridesLeft: LEFT.has(country ?? "") };
}

export function speed(mph: number, units: Units): string {
  // Limits are multiples of 5 in either unit; the results keep whole miles an hour, so km/h come back rounded.
  return units.miles ? `${mph} mph` : `${Math.round((mph * KM_PER_MILE) / 5) * 5} km/h`;
}

export function length(metres: number, units: Units): string {
  if (units.miles) return `${decimal(metres / 1000 / KM_PER_MILE)} mi`;
  return metres < 1000 ? `${Math.round(metres)} m` : `${decimal(metres / 1000)} km`;
}

export function miles(value: number, units: Units): string {
  return units.miles ? `${decimal(value)} mi` : `${decimal(value * KM_PER_MILE)} km`;
}

export function feet(value: number, units: Units): string {
  return units.miles ? `${decimal(value)} ft` : `${decimal(value * 0.3048)} m`;
}

export function decimal(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

/** Compass word of a line from its first to its last point. */
export function heading(from: readonly number[], to: readonly number[]): string {
  const [lon = 0, lat = 0] = from;
  const [lon2 = 0, lat2 = 0] = to;
  const east = (lon2 - lon) * Math.cos((lat * Math.PI) / 180);
  const eighth = Math.round(Math.atan2(east, lat2 - lat) / (Math.PI / 4));
  const words = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];
  return words[(eighth + 8) % 8] ?? "";
}
