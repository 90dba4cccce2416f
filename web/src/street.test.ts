import { expect, test } from "vitest";
import { streetFacts } from "./street";
import { unitsOf } from "./units";

const line = [
  [7.42, 43.73],
  [7.42, 43.74],
];
const way = {
  functional_class: "primary_link",
  name: "Rue Grimaldi",
  osm_id: 42,
  ft_seg_stress: 3,
  ft_seg_stress_reason: "shared with fast traffic",
  tf_seg_stress: 3,
  tf_seg_stress_reason: "shared with fast traffic",
  ft_int_stress: 1,
  ft_int_stress_reason: "no busy street to cross",
  tf_int_stress: 1,
  tf_int_stress_reason: "no busy street to cross",
};

test("directions that are alike are said once", () => {
  const street = streetFacts(way, line, unitsOf("MC"));
  expect(street).toMatchObject({ title: "Rue Grimaldi", kind: "Primary link", island: null });
  expect(street.osm).toBe("https://www.openstreetmap.org/way/42");
  expect(street.directions).toEqual([
    {
      title: "Both directions",
      along: { stress: "high", reason: "Shared with fast traffic" },
      crossing: { stress: "low", reason: "No busy street to cross" },
    },
  ]);
});

test("directions that differ are said with where they lead", () => {
  const street = streetFacts(
    { ...way, tf_seg_stress: 1, tf_seg_stress_reason: "bicycle lane" },
    line,
    unitsOf("MC"),
  );
  expect(street.directions.map((direction) => [direction.title, direction.along.stress])).toEqual([
    ["Towards north", "high"],
    ["Towards south", "low"],
  ]);
});

test("a one-way street has one direction", () => {
  const street = streetFacts({ ...way, name: undefined, one_way: "tf" }, line, unitsOf("MC"));
  expect(street.title).toBe("Unnamed primary link");
  expect(street.directions.map((direction) => direction.title)).toEqual(["One way, towards south"]);
});

test("attributes are those that are known, in the country's units", () => {
  const known = {
    ...way,
    speed_limit: 31,
    ft_lanes: 2,
    tf_lanes: 1,
    ft_bike_infra: "buffered_lane",
    xwalk: 1,
  };
  expect(streetFacts(known, line, unitsOf("FI")).attributes).toEqual([
    ["Speed limit", "50 km/h"],
    ["Car lanes", "2 / 1"],
    ["Bicycle lane", "buffered lane / none"],
    ["Crosswalk", "yes"],
  ]);
  expect(streetFacts(known, line, unitsOf("US")).attributes[0]).toEqual(["Speed limit", "31 mph"]);
  expect(streetFacts({ ...known, one_way: "tf" }, line, unitsOf("FI")).attributes[1]).toEqual([
    "Car lanes",
    "1",
  ]);
  expect(streetFacts(way, line, unitsOf("US")).attributes).toEqual([]);
});
