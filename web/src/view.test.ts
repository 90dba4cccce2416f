import { expect, test } from "vitest";
import { START, type View, fromHash, toHash, toggled } from "./view";

test("an address holds the whole view", () => {
  const view: View = {
    position: { zoom: 14.25, lat: 43.7384, lon: 7.4246 },
    streets: "infra",
    blocks: "overall_score",
    places: ["schools", "parks"],
    hidden: ["stress-none"],
    extra: ["my layer"],
    selection: { kind: "place", id: "schools/3" },
  };
  expect(toHash(view)).toBe(
    "#14.25/43.73840/7.42460&streets=infra&blocks=overall_score&places=schools,parks&hide=stress-none&layers=my%20layer&place=schools/3",
  );
  expect(fromHash(toHash(view))).toEqual(view);
  expect(fromHash("#block=12").selection).toEqual({ kind: "block", id: 12 });
});

test("the start needs no address, and nonsense is the start", () => {
  expect(toHash(START)).toBe("");
  for (const hash of ["", "#", "#99/0/0", "#1/2", "#a/b/c&streets=none&block=-1&street=x"]) {
    expect(fromHash(hash)).toEqual(START);
  }
});

test("an item is added or taken away", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
});
