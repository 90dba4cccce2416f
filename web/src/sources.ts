/** What was read, from `manifest.json`: for the reader who asks where it comes from. */

interface Input {
  role: string;
  name: string;
  timestamp?: number;
  licence?: string;
  attribution?: string;
}

/** A line an input; none when the manifest cannot be read, which the map does not need. */
export async function sourceLines(url: string): Promise<string[]> {
  const answer = await fetch(url).catch(() => undefined);
  if (!answer?.ok) return [];
  const manifest = (await answer.json()) as { inputs?: Input[]; notes?: string[] };
  return [...(manifest.inputs ?? []).map(line), ...(manifest.notes ?? [])];
}

export function line(input: Input): string {
  const date =
    input.timestamp === undefined
      ? ""
      : `, of ${new Date(1000 * input.timestamp).toISOString().slice(0, 10)}`;
  const more = [input.attribution, input.licence].filter((part) => part !== undefined);
  return `${input.role}: ${input.name}${date}${more.map((part) => `, ${part}`).join("")}`;
}
