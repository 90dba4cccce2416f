/** Any published results: QUIETWAY_RESULTS may be a folder or a place in a bucket. */

import { expect, inject, test } from "vitest";
import { LIGHT } from "../src/palette";
import { Visit, startBrowser } from "./page";

test("the map shows the results that are given", async () => {
  const browser = await startBrowser();
  const visit = await Visit.open(browser, inject("address"));
  await visit.picture("given");
  expect(await visit.page.locator("h1").textContent()).toBe("Monaco");
  expect(await visit.pixels(LIGHT.stress.low)).toBeGreaterThan(500);
  expect(await visit.pixels(LIGHT.stress.high)).toBeGreaterThan(500);
  expect(visit.problems).toEqual([]);
  await browser.close();
});
