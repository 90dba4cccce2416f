import { expect, test } from "vitest";
import { withoutReach } from "./cards";
import { type Category, type Facts, tilesTrouble } from "./facts";
import { known } from "./known";
import { START, fromHash, toHash } from "./view";

const category = (id: string, places: boolean): Category => ({
  ...{ id, title: id, column: `${id}_score`, score: 1, places },
});
const facts: Facts = {
  ...{ version: 1, place: "Monaco", edition: "current", country: "MC", bounds: [7, 43, 8, 44] },
  ...{ attributions: [], overall: 1, population: null, low_stress_miles: null, high_stress_miles: null },
  files: { tiles: "t", names: null, places: "map/places.json", reach: "map/reach.bin" },
  groups: [
    {
      ...{ id: "opportunity", title: "Opportunity", column: "opportunity_score", weight: 20, score: 1 },
      categories: [category("jobs", false), category("schools", true)],
    },
  ],
  islands: [],
};
const layers = new Set(["ways", "blocks", "mine"]);
const cleaned = (hash: string, of = facts): string => toHash(known(fromHash(hash), of, layers));

test("what these results do not have is dropped from the address", () => {
  expect(
    cleaned("#blocks=bar&places=zz,schools,jobs&hide=foo,stress-high&layers=mine,ways,gone&block=3"),
  ).toBe("#places=schools&hide=stress-high&layers=mine&block=3");
  expect(cleaned("#blocks=schools_score")).toBe("#blocks=schools_score");
  expect(known(START, facts, layers)).toEqual(START);
});

test("a run that ended early has no scores and no places to show", () => {
  const unfinished = { ...facts, overall: null, files: { ...facts.files, places: null, reach: null } };
  expect(cleaned("#blocks=overall_score&places=schools", unfinished)).toBe("");
  expect(withoutReach(unfinished)).toContain("not computed in this run");
  expect(withoutReach(facts)).toContain("Outside the boundary");
});

test("missing tiles are told from a server without ranges", () => {
  const trouble = (cause: string): string => tilesTrouble("tiles/x.pmtiles", new Error(cause));
  expect(trouble("Bad response code: 404")).toContain("tiles/x.pmtiles is missing");
  expect(trouble("Bad response code: 500")).toContain("status 500");
  expect(trouble("Server returned no content-length header")).toContain("range requests");
});
