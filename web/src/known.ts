/** An address may come from other results, or from a typing hand: what these results do not have is left out. */

import { type Facts, categories, scoreColumns } from "./facts";
import { INFRA, STRESS } from "./palette";
import { KNOWN_LAYERS } from "./style";
import type { View } from "./view";

const ROWS: ReadonlySet<string> = new Set([
  ...STRESS.map(({ id }) => `stress-${id}`),
  ...INFRA.map(({ id }) => `infra-${id}`),
]);

/** The view without categories, columns, legend rows and layers that are not there. */
export function known(view: View, facts: Facts, layers: ReadonlySet<string>): View {
  const scored = facts.overall !== null && layers.has("blocks");
  const columns = new Set(scored ? scoreColumns(facts).map(({ column }) => column) : []);
  const shown = facts.files.places === null ? [] : categories(facts).filter((category) => category.places);
  const ids = new Set(shown.map(({ id }) => id));
  return {
    ...view,
    blocks: columns.has(view.blocks) ? view.blocks : "",
    places: view.places.filter((id) => ids.has(id)),
    hidden: view.hidden.filter((row) => ROWS.has(row)),
    extra: view.extra.filter((id) => layers.has(id) && !KNOWN_LAYERS.has(id)),
  };
}
