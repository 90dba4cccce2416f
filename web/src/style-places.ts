/** Destinations: a dot each; once a block is selected, how it reaches them. */

import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { categories } from "./facts";
import { PLACES, type Scene, placeColour } from "./style";

export function placeLayers(scene: Scene): LayerSpecification[] {
  const { facts, view, palette, reach } = scene;
  const withPlaces = categories(facts).filter((category) => category.places);
  const colours = withPlaces.flatMap((category) => [category.id, placeColour(facts, palette, category)]);
  const byCategory = (colours.length > 0
    ? ["match", ["get", "category"], ...colours, palette.outline]
    : ["literal", palette.outline]) as unknown as ExpressionSpecification;
  const reached: ExpressionSpecification = ["match", ["get", "reached"], "low", 1, "high", 0.9, 0.25];
  const edge: ExpressionSpecification = [
    "match",
    ["get", "reached"],
    "low",
    palette.stress.low,
    "high",
    palette.stress.high,
    palette.halo,
  ];
  const selected = view.selection?.kind === "place" ? view.selection.id : "";
  const isSelected: ExpressionSpecification = ["==", ["get", "key"], selected];
  return [
    {
      id: "places",
      type: "circle",
      source: PLACES,
      filter: ["any", isSelected, ["in", ["get", "category"], ["literal", view.places]]],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 3, 15, 6.5, 18, 9],
        "circle-color": byCategory,
        "circle-opacity": reach ? reached : 1,
        "circle-stroke-opacity": reach ? reached : 1,
        "circle-stroke-color": ["case", isSelected, palette.ink, reach ? edge : palette.halo],
        "circle-stroke-width": ["case", isSelected, 3, reach ? 2.5 : 1.5],
      },
    },
  ];
}
