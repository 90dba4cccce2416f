/** Search by street name over `map/names.json`. */

/** As in the file: name, west, south, east, north. */
export type NameRow = [name: string, west: number, south: number, east: number, north: number];

export async function loadNames(url: string): Promise<NameRow[]> {
  const answer = await fetch(url);
  return answer.ok ? ((await answer.json()) as NameRow[]) : [];
}

/** Without accents and case: "Général" is found by "general". */
export function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase()
    .trim();
}

/** Names that hold all words; those that begin with the text first, then those with a word that does. */
export function search(names: readonly NameRow[], text: string, most: number): NameRow[] {
  const wanted = plain(text);
  if (wanted === "") return [];
  const words = wanted.split(/\s+/);
  const ranked: { row: NameRow; rank: number }[] = [];
  for (const row of names) {
    const name = plain(row[0]);
    if (!words.every((word) => name.includes(word))) continue;
    const begins = name.startsWith(wanted) ? 0 : name.includes(` ${wanted}`) ? 1 : 2;
    ranked.push({ row, rank: begins });
  }
  ranked.sort(
    (a, b) => a.rank - b.rank || a.row[0].length - b.row[0].length || (a.row[0] < b.row[0] ? -1 : 1),
  );
  return ranked.slice(0, most).map((found) => found.row);
}
